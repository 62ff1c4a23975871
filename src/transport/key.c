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

/* Makes *to a copy of a string that may be NULL. False without memory. */
static bool copy_string(char **to, const char *from)
{
    *to = from != NULL ? mem_strdup(from) : NULL;
    return from == NULL || *to != NULL;
}

static bool set_strings(struct key *key, const char *host, const char *zone,
                        const struct key_route *route)
{
    bool host_ok = copy_string(&key->host, host);
    bool zone_ok = copy_string(&key->zone, zone);
    bool unix_ok = copy_string(&key->unix_socket, route->unix_socket);
    bool name_ok = copy_string(&key->tls_name, route->tls_name);
    bool ok = key->text != NULL && host_ok && zone_ok && unix_ok && name_ok;
    if (!ok)
        key_fini(key);
    return ok;
}

bool key_init(struct key *key, const struct url *url)
{
    return key_init_route(key, url, &(struct key_route){.unix_socket = NULL});
}

bool key_init_route(struct key *key, const struct url *url, const struct key_route *route)
{
    *key = (struct key){.port = url->port, .tls = strcmp(url->scheme, "https") == 0};
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s://%s%s%s:%u", url->scheme, url->host, url->zone != NULL ? "%" : "",
               url->zone != NULL ? url->zone : "", url->port);
    /* No host or name holds a space, so no other key begins like this one. */
    if (route->tls_name != NULL)
        buf_printf(&text, " tls:%s", route->tls_name);
    if (route->unix_socket != NULL)
        buf_printf(&text, " unix:%s", route->unix_socket);
    key->len = text.len;
    key->text = buf_take_str(&text);
    if (key->text != NULL)
        HASH_VALUE(key->text, key->len, key->hash);
    return set_strings(key, url->host, url->zone, route);
}

bool key_copy(struct key *to, const struct key *from)
{
    *to = *from;
    to->text = mem_strdup(from->text);
    struct key_route route = {.unix_socket = from->unix_socket, .tls_name = from->tls_name};
    return set_strings(to, from->host, from->zone, &route);
}

void key_fini(struct key *key)
{
    mem_free(key->text);
    mem_free(key->host);
    mem_free(key->zone);
    mem_free(key->unix_socket);
    mem_free(key->tls_name);
    *key = (struct key){0};
}
