/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Answers that are still good, by name and kind; bounded, the one used longest
 * ago goes first. An entry is fresh until expires_at. From then until
 * stale_until it may serve while somebody asks again; then it is gone.
 *
 * It knows no clock and keeps no thread out: times are passed in, and the
 * resolver's lock guards it all.
 */
#ifndef GOFER_NET_DNS_CACHE_H
#define GOFER_NET_DNS_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/map.h"
#include "net/answer.h"
#include "net/lookup_key.h"

struct cache_entry {
    struct lookup_key key;
    struct answer answer;
    int64_t expires_at;
    int64_t stale_until; /* not before expires_at */
    int64_t retry_at;    /* stale: not before is it asked again; CLOCK_NEVER: it is being asked */
    struct link refresh; /* the resolver's: those to be asked again */
    struct link used;    /* by use, the latest first */
    UT_hash_handle hh;
};

struct dns_cache {
    size_t max; /* entries */
    struct cache_entry *entries;
    struct list used;
};

/* The entry, if it is fresh or stale; what is older is dropped. Lives until the next put or clear.
 */
struct cache_entry *dns_cache_find(struct dns_cache *cache, const struct lookup_key *key,
                                   int64_t now_ns);

static inline bool cache_entry_is_fresh(const struct cache_entry *entry, int64_t now_ns)
{
    return now_ns < entry->expires_at;
}

/* Keeps a copy of the answer, in place of an older one. Without memory nothing is kept. */
void dns_cache_put(struct dns_cache *cache, const struct lookup_key *key,
                   const struct answer *answer, int64_t expires_at, int64_t stale_until);

/* Drops the entry, if there is one. */
void dns_cache_drop(struct dns_cache *cache, const struct lookup_key *key);

/* Drops everything. */
void dns_cache_clear(struct dns_cache *cache);

#endif
