/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One round trip: what each direction's step means for the other, and for the
 * limits.
 */
#include "transport/exchange.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "transport/trace.h"

static void set_at(_Atomic int64_t *at, int64_t value)
{
    atomic_store_explicit(at, value, memory_order_relaxed);
}

static int64_t get_at(_Atomic int64_t *at)
{
    return atomic_load_explicit(at, memory_order_relaxed);
}

/* --- limits --- */

static void begin_window(struct exchange *x, int64_t now_ns)
{
    x->moved = 0;
    x->rate_at = CLOCK_NEVER;
    if (x->request->min_rate >= 0)
        x->rate_at = clock_after_ms(now_ns, x->request->rate_window_ms);
}

/* Bytes moved and more are due. */
static void note_progress(struct exchange *x, uint64_t bytes)
{
    x->moved += bytes;
    if (x->request->stall_timeout_ms >= 0 && x->down.framing != BODY_TUNNEL)
        set_at(&x->stall_at, clock_after_ms(clock_now_ns(), x->request->stall_timeout_ms));
}

/* Whether the peer has sent what nobody has read: then it is not the peer that is slow. */
static bool has_unread(const struct exchange *x)
{
    struct pollfd p = {.fd = conn_fd(x->conn), .events = POLLIN};
    return download_has_kept(&x->down) || poll(&p, 1, 0) > 0;
}

static bool was_fast_enough(const struct exchange *x)
{
    /* The products stay far below 2^63 for any rate that a network has. */
    return x->moved >=
           (uint64_t)((double)x->request->min_rate / 1000 * (double)x->request->rate_window_ms);
}

/* Whether a byte is due: not where a slow source or a slow reader is what is waited for. */
static bool is_due(const struct exchange *x)
{
    if (x->later && !x->down.head_done)
        return false;
    return !(x->down.head_done && x->request->down.streaming && has_unread(x));
}

const char *exchange_passed(struct exchange *x, int64_t now_ns, int64_t *limit_ms)
{
    if (now_ns >= get_at(&x->header_at)) {
        *limit_ms = x->request->header_timeout_ms;
        return "timed out after %lld ms %s";
    }
    *limit_ms = x->request->stall_timeout_ms;
    return "timed out after no byte moved for %lld ms %s";
}

const char *exchange_late(struct exchange *x, int64_t now_ns, int64_t *limit_ms)
{
    const struct exchange_request *q = x->request;
    bool due = is_due(x);
    if (now_ns >= get_at(&x->header_at) || (now_ns >= get_at(&x->stall_at) && due))
        return exchange_passed(x, now_ns, limit_ms);
    bool moves = x->phase != GOFER_PHASE_WAIT;
    if (now_ns >= x->rate_at && due && moves && !was_fast_enough(x)) {
        *limit_ms = q->rate_window_ms;
        return "timed out after too few bytes moved in %lld ms %s";
    }
    if (now_ns >= get_at(&x->stall_at))
        set_at(&x->stall_at, clock_after_ms(now_ns, q->stall_timeout_ms));
    if (now_ns >= x->rate_at)
        begin_window(x, now_ns);
    return NULL;
}

void exchange_renew(struct exchange *x)
{
    if (!is_due(x))
        note_progress(x, 0);
}

/* --- life --- */

void exchange_init(struct exchange *x, struct conn *conn, const struct exchange_request *request,
                   int64_t now_ns)
{
    /* One by one: the two directions, which are nearly all of it, would be cleared twice. */
    x->conn = conn;
    x->request = request;
    x->full = x->later = false;
    x->phase = GOFER_PHASE_SEND;
    x->continue_at = 0;
    upload_init(&x->up, &request->up);
    download_init(&x->down, &request->down);
    set_at(&x->stall_at, clock_after_ms(now_ns, request->stall_timeout_ms));
    set_at(&x->header_at, CLOCK_NEVER);
    begin_window(x, now_ns);
}

void exchange_fini(struct exchange *x)
{
    upload_fini(&x->up);
    download_fini(&x->down);
}

bool exchange_reusable(const struct exchange *x)
{
    return upload_is_done(&x->up) && x->up.write_errno == 0 && !x->request->close &&
           download_allows_reuse(&x->down);
}

bool exchange_is_worth_reading(const struct exchange *x, int64_t most)
{
    return upload_is_done(&x->up) && x->up.write_errno == 0 && !x->request->close &&
           x->down.keep_alive && x->down.framing < BODY_TO_EOF && download_left(&x->down) <= most;
}

gofer_sent exchange_sent(const struct exchange *x)
{
    if (x->up.sent == 0)
        return GOFER_SENT_NOTHING;
    return upload_is_done(&x->up) ? GOFER_SENT_ALL : GOFER_SENT_SOME;
}

bool exchange_can_repeat(const struct exchange *x)
{
    return source_can_begin(x->request->up.source);
}

uint32_t exchange_events(const struct exchange *x)
{
    return conn_recv_events(x->conn) | (x->full ? conn_send_events(x->conn) : 0);
}

bool exchange_must_poll(const struct exchange *x)
{
    return x->full || x->conn->nonblocking || !upload_is_over(&x->up) || x->rate_at != CLOCK_NEVER;
}

/* --- writing --- */

static void note_written(struct exchange *x)
{
    if (!x->down.begun)
        x->phase = GOFER_PHASE_WAIT;
    if (x->request->header_timeout_ms >= 0 && !x->down.head_done)
        set_at(&x->header_at, clock_after_ms(clock_now_ns(), x->request->header_timeout_ms));
}

static void expect_continue(struct exchange *x)
{
    int64_t now = clock_now_ns();
    if (x->continue_at == 0)
        x->continue_at = clock_after_ms(now, x->request->expect_timeout_ms);
    if (now >= x->continue_at)
        upload_continue(&x->up);
}

/* One step of the upload, told. */
static void tell_written(const struct exchange *x, enum upload_next next, const struct fault *fault)
{
    struct trace *trace = x->down.trace;
    if (next == UPLOAD_EXPECTS && x->continue_at == 0)
        trace_wait_100(trace);
    if (next == UPLOAD_WRITTEN || next == UPLOAD_BROKEN || next == UPLOAD_FAILED)
        trace_wrote_request(trace, x->up.write_errno, fault);
}

/* One step of the upload, and what it means. */
static enum upload_next write_some(struct exchange *x, struct turn *turn, bool wait,
                                   struct fault *fault)
{
    uint64_t before = x->up.sent;
    enum upload_next next = upload_step(&x->up, x->conn, turn, wait, fault);
    x->full = next == UPLOAD_FULL;
    x->later = next == UPLOAD_LATER;
    if (x->down.trace != NULL)
        tell_written(x, next, fault);
    /* All in the first send, the common case, happens at the time that the exchange began. */
    if (x->up.sent > before && (before > 0 || next != UPLOAD_WRITTEN))
        note_progress(x, x->up.sent - before);
    else
        x->moved += x->up.sent - before;
    if (next == UPLOAD_WRITTEN)
        note_written(x);
    if (next != UPLOAD_EXPECTS)
        return next;
    expect_continue(x);
    return x->up.state == UPLOAD_CONTINUE ? next : UPLOAD_TURN_OVER;
}

/* --- reading --- */

static void note_head(struct exchange *x)
{
    x->phase = GOFER_PHASE_BODY;
    set_at(&x->header_at, CLOCK_NEVER);
    if (x->down.response != NULL)
        conn_note(x->conn, x->down.response);
    /* RU-08: the answer came first; the body is not sent, nor the connection kept. */
    if (x->up.state == UPLOAD_CONTINUE)
        upload_end(&x->up);
    /* In another protocol nobody here knows when a byte is due. */
    if (x->down.framing == BODY_TUNNEL) {
        set_at(&x->stall_at, CLOCK_NEVER);
        x->rate_at = CLOCK_NEVER;
    }
}

/* One receive, and what it means. DOWNLOAD_CONTINUE is seen to here. */
static enum download_next read_once(struct exchange *x, const struct download_io *io, size_t *got,
                                    struct fault *fault)
{
    size_t moved;
    bool had_head = x->down.head_done;
    enum download_next next = download_step(&x->down, io, &moved, fault);
    *got += moved;
    /* Decoding is work of this turn, as receiving is. */
    if (next <= DOWNLOAD_MORE)
        *got += download_take_work(&x->down);
    if (x->down.begun && x->phase < GOFER_PHASE_HEADERS)
        x->phase = GOFER_PHASE_HEADERS;
    if (x->down.head_done && !had_head)
        note_head(x);
    if (moved > 0 && next != DOWNLOAD_COMPLETE)
        note_progress(x, moved);
    if (next != DOWNLOAD_CONTINUE)
        return next;
    if (x->down.trace != NULL && x->up.state == UPLOAD_CONTINUE)
        trace_got_100(x->down.trace);
    upload_continue(&x->up);
    return next;
}

static enum exchange_next read_some(struct exchange *x, struct turn *turn, bool wait,
                                    const _Atomic bool *interrupted, struct fault *fault)
{
    struct download_io io = {.conn = x->conn,
                             .turn = turn,
                             .wait = wait,
                             .interrupted = interrupted,
                             .write_errno = x->up.write_errno,
                             .phase = x->phase};
    size_t got = 0;
    for (int i = 0; i < TURN_MAX_READS && got < TURN_MAX_BYTES; i++) {
        switch (read_once(x, &io, &got, fault)) {
        case DOWNLOAD_EMPTY:
            if (!wait)
                return EXCHANGE_WAIT;
            break;
        case DOWNLOAD_MORE:
            break;
        case DOWNLOAD_CONTINUE:
            return EXCHANGE_YIELD;
        case DOWNLOAD_HEAD:
            return EXCHANGE_HEAD;
        case DOWNLOAD_COMPLETE:
            return EXCHANGE_DONE;
        case DOWNLOAD_INTERRUPTED:
            return EXCHANGE_INTERRUPTED;
        case DOWNLOAD_FAILED:
            return EXCHANGE_FAILED;
        }
    }
    return EXCHANGE_YIELD;
}

/* The request cannot be written at all. A complete response may wait behind the reset (TCP-02). */
static enum exchange_next read_behind_break(struct exchange *x, struct turn *turn,
                                            const _Atomic bool *interrupted, struct fault *fault)
{
    enum exchange_next next = read_some(x, turn, false, interrupted, fault);
    if (next != EXCHANGE_WAIT)
        return next;
    fault_set(fault, download_is_before_response(&x->down) ? GOFER_ERR_BROKEN : GOFER_ERR_TRUNCATED,
              x->phase, x->up.write_errno, "the server broke %s before a response",
              x->conn->reused ? "the reused connection" : "the connection");
    return EXCHANGE_FAILED;
}

/* --- stepping --- */

/* Whether whoever has written the request may block in recv at once. A worker waits for bytes
 * first, and so does a driver whose next limit is not armed yet. */
static bool blocks_at_once(const struct exchange *x, const struct turn *turn)
{
    return turn->driven && x->request->header_timeout_ms < 0 && !exchange_must_poll(x);
}

enum exchange_next exchange_step(struct exchange *x, struct turn *turn,
                                 const _Atomic bool *interrupted, struct fault *fault)
{
    if (upload_is_over(&x->up))
        return x->up.write_errno != 0
                   ? read_behind_break(x, turn, interrupted, fault)
                   : read_some(x, turn, turn->driven && !exchange_must_poll(x), interrupted, fault);
    bool first = x->up.sent == 0;
    bool wait = turn->driven && upload_fits_one_send(&x->up) && !x->conn->nonblocking;
    switch (write_some(x, turn, wait, fault)) {
    case UPLOAD_TURN_OVER:
        return EXCHANGE_YIELD;
    case UPLOAD_BROKEN:
        return read_behind_break(x, turn, interrupted, fault);
    case UPLOAD_FAILED:
        return EXCHANGE_FAILED;
    case UPLOAD_WRITTEN:
        if (blocks_at_once(x, turn))
            return read_some(x, turn, true, interrupted, fault);
        /* No event tells of a head that came together with the 100. */
        return download_has_head(&x->down) ? read_some(x, turn, false, interrupted, fault)
                                           : EXCHANGE_WAIT;
    case UPLOAD_FULL:
    case UPLOAD_LATER:
    case UPLOAD_EXPECTS:
        break;
    }
    /* The request cannot be written on now: maybe a response came early. */
    return first ? EXCHANGE_WAIT : read_some(x, turn, false, interrupted, fault);
}

enum exchange_next exchange_upload(struct exchange *x, struct turn *turn, struct fault *fault)
{
    if (upload_is_over(&x->up))
        return EXCHANGE_WAIT;
    switch (write_some(x, turn, false, fault)) {
    case UPLOAD_TURN_OVER:
        return EXCHANGE_YIELD;
    case UPLOAD_FAILED:
        return EXCHANGE_FAILED;
    default:
        return EXCHANGE_WAIT;
    }
}

enum exchange_next exchange_resume(struct exchange *x, struct fault *fault)
{
    switch (download_resume(&x->down, fault)) {
    case DOWNLOAD_COMPLETE:
        return EXCHANGE_DONE;
    case DOWNLOAD_FAILED:
        return EXCHANGE_FAILED;
    default:
        return EXCHANGE_YIELD;
    }
}

void exchange_read_until(struct exchange *x, int64_t until_ns)
{
    download_leave_coded(&x->down);
    x->phase = GOFER_PHASE_REDIRECT;
    set_at(&x->header_at, until_ns);
}

enum exchange_next exchange_read(struct exchange *x, void *buf, size_t len, size_t *got,
                                 struct fault *fault)
{
    struct download_io io = {
        .conn = x->conn, .write_errno = x->up.write_errno, .phase = GOFER_PHASE_BODY};
    size_t moved;
    enum download_next next = download_read(&x->down, &io, buf, len, got, &moved, fault);
    if (*got > 0 || moved > 0)
        note_progress(x, moved);
    if (next == DOWNLOAD_COMPLETE)
        return EXCHANGE_DONE;
    if (next == DOWNLOAD_MORE)
        return EXCHANGE_YIELD;
    return next == DOWNLOAD_FAILED ? EXCHANGE_FAILED : EXCHANGE_WAIT;
}
