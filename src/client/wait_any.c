/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Waiting for the first of several futures: one waiter, made known to each. The
 * watches are on the stack for a few futures and allocated for many; without
 * memory for them the thread looks again every millisecond.
 */
#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "engine/waiter.h"

enum { WATCHES_INLINE = 16, LOOK_AGAIN_MS = 1 };

static size_t first_done(gofer_future *const *futures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (gofer_future_done(futures[i]))
            return i;
    return n;
}

static void wait_watching(gofer_future *const *futures, size_t n, struct outcome_watch *watches,
                          struct waiter *waiter, int64_t at_ns)
{
    size_t watched = 0;
    bool all_open = true;
    while (watched < n && all_open) {
        if (futures[watched] != NULL)
            all_open = future_watch(call_of(futures[watched]), &watches[watched], waiter);
        watched++;
    }
    if (all_open)
        waiter_wait(waiter, at_ns);
    while (watched > 0) {
        watched--;
        if (futures[watched] != NULL)
            future_unwatch(call_of(futures[watched]), &watches[watched]);
    }
}

/* One look's time inside one future's core, serving it where nobody else does. */
static void look_inside(struct core *core, int64_t at_ns)
{
    struct waiter waiter;
    if (core == NULL || core_is_forked(core) || !core_enter_waiting(core))
        return;
    waiter_init(&waiter, core->engine);
    waiter_wait(&waiter, clock_min(at_ns, clock_after_ms(clock_now_ns(), LOOK_AGAIN_MS)));
    waiter_fini(&waiter);
    core_leave(core);
}

static void wait_looking(gofer_future *const *futures, size_t n, int64_t at_ns)
{
    for (size_t i = 0; first_done(futures, n) == n; i++) {
        if (at_ns != CLOCK_NEVER && clock_now_ns() >= at_ns)
            return;
        if (futures[i % n] != NULL)
            look_inside(call_of(futures[i % n])->core, at_ns);
    }
}

/* The core of the first future that has one and is not resolved. */
static struct core *core_of(gofer_future *const *futures, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (futures[i] != NULL && call_of(futures[i])->core != NULL)
            return call_of(futures[i])->core;
    return NULL;
}

/* Futures of several clients: only one engine can be led, so the others are looked at in turn. */
static bool same_core(gofer_future *const *futures, size_t n, const struct core *core)
{
    for (size_t i = 0; i < n; i++)
        if (futures[i] != NULL && call_of(futures[i])->core != core)
            return false;
    return true;
}

static void wait_inside(struct core *core, gofer_future *const *futures, size_t n, int64_t at_ns)
{
    struct outcome_watch few[WATCHES_INLINE];
    struct outcome_watch *watches = n <= WATCHES_INLINE ? few : mem_zalloc_array(n, sizeof(*few));
    struct waiter waiter;
    waiter_init(&waiter, core->engine);
    if (watches != NULL && same_core(futures, n, core))
        wait_watching(futures, n, watches, &waiter, at_ns);
    else
        wait_looking(futures, n, at_ns);
    waiter_fini(&waiter);
    if (watches != few)
        mem_free(watches);
}

size_t gofer_future_wait_any(gofer_future *const *futures, size_t n, int64_t timeout_ms)
{
    if (futures == NULL || n == 0 || timeout_ms < -1)
        return n;
    size_t done = first_done(futures, n);
    struct core *core = core_of(futures, n);
    if (done < n || core == NULL || callback_active() || core_is_forked(core))
        return done;
    if (!core_enter_waiting(core))
        return first_done(futures, n);
    if (timeout_ms == 0)
        core_poll(core);
    else
        wait_inside(core, futures, n, clock_after_ms(clock_now_ns(), timeout_ms));
    core_leave(core);
    return first_done(futures, n);
}
