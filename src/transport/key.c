/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Building keys.
 */
#include "transport/key.h"

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "base/map.h"
#include "http/proxy.h"

/* Makes *to a copy of a string that may be NULL. False without memory. */
static bool copy_string(char **to, const char *from)
{
    *to = from != NULL ? mem_strdup(from) : NULL;
    return from == NULL || *to != NULL;
}

/* The same of a proxy. */
static bool copy_proxy(struct proxy **to, const struct proxy *from)
{
    *to = from != NULL ? mem_alloc(sizeof(**to)) : NULL;
    if (*to == NULL)
        return from == NULL;
    if (proxy_copy(*to, from))
        return true;
    mem_free(*to);
    *to = NULL;
    return false;
}

static bool set_strings(struct key *key, const char *host, const char *zone,
                        const struct key_route *route)
{
    bool host_ok = copy_string(&key->host, host);
    bool zone_ok = copy_string(&key->zone, zone);
    bool unix_ok = copy_string(&key->unix_socket, route->unix_socket);
    bool name_ok = copy_string(&key->tls_name, route->tls_name);
    bool proxy_ok = copy_proxy(&key->proxy, route->proxy);
    bool before_ok = copy_proxy(&key->before, route->before);
    bool ok =
        key->text != NULL && host_ok && zone_ok && unix_ok && name_ok && proxy_ok && before_ok;
    if (!ok)
        key_fini(key);
    return ok;
}

bool key_route_fetches(const struct key_route *route, const struct url *url)
{
    return route->proxy != NULL && proxy_is_http(route->proxy) && !route->tunnel &&
           strcmp(url->scheme, "http") == 0;
}

bool key_init(struct key *key, const struct url *url)
{
    return key_init_route(key, url, &(struct key_route){.unix_socket = NULL});
}

static void write_place(const struct url *url, struct buf *text)
{
    buf_printf(text, "%s://%s%s%s:%u", url->scheme, url->host, url->zone != NULL ? "%" : "",
               url->zone != NULL ? url->zone : "", url->port);
}

/* No host or name holds a blank, so no other key begins like these. */
static void write_route(const struct key_route *route, struct key *key, struct buf *text)
{
    if (route->tls_name != NULL)
        buf_printf(text, " tls:%s", route->tls_name);
    if (route->unix_socket != NULL)
        buf_printf(text, " unix:%s", route->unix_socket);
    const struct proxy *const way[] = {route->before, route->proxy};
    for (int i = 0; i < 2; i++)
        if (way[i] != NULL) {
            buf_append_str(text, " via ");
            proxy_write_masked(way[i], text);
        }
    key->shown_len = text->len;
    for (int i = 0; i < 2; i++)
        if (way[i] != NULL) {
            buf_append_char(text, ' ');
            proxy_write_key(way[i], text);
        }
}

bool key_init_route(struct key *key, const struct url *url, const struct key_route *route)
{
    bool fetches = key_route_fetches(route, url);
    *key = (struct key){.port = fetches ? route->proxy->port : url->port,
                        .tls = strcmp(url->scheme, "https") == 0,
                        .tunnel = route->proxy != NULL && !fetches};
    struct buf text = BUF_INIT;
    if (fetches)
        buf_append_str(&text, url->scheme);
    else
        write_place(url, &text);
    write_route(route, key, &text);
    key->len = text.len;
    key->text = buf_take_str(&text);
    if (key->text != NULL)
        HASH_VALUE(key->text, key->len, key->hash);
    if (fetches)
        return set_strings(key, route->proxy->host, route->proxy->zone, route);
    return set_strings(key, url->host, url->zone, route);
}

bool key_copy(struct key *to, const struct key *from)
{
    *to = *from;
    to->text = mem_strdup(from->text);
    struct key_route route = {.unix_socket = from->unix_socket,
                              .tls_name = from->tls_name,
                              .proxy = from->proxy,
                              .before = from->before};
    return set_strings(to, from->host, from->zone, &route);
}

static void free_proxy(struct proxy *proxy)
{
    if (proxy != NULL)
        proxy_fini(proxy);
    mem_free(proxy);
}

void key_fini(struct key *key)
{
    mem_free(key->text);
    mem_free(key->host);
    mem_free(key->zone);
    mem_free(key->unix_socket);
    mem_free(key->tls_name);
    free_proxy(key->proxy);
    free_proxy(key->before);
    *key = (struct key){0};
}
