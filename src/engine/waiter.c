/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Waiting: on a condition variable where somebody else serves the engine, as its
 * leader where nobody does.
 */
#include "engine/waiter.h"

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/wakes.h"

void waiter_init(struct waiter *waiter, struct engine *engine)
{
    *waiter = (struct waiter){.engine = engine};
    lock_init(&waiter->lock, LOCK_WAITER);
    lock_cond_init(&waiter->cond);
}

void waiter_fini(struct waiter *waiter)
{
    lock_cond_fini(&waiter->cond);
    lock_fini(&waiter->lock);
}

void waiter_wake_later(struct waiter *waiter, struct wakes *wakes)
{
    lock_take(&waiter->lock);
    waiter->woken = true;
    if (waiter->leading)
        wakes_poke(wakes, waiter->engine);
    wakes_add(wakes, lock_cond_prepare_signal(&waiter->cond));
    lock_drop(&waiter->lock);
}

void waiter_wake(struct waiter *waiter)
{
    struct wakes wakes;
    WAKES_INIT(&wakes);
    waiter_wake_later(waiter, &wakes);
    wakes_deliver(&wakes);
}

static bool in_time(int64_t at_ns)
{
    return at_ns == CLOCK_NEVER || clock_now_ns() < at_ns;
}

/* Sleeps until woken, promoted or at_ns. */
static void sleep_until(struct waiter *waiter, int64_t at_ns)
{
    lock_take(&waiter->lock);
    while (!waiter->woken && !waiter->promoted && in_time(at_ns))
        lock_cond_wait(&waiter->cond, &waiter->lock, at_ns);
    waiter->promoted = false;
    lock_drop(&waiter->lock);
}

bool waiter_is_woken(struct waiter *waiter)
{
    lock_take(&waiter->lock);
    bool woken = waiter->woken;
    lock_drop(&waiter->lock);
    return woken;
}

static void set_leading(struct waiter *waiter, bool leading)
{
    lock_take(&waiter->lock);
    waiter->leading = leading;
    lock_drop(&waiter->lock);
}

/* Takes turns until woken, told to step down, or at_ns. */
static void lead_until(struct waiter *waiter, int64_t at_ns)
{
    set_leading(waiter, true);
    while (!waiter_is_woken(waiter) && in_time(at_ns))
        if (!engine_lead(waiter->engine, at_ns))
            break;
    set_leading(waiter, false);
}

static void lead_or_sleep(struct waiter *waiter, int64_t at_ns)
{
    while (!waiter_is_woken(waiter) && in_time(at_ns)) {
        if (engine_try_lead(waiter->engine, waiter))
            lead_until(waiter, at_ns);
        else
            sleep_until(waiter, at_ns);
        engine_leave(waiter->engine, waiter);
    }
}

bool waiter_wait(struct waiter *waiter, int64_t at_ns)
{
    if (waiter->engine != NULL && engine_may_need_leader(waiter->engine))
        lead_or_sleep(waiter, at_ns);
    else
        sleep_until(waiter, at_ns);
    lock_take(&waiter->lock);
    bool woken = waiter->woken;
    waiter->woken = false;
    lock_drop(&waiter->lock);
    return woken;
}
