/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/futex: who sleeps, until when, and who is woken.
 */
#include "base/futex.h"

#include <errno.h>
#include <pthread.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"

extern CU_TestInfo futex_tests[];

static void another_value_is_no_sleep(void)
{
    _Atomic uint32_t word = 7;
    errno = ENOANO;
    futex_wait(&word, 8, CLOCK_NEVER);
    CU_ASSERT_EQUAL(errno, ENOANO);
}

static void a_sleep_ends_at_its_time(void)
{
    _Atomic uint32_t word = 7;
    int64_t at = clock_after_ms(clock_now_ns(), 20);
    errno = ENOANO;
    while (clock_now_ns() < at)
        futex_wait(&word, 7, at);
    CU_ASSERT(clock_now_ns() >= at);
    futex_wait(&word, 7, 0);
    futex_wait(&word, 7, at);
    CU_ASSERT_EQUAL(errno, ENOANO);
}

static void *sleep_while_one(void *arg)
{
    _Atomic uint32_t *word = arg;
    while (atomic_load(word) == 1)
        futex_wait(word, 1, CLOCK_NEVER - 1);
    return NULL;
}

static void a_wake_ends_a_sleep(void)
{
    _Atomic uint32_t word = 1;
    pthread_t sleeper;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&sleeper, NULL, sleep_while_one, &word), 0);
    atomic_store(&word, 2);
    futex_wake(&word, 1);
    CU_ASSERT_EQUAL(pthread_join(sleeper, NULL), 0);
}

CU_TestInfo futex_tests[] = {
    {"another value is no sleep", another_value_is_no_sleep},
    {"a sleep ends at its time", a_sleep_ends_at_its_time},
    {"a wake ends a sleep", a_wake_ends_a_sleep},
    CU_TEST_INFO_NULL,
};
