/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Writing the PROXY protocol's header.
 */
#include "net/proxy_line.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static bool is_ip(const struct addr *addr)
{
    return addr->sa.sa_family == AF_INET || addr->sa.sa_family == AF_INET6;
}

/* Whether it is written as IPv6: what is mapped stands for IPv4. */
static bool is_v6(const struct addr *addr)
{
    return addr->sa.sa_family == AF_INET6 && !IN6_IS_ADDR_V4MAPPED(&addr->in6.sin6_addr);
}

static struct in_addr ipv4_of(const struct addr *addr)
{
    struct in_addr ip;
    if (addr->sa.sa_family == AF_INET)
        return addr->in.sin_addr;
    memcpy(&ip, addr->in6.sin6_addr.s6_addr + 12, sizeof(ip));
    return ip;
}

static void write_ip(const struct addr *addr, bool v6, char text[INET6_ADDRSTRLEN])
{
    if (is_v6(addr)) {
        inet_ntop(AF_INET6, &addr->in6.sin6_addr, text, INET6_ADDRSTRLEN);
        return;
    }
    struct in_addr ip = ipv4_of(addr);
    const char *mapped = v6 ? "::ffff:" : "";
    memcpy(text, mapped, strlen(mapped));
    inet_ntop(AF_INET, &ip, text + strlen(mapped), INET_ADDRSTRLEN);
}

size_t proxy_line_write(const struct addr *from, const struct addr *to, char line[PROXY_LINE_BYTES])
{
    char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];
    if (!is_ip(from) || !is_ip(to))
        return (size_t)snprintf(line, PROXY_LINE_BYTES, "PROXY UNKNOWN\r\n");
    bool v6 = is_v6(from) || is_v6(to);
    write_ip(from, v6, source);
    write_ip(to, v6, destination);
    return (size_t)snprintf(line, PROXY_LINE_BYTES, "PROXY TCP%d %s %s %u %u\r\n", v6 ? 6 : 4,
                            source, destination, addr_port(from), addr_port(to));
}
