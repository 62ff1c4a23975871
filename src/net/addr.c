/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Socket addresses. An address whose family is not AF_INET6 is IPv4: nothing
 * else comes into the library. Pure functions; any thread.
 */
#include "net/addr.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <string.h>

#include "base/ascii.h"

socklen_t addr_len(const struct addr *addr)
{
    return addr->sa.sa_family == AF_INET6 ? sizeof(addr->in6) : sizeof(addr->in);
}

/* A zone's number; 0 where there is no such interface. */
static uint32_t zone_index(const char *zone)
{
    uint64_t n = 0;
    const char *s = zone;
    while (ascii_is_digit(*s) && n <= UINT32_MAX)
        n = n * 10 + (uint64_t)(*s++ - '0');
    if (s == zone || *s != '\0')
        return if_nametoindex(zone);
    return n <= UINT32_MAX ? (uint32_t)n : 0;
}

static bool parse_in6(const char *host, const char *zone, struct addr *addr)
{
    if (inet_pton(AF_INET6, host, &addr->in6.sin6_addr) != 1)
        return false;
    addr->in6.sin6_family = AF_INET6;
    if (zone == NULL)
        return true;
    addr->in6.sin6_scope_id = zone_index(zone);
    return addr->in6.sin6_scope_id != 0;
}

bool addr_parse(const char *host, const char *zone, uint16_t port, struct addr *addr)
{
    memset(addr, 0, sizeof(*addr));
    if (zone == NULL && inet_pton(AF_INET, host, &addr->in.sin_addr) == 1)
        addr->in.sin_family = AF_INET;
    else if (!parse_in6(host, zone, addr))
        return false;
    addr_set_port(addr, port);
    return true;
}

void addr_set_port(struct addr *addr, uint16_t port)
{
    if (addr->sa.sa_family == AF_INET6)
        addr->in6.sin6_port = htons(port);
    else
        addr->in.sin_port = htons(port);
}

uint16_t addr_port(const struct addr *addr)
{
    return ntohs(addr->sa.sa_family == AF_INET6 ? addr->in6.sin6_port : addr->in.sin_port);
}

bool addr_equal(const struct addr *a, const struct addr *b)
{
    if (a->sa.sa_family != b->sa.sa_family)
        return false;
    if (a->sa.sa_family != AF_INET6)
        return a->in.sin_port == b->in.sin_port && a->in.sin_addr.s_addr == b->in.sin_addr.s_addr;
    return a->in6.sin6_port == b->in6.sin6_port && a->in6.sin6_scope_id == b->in6.sin6_scope_id &&
           memcmp(&a->in6.sin6_addr, &b->in6.sin6_addr, sizeof(a->in6.sin6_addr)) == 0;
}

void addr_write(const struct addr *addr, struct buf *out)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (addr->sa.sa_family != AF_INET6) {
        inet_ntop(AF_INET, &addr->in.sin_addr, text, sizeof(text));
        buf_printf(out, "%s:%u", text, (unsigned)ntohs(addr->in.sin_port));
        return;
    }
    inet_ntop(AF_INET6, &addr->in6.sin6_addr, text, sizeof(text));
    buf_printf(out, "[%s", text);
    if (addr->in6.sin6_scope_id != 0)
        buf_printf(out, "%%%u", (unsigned)addr->in6.sin6_scope_id);
    buf_printf(out, "]:%u", (unsigned)ntohs(addr->in6.sin6_port));
}
