/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/map: uthash takes its memory from the house's allocator, and an element
 * for which there is none is reported, not added and no reason to exit.
 */
#include "base/map.h"

#include <stdbool.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

extern CU_TestInfo map_tests[];

struct element {
    int key;
    UT_hash_handle hh;
};

static int live;
static int refuse_from; /* the number of the first malloc that fails; 0: none */
static int mallocs;

static void *counting_malloc(size_t size)
{
    mallocs++;
    if (refuse_from > 0 && mallocs >= refuse_from)
        return NULL;
    live++;
    return malloc(size);
}

static void counting_free(void *p)
{
    live--;
    free(p);
}

static void hook(int fail_at)
{
    live = mallocs = 0;
    refuse_from = fail_at;
    CU_ASSERT_EQUAL(gofer_set_allocator(counting_malloc, realloc, counting_free), GOFER_OK);
}

static void unhook(void)
{
    CU_ASSERT_EQUAL(gofer_set_allocator(malloc, realloc, free), GOFER_OK);
}

static bool add(struct element **map, struct element *e)
{
    HASH_ADD_INT(*map, key, e);
    return map_added(e);
}

static struct element *find(struct element *map, int key)
{
    struct element *found;
    HASH_FIND_INT(map, &key, found);
    return found;
}

static void elements_are_found_and_leave_nothing_behind(void)
{
    enum { N = 1000 };
    static struct element elements[N];
    struct element *map = NULL;
    hook(0);
    for (int i = 0; i < N; i++) {
        elements[i] = (struct element){.key = i};
        CU_ASSERT_TRUE(add(&map, &elements[i]));
    }
    CU_ASSERT(mallocs > 0);
    for (int i = 0; i < N; i++)
        CU_ASSERT_PTR_EQUAL(find(map, i), &elements[i]);
    CU_ASSERT_PTR_NULL(find(map, N));
    for (int i = 0; i < N; i++)
        HASH_DEL(map, &elements[i]);
    CU_ASSERT_PTR_NULL(map);
    CU_ASSERT_EQUAL(live, 0);
    unhook();
}

static void first_element_without_memory_is_not_added(void)
{
    for (int fail_at = 1; fail_at <= 2; fail_at++) {
        struct element e = {.key = 7};
        struct element *map = NULL;
        hook(fail_at);
        CU_ASSERT_FALSE(add(&map, &e));
        CU_ASSERT_PTR_NULL(map);
        CU_ASSERT_EQUAL(live, 0);
        refuse_from = 0;
        CU_ASSERT_TRUE(add(&map, &e));
        CU_ASSERT_PTR_EQUAL(find(map, 7), &e);
        HASH_CLEAR(hh, map);
        CU_ASSERT_EQUAL(live, 0);
        unhook();
    }
}

static void growth_without_memory_keeps_the_map_whole(void)
{
    enum { N = 1000 };
    static struct element elements[N];
    struct element *map = NULL;
    int added = 0;
    hook(3);
    for (int i = 0; i < N; i++) {
        elements[i] = (struct element){.key = i};
        added += add(&map, &elements[i]);
    }
    int found = 0;
    for (int i = 0; i < N; i++) {
        struct element *e = find(map, i);
        CU_ASSERT_EQUAL(e != NULL, map_added(&elements[i]));
        found += e != NULL;
    }
    CU_ASSERT(added > 0);
    CU_ASSERT_EQUAL(found, added);
    HASH_CLEAR(hh, map);
    CU_ASSERT_EQUAL(live, 0);
    unhook();
}

CU_TestInfo map_tests[] = {
    {"elements are found, and leave nothing behind", elements_are_found_and_leave_nothing_behind},
    {"a first element without memory is not added", first_element_without_memory_is_not_added},
    {"growth without memory keeps the map whole", growth_without_memory_keeps_the_map_whole},
    CU_TEST_INFO_NULL,
};
