/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How a call begins: made, checked, and admitted to its core, or refused with an
 * outcome at once. Also how others reach it from outside the core.
 */
#include <stddef.h>
#include <string.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "client/late.h"
#include "client/snapshot.h"
#include "client/token.h"
#include "engine/engine.h"
#include "http/wire.h"
#include "transport/trace.h"

struct call *call_new(struct core *core, const gofer_request *request)
{
    struct call *c = mem_alloc(sizeof(*c));
    if (c == NULL)
        return NULL;
    /* task_init() sees to the task, each beginning to what follows from `want` on. */
    memset((char *)c + sizeof(c->task), 0, offsetof(struct call, want) - sizeof(c->task));
    c->core = core;
    c->blocked_fd = -1;
    c->fault.code = GOFER_OK;
    task_init(&c->task, core != NULL ? core->engine : NULL, &call_ops);
    task_ref(&c->task);
    lock_init(&c->lock, LOCK_CALL);
    if (core != NULL)
        core_ref(core);
    if (request == NULL)
        return c;
    c->snapshot = request_snapshot(request);
    snapshot_ref(c->snapshot);
    c->has_reader = c->snapshot->source != NULL && c->snapshot->source->kind == SOURCE_READER;
    c->user = c->snapshot->user;
    if (request_is_lost(request))
        fault_set(&c->fault, GOFER_ERR_NOMEM, GOFER_PHASE_NONE, 0,
                  "a setter of the request had no memory");
    return c;
}

/* The outcome of a call that never was a task; that of a lost request is known before. */
static bool refuse(struct call *c, gofer_status status, const char *words)
{
    bool waited = status == GOFER_ERR_TIMEOUT || status == GOFER_ERR_CANCELED;
    gofer_phase phase = waited ? GOFER_PHASE_QUEUE : GOFER_PHASE_NONE;
    fault_set(&c->fault, status, phase, 0, "%s", words);
    status = c->fault.code;
    call_describe_error(c, &c->fault);
    const char *url = c->snapshot != NULL ? c->snapshot->shown_url : "";
    gofer_response *response = message_new_error(&c->error, url);
    call_release_request(c);
    trace_leave(c->trace);
    future_resolve(c, status, response);
    task_end_driven(&c->task);
    return false;
}

/* The outcome is this process's own: it is not to be looked for in the parent's core. */
static bool refuse_forked(struct call *c)
{
    core_unref(c->core);
    c->core = NULL;
    return refuse(c, GOFER_ERR_FORKED, "");
}

static bool refuse_why(struct call *c, gofer_status status, struct buf *why)
{
    char *text = buf_take_str(why);
    refuse(c, status, text != NULL ? text : gofer_strerror(status));
    mem_free(text);
    return false;
}

static bool prepare(struct call *c)
{
    const struct snapshot *s = c->snapshot;
    struct buf why = BUF_INIT;
    gofer_status status = s->status;
    if (status != GOFER_OK)
        return refuse(c, status, "");
    c->prepared = snapshot_prepare(c->snapshot, c->core, &status, &why);
    if (c->prepared == NULL)
        return refuse_why(c, status, &why);
    buf_fini(&why);
    return true;
}

static void body_ready(void *call)
{
    call_wake(call, EV_MAIL);
}

static bool prepare_trace(struct call *c)
{
    struct trace_hook *own = c->snapshot->trace;
    if (own == NULL && !c->core->watches_calls)
        return true;
    c->trace = trace_new(own, c->core->trace_hook, c->user);
    if (c->trace != NULL && c->snapshot->wire != NULL && c->snapshot->wire->tells_bytes)
        trace_tell_bytes(c->trace);
    return c->trace != NULL || refuse(c, GOFER_ERR_NOMEM, "");
}

/* Whether functions of the user's, beside a body reader, are called in its steps. */
static bool calls_back(const struct call *c)
{
    return c->snapshot->progress != NULL || c->core->options.check_redirect != NULL ||
           c->snapshot->trace != NULL || c->core->trace_hook != NULL;
}

/* Callbacks may be slow. A thread that drives its own call waits for its own, but gives a stream
 * back before all is sent. */
static bool prepare_late_end(struct call *c, bool driven)
{
    bool waits = driven && !c->snapshot->streaming;
    if (call_may_drive(c) && (waits || !calls_back(c)))
        return true;
    c->late = late_new(c);
    return c->late != NULL || refuse(c, GOFER_ERR_NOMEM, "");
}

/* A body reader serves one call at a time. */
static bool claim_source(struct call *c)
{
    struct source *source = c->snapshot->source;
    if (call_may_drive(c))
        return true;
    if (!source_claim(source, c, body_ready))
        return refuse(c, GOFER_ERR_INVALID, "the request's body reader serves another call");
    return source_can_begin(source) ||
           refuse(c, GOFER_ERR_BODY, "the request's body reader cannot begin again");
}

/* The earliest of the call's own deadline and the token's. A stream's whole time is nobody's
 * business but the user's. */
static int64_t first_deadline(struct call *c, int64_t now_ns)
{
    const struct snapshot *s = c->snapshot;
    int64_t otherwise = s->streaming ? GOFER_NEVER : c->core->options.timeout_ms;
    int64_t timeout_ms = s->timeout_ms != 0 ? s->timeout_ms : otherwise;
    int64_t token_at = token_deadline(s->cancel);
    int64_t own_at = clock_after_ms(now_ns, timeout_ms);
    if (token_at < own_at)
        timeout_ms = GOFER_NEVER; /* the words of an absolute deadline */
    atomic_store_explicit(&c->timeout_ms, timeout_ms, memory_order_relaxed);
    return clock_min(own_at, token_at);
}

static bool refuse_place(struct call *c, gofer_status status)
{
    const char *words = status == GOFER_ERR_TIMEOUT ? "timed out waiting for a place in the queue"
                        : status == GOFER_ERR_CANCELED
                            ? "canceled before there was a place in the queue"
                            : "";
    token_remove(c->snapshot->cancel, c);
    return refuse(c, status, words);
}

bool call_admit(struct call *call, bool driven, int64_t *now_ns)
{
    if (call->core == NULL)
        return refuse(call, GOFER_ERR_INVALID, "no client");
    if (core_is_forked(call->core))
        return refuse_forked(call);
    if (driven && callback_active())
        return refuse(call, GOFER_ERR_INVALID, "a blocking call inside a callback");
    if (call->snapshot == NULL)
        return refuse(call, GOFER_ERR_INVALID, "no request");
    if (call->fault.code != GOFER_OK)
        return refuse(call, call->fault.code, "");
    /* Until it is submitted nobody runs it; whoever finds it, as the claimant of a reader or in a
     * list, only leaves an event. */
    if (driven)
        task_begin_driven(&call->task);
    else
        task_begin_held(&call->task);
    /* Once it has claimed a reader others wake the call, and look for its late end. */
    if (!prepare(call) || !prepare_trace(call) || !prepare_late_end(call, driven) ||
        !claim_source(call))
        return false;
    int64_t now = *now_ns = clock_now_ns();
    atomic_store_explicit(&call->total_at, first_deadline(call, now), memory_order_relaxed);
    call->began_ns = now;
    /* Before it is in the queue: that may take until it is cancelled. */
    if (!token_add(call->snapshot->cancel, call))
        task_leave_events(&call->task, EV_CANCEL);
    gofer_status status = core_begin_call(call->core, call, !driven, now);
    if (status != GOFER_OK)
        return refuse_place(call, status);
    if (call->trace != NULL)
        trace_begin(call->trace, call->snapshot->method, call->snapshot->shown_url, now);
    return true;
}

void call_submit(struct call *call)
{
    task_submit(&call->task);
}

bool call_is_foreign(const struct call *call)
{
    return call->core != NULL && core_is_forked(call->core);
}

void call_wake(struct call *call, unsigned events)
{
    if (call->core == NULL || core_is_forked(call->core) || !core_enter_waiting(call->core))
        return;
    task_wake_now(&call->task, events);
    core_leave(call->core);
}

void call_limit(struct call *call, int64_t at_ns)
{
    lock_take(&call->lock);
    bool earlier = call->outcome == OUTCOME_OPEN &&
                   at_ns < atomic_load_explicit(&call->total_at, memory_order_relaxed);
    if (earlier) {
        call->timeout_ms = GOFER_NEVER;
        atomic_store_explicit(&call->total_at, at_ns, memory_order_relaxed);
    }
    lock_drop(&call->lock);
    /* Its driver looks at the deadline and arms the timer: nobody else may, once the task ends. */
    if (earlier)
        call_wake(call, EV_TIMER);
}
