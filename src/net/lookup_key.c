/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Keys of lookups.
 */
#include "net/lookup_key.h"

#include <string.h>
#include <sys/socket.h>

#include "base/ascii.h"

void lookup_key_set(struct lookup_key *key, const char *host, enum lookup_kind kind)
{
    size_t len = strnlen(host, HOSTNAME_MAX + 1);
    key->text[0] = (char)('0' + (int)kind);
    memcpy(key->text + 1, host, len);
    ascii_lower_n(key->text + 1, len);
    key->text[1 + len] = '\0';
    key->len = 1 + len;
}

const char *lookup_key_host(const struct lookup_key *key)
{
    return key->text + 1;
}

enum lookup_kind lookup_key_kind(const struct lookup_key *key)
{
    return (enum lookup_kind)(key->text[0] - '0');
}

bool lookup_kind_wants(enum lookup_kind kind, int family)
{
    return kind == LOOKUP_ANY || (kind == LOOKUP_IPV6) == (family == AF_INET6);
}
