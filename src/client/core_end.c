/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How a client ends: no call is let in, those that are unfinished are told, and
 * waited for; then dials and lookups, the engine's threads, and the threads inside.
 * A callback cannot wait for its own thread: there another one, the reaper, does it.
 * The memory of the core goes with the last future.
 *
 * Draining, which a program may do before, is the waiting alone. Lock: LOCK_CORE; what
 * is waited for is waited for without it.
 */
#include "client/core.h"

#include <pthread.h>

#include "base/callback.h"
#include "base/clock.h"
#include "client/call.h"
#include "engine/engine.h"
#include "engine/thread.h"
#include "engine/waiter.h"
#include "net/resolver.h"
#include "transport/pool.h"

enum { QUIET_POLL_MS = 1, REAPER_MS = 100 };

/* --- draining --- */

static bool is_drained(const struct core *core)
{
    return core_unfinished(core) == 0 && atomic_load(&core->resolving) == 0;
}

static bool wait_until_drained(struct core *core, int64_t at_ns)
{
    struct waiter waiter;
    waiter_init(&waiter, core->engine);
    lock_take(&core->lock);
    list_push(&core->drains, &waiter.link);
    atomic_store(&core->draining, true);
    while (!is_drained(core)) {
        lock_drop(&core->lock);
        bool woken = waiter_wait(&waiter, at_ns);
        lock_take(&core->lock);
        if (!woken)
            break;
    }
    bool drained = is_drained(core);
    list_remove(&waiter.link);
    atomic_store(&core->draining, core->drains.len > 0);
    lock_drop(&core->lock);
    waiter_fini(&waiter);
    return drained;
}

gofer_status core_drain(struct core *core, int64_t timeout_ms)
{
    bool drained = wait_until_drained(core, clock_after_ms(clock_now_ns(), timeout_ms));
    return drained ? GOFER_OK : GOFER_PENDING;
}

/* --- the end --- */

static struct call *pop_to_end(struct core *core)
{
    lock_take(&core->lock);
    struct call *call = list_item(list_pop(&core->calls), struct call, core_link);
    if (call != NULL) {
        list_push(&core->ending, &call->core_link);
        task_ref(&call->task);
    }
    lock_drop(&core->lock);
    return call;
}

static void refuse_new_calls(struct core *core)
{
    lock_take(&core->lock);
    core->state = CORE_CLOSING;
    for (struct link *l = list_first(&core->places); l != NULL; l = list_next(l))
        waiter_wake(list_item(l, struct waiter, link));
    lock_drop(&core->lock);
}

/* The caller is inside, or is the one that ends the core. */
static void tell_calls_to_end(struct core *core)
{
    struct call *call;
    while ((call = pop_to_end(core)) != NULL) {
        task_wake_now(&call->task, EV_CLOSE);
        task_unref(&call->task);
    }
}

static void end_dials(struct core *core)
{
    struct waiter waiter;
    waiter_init(&waiter, core->engine);
    pool_close(core->pool);
    while (!pool_quiet(core->pool, &waiter))
        waiter_wait(&waiter, CLOCK_NEVER);
    /* The resolver's task has one step left; nothing tells of its end, so it is looked for. */
    resolver_close(core->resolver);
    while (!resolver_ended(core->resolver))
        waiter_wait(&waiter, clock_after_ms(clock_now_ns(), QUIET_POLL_MS));
    waiter_fini(&waiter);
}

static void wait_until_outside(struct core *core)
{
    lock_take(&core->lock);
    while (core->inside > 0)
        lock_cond_wait(&core->left, &core->lock, CLOCK_NEVER);
    core->state = CORE_ENDED;
    lock_drop(&core->lock);
}

static void close_now(struct core *core)
{
    refuse_new_calls(core);
    tell_calls_to_end(core);
    wait_until_drained(core, CLOCK_NEVER);
    end_dials(core);
    engine_stop(core->engine);
    wait_until_outside(core);
    core_free_services(core);
    core_unref(core);
}

static void *reaper_thread(void *arg)
{
    thread_set_name("gofer-reaper");
    close_now(arg);
    return NULL;
}

/* On the timer thread too: a thread that cannot be had now is asked for again, or nobody would end
 * the client. The timer lives as long as that. */
static void start_reaper(void *arg)
{
    struct core *core = arg;
    pthread_t thread;
    if (thread_start(&thread, reaper_thread, core) == 0)
        pthread_detach(thread);
    else
        timer_arm(engine_timers(core->engine), &core->reaper,
                  clock_after_ms(clock_now_ns(), REAPER_MS));
}

void core_close(struct core *core)
{
    if (core_is_forked(core))
        return;
    if (!callback_active()) {
        close_now(core);
        return;
    }
    /* This thread may be one that the end has to wait for: another one does it. */
    refuse_new_calls(core);
    tell_calls_to_end(core);
    core->reaper.fire = start_reaper;
    core->reaper.arg = core;
    start_reaper(core);
}
