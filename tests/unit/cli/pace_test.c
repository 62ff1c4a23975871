/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/pace: how fast bytes go when time is what the test says.
 */
#include "cli/pace.h"

#include <CUnit/CUnit.h>

extern CU_TestInfo pace_tests[];

#define SECOND INT64_C(1000000)

/* When so many bytes are through that are taken as soon as they may be, piece by piece. */
static int64_t through_us(struct pace *pace, size_t bytes, int64_t now_us)
{
    while (bytes > 0) {
        size_t piece = pace_piece(pace, bytes);

        now_us += pace_wait_us(pace, now_us);
        pace_take(pace, piece, now_us);
        bytes -= piece;
    }
    return now_us + pace_wait_us(pace, now_us);
}

static void bytes_take_their_time(void)
{
    static const int64_t rates[] = {1, 3, 999, 1000, 65536, 10000000};

    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct pace pace = {.bytes_per_s = rates[i]};
        int64_t took = through_us(&pace, (size_t)rates[i] * 5, 7 * SECOND) - 7 * SECOND;

        CU_ASSERT(took <= 5 * SECOND);
        CU_ASSERT(took >= 5 * SECOND - SECOND / 5);
    }
}

static void time_that_was_not_used_is_lost(void)
{
    struct pace pace = {.bytes_per_s = 1000};
    int64_t now = through_us(&pace, 100, SECOND);

    now += 60 * SECOND;
    CU_ASSERT(through_us(&pace, 1000, now) - now >= SECOND - SECOND / 5);
}

static void without_a_rate_nothing_waits(void)
{
    struct pace pace = {.bytes_per_s = 0};

    CU_ASSERT_EQUAL(pace_piece(&pace, 12345), 12345);
    CU_ASSERT_EQUAL(through_us(&pace, 1000000, 5), 5);
}

static void a_piece_is_a_tenth_of_a_second(void)
{
    CU_ASSERT_EQUAL(pace_piece(&(struct pace){.bytes_per_s = 1000}, 65536), 100);
    CU_ASSERT_EQUAL(pace_piece(&(struct pace){.bytes_per_s = 1000}, 7), 7);
    CU_ASSERT_EQUAL(pace_piece(&(struct pace){.bytes_per_s = 1}, 65536), 1);
    CU_ASSERT_EQUAL(pace_piece(&(struct pace){.bytes_per_s = INT64_MAX}, 65536), 65536);
}

CU_TestInfo pace_tests[] = {
    {"bytes take their time", bytes_take_their_time},
    {"time that was not used is lost", time_that_was_not_used_is_lost},
    {"without a rate nothing waits", without_a_rate_nothing_waits},
    {"a piece is a tenth of a second", a_piece_is_a_tenth_of_a_second},
    CU_TEST_INFO_NULL,
};
