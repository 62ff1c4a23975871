/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool's counters, in total and by key.
 */
#include <stdio.h>

#include "transport/pool_state.h"

void pool_count_retry(struct pool *pool, const struct key *key)
{
    lock_take(&pool->lock);
    struct pool_host *host = pool_find_host(pool, key);
    pool->stats.retried++;
    if (host != NULL)
        host->stats.retried++;
    lock_drop(&pool->lock);
}

static struct pool_stats host_stats(const struct pool_host *host)
{
    struct pool_stats stats = host->stats;
    stats.idle = host->idle.len;
    stats.in_use = host->open - host->idle.len;
    stats.dialing = host->dials.len;
    stats.waiting = host->wants.len;
    stats.banned = pool_is_banned(host);
    return stats;
}

void pool_read_stats(struct pool *pool, struct pool_stats *stats)
{
    lock_take(&pool->lock);
    *stats = pool->stats;
    stats->idle = pool->lru.len;
    stats->in_use = pool->open - pool->lru.len;
    stats->dialing = pool->dials_len;
    for (struct pool_host *h = pool->hosts; h != NULL; h = h->hh.next)
        stats->waiting += h->wants.len;
    lock_drop(&pool->lock);
}

size_t pool_read_key_stats(struct pool *pool, struct pool_key_stats *keys, size_t max)
{
    size_t n = 0;
    lock_take(&pool->lock);
    for (struct pool_host *h = pool->hosts; h != NULL; h = h->hh.next, n++) {
        if (n >= max)
            continue;
        snprintf(keys[n].key, sizeof(keys[n].key), "%.*s", (int)h->key.shown_len, h->key.text);
        keys[n].stats = host_stats(h);
    }
    lock_drop(&pool->lock);
    return n;
}
