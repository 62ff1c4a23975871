/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Futures: the outcome's side of a call. It is settled once, under the call's
 * lock; then the callback runs without it; then it is resolved and every waiting
 * thread is woken. So a wait returns after the callback, and a callback may free
 * its future: the call itself holds a reference until its task has ended.
 */
#include <gofer/future.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "client/stream.h"
#include "engine/waiter.h"
#include "engine/wakes.h"
#include "transport/trace.h"

/* --- resolving --- */

static void run_callback(gofer_future *future, void (*fn)(gofer_future *, void *), void *arg)
{
    if (fn == NULL)
        return;
    callback_enter();
    fn(future, arg);
    callback_leave();
}

static void wake_waiters(struct call *call, struct wakes *wakes)
{
    for (struct link *l = list_first(&call->waiters); l != NULL; l = list_next(l))
        waiter_wake_later(list_item(l, struct outcome_watch, link)->waiter, wakes);
}

static void settle(struct call *call, gofer_status status, gofer_response *response)
{
    call->status = status;
    call->response = response;
    call->outcome = OUTCOME_SETTLED;
}

void future_settle_early(struct call *call, gofer_status status, gofer_response *response)
{
    struct wakes wakes;
    WAKES_INIT(&wakes);
    settle(call, status, response);
    if (call->on_done != NULL)
        return;
    /* Whoever would publish it may be behind the thread that does not come back. */
    call->outcome = OUTCOME_RESOLVED;
    call->unpublished = true;
    wake_waiters(call, &wakes);
    wakes_deliver(&wakes);
}

static gofer_response *take_response(struct call *call)
{
    gofer_response *response = call->response;
    call->response = NULL;
    return response;
}

/* Drops the lock; out of the way of those that nobody waits for. */
__attribute__((noinline)) static void drop_and_wake(struct call *call)
{
    struct wakes wakes;
    WAKES_INIT(&wakes);
    wake_waiters(call, &wakes);
    lock_drop(&call->lock);
    wakes_deliver(&wakes);
}

/* Drops the lock. */
static void publish(struct call *call)
{
    void (*fn)(gofer_future *, void *) = call->on_done;
    void *arg = call->on_done_arg;
    call->on_done = NULL;
    call->outcome = fn != NULL ? OUTCOME_SETTLED : OUTCOME_RESOLVED;
    if (fn != NULL) {
        lock_drop(&call->lock);
        run_callback(future_of(call), fn, arg);
        lock_take(&call->lock);
        call->outcome = OUTCOME_RESOLVED;
    }
    call->unpublished = false;
    gofer_group *group = call->group;
    gofer_response *unwanted = call->abandoned ? take_response(call) : NULL;
    if (call->waiters.len > 0)
        drop_and_wake(call);
    else
        lock_drop(&call->lock);
    /* This thread may be serving: taking turns here would nest without end. */
    if (unwanted != NULL)
        stream_discard(unwanted, false);
    if (group != NULL)
        group_completed(group, call);
}

void future_publish(struct call *call)
{
    lock_take(&call->lock);
    publish(call);
}

void future_resolve(struct call *call, gofer_status status, gofer_response *response)
{
    lock_take(&call->lock);
    settle(call, status, response);
    publish(call);
}

gofer_status call_take_outcome(struct call *call, gofer_response **response)
{
    lock_take(&call->lock);
    gofer_status status = call->status;
    if (response != NULL)
        *response = take_response(call);
    lock_drop(&call->lock);
    return status;
}

gofer_status call_end_private(struct call *call, gofer_response **response)
{
    gofer_status status = call->status;
    if (response != NULL)
        *response = take_response(call);
    else
        gofer_response_free(take_response(call));
    task_unref(&call->task);
    return status;
}

/* --- waiting --- */

static enum outcome outcome_of(struct call *call)
{
    lock_take(&call->lock);
    enum outcome outcome = call->outcome;
    lock_drop(&call->lock);
    return outcome;
}

bool future_watch(struct call *call, struct outcome_watch *w, struct waiter *waiter)
{
    *w = (struct outcome_watch){.waiter = waiter};
    lock_take(&call->lock);
    bool open = call->outcome != OUTCOME_RESOLVED;
    if (open)
        list_push(&call->waiters, &w->link);
    lock_drop(&call->lock);
    return open;
}

void future_unwatch(struct call *call, struct outcome_watch *w)
{
    lock_take(&call->lock);
    list_remove(&w->link);
    lock_drop(&call->lock);
}

static void sleep_until_resolved(struct call *call, int64_t at_ns)
{
    struct waiter waiter;
    struct outcome_watch w;
    waiter_init(&waiter, call->core->engine);
    if (future_watch(call, &w, &waiter)) {
        waiter_wait(&waiter, at_ns);
        future_unwatch(call, &w);
    }
    waiter_fini(&waiter);
}

/* A call that nobody has begun, without a callback, is run right here: one inside of its steps
 * (late.h) would hold up everybody else who waits for it. */
static bool steal_and_drive(struct call *call)
{
    lock_take(&call->lock);
    bool plain = call->outcome == OUTCOME_OPEN && call->on_done == NULL;
    lock_drop(&call->lock);
    if (!plain || call->late != NULL || !call_may_drive(call) || !task_steal(&call->task))
        return false;
    call_drive(call, clock_now_ns());
    return true;
}

/* Waits until at_ns; `forever`: the caller said so, and may do the work itself. */
static void await_outcome(struct call *call, int64_t at_ns, bool forever)
{
    /* An outcome that is still open keeps the engine alive until this thread is out again. */
    if (!core_enter_waiting(call->core))
        return;
    if (at_ns == 0)
        core_poll(call->core);
    else if (outcome_of(call) != OUTCOME_RESOLVED && !(forever && steal_and_drive(call)))
        sleep_until_resolved(call, at_ns);
    core_leave(call->core);
}

static gofer_status wait_until(struct call *call, int64_t at_ns, bool forever,
                               gofer_response **response)
{
    if (call_is_foreign(call))
        return GOFER_ERR_FORKED;
    enum outcome outcome = outcome_of(call);
    bool in_callback = callback_active();
    if (outcome == OUTCOME_OPEN && in_callback)
        return at_ns == 0 ? GOFER_PENDING : GOFER_ERR_INVALID;
    if (outcome != OUTCOME_RESOLVED && !in_callback) {
        await_outcome(call, at_ns, forever);
        outcome = outcome_of(call);
        if (outcome != OUTCOME_RESOLVED)
            return GOFER_PENDING;
    }
    return call_take_outcome(call, response);
}

gofer_status gofer_future_wait(gofer_future *future, gofer_response **response)
{
    if (response != NULL)
        *response = NULL;
    if (future == NULL)
        return GOFER_ERR_INVALID;
    return wait_until(call_of(future), CLOCK_NEVER, true, response);
}

/* The end of a wait: 0 polls, -1 never ends. */
static int64_t wait_end(int64_t timeout_ms)
{
    return timeout_ms == 0 ? 0 : clock_after_ms(clock_now_ns(), timeout_ms);
}

gofer_status gofer_future_wait_for(gofer_future *future, int64_t timeout_ms,
                                   gofer_response **response)
{
    if (response != NULL)
        *response = NULL;
    if (future == NULL || timeout_ms < -1)
        return GOFER_ERR_INVALID;
    return wait_until(call_of(future), wait_end(timeout_ms), false, response);
}

bool gofer_future_done(const gofer_future *future)
{
    return future != NULL && !call_is_foreign(call_of(future)) &&
           outcome_of(call_of(future)) == OUTCOME_RESOLVED;
}

/* --- the rest of the handle --- */

void gofer_future_on_done(gofer_future *future, void (*fn)(gofer_future *future, void *arg),
                          void *arg)
{
    struct call *call = call_of(future);
    /* What the lack of memory left of a submit: its outcome is known. */
    if (future == NULL)
        run_callback(NULL, fn, arg);
    if (future == NULL || call_is_foreign(call))
        return;
    lock_take(&call->lock);
    bool now = call->outcome != OUTCOME_OPEN;
    if (!now) {
        call->on_done = fn;
        call->on_done_arg = arg;
    }
    lock_drop(&call->lock);
    if (now)
        run_callback(future, fn, arg);
}

void gofer_future_cancel(gofer_future *future)
{
    struct call *call = call_of(future);
    if (future == NULL)
        return;
    /* What the wake leads to may free the future before this thread is back. */
    task_ref(&call->task);
    call_wake(call, EV_CANCEL);
    task_unref(&call->task);
}

/* A streaming response that nobody took would go on, and keep its call, for ever. */
static void abandon(struct call *call)
{
    lock_take(&call->lock);
    call->abandoned = true;
    gofer_response *unwanted = call->outcome == OUTCOME_RESOLVED ? take_response(call) : NULL;
    lock_drop(&call->lock);
    gofer_response_free(unwanted);
}

void gofer_future_free(gofer_future *future)
{
    struct call *call = call_of(future);
    if (future == NULL)
        return;
    if (!call_is_foreign(call))
        abandon(call);
    task_unref(&call->task);
}

const gofer_error *gofer_future_error(const gofer_future *future)
{
    struct call *call = call_of(future);
    if (future == NULL || call_is_foreign(call))
        return NULL;
    lock_take(&call->lock);
    bool failed = call->outcome != OUTCOME_OPEN && call->error.code != GOFER_OK;
    lock_drop(&call->lock);
    return failed ? &call->error : NULL;
}

uint64_t gofer_future_call_id(const gofer_future *future)
{
    const struct trace *trace = future != NULL ? call_of(future)->trace : NULL;
    return trace != NULL ? trace_call(trace) : 0;
}

void *gofer_future_user(const gofer_future *future)
{
    return future != NULL ? call_of(future)->user : NULL;
}
