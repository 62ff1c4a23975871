/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The call's steps, the same for both drivers, and the caller's driving loop.
 */
#include "client/call.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "client/cookie_jar.h"
#include "client/core.h"
#include "client/driver.h"
#include "client/hop.h"
#include "client/late.h"
#include "client/limits.h"
#include "client/retry.h"
#include "client/snapshot.h"
#include "client/steps.h"
#include "client/stream.h"
#include "client/token.h"
#include "engine/engine.h"
#include "transport/pool.h"
#include "transport/trace.h"

/* glibc's thread caches hold blocks up to this size; a larger one costs every call some 150
 * instructions more. */
enum { QUICK_BLOCK_BYTES = 1032 };
_Static_assert(sizeof(void *) != 8 || sizeof(struct call) <= QUICK_BLOCK_BYTES, "struct call");

/* The rest of a body that nobody wants is read this far, and this long. */
enum { DRAIN_MAX_BYTES = 256 * 1024, DRAIN_MS = 50 };

void call_set_state(struct call *call, enum call_state state)
{
    atomic_store_explicit(&call->state, (int)state, memory_order_release);
}

/* --- the end --- */

void call_release_request(struct call *call)
{
    struct snapshot *s = call->snapshot;
    if (s == NULL)
        return;
    if (call->prepared != NULL)
        snapshot_release(s, call->prepared);
    source_release(s->source, call);
    snapshot_unref(s);
    call->prepared = NULL;
    call->snapshot = NULL;
}

/* Nothing of it is told after that, but of its dials. */
static void tell_end(struct call *c, bool ok)
{
    trace_end(c->trace, ok ? NULL : &c->error, c->attempts);
    core_note_times(c->core, c->trace);
    trace_leave(c->trace);
}

/* Out of the lists that others find it by. */
static void retire(struct call *c, bool ok)
{
    if (c->trace != NULL)
        tell_end(c, ok);
    task_release_slot(&c->task);
    call_set_state(c, CALL_ENDED);
    token_remove(c->snapshot->cancel, c);
}

/* The response that tells of the fault: the one there is, or a new one; NULL without memory. */
static gofer_response *blame(struct call *c, gofer_response *response)
{
    call_describe_error(c, &c->fault);
    if (response != NULL && message_blame(response, &c->error))
        return response;
    message_free(response);
    return message_new_error(&c->error, c->snapshot->shown_url);
}

static void finish(struct call *c, gofer_status status, gofer_response *response)
{
    if (status != GOFER_OK)
        response = blame(c, response);
    retire(c, status == GOFER_OK);
    if (c->trace != NULL)
        message_note_trace(response, c->trace);
    hop_tell(c, response);
    call_release_request(c);
    /* From here on the client may end. Its engine, which a waiter's wake may poke, stays until
     * core_call_resolved(). */
    core_end_call(c->core, c, status == GOFER_OK);
    future_resolve(c, status, response);
    core_call_resolved(c->core);
}

/* The outcome is known already: the end of a stream, or of a call that was settled from outside. */
static void finish_quietly(struct call *c, bool ok)
{
    retire(c, ok);
    call_release_request(c);
    core_end_call(c->core, c, ok);
    core_call_resolved(c->core);
}

/* Lets go of the connection of an exchange that did not end well. */
void call_drop_exchange(struct call *call)
{
    gofer_sent sent = exchange_sent(&call->exchange);
    if (sent > call->sent)
        call->sent = sent;
    driver_unpublish(call);
    call_set_state(call, CALL_NEW);
    pool_discard(call->core->pool, &call->exchange.conn, CLOSE_SPENT);
    exchange_fini(&call->exchange);
}

/* What the exchange's server set is the jar's, however the call ends. */
void call_keep_cookies(struct call *call)
{
    gofer_cookie_jar *jar = call->core->jar;
    const struct gofer_response *r = call->exchange.down.response;
    if (jar != NULL && r != NULL && !call->snapshot->no_cookies)
        cookie_jar_take(jar, &call->snapshot->url, r->head, r->fields, r->fields_len);
}

enum task_next call_fail_with(struct call *call, gofer_response *response)
{
    if (call_state(call) == CALL_EXCHANGE)
        call_keep_cookies(call);
    if (call_has_exchange(call))
        call_drop_exchange(call);
    else if (call_state(call) == CALL_WANT)
        pool_drop_want(call->core->pool, &call->want);
    finish(call, call->fault.code, response);
    return TASK_DONE;
}

enum task_next call_fail(struct call *call)
{
    return call_fail_with(call, NULL);
}

/* Unless the retry policy has it tried again. */
static enum task_next fail(struct call *c)
{
    enum task_next next;
    if (c->prepared->max_attempts > 1 && retry_after_fault(c, &next))
        return next;
    c->attempts += c->tries > 0 && call_state(c) == CALL_WANT;
    return call_fail(c);
}

/* A late driver comes back: everybody has been told. */
enum task_next call_clean_up(struct call *call)
{
    call_drop_exchange(call);
    finish_quietly(call, false);
    return TASK_DONE;
}

/* The exchange ended well: its connection goes back, unless somebody shut it down. */
void call_give_back_conn(struct call *call, bool shut_down)
{
    struct exchange *x = &call->exchange;
    bool keep = exchange_reusable(x) && !shut_down;
    call->sent = exchange_sent(x);
    call_set_state(call, CALL_NEW);
    if (keep) {
        bool kept = pool_put(call->core->pool, &x->conn);
        if (call->trace != NULL)
            trace_put_idle(call->trace, kept);
    } else {
        pool_discard(call->core->pool, &x->conn, x->down.overrun ? CLOSE_TALKING : CLOSE_SPENT);
    }
    exchange_fini(x);
}

enum task_next call_succeed(struct call *call)
{
    call_keep_cookies(call);
    gofer_response *response = download_take_response(&call->exchange.down);
    call_give_back_conn(call, driver_unpublish(call));
    finish(call, GOFER_OK, response);
    return TASK_DONE;
}

/* --- streaming --- */

void call_complete_stream(struct call *call)
{
    call_give_back_conn(call, stream_is_over(call->stream));
    finish_quietly(call, true);
}

void call_fail_stream(struct call *call)
{
    gofer_sent sent = exchange_sent(&call->exchange);
    if (sent > call->sent)
        call->sent = sent;
    call_describe_error(call, &call->fault);
    stream_is_over(call->stream);
    call_drop_exchange(call);
    finish_quietly(call, false);
}

static enum task_next fail_stream(struct call *c)
{
    call_fail_stream(c);
    return TASK_DONE;
}

/* The user closed the response, and the connection cannot serve again. */
static enum task_next drop_stream(struct call *c)
{
    stream_is_over(c->stream);
    call_drop_exchange(c);
    finish_quietly(c, true);
    return TASK_DONE;
}

enum task_next call_park_on(struct call *call, uint32_t events)
{
    if (events == 0)
        return TASK_PARK;
    int err = watch_arm(&call->exchange.conn->watch, &call->task, events);
    if (err == 0)
        return TASK_PARK;
    fault_set(&call->fault, err == ENOMEM ? GOFER_ERR_NOMEM : GOFER_ERR_SYSTEM,
              call->exchange.phase, err, "waiting for the socket");
    return call_state(call) < CALL_STREAM ? call_fail(call) : fail_stream(call);
}

/* Reads what nobody wants, so that the connection can serve again (semantics 1.3, point 10). */
static enum task_next drain(struct call *c, unsigned events, struct turn *turn)
{
    struct stream_drain *d = stream_drain(c->stream);
    struct fault ignored = {0};
    size_t got;
    if ((events & EV_CLOSE) || clock_now_ns() >= d->until)
        return drop_stream(c);
    for (int i = 0; i < TURN_MAX_READS; i++) {
        enum exchange_next next =
            exchange_read(&c->exchange, turn->scratch, turn->scratch_len, &got, &ignored);
        d->bytes += got;
        if (next == EXCHANGE_FAILED || d->bytes > DRAIN_MAX_BYTES)
            return drop_stream(c);
        if (next == EXCHANGE_DONE) {
            call_complete_stream(c);
            return TASK_DONE;
        }
        if (got == 0) {
            core_arm(c, d->until);
            return call_park_on(c, EPOLLIN);
        }
    }
    return TASK_YIELD;
}

static enum task_next begin_drain(struct call *c, unsigned events, struct turn *turn)
{
    const struct exchange *x = &c->exchange;
    /* A thread that is blocked in a read is to wake now. */
    if (!exchange_is_worth_reading(x, DRAIN_MAX_BYTES) || stream_is_polled(c->stream))
        return drop_stream(c);
    download_skip_coding(&c->exchange.down);
    stream_drain(c->stream)->until = clock_after_ms(clock_now_ns(), DRAIN_MS);
    call_set_state(c, CALL_DRAIN);
    return drain(c, events, turn);
}

/* What a callback in this step holds up. */
static gofer_phase phase_inside(const struct call *c)
{
    return upload_is_over(&c->exchange.up) ? c->exchange.phase : GOFER_PHASE_SEND;
}

/* What goes on beside the user's reads: the upload, and a look for input where the user asked. */
static enum task_next stream_on(struct call *c, unsigned events, struct turn *turn)
{
    /* Nobody is called back once all is sent. */
    struct late *late = upload_is_over(&c->exchange.up) ? NULL : c->late;
    if (stream_is_closed(c->stream))
        return begin_drain(c, events, turn);
    if (!late_enter(late, GOFER_PHASE_SEND))
        return TASK_PARK;
    enum exchange_next next = exchange_upload(&c->exchange, turn, &c->fault);
    late_leave(late);
    if (next == EXCHANGE_FAILED)
        return fail_stream(c);
    if (next == EXCHANGE_YIELD)
        return TASK_YIELD;
    limits_arm(c);
    uint32_t wanted = c->exchange.full ? EPOLLOUT : 0;
    if (stream_awaits_input(c->stream))
        wanted |= EPOLLIN;
    return call_park_on(c, wanted);
}

/*
 * The socket was shut down under the driver. A cancel or close is still pending
 * then; a time limit's event may have been taken already, and the limit may have
 * moved on since: the connection is lost all the same.
 */
static enum task_next interrupted_by(struct call *c)
{
    if (!limits_end(c, task_pending(&c->task) & (EV_CANCEL | EV_CLOSE), 0))
        limits_blame(c);
    return fail(c);
}

/* The response's head is the outcome; the call goes on behind it. */
enum task_next call_begin_stream(struct call *call, struct turn *turn)
{
    if (driver_unpublish(call))
        return interrupted_by(call);
    call_keep_cookies(call);
    gofer_response *response = download_take_response(&call->exchange.down);
    call->stream = stream_new(call, response);
    if (call->stream == NULL) {
        message_free(response);
        fault_set(&call->fault, GOFER_ERR_NOMEM, GOFER_PHASE_BODY, ENOMEM, NULL);
        return call_fail(call);
    }
    message_note_trace(response, call->trace);
    call_set_state(call, CALL_STREAM);
    hop_tell(call, response);
    future_resolve(call, GOFER_OK, response);
    return stream_on(call, 0, turn);
}

/* --- the exchange --- */

/*
 * A reused connection that the server had closed is no fault of the request: it
 * is sent once more, on a fresh connection, where that cannot do it twice. So is
 * each later attempt that a policy asks for: what it gets then has not served yet.
 */
static bool may_retry(const struct call *c)
{
    const struct exchange *x = &c->exchange;
    return c->fault.code == GOFER_ERR_BROKEN && x->conn->reused && exchange_can_repeat(x) &&
           (x->up.sent == 0 || (c->prepared->replayable && !x->down.begun));
}

/* NOLINTBEGIN(misc-no-recursion): once at most, as a fresh connection is not a reused one */
static enum task_next take_conn(struct call *c, struct turn *turn, bool fresh, int64_t now_ns);

static enum task_next retry(struct call *c, struct turn *turn)
{
    call_drop_exchange(c);
    if (c->trace != NULL)
        trace_retry(c->trace, c->attempts, 0, c->fault.code, c->fault.detail);
    c->fault = (struct fault){0};
    pool_count_retry(c->core->pool, &c->prepared->key);
    return take_conn(c, turn, true, clock_now_ns());
}

enum task_next call_exchange_failed(struct call *call, struct turn *turn)
{
    return may_retry(call) ? retry(call, turn) : fail(call);
}

/* Complete, or its head. */
static enum task_next take_response(struct call *c, struct turn *turn, bool complete)
{
    enum task_next next;
    if (c->prepared->max_attempts > 1 && retry_after_response(c, &next))
        return next;
    return complete ? call_succeed(c) : call_begin_stream(c, turn);
}

static enum task_next park_on_socket(struct call *c, struct turn *turn)
{
    limits_arm(c);
    if (!turn->driven)
        return call_park_on(c, exchange_events(&c->exchange));
    if (exchange_must_poll(&c->exchange))
        driver_await_socket(c);
    return TASK_YIELD;
}

static enum task_next go_on(struct call *c, struct turn *turn)
{
    const _Atomic bool *interrupted = turn->driven ? &c->interrupted : NULL;
    if (c->exchange.down.paused)
        return hop_meet(c, turn);
    if (!late_enter(c->late, phase_inside(c)))
        return TASK_PARK;
    enum exchange_next next = exchange_step(&c->exchange, turn, interrupted, &c->fault);
    if (late_leave(c->late))
        return call_clean_up(c);
    switch (next) {
    case EXCHANGE_WAIT:
        return park_on_socket(c, turn);
    case EXCHANGE_HEAD:
        return c->exchange.down.paused ? hop_meet(c, turn) : take_response(c, turn, false);
    case EXCHANGE_DONE:
        return c->exchange.down.paused ? hop_meet(c, turn) : take_response(c, turn, true);
    case EXCHANGE_FAILED:
        return call_exchange_failed(c, turn);
    case EXCHANGE_INTERRUPTED:
        return interrupted_by(c);
    case EXCHANGE_YIELD:
        break;
    }
    return TASK_YIELD;
}

/* False where the outcome was settled meanwhile. */
static bool begin_trace(struct call *c, bool was_idle)
{
    exchange_set_trace(&c->exchange, c->trace);
    /* An event that ends the call may be pending: the next step sees to that. */
    if (!late_enter(c->late, phase_inside(c)))
        return true;
    trace_got_conn(c->trace, c->exchange.conn, was_idle);
    return !late_leave(c->late);
}

static enum task_next begin_exchange(struct call *c, struct turn *turn, struct conn *conn,
                                     int64_t now_ns)
{
    bool was_idle = call_state(c) == CALL_NEW;
    c->attempts++;
    c->reused = conn->reused;
    exchange_init(&c->exchange, conn, &c->prepared->request, now_ns);
    call_set_state(c, CALL_EXCHANGE);
    if (c->trace != NULL && !begin_trace(c, was_idle))
        return call_clean_up(c);
    if (!turn->driven)
        return go_on(c, turn);
    limits_arm(c);
    driver_publish(c);
    /* Whoever woke this call before the socket was published did not see it. */
    return task_pending(&c->task) != 0 ? TASK_YIELD : go_on(c, turn);
}

/* --- getting a connection --- */

static enum task_next take_conn(struct call *c, struct turn *turn, bool fresh, int64_t now_ns)
{
    if (c->trace != NULL)
        trace_get_conn(c->trace, &c->prepared->key, c->snapshot->method, c->snapshot->shown_url,
                       now_ns);
    for (;;) {
        struct conn *conn;
        want_init(&c->want, &c->task, fresh, &c->fault, c->trace);
        switch (pool_take(c->core->pool, &c->prepared->key, &c->want, now_ns, &conn)) {
        case POOL_CONN:
            if (pool_check(c->core->pool, &conn))
                return begin_exchange(c, turn, conn, now_ns);
            break;
        case POOL_WAIT:
            call_set_state(c, CALL_WANT);
            return TASK_PARK;
        case POOL_FAILED:
            return call_fail(c);
        }
    }
}
/* NOLINTEND(misc-no-recursion) */

/* A step of its own: whoever begins again and again does not grow the stack, nor keep a worker. */
enum task_next call_begin_again(struct call *call)
{
    call_set_state(call, CALL_NEW);
    return TASK_YIELD;
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
    if (pool_check(c->core->pool, &conn))
        return begin_exchange(c, turn, conn, now_ns);
    bool fresh = c->want.fresh;
    call_set_state(c, CALL_NEW);
    return take_conn(c, turn, fresh, now_ns);
}

/* --- the task --- */

static int64_t now_in(const struct turn *turn)
{
    return turn->now_ns != 0 ? turn->now_ns : clock_now_ns();
}

static enum task_next call_step(struct task *task, unsigned events, struct turn *turn)
{
    struct call *c = call_of_task(task);
    enum call_state state = call_state(c);
    if (state == CALL_DRAIN)
        return drain(c, events, turn);
    if (state == CALL_HOP)
        return hop_read_rest(c, events, turn);
    /* Its user has left: what would end the call otherwise concerns nobody any more. */
    if (state == CALL_STREAM && stream_is_closed(c->stream))
        return begin_drain(c, events, turn);
    int64_t now = state < CALL_EXCHANGE || (events & EV_TIMER) ? now_in(turn) : 0;
    if (limits_end(c, events, now))
        return state == CALL_STREAM ? fail_stream(c) : fail(c);
    switch (state) {
    case CALL_NEW:
        return take_conn(c, turn, false, now);
    case CALL_BACKOFF:
        return retry_wait(c, now);
    case CALL_WANT:
        return poll_want(c, turn, now);
    case CALL_EXCHANGE:
        return go_on(c, turn);
    case CALL_STREAM:
        return stream_on(c, events, turn);
    default:
        return TASK_DONE;
    }
}

__attribute__((noinline)) static void free_rest(struct call *c)
{
    mem_free(c->message);
    stream_free(c->stream);
    late_free(c->late);
    trace_unref(c->trace);
}

static void call_free(struct task *task)
{
    struct call *c = call_of_task(task);
    if (c->response != NULL)
        gofer_response_free(c->response);
    /* Nearly every call has none of these. */
    if (c->message != NULL || c->stream != NULL || c->late != NULL || c->trace != NULL)
        free_rest(c);
    call_release_request(c);
    core_unref(c->core);
    lock_fini(&c->lock);
    mem_free(c);
}

const struct task_ops call_ops = {.name = "call",
                                  .step = call_step,
                                  .wake_driver = driver_wake,
                                  .wake_runner = driver_wake_runner,
                                  .free = call_free};

/* From here on others may end the call, and the client: what this thread still needs of the engine
 * is kept for as long as it is inside. */
static void hand_back(struct call *call)
{
    struct core *core = call->core;
    core_enter_waiting(core);
    task_unhold(&call->task);
    core_leave(core);
}

void call_drive(struct call *call, int64_t now_ns)
{
    char scratch[TURN_SCRATCH];
    struct turn turn = {
        .scratch = scratch, .scratch_len = sizeof(scratch), .driven = true, .now_ns = now_ns};
    for (;; turn.now_ns = 0) {
        switch (call_step(&call->task, task_take_events(&call->task), &turn)) {
        case TASK_DONE:
            task_end_driven(&call->task);
            return;
        case TASK_PARK:
            if (call_state(call) >= CALL_STREAM) {
                hand_back(call);
                return;
            }
            driver_await_event(call);
            break;
        case TASK_YIELD:
            if (call_state(call) < CALL_STREAM)
                break;
            /* The caller has its response: somebody else sends the rest. */
            task_leave_events(&call->task, EV_AGAIN);
            hand_back(call);
            return;
        }
    }
}
