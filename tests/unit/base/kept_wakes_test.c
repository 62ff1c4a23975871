/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/kept_wakes: what is kept, until when, and that nobody sleeps on.
 */
#include "base/kept_wakes.h"

#include <pthread.h>

#include <CUnit/CUnit.h>

#include "base/callback.h"
#include "base/clock.h"
#include "base/lock.h"
#include "support/gate.h"

extern CU_TestInfo kept_wakes_tests[];

enum { SLEEPERS = 2 };

/* Threads that sleep on one condition until it holds. */
struct bed {
    struct lock lock;
    struct lock_cond cond;
    bool over;
    pthread_t threads[SLEEPERS];
};

static struct gate up = GATE_INIT;
static struct kept_wakes mine;

static void *sleep_in(void *arg)
{
    struct bed *bed = arg;
    lock_take(&bed->lock);
    while (!bed->over)
        lock_cond_wait(&bed->cond, &bed->lock, CLOCK_NEVER);
    lock_drop(&bed->lock);
    gate_pass(&up);
    return NULL;
}

static bool all_are_asleep(void *arg)
{
    struct bed *bed = arg;
    lock_take(&bed->lock);
    bool asleep = bed->cond.sleepers == SLEEPERS;
    lock_drop(&bed->lock);
    return asleep;
}

static void put_to_bed(struct bed *bed)
{
    *bed = (struct bed){.over = false};
    gate_reset(&up);
    lock_init(&bed->lock, LOCK_WAITER);
    lock_cond_init(&bed->cond);
    for (int i = 0; i < SLEEPERS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&bed->threads[i], NULL, sleep_in, bed), 0);
    CU_ASSERT(eventually(all_are_asleep, bed));
}

/* Keeps a wake for each of them. */
static void keep_wakes_of(struct bed *bed)
{
    lock_take(&bed->lock);
    bed->over = true;
    for (int i = 0; i < SLEEPERS; i++)
        CU_ASSERT(kept_wakes_add(lock_cond_prepare_signal(&bed->cond)));
    lock_drop(&bed->lock);
    CU_ASSERT_EQUAL(kept_wakes_len(), 1);
}

static void expect_up(struct bed *bed)
{
    CU_ASSERT_EQUAL(kept_wakes_len(), 0);
    CU_ASSERT(gate_wait(&up, SLEEPERS));
    lock_cond_broadcast(&bed->cond);
    for (int i = 0; i < SLEEPERS; i++)
        pthread_join(bed->threads[i], NULL);
    lock_cond_fini(&bed->cond);
    lock_fini(&bed->lock);
}

static void nothing_is_kept_outside(void)
{
    _Atomic uint32_t word = 0;
    CU_ASSERT_FALSE(kept_wakes_add(&word));
    kept_wakes_begin(&mine);
    CU_ASSERT_TRUE(kept_wakes_add(&word));
    kept_wakes_end();
    CU_ASSERT_EQUAL(kept_wakes_len(), 0);
    CU_ASSERT_FALSE(kept_wakes_add(&word));
}

static void all_are_woken(void)
{
    struct bed bed;
    put_to_bed(&bed);
    kept_wakes_begin(&mine);
    keep_wakes_of(&bed);
    kept_wakes_make();
    expect_up(&bed);
    kept_wakes_end();
}

static void the_end_wakes_all(void)
{
    struct bed bed;
    put_to_bed(&bed);
    kept_wakes_begin(&mine);
    keep_wakes_of(&bed);
    kept_wakes_end();
    expect_up(&bed);
}

/* It may wait for those who are to be woken. */
static void a_callback_wakes_all_and_keeps_none(void)
{
    struct bed bed;
    _Atomic uint32_t word = 0;
    put_to_bed(&bed);
    kept_wakes_begin(&mine);
    keep_wakes_of(&bed);
    callback_enter();
    expect_up(&bed);
    CU_ASSERT_FALSE(kept_wakes_add(&word));
    callback_enter();
    callback_leave();
    CU_ASSERT_FALSE(kept_wakes_add(&word));
    callback_leave();
    CU_ASSERT_TRUE(kept_wakes_add(&word));
    kept_wakes_end();
}

static void one_that_sleeps_keeps_none(void)
{
    struct bed bed;
    struct lock lock;
    struct lock_cond cond;
    put_to_bed(&bed);
    lock_init(&lock, LOCK_WAITER);
    lock_cond_init(&cond);
    kept_wakes_begin(&mine);
    keep_wakes_of(&bed);
    lock_take(&lock);
    lock_cond_wait(&cond, &lock, 0);
    lock_drop(&lock);
    expect_up(&bed);
    kept_wakes_end();
    lock_cond_fini(&cond);
    lock_fini(&lock);
}

static void more_are_not_kept(void)
{
    _Atomic uint32_t words[KEPT_WAKES_MAX + 1] = {0};
    kept_wakes_begin(&mine);
    for (int i = 0; i < KEPT_WAKES_MAX; i++)
        CU_ASSERT_TRUE(kept_wakes_add(&words[i]));
    CU_ASSERT_FALSE(kept_wakes_add(&words[KEPT_WAKES_MAX]));
    CU_ASSERT_TRUE(kept_wakes_add(&words[0]));
    CU_ASSERT_EQUAL(kept_wakes_len(), KEPT_WAKES_MAX);
    kept_wakes_end();
}

CU_TestInfo kept_wakes_tests[] = {
    {"nothing is kept outside", nothing_is_kept_outside},
    {"all are woken, two on one word", all_are_woken},
    {"the end wakes all", the_end_wakes_all},
    {"a callback wakes all, and keeps none", a_callback_wakes_all_and_keeps_none},
    {"one that sleeps keeps none", one_that_sleeps_keeps_none},
    {"more are not kept", more_are_not_kept},
    CU_TEST_INFO_NULL,
};
