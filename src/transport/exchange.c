/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One round trip. Reading is a loop of: receive into the right place, look
 * whether somebody shut the socket down under us, interpret. The right place is
 * the thread's scratch buffer, or, for a body of known length, the response's own
 * memory; what of a head arrived without its end is kept in `partial`, because a
 * parked exchange holds no buffer.
 */
#include "transport/exchange.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

/* 1xx responses before the final one; each also counts against the head limit. */
enum { INFORMATIONAL_MAX = 32, TRAILER_MAX_BYTES = 64 * 1024 };

static void set_at(_Atomic int64_t *at, int64_t value)
{
    atomic_store_explicit(at, value, memory_order_relaxed);
}

void exchange_init(struct exchange *x, struct conn *conn, const struct exchange_request *request,
                   int64_t now_ns)
{
    *x = (struct exchange){.conn = conn, .request = request, .phase = GOFER_PHASE_SEND};
    set_at(&x->stall_at, clock_after_ms(now_ns, request->stall_timeout_ms));
    set_at(&x->header_at, CLOCK_NEVER);
}

void exchange_fini(struct exchange *x)
{
    buf_fini(&x->partial);
    gofer_response_free(x->response);
    x->response = NULL;
}

struct gofer_response *exchange_take_response(struct exchange *x)
{
    struct gofer_response *response = x->response;
    x->response = NULL;
    return response;
}

static size_t request_len(const struct exchange *x)
{
    return x->request->head_len + x->request->body_len;
}

static bool is_written(const struct exchange *x)
{
    return x->sent == request_len(x);
}

bool exchange_reusable(const struct exchange *x)
{
    return is_written(x) && x->keep_alive && !x->overrun && !x->request->close &&
           x->framing != BODY_TO_EOF;
}

gofer_sent exchange_sent(const struct exchange *x)
{
    if (x->sent == 0)
        return GOFER_SENT_NOTHING;
    return is_written(x) ? GOFER_SENT_ALL : GOFER_SENT_SOME;
}

int64_t exchange_deadline(struct exchange *x)
{
    return clock_min(atomic_load_explicit(&x->stall_at, memory_order_relaxed),
                     atomic_load_explicit(&x->header_at, memory_order_relaxed));
}

/* Bytes moved and more are due. */
static void note_progress(struct exchange *x)
{
    if (x->request->stall_timeout_ms >= 0)
        set_at(&x->stall_at, clock_after_ms(clock_now_ns(), x->request->stall_timeout_ms));
}

/* --- writing --- */

static void note_written(struct exchange *x)
{
    if (!x->response_begun)
        x->phase = GOFER_PHASE_WAIT;
    if (x->request->header_timeout_ms >= 0 && !x->head_done)
        set_at(&x->header_at, clock_after_ms(clock_now_ns(), x->request->header_timeout_ms));
}

static ssize_t send_rest(struct exchange *x, bool wait)
{
    const struct exchange_request *q = x->request;
    struct iovec iov[2];
    int n = 0;
    if (x->sent < q->head_len)
        iov[n++] = (struct iovec){(char *)q->head + x->sent, q->head_len - x->sent};
    size_t body_sent = x->sent > q->head_len ? x->sent - q->head_len : 0;
    if (body_sent < q->body_len)
        iov[n++] = (struct iovec){(char *)q->body + body_sent, q->body_len - body_sent};
    return conn_send(x->conn, iov, n, wait);
}

enum write_result { WRITE_DONE, WRITE_AGAIN, WRITE_TURN_OVER, WRITE_BROKEN };

static enum write_result write_some(struct exchange *x, bool wait)
{
    size_t before = x->sent;
    while (x->sent - before < TURN_MAX_BYTES) {
        ssize_t n = send_rest(x, wait);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return WRITE_AGAIN;
        if (n < 0) {
            x->write_errno = errno;
            return WRITE_BROKEN;
        }
        /* All in the first send, the common case, happens at the time that the exchange began. */
        bool at_once = x->sent == 0;
        x->sent += (size_t)n;
        if (!is_written(x) || !at_once)
            note_progress(x);
        if (is_written(x)) {
            note_written(x);
            return WRITE_DONE;
        }
    }
    return WRITE_TURN_OVER;
}

/* --- the end of the stream --- */

static const char *sent_words(const struct exchange *x)
{
    return x->conn->reused ? "the reused connection" : "the connection";
}

/* The peer ended or broke the stream where bytes were due; err is 0 for an end. */
static enum exchange_next broken(struct exchange *x, int err, struct fault *fault)
{
    int cause = x->write_errno != 0 ? x->write_errno : err;
    const char *how = err == 0 ? "closed" : "broke";
    if (!x->response_begun)
        fault_set(fault, GOFER_ERR_BROKEN, x->phase, cause, "the server %s %s before a response",
                  how, sent_words(x));
    else if (!x->head_done)
        fault_set(fault, GOFER_ERR_TRUNCATED, GOFER_PHASE_HEADERS, cause,
                  "the server %s the connection inside the response headers", how);
    else
        fault_set(fault, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY, cause,
                  "the server %s the connection after %zu bytes of the response body", how,
                  x->response->body_len);
    return EXCHANGE_FAILED;
}

static enum exchange_next finish(struct exchange *x)
{
    x->response->body[x->response->body_len] = '\0';
    return EXCHANGE_DONE;
}

static enum exchange_next end_of_stream(struct exchange *x, int err, struct fault *fault)
{
    if (x->head_done && x->framing == BODY_TO_EOF && err == 0)
        return finish(x);
    return broken(x, err, fault);
}

/* --- interpreting --- */

static enum exchange_next too_large(struct fault *fault, gofer_phase phase, const char *what,
                                    uint64_t limit)
{
    fault_set(fault, GOFER_ERR_TOO_LARGE, phase, 0, "%s exceeds %llu bytes", what,
              (unsigned long long)limit);
    return EXCHANGE_FAILED;
}

static enum exchange_next malformed(struct fault *fault, gofer_phase phase, const char *why)
{
    fault_set(fault, GOFER_ERR_PROTOCOL, phase, 0, "malformed HTTP response: %s", why);
    return EXCHANGE_FAILED;
}

static enum exchange_next no_memory(struct exchange *x, struct fault *fault)
{
    fault_set(fault, GOFER_ERR_NOMEM, x->phase, ENOMEM, NULL);
    return EXCHANGE_FAILED;
}

/* Room for the body in the response's block: all of it where it is of moderate length. */
static size_t body_room(const struct exchange *x, const struct response_head *head)
{
    bool fits = x->framing == BODY_LENGTH && head->content_length <= MESSAGE_BODY_INLINE;
    return fits ? (size_t)head->content_length : 0;
}

static enum exchange_next begin_body(struct exchange *x, const struct response_head *head,
                                     struct fault *fault)
{
    const struct exchange_request *q = x->request;
    x->phase = GOFER_PHASE_BODY;
    if (head->framing == BODY_LENGTH) {
        if ((uint64_t)head->content_length > q->max_body_bytes)
            return too_large(fault, GOFER_PHASE_BODY, "response body", q->max_body_bytes);
        x->body_left = (uint64_t)head->content_length;
    }
    if (head->framing == BODY_CHUNKED)
        chunked_init(&x->chunked, TRAILER_MAX_BYTES);
    bool empty = head->framing == BODY_NONE || (head->framing == BODY_LENGTH && x->body_left == 0);
    return empty ? finish(x) : EXCHANGE_READ;
}

/* The final response's head is complete. */
static enum exchange_next begin_response(struct exchange *x, const struct response_head *head,
                                         const char *bytes, size_t len,
                                         const struct head_field *fields, struct fault *fault)
{
    x->head_done = true;
    x->framing = head->framing;
    x->keep_alive = head->keep_alive;
    set_at(&x->header_at, CLOCK_NEVER);
    x->response = message_new(head, bytes, len, fields, x->request->url, x->request->url_len,
                              body_room(x, head));
    return x->response != NULL ? begin_body(x, head, fault) : no_memory(x, fault);
}

/* A 1xx response's head is complete: the next head begins behind it. */
static enum exchange_next skip_informational(struct exchange *x, size_t len, struct fault *fault)
{
    x->head_bytes += len;
    if (++x->informational > INFORMATIONAL_MAX)
        return malformed(fault, GOFER_PHASE_HEADERS, "too many informational responses");
    return EXCHANGE_READ;
}

static enum exchange_next head_too_large(struct exchange *x, struct fault *fault)
{
    return too_large(fault, GOFER_PHASE_HEADERS, "response header section",
                     x->request->max_head_bytes);
}

/* Bytes of a head; data[len] is the sentinel. *used: how many were a complete one. */
static enum exchange_next take_head(struct exchange *x, const char *data, size_t len, size_t *used,
                                    struct fault *fault)
{
    struct response_head head;
    struct head_field fields[HEAD_FIELDS_INLINE];
    size_t head_len = len;
    enum head_result r = head_read(&x->scan, data, len, x->request->head_method, &head, fields,
                                   HEAD_FIELDS_INLINE, &head_len);
    *used = r == HEAD_DONE ? head_len : 0;
    if (x->head_bytes + (r == HEAD_DONE ? head_len : len) > x->request->max_head_bytes)
        return head_too_large(x, fault);
    if (r == HEAD_BAD)
        return malformed(fault, GOFER_PHASE_HEADERS, x->scan.why);
    if (r == HEAD_MORE)
        return EXCHANGE_READ;
    x->scan = (struct head_scan){0};
    return head.status < 200 ? skip_informational(x, head_len, fault)
                             : begin_response(x, &head, data, head_len, fields, fault);
}

static enum exchange_next body_bytes(struct exchange *x, const char *data, size_t len,
                                     struct fault *fault)
{
    if (len > x->request->max_body_bytes - x->response->body_len)
        return too_large(fault, GOFER_PHASE_BODY, "response body", x->request->max_body_bytes);
    return message_append(x->response, data, len) ? EXCHANGE_READ : no_memory(x, fault);
}

static enum exchange_next take_chunks(struct exchange *x, const char *data, size_t len,
                                      struct fault *fault)
{
    while (len > 0 && !chunked_done(&x->chunked)) {
        const char *out;
        size_t out_len;
        ptrdiff_t n = chunked_decode(&x->chunked, data, len, &out, &out_len);
        if (n < 0)
            return malformed(fault, GOFER_PHASE_BODY, x->chunked.why);
        if (out_len > 0 && body_bytes(x, out, out_len, fault) == EXCHANGE_FAILED)
            return EXCHANGE_FAILED;
        data += n;
        len -= (size_t)n;
    }
    if (!chunked_done(&x->chunked))
        return EXCHANGE_READ;
    x->overrun = len > 0;
    return finish(x);
}

static enum exchange_next take_length(struct exchange *x, const char *data, size_t len,
                                      struct fault *fault)
{
    size_t n = len < x->body_left ? len : (size_t)x->body_left;
    x->overrun = len > n;
    if (body_bytes(x, data, n, fault) == EXCHANGE_FAILED)
        return EXCHANGE_FAILED;
    x->body_left -= n;
    return x->body_left == 0 ? finish(x) : EXCHANGE_READ;
}

static enum exchange_next take_body(struct exchange *x, const char *data, size_t len,
                                    struct fault *fault)
{
    if (len == 0)
        return EXCHANGE_READ;
    switch (x->framing) {
    case BODY_LENGTH:
        return take_length(x, data, len, fault);
    case BODY_CHUNKED:
        return take_chunks(x, data, len, fault);
    case BODY_TO_EOF:
        return body_bytes(x, data, len, fault);
    case BODY_NONE:
        break;
    }
    return EXCHANGE_READ;
}

/* Heads, then the first bytes of the body. *used: how many bytes are not needed again. */
static enum exchange_next take_bytes(struct exchange *x, const char *data, size_t len, size_t *used,
                                     struct fault *fault)
{
    *used = 0;
    while (!x->head_done) {
        size_t n;
        enum exchange_next next = take_head(x, data + *used, len - *used, &n, fault);
        *used += n;
        if (next == EXCHANGE_DONE)
            x->overrun = *used < len;
        if (next != EXCHANGE_READ || n == 0)
            return next;
    }
    const char *body = data + *used;
    size_t body_len = len - *used;
    *used = len;
    return take_body(x, body, body_len, fault);
}

/* Keeps bytes of a head, and the sentinel behind them. */
static bool keep_partial(struct exchange *x, const char *data, size_t len)
{
    buf_append(&x->partial, data, len);
    if (!buf_reserve(&x->partial, 1))
        return false;
    x->partial.data[x->partial.len] = '\n';
    return true;
}

/* Bytes that arrived in the thread's scratch buffer while the head is not complete. */
static enum exchange_next take_scratch(struct exchange *x, const char *data, size_t len,
                                       struct fault *fault)
{
    size_t used;
    if (x->partial.len > 0) {
        if (!keep_partial(x, data, len))
            return no_memory(x, fault);
        enum exchange_next next = take_bytes(x, x->partial.data, x->partial.len, &used, fault);
        buf_consume(&x->partial, used);
        if (x->partial.len == 0)
            buf_fini(&x->partial);
        return next;
    }
    enum exchange_next next = take_bytes(x, data, len, &used, fault);
    if (next == EXCHANGE_READ && used < len && !keep_partial(x, data + used, len - used))
        return no_memory(x, fault);
    return next;
}

/* --- reading --- */

/* A body of known length is received into the response itself, with room for the byte too many. */
static bool reads_in_place(const struct exchange *x)
{
    return x->head_done && x->framing == BODY_LENGTH &&
           x->response->body_cap - x->response->body_len >= x->body_left;
}

static enum exchange_next took_in_place(struct exchange *x, size_t n)
{
    x->overrun = n > x->body_left;
    size_t taken = x->overrun ? (size_t)x->body_left : n;
    x->response->body_len += taken;
    x->body_left -= taken;
    return x->body_left == 0 ? finish(x) : EXCHANGE_READ;
}

/* Makes room in steps, as bytes arrive: a declared length alone does not cost memory. */
static bool make_room(struct exchange *x)
{
    if (!x->head_done || x->framing != BODY_LENGTH || reads_in_place(x))
        return true;
    size_t step = x->response->body_len > TURN_MAX_BYTES ? x->response->body_len : TURN_MAX_BYTES;
    return message_reserve(x->response, x->body_left < step ? (size_t)x->body_left : step);
}

static enum exchange_next interpret(struct exchange *x, struct turn *turn, bool in_place, size_t n,
                                    struct fault *fault)
{
    if (!x->response_begun) {
        x->response_begun = true;
        x->phase = GOFER_PHASE_HEADERS;
    }
    if (in_place)
        return took_in_place(x, n);
    turn->scratch[n] = '\n'; /* the sentinel that head_read() asks for */
    return x->head_done ? take_body(x, turn->scratch, n, fault)
                        : take_scratch(x, turn->scratch, n, fault);
}

/* One receive and its consequences. *short_read: the socket is likely empty now. */
static enum exchange_next read_once(struct exchange *x, struct turn *turn, bool wait,
                                    const _Atomic bool *interrupted, size_t *got, bool *short_read,
                                    struct fault *fault)
{
    if (!make_room(x))
        return no_memory(x, fault);
    bool in_place = reads_in_place(x);
    char *to = in_place ? x->response->body + x->response->body_len : turn->scratch;
    size_t room = in_place ? (size_t)x->body_left + 1 : turn->scratch_len - 1;
    ssize_t n = conn_recv(x->conn, to, room, wait);
    int err = n < 0 ? errno : 0;
    if (interrupted != NULL && atomic_load(interrupted))
        return EXCHANGE_INTERRUPTED;
    *short_read = true;
    if (n < 0 && (err == EAGAIN || err == EWOULDBLOCK))
        return EXCHANGE_READ;
    if (n <= 0)
        return end_of_stream(x, err, fault);
    *got += (size_t)n;
    *short_read = (size_t)n < room;
    return interpret(x, turn, in_place, (size_t)n, fault);
}

static enum exchange_next read_some(struct exchange *x, struct turn *turn, bool wait,
                                    const _Atomic bool *interrupted, struct fault *fault)
{
    size_t got = 0;
    for (int i = 0; i < TURN_MAX_READS && got < TURN_MAX_BYTES; i++) {
        size_t before = got;
        bool short_read = false;
        enum exchange_next next = read_once(x, turn, wait, interrupted, &got, &short_read, fault);
        if (next != EXCHANGE_READ)
            return next;
        if (got > before)
            note_progress(x);
        if (short_read && !wait)
            return EXCHANGE_READ;
    }
    return EXCHANGE_YIELD;
}

/* --- stepping --- */

/* Whether a driving caller may send without MSG_DONTWAIT: all of it fits one moderate send
 * (design 7.2). */
static bool may_wait_to_send(const struct exchange *x, const struct turn *turn)
{
    return turn->driven && x->sent == 0 && request_len(x) <= TURN_SCRATCH;
}

/* The request cannot be written on now: maybe a response came early. */
static enum exchange_next look_for_early_response(struct exchange *x, struct turn *turn,
                                                  const _Atomic bool *interrupted,
                                                  struct fault *fault)
{
    enum exchange_next next = read_some(x, turn, false, interrupted, fault);
    return next == EXCHANGE_READ ? EXCHANGE_BOTH : next;
}

/* The request cannot be written at all. A complete response may wait behind the reset (TCP-02). */
static enum exchange_next read_behind_break(struct exchange *x, struct turn *turn,
                                            const _Atomic bool *interrupted, struct fault *fault)
{
    enum exchange_next next = read_some(x, turn, false, interrupted, fault);
    return next == EXCHANGE_READ ? broken(x, x->write_errno, fault) : next;
}

enum exchange_next exchange_step(struct exchange *x, struct turn *turn,
                                 const _Atomic bool *interrupted, struct fault *fault)
{
    if (!is_written(x) && x->write_errno == 0) {
        switch (write_some(x, may_wait_to_send(x, turn))) {
        case WRITE_TURN_OVER:
            return EXCHANGE_YIELD;
        case WRITE_AGAIN:
            if (x->polled)
                return look_for_early_response(x, turn, interrupted, fault);
            x->polled = true;
            return EXCHANGE_BOTH;
        case WRITE_BROKEN:
            return read_behind_break(x, turn, interrupted, fault);
        case WRITE_DONE:
            /* A worker parks without a read; a caller first arms the limit that began now. */
            if (!turn->driven || x->request->header_timeout_ms >= 0)
                return EXCHANGE_READ;
            break;
        }
    }
    return read_some(x, turn, turn->driven, interrupted, fault);
}
