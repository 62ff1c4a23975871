/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/host_memory: turns, and the family that won.
 */
#include "net/host_memory.h"

#include <pthread.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"

extern CU_TestInfo host_memory_tests[];

static struct host_memory memory;

static const int64_t minute = 60000 * CLOCK_MS;

static void turns_count_up_for_each_host(void)
{
    host_memory_init(&memory, 7);
    unsigned a = host_memory_turn(&memory, 1000), b = host_memory_turn(&memory, 2001);
    for (unsigned i = 1; i < 100; i++) {
        CU_ASSERT_EQUAL((uint16_t)(a + i), host_memory_turn(&memory, 1000));
        CU_ASSERT_EQUAL((uint16_t)(b + i), host_memory_turn(&memory, 2001));
    }
}

static void turns_begin_elsewhere_with_another_seed(void)
{
    unsigned begins[3];
    for (uint32_t seed = 0; seed < 3; seed++) {
        host_memory_init(&memory, seed * 0x9e3779b9);
        begins[seed] = host_memory_turn(&memory, 1000);
    }
    CU_ASSERT_NOT_EQUAL(begins[0], begins[1]);
    CU_ASSERT_NOT_EQUAL(begins[1], begins[2]);
}

static void the_family_that_won_out_of_order_goes_first_for_a_while(void)
{
    host_memory_init(&memory, 0);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, minute), AF_UNSPEC);
    host_memory_learn(&memory, 5, AF_INET, AF_INET6, minute);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, minute), AF_INET);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 6, minute), AF_UNSPEC);
    /* Its further wins, now that it goes first, say nothing new. */
    host_memory_learn(&memory, 5, AF_INET, AF_INET6, 9 * minute);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, 10 * minute), AF_INET);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, 11 * minute), AF_UNSPEC);
    host_memory_learn(&memory, 5, AF_INET, AF_INET6, 11 * minute);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, 20 * minute), AF_INET);
}

static void the_regular_family_takes_its_place_back(void)
{
    host_memory_init(&memory, 0);
    host_memory_learn(&memory, 5, AF_INET, AF_INET6, minute);
    host_memory_learn(&memory, 5, AF_INET6, AF_INET6, minute);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, minute), AF_UNSPEC);
    host_memory_learn(&memory, 5, AF_INET6, AF_INET, minute);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, minute), AF_INET6);
    /* One family alone teaches nothing. */
    host_memory_learn(&memory, 5, AF_INET, AF_UNSPEC, minute);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, minute), AF_INET6);
}

static void hosts_of_one_cell_displace_each_other(void)
{
    host_memory_init(&memory, 0);
    host_memory_learn(&memory, 5, AF_INET, AF_INET6, minute);
    unsigned turn = host_memory_turn(&memory, 5);
    host_memory_turn(&memory, 5 + HOST_MEMORY_CELLS);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5 + HOST_MEMORY_CELLS, minute), AF_UNSPEC);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, minute), AF_UNSPEC);
    CU_ASSERT_EQUAL(host_memory_turn(&memory, 5), turn); /* from its begin again */
}

static void turns_keep_what_was_learnt(void)
{
    host_memory_init(&memory, 0);
    host_memory_learn(&memory, 5, AF_INET6, AF_INET, minute);
    for (int i = 0; i < 70000; i++)
        host_memory_turn(&memory, 5);
    CU_ASSERT_EQUAL(host_memory_family(&memory, 5, minute), AF_INET6);
}

enum { THREADS = 4, TURNS = 1000 };

static void *take_turns(void *arg)
{
    (void)arg;
    for (int i = 0; i < TURNS; i++)
        host_memory_turn(&memory, 5);
    return NULL;
}

static void no_turn_is_given_twice(void)
{
    pthread_t threads[THREADS];
    host_memory_init(&memory, 3);
    unsigned before = host_memory_turn(&memory, 5);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, take_turns, NULL), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(host_memory_turn(&memory, 5), (uint16_t)(before + THREADS * TURNS + 1));
}

CU_TestInfo host_memory_tests[] = {
    {"turns count up for each host", turns_count_up_for_each_host},
    {"turns begin elsewhere with another seed", turns_begin_elsewhere_with_another_seed},
    {"the family that won out of order goes first for a while",
     the_family_that_won_out_of_order_goes_first_for_a_while},
    {"the regular family takes its place back", the_regular_family_takes_its_place_back},
    {"hosts of one cell displace each other", hosts_of_one_cell_displace_each_other},
    {"turns keep what was learnt", turns_keep_what_was_learnt},
    {"no turn is given twice", no_turn_is_given_twice},
    CU_TEST_INFO_NULL,
};
