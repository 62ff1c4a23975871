/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Endpoints in texts.
 */
#include "net/endpoint.h"

#include <string.h>

#include "base/ascii.h"

enum { PORT_MAX = 65535 };

static bool copy(const char *text, size_t len, char *out)
{
    if (len >= ENDPOINT_BYTES)
        return false;
    memcpy(out, text, len);
    out[len] = '\0';
    return strpbrk(out, "[]") == NULL;
}

bool endpoint_field(const char **at, const char *stops, char *out)
{
    const char *text = *at;
    if (*text != '[') {
        size_t len = strcspn(text, stops);
        *at = text + len;
        return copy(text, len, out);
    }
    const char *end = strchr(++text, ']');
    if (end == NULL || !copy(text, (size_t)(end - text), out))
        return false;
    *at = end + 1;
    return **at == '\0' || strchr(stops, **at) != NULL;
}

bool endpoint_port(const char *text, uint16_t *port)
{
    int n = 0;
    for (; ascii_is_digit(*text) && n <= PORT_MAX; text++)
        n = 10 * n + (*text - '0');
    *port = (uint16_t)n;
    return *text == '\0' && n >= 1 && n <= PORT_MAX;
}

bool endpoint_addr(const char *text, uint16_t port, struct addr *addr)
{
    char host[ENDPOINT_BYTES];
    size_t len = strcspn(text, "%");
    const char *zone = text[len] == '%' ? text + len + 1 : NULL;
    return copy(text, len, host) && addr_parse(host, zone, port, addr);
}

/* Whether an item of a list is an IPv6 address without brackets. */
static bool is_bare_ipv6(const char *item)
{
    const char *colon = strchr(item, ':');
    return *item != '[' && colon != NULL && strchr(colon + 1, ':') != NULL;
}

static bool parse_server(const char *item, uint16_t port, struct addr *server)
{
    char field[ENDPOINT_BYTES];
    if (is_bare_ipv6(item))
        return endpoint_addr(item, port, server);
    if (!endpoint_field(&item, ":", field))
        return false;
    if (*item == ':' && !endpoint_port(item + 1, &port))
        return false;
    return endpoint_addr(field, port, server);
}

bool endpoint_servers(const char *text, uint16_t port, struct addr *servers, size_t max,
                      size_t *len)
{
    *len = 0;
    for (;;) {
        char item[ENDPOINT_BYTES];
        text += strspn(text, " ");
        size_t n = strcspn(text, ",");
        if (*len == max || n >= sizeof(item))
            return false;
        memcpy(item, text, n);
        item[n] = '\0';
        if (!parse_server(item, port, &servers[*len]))
            return false;
        ++*len;
        text += n;
        if (*text++ == '\0')
            return true;
    }
}
