/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Time. Inside the library a time is an int64_t of nanoseconds on the monotonic
 * clock; CLOCK_NEVER is the far future. Only conversions at the public border
 * know milliseconds. A test may step the clock by hand (clock_fake).
 *
 * The time of day (clock_wall_ms) is a clock of its own, which people and NTP may
 * set: only for what is dated by the outside, as the expiry of a cookie.
 * Any thread.
 */
#ifndef GOFER_BASE_CLOCK_H
#define GOFER_BASE_CLOCK_H

#include <stdint.h>
#include <time.h>

#define CLOCK_NEVER INT64_MAX
#define CLOCK_MS INT64_C(1000000)

/* Now. */
int64_t clock_now_ns(void);

/* now + ms milliseconds; saturates; CLOCK_NEVER where ms is negative. */
static inline int64_t clock_after_ms(int64_t now_ns, int64_t ms)
{
    int64_t ns, at;
    if (ms < 0 || __builtin_mul_overflow(ms, CLOCK_MS, &ns) ||
        __builtin_add_overflow(now_ns, ns, &at))
        return CLOCK_NEVER;
    return at;
}

/* An absolute time as a timespec of CLOCK_MONOTONIC, for timed waits. */
struct timespec clock_timespec(int64_t at_ns);

/* Milliseconds from now to at, rounded up, for poll(2): -1 for CLOCK_NEVER, 0 when past, at most
 * INT_MAX. */
int clock_poll_ms(int64_t now_ns, int64_t at_ns);

/* Tests: from now on the clock stands at now_ns and moves only by this call; a negative value ends
 * it. */
void clock_fake(int64_t now_ns);

/* Milliseconds since 1970 by CLOCK_REALTIME. Never for a deadline. */
int64_t clock_wall_ms(void);

/* Tests: the same as clock_fake() for the time of day. */
void clock_fake_wall(int64_t now_ms);

static inline int64_t clock_min(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

#endif
