/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Settling from outside. All but the task is guarded by the call's lock.
 */
#include "client/late.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "client/limits.h"
#include "client/snapshot.h"
#include "client/stream.h"

struct late {
    struct task task;
    struct call *call;
    bool inside;       /* its driver may be in a callback */
    bool settled;      /* from outside */
    gofer_phase doing; /* what the callback is for */
    gofer_sent sent;   /* when it began; more may have been since */
};

/* --- resolving, on a thread that serves --- */

static struct late *late_of(struct task *task)
{
    return list_item(task, struct late, task);
}

static enum task_next resolve(struct task *task, unsigned events, struct turn *turn)
{
    struct call *call = late_of(task)->call;
    struct core *core = call->core;
    (void)events, (void)turn;
    future_publish(call);
    core_call_resolved(core);
    task_unref(&call->task);
    return TASK_DONE;
}

static void drop(struct task *task)
{
    mem_free(late_of(task));
}

static const struct task_ops late_ops = {.name = "late", .step = resolve, .free = drop};

struct late *late_new(struct call *call)
{
    struct late *late = mem_zalloc(sizeof(*late));
    if (late == NULL)
        return NULL;
    task_init(&late->task, call->task.engine, &late_ops);
    task_ref(&late->task); /* the engine's is dropped when it ran, the call's with the call */
    late->call = call;
    return late;
}

void late_free(struct late *late)
{
    if (late == NULL)
        return;
    if (!late->settled)
        task_unref(&late->task);
    task_unref(&late->task);
}

/* --- settling --- */

/* What the driver was at, as the words of a time limit go on. */
static const char *doing_words(const struct call *c)
{
    gofer_phase doing = c->late->doing;
    if (doing == GOFER_PHASE_REDIRECT)
        return "in a callback for a redirect";
    if (doing == GOFER_PHASE_SEND && (c->has_reader || c->snapshot->progress != NULL))
        return "in a callback for the request body";
    return gofer_phase_name(doing);
}

static void set_timeout(struct call *c, struct fault *fault)
{
    int64_t now = clock_now_ns();
    int64_t ms = c->timeout_ms;
    const char *words = "timed out after %lld ms %s";
    if (now < atomic_load_explicit(&c->total_at, memory_order_relaxed))
        words = exchange_passed(&c->exchange, now, &ms);
    if (ms >= 0)
        fault_set(fault, GOFER_ERR_TIMEOUT, c->late->doing, ETIMEDOUT, words, (long long)ms,
                  doing_words(c));
    else
        fault_set(fault, GOFER_ERR_TIMEOUT, c->late->doing, ETIMEDOUT, "deadline passed %s",
                  doing_words(c));
}

static void set_fault(struct call *c, unsigned events, struct fault *fault)
{
    /* What the driver writes is not read: it may be inside the exchange. */
    gofer_phase doing = c->late->doing;
    if (events & EV_CANCEL)
        fault_set(fault, GOFER_ERR_CANCELED, doing, 0, "canceled while %s",
                  gofer_phase_name(doing));
    else if (events & (EV_CLOSE | EV_SHUT))
        fault_set(fault, GOFER_ERR_CLOSED, doing, 0, "the client was closed while %s",
                  gofer_phase_name(doing));
    else
        set_timeout(c, fault);
}

/* With the lock held: the outcome is not there yet, and the driver is inside. */
static void settle(struct call *c, unsigned events)
{
    struct late *late = c->late;
    struct fault fault = {0};
    set_fault(c, events, &fault);
    call_describe_error_locked(c, &fault);
    if (c->error.sent < late->sent)
        c->error.sent = late->sent;
    if (c->error.sent == GOFER_SENT_NOTHING)
        c->error.sent = GOFER_SENT_SOME;
    late->settled = true;
    gofer_response *response = message_new_error(&c->error, c->snapshot->shown_url);
    message_note_trace(response, c->trace);
    future_settle_early(c, fault.code, response);
    task_ref(&c->task);
    core_will_resolve(c->core);
    task_wake_now(&late->task, EV_START);
}

void late_wake_runner(struct task *task)
{
    struct call *c = call_of_task(task);
    int64_t rearm_at;
    if (c->late == NULL)
        return;
    lock_take(&c->lock);
    unsigned events = task_pending(task);
    if (c->late->inside && !c->late->settled) {
        if (!limits_are_fatal(c, events, &rearm_at)) {
            if (rearm_at != CLOCK_NEVER)
                core_arm(c, rearm_at);
        } else if (c->outcome == OUTCOME_OPEN) {
            settle(c, events);
        } else if (c->stream != NULL) {
            stream_end_early(c->stream, events);
        }
    }
    lock_drop(&c->lock);
}

bool late_enter_callback(struct late *late, gofer_phase doing)
{
    int64_t rearm_at;
    struct call *c = late->call;
    exchange_renew(&c->exchange);
    lock_take(&c->lock);
    /* Who woke the call before now relies on its step, which may be long in coming back. */
    bool may_go = !limits_are_fatal(c, task_pending(&c->task), &rearm_at);
    if (rearm_at != CLOCK_NEVER)
        core_arm(c, rearm_at);
    limits_arm(c);
    late->inside = may_go;
    late->doing = doing;
    late->sent = exchange_sent(&c->exchange);
    lock_drop(&c->lock);
    return may_go;
}

bool late_leave_callback(struct late *late)
{
    lock_take(&late->call->lock);
    late->inside = false;
    bool settled = late->settled;
    lock_drop(&late->call->lock);
    return settled;
}
