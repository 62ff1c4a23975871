/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The call's steps, the same for both drivers, and the caller's driving loop.
 */
#include "client/call.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/callback.h"
#include "client/core.h"
#include "client/snapshot.h"
#include "client/token.h"
#include "engine/engine.h"
#include "engine/waiter.h"
#include "transport/pool.h"

static struct call *call_of_task(struct task *task)
{
    return list_item(task, struct call, task);
}

static enum call_state state_of(struct call *c)
{
    return (enum call_state)atomic_load_explicit(&c->state, memory_order_acquire);
}

static void set_state(struct call *c, enum call_state state)
{
    atomic_store_explicit(&c->state, (int)state, memory_order_release);
}

/* The nearest of the limits in force. Any thread, while the call is not ended. */
static int64_t deadline_of(struct call *c)
{
    int64_t at = atomic_load_explicit(&c->total_at, memory_order_relaxed);
    return state_of(c) == CALL_EXCHANGE ? clock_min(at, exchange_deadline(&c->exchange)) : at;
}

/* Arms the timer for a limit of the exchange that is nearer than the whole call's. */
static void arm_exchange_limits(struct call *c)
{
    int64_t at = exchange_deadline(&c->exchange);
    if (at < atomic_load_explicit(&c->total_at, memory_order_relaxed))
        core_arm(c, at);
}

/* --- the driving caller --- */

/* From here on an interrupting thread may shut the socket down. */
static void publish(struct call *c)
{
    lock_take(&c->lock);
    /* An interruption of an earlier attempt says nothing about this socket. */
    atomic_store_explicit(&c->interrupted, false, memory_order_relaxed);
    c->blocked_fd = conn_fd(c->exchange.conn);
    lock_drop(&c->lock);
}

/* From here on nobody else touches the socket. True where somebody did: it is not to be used again.
 */
static bool unpublish(struct call *c)
{
    lock_take(&c->lock);
    c->blocked_fd = -1;
    bool interrupted = atomic_load_explicit(&c->interrupted, memory_order_relaxed);
    lock_drop(&c->lock);
    return interrupted;
}

/* Whether a pending event ends the call, or would once it is looked at. */
static bool is_fatal(struct call *c, unsigned events, int64_t *rearm_at)
{
    *rearm_at = CLOCK_NEVER;
    if (events & (EV_CANCEL | EV_CLOSE))
        return true;
    if (!(events & EV_TIMER))
        return false;
    *rearm_at = deadline_of(c);
    return clock_now_ns() >= *rearm_at;
}

/* With the lock held and a socket published: ends the driver's wait where an event is fatal. */
static void interrupt(struct call *c)
{
    int64_t rearm_at;
    if (is_fatal(c, task_pending(&c->task), &rearm_at)) {
        atomic_store(&c->interrupted, true);
        shutdown(c->blocked_fd, SHUT_RDWR);
    } else if (rearm_at != CLOCK_NEVER) {
        /* The limit moved on while its timer ran; the blocked driver cannot arm it again. */
        core_arm(c, rearm_at);
    }
}

static void wake_driver(struct task *task)
{
    struct call *c = call_of_task(task);
    lock_take(&c->lock);
    if (c->blocked_fd >= 0)
        interrupt(c);
    if (c->driver != NULL)
        waiter_wake(c->driver);
    lock_drop(&c->lock);
}

/* Sleeps until an event is pending. */
static void await_event(struct call *c)
{
    struct waiter waiter;
    waiter_init(&waiter, c->task.engine);
    lock_take(&c->lock);
    c->driver = &waiter;
    lock_drop(&c->lock);
    while (task_pending(&c->task) == 0)
        waiter_wait(&waiter, CLOCK_NEVER);
    lock_take(&c->lock);
    c->driver = NULL;
    lock_drop(&c->lock);
    waiter_fini(&waiter);
}

/* The request is not written and the socket is full: waits for either direction. */
static void await_socket(struct call *c)
{
    struct pollfd p = {.fd = conn_fd(c->exchange.conn), .events = POLLIN | POLLOUT};
    poll(&p, 1, -1);
}

/* --- the end --- */

/* What the caller lent (body bytes) is given back before the outcome is known. */
static void release_request(struct call *c)
{
    if (c->prepared != NULL)
        snapshot_release(c->snapshot, c->prepared);
    snapshot_unref(c->snapshot);
    c->prepared = NULL;
    c->snapshot = NULL;
}

static void finish(struct call *c, gofer_status status, gofer_response *response)
{
    task_release_slot(&c->task);
    set_state(c, CALL_ENDED);
    token_remove(c->snapshot->cancel, c);
    if (status != GOFER_OK) {
        call_describe_error(c);
        response = message_new_error(&c->error, c->snapshot->shown_url);
    }
    release_request(c);
    /* From here on nothing of the engine is used: the client may end. */
    core_end_call(c->core, c, status == GOFER_OK);
    future_resolve(c, status, response);
    core_call_resolved(c->core);
}

/* Lets go of the connection of an exchange that did not end well. */
static void drop_exchange(struct call *c)
{
    gofer_sent sent = exchange_sent(&c->exchange);
    if (sent > c->sent)
        c->sent = sent;
    unpublish(c);
    set_state(c, CALL_NEW);
    pool_discard(c->core->pool, &c->exchange.conn, CLOSE_SPENT);
    exchange_fini(&c->exchange);
}

static enum task_next fail(struct call *c)
{
    if (state_of(c) == CALL_EXCHANGE)
        drop_exchange(c);
    pool_drop_want(c->core->pool, &c->want);
    finish(c, c->fault.code, NULL);
    return TASK_DONE;
}

static enum task_next succeed(struct call *c)
{
    struct exchange *x = &c->exchange;
    bool keep = exchange_reusable(x);
    bool talking = x->overrun;
    gofer_response *response = exchange_take_response(x);
    keep = !unpublish(c) && keep;
    set_state(c, CALL_NEW);
    c->sent = exchange_sent(x);
    if (keep)
        pool_put(c->core->pool, &x->conn);
    else
        pool_discard(c->core->pool, &x->conn, talking ? CLOSE_TALKING : CLOSE_SPENT);
    exchange_fini(x);
    finish(c, GOFER_OK, response);
    return TASK_DONE;
}

/* --- limits and cancellation --- */

static gofer_phase phase_of(struct call *c, unsigned events)
{
    switch (state_of(c)) {
    case CALL_WANT:
        return pool_drop_want(c->core->pool, &c->want);
    case CALL_EXCHANGE:
        return c->exchange.phase;
    case CALL_NEW:
        break;
    case CALL_ENDED:
        break;
    }
    return events & EV_START ? GOFER_PHASE_QUEUE : GOFER_PHASE_POOL;
}

static void blame_timeout(struct call *c, unsigned events, int64_t now_ns)
{
    gofer_phase phase = phase_of(c, events);
    const char *doing = gofer_phase_name(phase);
    int64_t total_at = atomic_load_explicit(&c->total_at, memory_order_relaxed);
    if ((events & EV_START) && c->timeout_ms < 0)
        fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT,
                  "the deadline passed before the call began");
    else if (now_ns < total_at && now_ns >= atomic_load(&c->exchange.header_at))
        fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT, "timed out after %lld ms %s",
                  (long long)c->core->options.response_header_timeout_ms, doing);
    else if (now_ns < total_at)
        fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT,
                  "timed out after no byte moved for %lld ms %s",
                  (long long)c->core->options.stall_timeout_ms, doing);
    else if (c->timeout_ms >= 0)
        fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT, "timed out after %lld ms %s",
                  (long long)c->timeout_ms, doing);
    else
        fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT, "deadline passed while %s",
                  doing);
}

/* A limit may have passed: at the start, where one already past sends nothing, or at the timer's
 * word. */
static bool is_late(struct call *c, unsigned events, int64_t now_ns)
{
    if (!(events & (EV_TIMER | EV_START)))
        return false;
    int64_t at = deadline_of(c);
    if (now_ns >= at)
        return true;
    if (events & EV_TIMER)
        core_arm(c, at);
    return false;
}

/* Whether events end the call; sets the fault then. */
static bool ends(struct call *c, unsigned events, int64_t now_ns)
{
    if (events & (EV_CANCEL | EV_CLOSE)) {
        gofer_status code = events & EV_CANCEL ? GOFER_ERR_CANCELED : GOFER_ERR_CLOSED;
        const char *words = events & EV_CANCEL ? "canceled" : "the client was closed";
        gofer_phase phase = phase_of(c, events);
        fault_set(&c->fault, code, phase, 0, "%s while %s", words, gofer_phase_name(phase));
        return true;
    }
    if (!is_late(c, events, now_ns))
        return false;
    blame_timeout(c, events, now_ns);
    return true;
}

/* --- the exchange --- */

/*
 * A reused connection that the server had closed is no fault of the request: it
 * is sent once more, on a fresh connection, where that cannot do it twice.
 */
static bool may_retry(const struct call *c)
{
    const struct exchange *x = &c->exchange;
    return c->fault.code == GOFER_ERR_BROKEN && x->conn->reused && c->attempts == 1 &&
           (x->sent == 0 || (c->prepared->replayable && !x->response_begun));
}

static enum task_next take_conn(struct call *c, struct turn *turn, bool fresh, int64_t now_ns);

static enum task_next retry(struct call *c, struct turn *turn)
{
    drop_exchange(c);
    c->fault = (struct fault){0};
    pool_count_retry(c->core->pool, &c->prepared->key);
    return take_conn(c, turn, true, clock_now_ns());
}

static enum task_next exchange_failed(struct call *c, struct turn *turn)
{
    return may_retry(c) ? retry(c, turn) : fail(c);
}

static enum task_next park_on_socket(struct call *c, struct turn *turn, uint32_t events)
{
    arm_exchange_limits(c);
    if (turn->driven) {
        if (events & EPOLLOUT)
            await_socket(c);
        return TASK_YIELD;
    }
    int err = watch_arm(&c->exchange.conn->watch, &c->task, events);
    if (err == 0)
        return TASK_PARK;
    fault_set(&c->fault, err == ENOMEM ? GOFER_ERR_NOMEM : GOFER_ERR_SYSTEM, c->exchange.phase, err,
              "waiting for the socket");
    return fail(c);
}

/*
 * The socket was shut down under the driver. A cancel or close is still pending
 * then; a time limit's event may have been taken already, and the limit may have
 * moved on since: the connection is lost all the same.
 */
static enum task_next interrupted_by(struct call *c)
{
    if (task_pending(&c->task) & (EV_CANCEL | EV_CLOSE))
        return TASK_YIELD;
    blame_timeout(c, 0, clock_now_ns());
    return fail(c);
}

static enum task_next go_on(struct call *c, struct turn *turn)
{
    const _Atomic bool *interrupted = turn->driven ? &c->interrupted : NULL;
    switch (exchange_step(&c->exchange, turn, interrupted, &c->fault)) {
    case EXCHANGE_READ:
        return park_on_socket(c, turn, EPOLLIN);
    case EXCHANGE_BOTH:
        return park_on_socket(c, turn, EPOLLIN | EPOLLOUT);
    case EXCHANGE_DONE:
        return succeed(c);
    case EXCHANGE_FAILED:
        return exchange_failed(c, turn);
    case EXCHANGE_INTERRUPTED:
        return interrupted_by(c);
    case EXCHANGE_YIELD:
        break;
    }
    return TASK_YIELD;
}

static enum task_next begin_exchange(struct call *c, struct turn *turn, struct conn *conn,
                                     int64_t now_ns)
{
    c->attempts++;
    c->reused = conn->reused;
    exchange_init(&c->exchange, conn, &c->prepared->request, now_ns);
    set_state(c, CALL_EXCHANGE);
    if (!turn->driven)
        return go_on(c, turn);
    arm_exchange_limits(c);
    publish(c);
    /* Whoever woke this call before the socket was published did not see it. */
    return task_pending(&c->task) != 0 ? TASK_YIELD : go_on(c, turn);
}

/* --- getting a connection --- */

static enum task_next take_conn(struct call *c, struct turn *turn, bool fresh, int64_t now_ns)
{
    for (;;) {
        struct conn *conn;
        c->want = (struct want){.task = &c->task, .fault = &c->fault, .fresh = fresh};
        switch (pool_take(c->core->pool, &c->prepared->key, &c->want, now_ns, &conn)) {
        case POOL_CONN:
            if (pool_check(c->core->pool, &conn))
                return begin_exchange(c, turn, conn, now_ns);
            break;
        case POOL_WAIT:
            set_state(c, CALL_WANT);
            return TASK_PARK;
        case POOL_FAILED:
            return fail(c);
        }
    }
}

static enum task_next poll_want(struct call *c, struct turn *turn, int64_t now_ns)
{
    struct conn *conn;
    switch (pool_poll(c->core->pool, &c->want, &conn)) {
    case POOL_WAIT:
        return TASK_PARK;
    case POOL_FAILED:
        return fail(c);
    case POOL_CONN:
        break;
    }
    set_state(c, CALL_NEW);
    return pool_check(c->core->pool, &conn) ? begin_exchange(c, turn, conn, now_ns)
                                            : take_conn(c, turn, c->want.fresh, now_ns);
}

/* --- the task --- */

static enum task_next call_step(struct task *task, unsigned events, struct turn *turn)
{
    struct call *c = call_of_task(task);
    int64_t now = state_of(c) != CALL_EXCHANGE || (events & EV_TIMER) ? clock_now_ns() : 0;
    if (ends(c, events, now))
        return fail(c);
    switch (state_of(c)) {
    case CALL_NEW:
        return take_conn(c, turn, false, now);
    case CALL_WANT:
        return poll_want(c, turn, now);
    case CALL_EXCHANGE:
        return go_on(c, turn);
    case CALL_ENDED:
        break;
    }
    return TASK_DONE;
}

static void call_free(struct task *task)
{
    struct call *c = call_of_task(task);
    gofer_response_free(c->response);
    mem_free(c->message);
    release_request(c);
    core_unref(c->core);
    lock_fini(&c->lock);
    mem_free(c);
}

static const struct task_ops call_ops = {
    .name = "call", .step = call_step, .wake_driver = wake_driver, .free = call_free};

void call_drive(struct call *call)
{
    char scratch[TURN_SCRATCH];
    struct turn turn = {.scratch = scratch, .scratch_len = sizeof(scratch), .driven = true};
    for (;;) {
        switch (call_step(&call->task, task_take_events(&call->task), &turn)) {
        case TASK_DONE:
            task_end_driven(&call->task);
            return;
        case TASK_PARK:
            await_event(call);
            break;
        case TASK_YIELD:
            break;
        }
    }
}

/* --- the beginning --- */

struct call *call_new(struct core *core, const gofer_request *request)
{
    struct call *c = mem_alloc(sizeof(*c));
    if (c == NULL)
        return NULL;
    *c = (struct call){.core = core, .blocked_fd = -1};
    task_init(&c->task, core != NULL ? core->engine : NULL, &call_ops);
    task_ref(&c->task);
    lock_init(&c->lock, LOCK_CALL);
    if (core != NULL)
        core_ref(core);
    if (request != NULL) {
        c->snapshot = request_snapshot(request);
        snapshot_ref(c->snapshot);
        c->user = c->snapshot->user;
    }
    return c;
}

/* The outcome of a call that never was a task. */
static bool refuse(struct call *c, gofer_status status, const char *words)
{
    gofer_phase phase = status == GOFER_ERR_TIMEOUT ? GOFER_PHASE_QUEUE : GOFER_PHASE_NONE;
    fault_set(&c->fault, status, phase, 0, "%s", words);
    call_describe_error(c);
    const char *url = c->snapshot != NULL ? c->snapshot->shown_url : "";
    gofer_response *response = message_new_error(&c->error, url);
    release_request(c);
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

/* The earliest of the call's own deadline and the token's. */
static int64_t first_deadline(struct call *c, int64_t now_ns)
{
    const struct snapshot *s = c->snapshot;
    c->timeout_ms = s->timeout_ms != 0 ? s->timeout_ms : c->core->options.timeout_ms;
    int64_t token_at = token_deadline(s->cancel);
    int64_t own_at = clock_after_ms(now_ns, c->timeout_ms);
    if (token_at < own_at)
        c->timeout_ms = GOFER_NEVER; /* the words of an absolute deadline */
    return clock_min(own_at, token_at);
}

bool call_admit(struct call *call, bool driven)
{
    if (call->core == NULL)
        return refuse(call, GOFER_ERR_INVALID, "no client");
    if (core_is_forked(call->core))
        return refuse_forked(call);
    if (driven && callback_active())
        return refuse(call, GOFER_ERR_INVALID, "a blocking call inside a callback");
    if (call->snapshot == NULL)
        return refuse(call, GOFER_ERR_INVALID, "no request");
    if (!prepare(call))
        return false;
    /* Until it is submitted nobody runs it; whoever finds it in a list only leaves an event. */
    if (driven)
        task_begin_driven(&call->task);
    else
        task_begin_held(&call->task);
    int64_t now = clock_now_ns();
    atomic_store_explicit(&call->total_at, first_deadline(call, now), memory_order_relaxed);
    gofer_status status = core_begin_call(call->core, call, !driven, now);
    if (status != GOFER_OK)
        return refuse(call, status,
                      status == GOFER_ERR_TIMEOUT ? "timed out waiting for a place in the queue"
                                                  : "");
    if (!token_add(call->snapshot->cancel, call))
        task_wake_now(&call->task, EV_CANCEL);
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
