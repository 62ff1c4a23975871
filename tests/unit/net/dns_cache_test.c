/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/dns_cache: what is found when, what goes first, and what no memory leaves.
 */
#include "net/dns_cache.h"

#include <stdio.h>

#include <CUnit/CUnit.h>

#include "unit/http/scarce.h"

extern CU_TestInfo dns_cache_tests[];

static void put(struct dns_cache *cache, const char *name, const char *text, int64_t expires_at,
                int64_t stale_until)
{
    struct lookup_key key;
    struct addr addr;
    struct answer answer = {LOOKUP_OK, &addr, 1};
    CU_ASSERT_FATAL(addr_parse(text, NULL, 0, &addr));
    lookup_key_set(&key, name, LOOKUP_ANY);
    dns_cache_put(cache, &key, &answer, expires_at, stale_until);
}

static struct cache_entry *find(struct dns_cache *cache, const char *name, int64_t now)
{
    struct lookup_key key;
    lookup_key_set(&key, name, LOOKUP_ANY);
    return dns_cache_find(cache, &key, now);
}

static bool finds(struct dns_cache *cache, const char *name, const char *text)
{
    struct addr addr;
    const struct cache_entry *entry = find(cache, name, 0);
    return entry != NULL && addr_parse(text, NULL, 0, &addr) && entry->answer.len == 1 &&
           addr_equal(&entry->answer.addrs[0], &addr);
}

static void entries_are_fresh_then_stale_then_gone(void)
{
    struct dns_cache cache = {.max = 8};
    put(&cache, "a.test", "192.0.2.1", 10, 20);
    CU_ASSERT(cache_entry_is_fresh(find(&cache, "A.TEST", 9), 9));
    CU_ASSERT_FALSE(cache_entry_is_fresh(find(&cache, "a.test", 10), 10));
    CU_ASSERT_PTR_NOT_NULL(find(&cache, "a.test", 19));
    CU_ASSERT_PTR_NULL(find(&cache, "a.test", 20));
    CU_ASSERT_PTR_NULL(find(&cache, "a.test", 0)); /* dropped for good */
    CU_ASSERT_EQUAL(cache.used.len, 0);
    dns_cache_clear(&cache);
}

static void kinds_are_different_entries(void)
{
    struct dns_cache cache = {.max = 8};
    struct lookup_key key;
    put(&cache, "a.test", "192.0.2.1", 10, 10);
    lookup_key_set(&key, "a.test", LOOKUP_IPV4);
    CU_ASSERT_PTR_NULL(dns_cache_find(&cache, &key, 0));
    CU_ASSERT_EQUAL(lookup_key_kind(&key), LOOKUP_IPV4);
    CU_ASSERT_STRING_EQUAL(lookup_key_host(&key), "a.test");
    dns_cache_clear(&cache);
}

static void a_newer_answer_replaces_the_older(void)
{
    struct dns_cache cache = {.max = 8};
    struct list refreshes = LIST_INIT;
    put(&cache, "a.test", "192.0.2.1", 10, 20);
    list_push(&refreshes, &find(&cache, "a.test", 0)->refresh);
    put(&cache, "a.test", "192.0.2.2", 30, 30);
    CU_ASSERT(finds(&cache, "a.test", "192.0.2.2"));
    CU_ASSERT_EQUAL(cache.used.len, 1);
    CU_ASSERT_EQUAL(refreshes.len, 0);
    dns_cache_clear(&cache);
}

static void the_one_used_longest_ago_goes_first(void)
{
    struct dns_cache cache = {.max = 3};
    struct list refreshes = LIST_INIT;
    put(&cache, "a.test", "192.0.2.1", 10, 10);
    put(&cache, "b.test", "192.0.2.2", 10, 10);
    put(&cache, "c.test", "192.0.2.3", 10, 10);
    list_push(&refreshes, &find(&cache, "b.test", 0)->refresh);
    CU_ASSERT(finds(&cache, "c.test", "192.0.2.3"));
    CU_ASSERT(finds(&cache, "a.test", "192.0.2.1"));
    put(&cache, "d.test", "192.0.2.4", 10, 10);
    CU_ASSERT_PTR_NULL(find(&cache, "b.test", 0));
    CU_ASSERT_EQUAL(refreshes.len, 0);
    CU_ASSERT(finds(&cache, "a.test", "192.0.2.1"));
    CU_ASSERT(finds(&cache, "c.test", "192.0.2.3"));
    CU_ASSERT(finds(&cache, "d.test", "192.0.2.4"));
    dns_cache_clear(&cache);
    CU_ASSERT_PTR_NULL(cache.entries);
}

static void many_names_stay_within_the_bound(void)
{
    struct dns_cache cache = {.max = 100};
    char name[32];
    for (int i = 0; i < 5000; i++) {
        snprintf(name, sizeof(name), "n%d.test", i);
        put(&cache, name, "192.0.2.1", 10, 10);
        CU_ASSERT(cache.used.len <= 100);
    }
    CU_ASSERT_EQUAL(HASH_COUNT(cache.entries), 100);
    CU_ASSERT(finds(&cache, "n4999.test", "192.0.2.1"));
    CU_ASSERT_PTR_NULL(find(&cache, "n4899.test", 0));
    dns_cache_clear(&cache);
}

/* What cannot be kept is not there; what was there stays whole. */
static gofer_status keep_two(void)
{
    struct dns_cache cache = {.max = 8};
    put(&cache, "a.test", "192.0.2.1", 10, 10);
    put(&cache, "b.test", "192.0.2.2", 10, 10);
    bool both = finds(&cache, "a.test", "192.0.2.1") && finds(&cache, "b.test", "192.0.2.2");
    CU_ASSERT_EQUAL(HASH_COUNT(cache.entries), cache.used.len);
    dns_cache_clear(&cache);
    return both ? GOFER_OK : GOFER_ERR_NOMEM;
}

static void without_memory_nothing_is_kept(void)
{
    scarce_run(keep_two);
}

CU_TestInfo dns_cache_tests[] = {
    {"entries are fresh, then stale, then gone", entries_are_fresh_then_stale_then_gone},
    {"kinds are different entries", kinds_are_different_entries},
    {"a newer answer replaces the older", a_newer_answer_replaces_the_older},
    {"the one used longest ago goes first", the_one_used_longest_ago_goes_first},
    {"without memory nothing is kept", without_memory_nothing_is_kept},
    {"many names stay within the bound", many_names_stay_within_the_bound},
    CU_TEST_INFO_NULL,
};
