/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What two lookups must have in common to be one: the name, in any case of
 * letters, and which families are wanted. The key of queries in flight and of
 * the cache. Plain data; no lock.
 */
#ifndef GOFER_NET_LOOKUP_KEY_H
#define GOFER_NET_LOOKUP_KEY_H

#include <stdbool.h>
#include <stddef.h>

#include "net/hostname.h"

enum lookup_kind { LOOKUP_ANY, LOOKUP_IPV4, LOOKUP_IPV6 };

struct lookup_key {
    size_t len;
    char text[1 + HOSTNAME_MAX + 2]; /* the kind, then the name in lower case */
};

/* Makes the key of a valid name. */
void lookup_key_set(struct lookup_key *key, const char *host, enum lookup_kind kind);

/* The name; lives as long as the key. */
const char *lookup_key_host(const struct lookup_key *key);

enum lookup_kind lookup_key_kind(const struct lookup_key *key);

/* Whether addresses of the family (AF_INET, AF_INET6) are wanted. */
bool lookup_kind_wants(enum lookup_kind kind, int family);

#endif
