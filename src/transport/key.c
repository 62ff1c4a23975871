/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Building keys.
 */
#include "transport/key.h"

#include "base/alloc.h"
#include "base/buf.h"
#include "base/map.h"

static bool set_strings(struct key *key, const char *host, const char *zone)
{
    key->host = mem_strdup(host);
    key->zone = zone != NULL ? mem_strdup(zone) : NULL;
    bool ok = key->text != NULL && key->host != NULL && (zone == NULL || key->zone != NULL);
    if (!ok)
        key_fini(key);
    return ok;
}

bool key_init(struct key *key, const struct url *url)
{
    *key = (struct key){.port = url->port};
    struct buf text = BUF_INIT;
    buf_printf(&text, "%s://%s%s%s:%u", url->scheme, url->host, url->zone != NULL ? "%" : "",
               url->zone != NULL ? url->zone : "", url->port);
    key->len = text.len;
    key->text = buf_take_str(&text);
    if (key->text != NULL)
        HASH_VALUE(key->text, key->len, key->hash);
    return set_strings(key, url->host, url->zone);
}

bool key_copy(struct key *to, const struct key *from)
{
    *to = *from;
    to->text = mem_strdup(from->text);
    return set_strings(to, from->host, from->zone);
}

void key_fini(struct key *key)
{
    mem_free(key->text);
    mem_free(key->host);
    mem_free(key->zone);
    *key = (struct key){0};
}
