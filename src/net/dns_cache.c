/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The cache: a map and a list by use. Every operation is O(1).
 */
#include "net/dns_cache.h"

static void drop(struct dns_cache *cache, struct cache_entry *entry)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a map that has the entry has a table */
    HASH_DEL(cache->entries, entry);
    list_remove(&entry->used);
    list_remove(&entry->refresh);
    answer_fini(&entry->answer);
    mem_free(entry);
}

static struct cache_entry *look_up(struct dns_cache *cache, const struct lookup_key *key)
{
    struct cache_entry *entry;
    HASH_FIND(hh, cache->entries, key->text, key->len, entry);
    return entry;
}

struct cache_entry *dns_cache_find(struct dns_cache *cache, const struct lookup_key *key,
                                   int64_t now_ns)
{
    struct cache_entry *entry = look_up(cache, key);
    if (entry == NULL)
        return NULL;
    if (now_ns >= entry->stale_until) {
        drop(cache, entry);
        return NULL;
    }
    list_remove(&entry->used);
    list_push_front(&cache->used, &entry->used);
    return entry;
}

static struct cache_entry *add(struct dns_cache *cache, const struct lookup_key *key)
{
    struct cache_entry *entry = mem_zalloc(sizeof(*entry));
    if (entry == NULL)
        return NULL;
    entry->key = *key;
    HASH_ADD_KEYPTR(hh, cache->entries, entry->key.text, entry->key.len, entry);
    if (!map_added(entry)) {
        mem_free(entry);
        return NULL;
    }
    list_push_front(&cache->used, &entry->used);
    if (cache->used.len > cache->max)
        drop(cache, list_item(list_last(&cache->used), struct cache_entry, used));
    return entry;
}

void dns_cache_put(struct dns_cache *cache, const struct lookup_key *key,
                   const struct answer *answer, int64_t expires_at, int64_t stale_until)
{
    struct answer copy = {.error = answer->error};
    struct cache_entry *entry = look_up(cache, key);
    if (!answer_add(&copy, answer->addrs, answer->len))
        return;
    if (entry == NULL)
        entry = add(cache, key);
    if (entry == NULL) {
        answer_fini(&copy);
        return;
    }
    answer_fini(&entry->answer);
    list_remove(&entry->refresh);
    entry->answer = copy;
    entry->expires_at = expires_at;
    entry->stale_until = stale_until;
    entry->retry_at = 0;
}

void dns_cache_drop(struct dns_cache *cache, const struct lookup_key *key)
{
    struct cache_entry *entry = look_up(cache, key);
    if (entry != NULL)
        drop(cache, entry);
}

void dns_cache_clear(struct dns_cache *cache)
{
    for (struct link *l = list_first(&cache->used); l != NULL; l = list_first(&cache->used))
        drop(cache, list_item(l, struct cache_entry, used));
}
