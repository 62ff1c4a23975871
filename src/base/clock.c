/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The monotonic clock, the time of day, and those that a test sets. The two never
 * mix: setting the system's date moves no deadline.
 */
#include "base/clock.h"

#include <limits.h>
#include <stdatomic.h>

static _Atomic int64_t fake_now = -1;
static _Atomic int64_t fake_wall = -1;

int64_t clock_now_ns(void)
{
    int64_t fake = atomic_load_explicit(&fake_now, memory_order_relaxed);
    if (fake >= 0)
        return fake;
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

struct timespec clock_timespec(int64_t at_ns)
{
    return (struct timespec){.tv_sec = (time_t)(at_ns / 1000000000), .tv_nsec = at_ns % 1000000000};
}

int clock_poll_ms(int64_t now_ns, int64_t at_ns)
{
    if (at_ns == CLOCK_NEVER)
        return -1;
    if (at_ns <= now_ns)
        return 0;
    int64_t ms = (at_ns - now_ns - 1) / CLOCK_MS + 1;
    return ms < INT_MAX ? (int)ms : INT_MAX;
}

void clock_fake(int64_t now_ns)
{
    atomic_store_explicit(&fake_now, now_ns, memory_order_relaxed);
}

int64_t clock_wall_ms(void)
{
    int64_t fake = atomic_load_explicit(&fake_wall, memory_order_relaxed);
    if (fake >= 0)
        return fake;
    struct timespec ts;
    clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void clock_fake_wall(int64_t now_ms)
{
    atomic_store_explicit(&fake_wall, now_ms, memory_order_relaxed);
}
