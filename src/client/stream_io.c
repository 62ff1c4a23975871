/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A stream in the hands of the user's threads: holding the call's task, reading
 * and writing through it, waiting without it. The picture is in stream.h.
 */
#include "client/stream_state.h"

#include <errno.h>
#include <poll.h>
#include <stdatomic.h>

#include "base/callback.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "client/limits.h"
#include "engine/engine.h"
#include "engine/waiter.h"

/* A reader that never has to wait takes a turn that often where nobody else would send. */
enum { READS_A_TURN = 16 };

/* --- holding --- */

static bool has_turn(const struct stream *s, const struct waiter *waiter)
{
    return !s->held && list_first(&s->holders) == &waiter->link;
}

/* With the lock held before and after: waits for its turn among the user's threads. */
static bool await_turn(struct stream *s, int64_t at_ns)
{
    struct call *c = s->call;
    struct waiter waiter;
    bool in_time = true;
    waiter_init(&waiter, c->task.engine);
    list_push(&s->holders, &waiter.link);
    while (!has_turn(s, &waiter) && in_time) {
        lock_drop(&c->lock);
        in_time = waiter_wait(&waiter, at_ns);
        lock_take(&c->lock);
    }
    bool mine = has_turn(s, &waiter);
    list_remove(&waiter.link);
    waiter_fini(&waiter);
    return mine;
}

/* False where its turn did not come until at_ns (0: now or never). */
static bool begin_hold(struct stream *s, int64_t at_ns)
{
    lock_take(&s->call->lock);
    bool mine = !s->held && s->holders.len == 0;
    if (!mine && at_ns != 0)
        mine = await_turn(s, at_ns);
    if (mine)
        s->held = true;
    lock_drop(&s->call->lock);
    return mine;
}

static void end_hold(struct stream *s)
{
    lock_take(&s->call->lock);
    s->held = false;
    struct waiter *next = list_item(list_first(&s->holders), struct waiter, link);
    if (next != NULL)
        waiter_wake(next);
    lock_drop(&s->call->lock);
}

static bool is_refused(struct stream *s)
{
    lock_take(&s->call->lock);
    bool refused = s->closed || s->error != NULL;
    lock_drop(&s->call->lock);
    return refused;
}

static void set_holder(struct call *c, struct waiter *waiter)
{
    lock_take(&c->lock);
    c->driver = waiter;
    lock_drop(&c->lock);
}

/* Somebody runs the task, maybe inside a callback that does not come back: waits until it is handed
 * over or has ended, until at_ns, or until nothing can be read any more (TASK_BUSY). */
static enum task_hold await_hold(struct stream *s, int64_t at_ns)
{
    struct call *c = s->call;
    struct waiter waiter;
    enum task_hold answer;
    bool in_time = true;
    waiter_init(&waiter, c->task.engine);
    set_holder(c, &waiter);
    while ((answer = task_hold_answer(&c->task)) == TASK_BUSY && in_time && !is_refused(s))
        in_time = waiter_wait(&waiter, at_ns);
    if (answer == TASK_BUSY && !task_hold_withdraw(&c->task))
        answer = task_hold_answer(&c->task);
    set_holder(c, NULL);
    waiter_fini(&waiter);
    return answer;
}

/* Waits for it until at_ns (0: not at all). */
static enum task_hold hold(struct stream *s, int64_t at_ns)
{
    if (!begin_hold(s, at_ns))
        return TASK_BUSY;
    bool waits = at_ns != 0;
    enum task_hold answer = task_try_hold(&s->call->task, waits);
    if (answer == TASK_BUSY && waits)
        answer = await_hold(s, at_ns);
    if (answer != TASK_HELD)
        end_hold(s);
    return answer;
}

static void let_go(struct stream *s)
{
    task_unhold(&s->call->task);
    end_hold(s);
}

/* The call has ended in this thread's hands. */
static void end_task(struct stream *s)
{
    task_end_driven(&s->call->task);
    end_hold(s);
}

/* --- waiting without holding --- */

/* While the task is held: the socket stays what it is until unpin(). Returns its descriptor. */
static int pin(struct stream *s, struct conn **pinned)
{
    struct conn *conn = s->call->exchange.conn;
    conn_pin(conn);
    lock_take(&s->call->lock);
    s->pins++;
    s->polled_fd = conn_fd(conn);
    lock_drop(&s->call->lock);
    *pinned = conn;
    return conn_fd(conn);
}

static void unpin(struct stream *s, struct conn *pinned)
{
    lock_take(&s->call->lock);
    s->pins--;
    lock_drop(&s->call->lock);
    conn_unpin(pinned);
}

/* Waits for the socket; without workers, serves the engine meanwhile, or nobody would send the rest
 * of the request or keep the limits. */
static void await(struct stream *s, int fd, short events, int64_t at_ns)
{
    struct engine *engine = s->call->task.engine;
    bool serves = engine_may_need_leader(engine);
    struct pollfd p[2] = {{.fd = fd, .events = events},
                          {.fd = engine_fd(engine), .events = POLLIN}};
    int64_t now = at_ns == CLOCK_NEVER ? 0 : clock_now_ns();
    poll(p, serves ? 2 : 1, clock_poll_ms(now, at_ns));
    if (serves && p[1].revents != 0)
        engine_serve_once(engine, 0);
}

/* --- outcomes of a read or write --- */

enum { AGAIN = -3 };

static ssize_t fail_with(struct stream *s, const gofer_error *error)
{
    lock_take(&s->call->lock);
    if (s->error == NULL)
        s->error = error;
    lock_drop(&s->call->lock);
    return -1;
}

/* The call has ended: well, or not. */
static ssize_t after_end(struct stream *s)
{
    lock_take(&s->call->lock);
    bool closed = s->closed;
    bool failed = s->call->error.code != GOFER_OK || s->error != NULL;
    lock_drop(&s->call->lock);
    if (closed && !failed)
        return fail_with(s, &stream_closed_error);
    return failed ? -1 : 0;
}

/* It was closed, or ended early, before this thread held it: its events are not this thread's. */
static bool lost_race(struct stream *s)
{
    bool refused = is_refused(s);
    if (refused)
        let_go(s);
    return refused;
}

/* Events that concern the holder. False where they ended the call; else the rest is left pending.
 */
static bool look_at_events(struct stream *s)
{
    struct call *c = s->call;
    unsigned events = task_take_events(&c->task);
    if (events == 0)
        return true;
    if (limits_end(c, events, clock_now_ns())) {
        call_fail_stream(c);
        return false;
    }
    task_leave_events(&c->task, events & (EV_IO | EV_MAIL | EV_SHUT | EV_AGAIN));
    return true;
}

/* --- reading --- */

static ssize_t finish_read(gofer_response *response, size_t got)
{
    struct stream *s = response->stream;
    struct call *c = s->call;
    struct download *d = &c->exchange.down;
    if (d->framing == BODY_TUNNEL) {
        s->read_over = true;
        let_go(s);
        return (ssize_t)got;
    }
    bool kept = !download_has_trailers(d) || message_take_trailers(response, &d->trailers);
    if (kept) {
        call_complete_stream(c);
    } else {
        fault_set(&c->fault, GOFER_ERR_NOMEM, GOFER_PHASE_BODY, ENOMEM, NULL);
        call_fail_stream(c);
    }
    end_task(s);
    return kept || got > 0 ? (ssize_t)got : -1;
}

/* With the task held: whether the stream goes on. Where it does not the task is given back, or has
 * ended, and *end is what that comes to. */
static bool may_go_on(struct stream *s, ssize_t *end)
{
    if (stream_is_closed(s)) {
        let_go(s);
        *end = after_end(s);
        return false;
    }
    if (look_at_events(s))
        return true;
    end_task(s);
    *end = -1;
    return false;
}

/* One look, with the task held; it is given back, or has ended. AGAIN: nothing yet, and pinned
 * where one has to wait for more. */
static ssize_t read_once(gofer_response *response, void *buf, size_t len, struct conn **pinned)
{
    struct stream *s = response->stream;
    struct call *c = s->call;
    size_t got;
    ssize_t end;
    if (!may_go_on(s, &end))
        return end;
    if (s->read_over) {
        let_go(s);
        return 0;
    }
    enum exchange_next next = exchange_read(&c->exchange, buf, len, &got, &c->fault);
    switch (next) {
    case EXCHANGE_DONE:
        return finish_read(response, got);
    case EXCHANGE_FAILED:
        call_fail_stream(c);
        end_task(s);
        return -1;
    default:
        break;
    }
    if (got == 0 && next == EXCHANGE_WAIT)
        pin(s, pinned);
    else if (!upload_is_over(&c->exchange.up))
        atomic_fetch_add(&s->unserved, 1);
    let_go(s);
    return got > 0 ? (ssize_t)got : AGAIN;
}

static ssize_t read_until(gofer_response *response, void *buf, size_t len, int64_t at_ns)
{
    struct stream *s = response->stream;
    for (;;) {
        if (is_refused(s))
            return after_end(s);
        enum task_hold answer = hold(s, at_ns);
        if (answer == TASK_GONE)
            return after_end(s);
        if (answer == TASK_BUSY)
            return is_refused(s) ? after_end(s) : GOFER_READ_PENDING;
        if (lost_race(s))
            return after_end(s);
        struct conn *pinned = NULL;
        ssize_t n = read_once(response, buf, len, &pinned);
        if (n != AGAIN)
            return n;
        bool in_time = at_ns == CLOCK_NEVER || (at_ns != 0 && clock_now_ns() < at_ns);
        if (pinned != NULL && in_time)
            await(s, conn_fd(pinned), POLLIN, at_ns);
        if (pinned != NULL)
            unpin(s, pinned);
        if (!in_time)
            return GOFER_READ_PENDING;
    }
}

ssize_t stream_read(gofer_response *response, void *buf, size_t len, int64_t at_ns)
{
    struct stream *s = response->stream;
    struct core *core = s->call->core;
    if (call_is_foreign(s->call) || !core_enter_waiting(core))
        return call_is_foreign(s->call) ? -1 : after_end(s);
    bool owes = at_ns == 0 || atomic_load(&s->unserved) >= READS_A_TURN;
    if (owes && !callback_active()) {
        atomic_store(&s->unserved, 0);
        core_poll(core);
    }
    ssize_t n = read_until(response, buf, len, at_ns);
    core_leave(core);
    return n;
}

/* --- writing, after 101 --- */

/* Writing has failed. What the peer said before is still to be read, so the call goes on. */
static void break_write(struct stream *s, int err)
{
    lock_take(&s->call->lock);
    s->write_error = (gofer_error){.code = GOFER_ERR_BROKEN,
                                   .phase = GOFER_PHASE_BODY,
                                   .sys_errno = err,
                                   .sent = GOFER_SENT_SOME,
                                   .message = "the connection broke in a write"};
    s->write_broke = true;
    lock_drop(&s->call->lock);
}

/* -1 with errno. */
static ssize_t send_some(struct stream *s, const void *data, size_t len)
{
    errno = EPIPE;
    if (s->write_over || s->write_broke)
        return -1;
    struct iovec iov = {(void *)data, len};
    ssize_t n = conn_send(s->call->exchange.conn, &iov, 1, false);
    int err = errno;
    if (n < 0 && err != EAGAIN && err != EWOULDBLOCK)
        break_write(s, err);
    errno = err;
    return n;
}

/* As read_once(). */
static ssize_t write_once(struct stream *s, const void *data, size_t len, struct conn **pinned)
{
    ssize_t end;
    if (!may_go_on(s, &end))
        return end;
    ssize_t n = send_some(s, data, len);
    int err = errno;
    bool full = n < 0 && (err == EAGAIN || err == EWOULDBLOCK);
    if (full)
        pin(s, pinned);
    let_go(s);
    errno = err;
    return full ? AGAIN : n;
}

static ssize_t write_some(struct stream *s, const void *data, size_t len)
{
    for (;;) {
        if (is_refused(s))
            return after_end(s);
        enum task_hold answer = hold(s, CLOCK_NEVER);
        if (answer == TASK_GONE)
            return after_end(s) == 0 ? fail_with(s, &stream_closed_error) : -1;
        if (answer == TASK_BUSY || lost_race(s))
            return after_end(s); /* refused */
        struct conn *pinned = NULL;
        ssize_t n = write_once(s, data, len, &pinned);
        if (n != AGAIN)
            return n;
        await(s, conn_fd(pinned), POLLOUT, CLOCK_NEVER);
        unpin(s, pinned);
    }
}

ssize_t stream_write(gofer_response *response, const void *data, size_t len)
{
    struct stream *s = response->stream;
    struct core *core = s->call->core;
    size_t done = 0;
    if (call_is_foreign(s->call) || !core_enter_waiting(core))
        return call_is_foreign(s->call) || after_end(s) != 0 ? -1
                                                             : fail_with(s, &stream_closed_error);
    while (done < len) {
        ssize_t n = write_some(s, (const char *)data + done, len - done);
        if (n < 0)
            break;
        done += (size_t)n;
    }
    core_leave(core);
    return done == len ? (ssize_t)len : -1;
}

/* GOFER_PENDING: the socket was full, and has room again. Over TLS the end is a message as others.
 */
static gofer_status end_sending(struct stream *s)
{
    if (is_refused(s) || hold(s, CLOCK_NEVER) != TASK_HELD || lost_race(s))
        return GOFER_ERR_CLOSED;
    struct conn *pinned = NULL;
    int err = conn_end_sending(s->call->exchange.conn) == 0 ? 0 : errno;
    if (err == EAGAIN || err == EWOULDBLOCK)
        pin(s, &pinned);
    else
        s->write_over = true;
    let_go(s);
    if (pinned == NULL)
        return err == 0 ? GOFER_OK : GOFER_ERR_BROKEN;
    await(s, conn_fd(pinned), POLLOUT, CLOCK_NEVER);
    unpin(s, pinned);
    return GOFER_PENDING;
}

gofer_status stream_shutdown_write(gofer_response *response)
{
    struct stream *s = response->stream;
    struct core *core = s->call->core;
    if (call_is_foreign(s->call))
        return GOFER_ERR_FORKED;
    if (!core_enter_waiting(core))
        return GOFER_ERR_CLOSED;
    gofer_status status;
    do
        status = end_sending(s);
    while (status == GOFER_PENDING);
    core_leave(core);
    return status;
}
