/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/clock: arithmetic that saturates and rounds up, and the fake clock.
 */
#include "base/clock.h"

#include <limits.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo clock_tests[];

static void now_is_the_monotonic_clock(void)
{
    struct timespec before, after;
    clock_gettime(CLOCK_MONOTONIC, &before);
    int64_t now = clock_now_ns();
    clock_gettime(CLOCK_MONOTONIC, &after);
    CU_ASSERT(now >= before.tv_sec * INT64_C(1000000000) + before.tv_nsec);
    CU_ASSERT(now <= after.tv_sec * INT64_C(1000000000) + after.tv_nsec);
}

static void fake_clock_stands_until_it_is_moved(void)
{
    clock_fake(42);
    CU_ASSERT_EQUAL(clock_now_ns(), 42);
    CU_ASSERT_EQUAL(clock_now_ns(), 42);
    clock_fake(0);
    CU_ASSERT_EQUAL(clock_now_ns(), 0);
    clock_fake(-1);
    CU_ASSERT(clock_now_ns() > 42);
}

static void after_adds_milliseconds_and_saturates(void)
{
    CU_ASSERT_EQUAL(clock_after_ms(5, 0), 5);
    CU_ASSERT_EQUAL(clock_after_ms(5, 3), 3 * CLOCK_MS + 5);
    CU_ASSERT_EQUAL(clock_after_ms(5, -1), CLOCK_NEVER);
    CU_ASSERT_EQUAL(clock_after_ms(5, INT64_MAX), CLOCK_NEVER);
    int64_t most = (CLOCK_NEVER - 5) / CLOCK_MS;
    CU_ASSERT_EQUAL(clock_after_ms(5, most), 5 + most * CLOCK_MS);
    CU_ASSERT_EQUAL(clock_after_ms(5, most + 1), CLOCK_NEVER);
}

static void timespec_splits_seconds(void)
{
    struct timespec ts = clock_timespec(INT64_C(3000000007));
    CU_ASSERT_EQUAL(ts.tv_sec, 3);
    CU_ASSERT_EQUAL(ts.tv_nsec, 7);
}

static void poll_time_is_rounded_up_and_bounded(void)
{
    CU_ASSERT_EQUAL(clock_poll_ms(100, CLOCK_NEVER), -1);
    CU_ASSERT_EQUAL(clock_poll_ms(100, 100), 0);
    CU_ASSERT_EQUAL(clock_poll_ms(100, 99), 0);
    CU_ASSERT_EQUAL(clock_poll_ms(100, 101), 1);
    CU_ASSERT_EQUAL(clock_poll_ms(0, CLOCK_MS), 1);
    CU_ASSERT_EQUAL(clock_poll_ms(0, CLOCK_MS + 1), 2);
    CU_ASSERT_EQUAL(clock_poll_ms(0, CLOCK_NEVER - 1), INT_MAX);
}

static void the_time_of_day_is_a_clock_of_its_own(void)
{
    struct timespec before, after;
    clock_gettime(CLOCK_REALTIME, &before);
    int64_t now = clock_wall_ms();
    clock_gettime(CLOCK_REALTIME, &after);
    CU_ASSERT(now >= before.tv_sec * INT64_C(1000) + before.tv_nsec / 1000000);
    CU_ASSERT(now <= after.tv_sec * INT64_C(1000) + after.tv_nsec / 1000000);
    int64_t monotonic = clock_now_ns();
    clock_fake_wall(7);
    CU_ASSERT_EQUAL(clock_wall_ms(), 7);
    CU_ASSERT(clock_now_ns() >= monotonic);
    clock_fake_wall(-1);
    CU_ASSERT(clock_wall_ms() >= now);
}

CU_TestInfo clock_tests[] = {
    {"now is the monotonic clock", now_is_the_monotonic_clock},
    {"the fake clock stands until it is moved", fake_clock_stands_until_it_is_moved},
    {"after() adds milliseconds and saturates", after_adds_milliseconds_and_saturates},
    {"timespec splits seconds", timespec_splits_seconds},
    {"poll time is rounded up and bounded", poll_time_is_rounded_up_and_bounded},
    {"RES-06 the time of day is a clock of its own", the_time_of_day_is_a_clock_of_its_own},
    CU_TEST_INFO_NULL,
};
