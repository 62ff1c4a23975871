/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading a response. First the end of the stream and failures, then heads, then
 * bodies that are gathered, then the receiving, then bodies that are handed on.
 */
#include "transport/download.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "http/wire.h"
#include "transport/conn.h"
#include "transport/trace.h"

/* 1xx responses before the final one; each also counts against the head limit. */
enum { INFORMATIONAL_MAX = 32, TRAILER_MAX_BYTES = 64 * 1024 };

/* Receives in one read of a coded body that come to nothing. */
enum { FRUITLESS_MAX = 16 };

void download_init(struct download *d, const struct download_request *request)
{
    *d = (struct download){.request = request};
}

void download_fini(struct download *d)
{
    buf_fini(&d->kept);
    buf_fini(&d->trailers);
    download_skip_coding(d);
    if (d->response != NULL)
        message_free(d->response);
    d->response = NULL;
}

struct gofer_response *download_take_response(struct download *d)
{
    struct gofer_response *response = d->response;
    d->response = NULL;
    return response;
}

int64_t download_left(const struct download *d)
{
    if (d->complete)
        return 0;
    return d->framing == BODY_LENGTH ? (int64_t)d->body_left : -1;
}

/* --- failing --- */

static enum download_next too_large(struct fault *fault, gofer_phase phase, const char *what,
                                    uint64_t limit)
{
    fault_set(fault, GOFER_ERR_TOO_LARGE, phase, 0, "%s exceeds %llu bytes", what,
              (unsigned long long)limit);
    return DOWNLOAD_FAILED;
}

static enum download_next malformed(struct fault *fault, gofer_phase phase, const char *why)
{
    fault_set(fault, GOFER_ERR_PROTOCOL, phase, 0, "malformed HTTP response: %s", why);
    return DOWNLOAD_FAILED;
}

static enum download_next no_memory(const struct download *d, struct fault *fault)
{
    gofer_phase phase = d->head_done ? GOFER_PHASE_BODY : GOFER_PHASE_HEADERS;
    fault_set(fault, GOFER_ERR_NOMEM, phase, ENOMEM, NULL);
    return DOWNLOAD_FAILED;
}

/* What TLS knows of a broken stream. A reused connection that ends before a response is one that
 * the server had closed, however it said so: that is tried again. */
static bool explained(const struct download *d, const struct download_io *io, int err,
                      struct fault *fault)
{
    gofer_phase phase = d->head_done ? GOFER_PHASE_BODY
                        : d->begun   ? GOFER_PHASE_HEADERS
                                     : io->phase;
    return err != 0 && (d->begun || !io->conn->reused) && conn_explain(io->conn, phase, fault);
}

/* The peer ended or broke the stream where bytes were due; err is 0 for an end. */
static enum download_next broken(struct download *d, const struct download_io *io, int err,
                                 struct fault *fault)
{
    int cause = io->write_errno != 0 ? io->write_errno : err;
    const char *how = err == 0 ? "closed" : "broke";
    if (explained(d, io, err, fault))
        return DOWNLOAD_FAILED;
    if (download_is_before_response(d))
        fault_set(fault, GOFER_ERR_BROKEN, io->phase, cause, "the server %s %s before a response",
                  how, io->conn->reused ? "the reused connection" : "the connection");
    else if (!d->head_done)
        fault_set(fault, GOFER_ERR_TRUNCATED, GOFER_PHASE_HEADERS, cause,
                  "the server %s the connection inside the response headers", how);
    else
        fault_set(fault, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY, cause,
                  "the server %s the connection after %llu bytes of the response body", how,
                  (unsigned long long)d->received);
    return DOWNLOAD_FAILED;
}

/* --- the end --- */

static enum download_next complete(struct download *d, struct fault *fault)
{
    d->complete = true;
    /* Handed on, it is not decoded yet: read_coded() looks. */
    if (d->coded != NULL && !d->request->streaming && !coded_end(d->coded, fault))
        return DOWNLOAD_FAILED;
    if (d->response != NULL)
        d->response->body[d->response->body_len] = '\0';
    if (d->response != NULL && download_has_trailers(d) &&
        !message_take_trailers(d->response, &d->trailers))
        return no_memory(d, fault);
    return DOWNLOAD_COMPLETE;
}

static enum download_next end_of_stream(struct download *d, const struct download_io *io, int err,
                                        struct fault *fault)
{
    if (d->head_done && d->framing >= BODY_TO_EOF && err == 0)
        return complete(d, fault);
    return broken(d, io, err, fault);
}

/* --- heads --- */

/* Whether framing is a part of the body. */
static bool keeps_chunks(const struct download *d)
{
    return d->request->wire != NULL && d->request->wire->keep_chunks;
}

/* Whether the body is to be decoded, if its codings are known. A part of one cannot be. */
static bool is_to_be_decoded(const struct download *d, const struct response_head *head)
{
    bool has_body = head->framing == BODY_CHUNKED || head->framing == BODY_TO_EOF ||
                    (head->framing == BODY_LENGTH && head->content_length > 0);
    return d->request->decodes && has_body && head->status != 206;
}

/* Room for the body in the response's block: all of it where it is of moderate length; where it is
 * coded, what it may well come to. */
static size_t body_room(const struct download *d, const struct response_head *head, bool coded)
{
    uint64_t len = (uint64_t)head->content_length;
    if (d->request->streaming || d->framing != BODY_LENGTH || len > MESSAGE_BODY_INLINE)
        return 0;
    if (coded)
        len = 4 * len < MESSAGE_BODY_INLINE ? 4 * len : MESSAGE_BODY_INLINE;
    return (size_t)len;
}

/* A gathered body that says of itself that it is too long. */
static bool is_too_long(const struct download *d)
{
    return d->framing == BODY_LENGTH && d->coded == NULL &&
           d->body_left > d->request->max_body_bytes;
}

static enum download_next begin_body(struct download *d, const struct response_head *head,
                                     struct fault *fault)
{
    const struct download_request *q = d->request;
    d->paused = q->redirects && head_is_redirect(head->status);
    if (head->framing == BODY_LENGTH)
        d->body_left = (uint64_t)head->content_length;
    if (!q->streaming && !d->paused && is_too_long(d))
        return too_large(fault, GOFER_PHASE_BODY, "response body", q->max_body_bytes);
    if (head->framing == BODY_CHUNKED) {
        chunked_init(&d->chunked, TRAILER_MAX_BYTES);
        d->chunked.trailers = &d->trailers;
    }
    bool empty = head->framing == BODY_NONE || (head->framing == BODY_LENGTH && d->body_left == 0);
    if (empty)
        return complete(d, fault);
    return q->streaming || d->paused ? DOWNLOAD_HEAD : DOWNLOAD_EMPTY;
}

/* The final response's head is complete. */
static enum download_next begin_response(struct download *d, const struct response_head *head,
                                         const char *bytes, size_t len,
                                         const struct head_field *fields, struct fault *fault)
{
    d->head_done = true;
    d->framing = head->framing;
    d->keep_alive = head->keep_alive;
    struct coded_plan plan = {.content = head->coded && is_to_be_decoded(d, head),
                              .transfer = head->coded_transfer && !keeps_chunks(d),
                              .handed_on = d->request->streaming,
                              .max_ratio = d->request->max_decode_ratio};
    bool coded = plan.content || plan.transfer;
    d->response = message_new(head, bytes, len, fields, d->request->url, d->request->url_len,
                              body_room(d, head, coded));
    if (d->response == NULL)
        return no_memory(d, fault);
    if (d->trace != NULL)
        trace_got_headers(d->trace, d->response);
    if (coded && !coded_begin(&d->coded, d->response, &plan, fault))
        return DOWNLOAD_FAILED;
    return begin_body(d, head, fault);
}

/* A 1xx response's head is complete: the next head begins behind it. */
static enum download_next skip_informational(struct download *d, int status, size_t len,
                                             struct fault *fault)
{
    enum download_next next = status == 100 ? DOWNLOAD_CONTINUE : DOWNLOAD_EMPTY;
    if (d->trace != NULL && trace_takes_informational(d->trace))
        return next;
    d->head_bytes += len;
    if (++d->informational > INFORMATIONAL_MAX)
        return malformed(fault, GOFER_PHASE_HEADERS, "too many informational responses");
    return next;
}

/* A message like any other, for as long as it is told of. Without memory it is not. */
static void tell_informational(const struct download *d, const struct response_head *head,
                               const char *bytes, size_t len, const struct head_field *fields)
{
    const struct download_request *q = d->request;
    struct gofer_response *r = message_new(head, bytes, len, fields, q->url, q->url_len, 0);
    if (r != NULL)
        trace_informational(d->trace, r);
    message_free(r);
}

/* A final head of a request that has something to say of its bytes. */
__attribute__((noinline)) static void heed_wire(struct download *d, struct response_head *head,
                                                const char *bytes, size_t len)
{
    if (d->trace != NULL && len > 0)
        trace_got_head(d->trace, bytes, len);
    if (!d->request->wire->ignore_length || head->framing != BODY_LENGTH)
        return;
    head->framing = BODY_TO_EOF;
    head->content_length = -1;
    head->keep_alive = false;
}

/* Bytes that are no head may be a body all the same, where they are the first and are allowed to.
 */
static bool is_http_0_9(const struct download *d)
{
    return d->request->wire != NULL && d->request->wire->accept_http_0_9 && d->head_bytes == 0 &&
           d->informational == 0 && head_is_not_http(d->scan.why);
}

static const struct response_head http_0_9_head = {
    .status = 200, .minor = 9, .content_length = -1, .framing = BODY_TO_EOF};

/* Bytes of a head; data[len] is the sentinel. *used: how many were a complete one. */
static enum download_next take_head(struct download *d, const char *data, size_t len, size_t *used,
                                    struct fault *fault)
{
    struct response_head head;
    struct head_field fields[HEAD_FIELDS_INLINE];
    size_t head_len = len;
    enum head_result r = head_read(&d->scan, data, len, d->request->asked, &head, fields,
                                   HEAD_FIELDS_INLINE, &head_len);
    *used = r == HEAD_DONE ? head_len : 0;
    if (d->head_bytes + (r == HEAD_DONE ? head_len : len) > d->request->max_head_bytes)
        return too_large(fault, GOFER_PHASE_HEADERS, "response header section",
                         d->request->max_head_bytes);
    if (r == HEAD_BAD && !is_http_0_9(d))
        return malformed(fault, GOFER_PHASE_HEADERS, d->scan.why);
    if (r == HEAD_MORE)
        return DOWNLOAD_EMPTY;
    if (r == HEAD_BAD) {
        head = http_0_9_head;
        head_len = 0;
    }
    d->scan = (struct head_scan){0};
    if (d->request->wire != NULL)
        heed_wire(d, &head, data, head_len);
    if (head.status >= 200 || head.framing == BODY_TUNNEL)
        return begin_response(d, &head, data, head_len, fields, fault);
    if (d->trace != NULL)
        tell_informational(d, &head, data, head_len, fields);
    return skip_informational(d, head.status, head_len, fault);
}

/* --- gathered bodies --- */

static inline enum download_next body_bytes(struct download *d, const char *data, size_t len,
                                            struct fault *fault)
{
    d->received += len;
    if (d->coded != NULL)
        return coded_gather(d->coded, d->response, data, len, d->request->max_body_bytes, fault)
                   ? DOWNLOAD_EMPTY
                   : DOWNLOAD_FAILED;
    if (len > d->request->max_body_bytes - d->response->body_len)
        return too_large(fault, GOFER_PHASE_BODY, "response body", d->request->max_body_bytes);
    return message_append(d->response, data, len) ? DOWNLOAD_EMPTY : no_memory(d, fault);
}

static enum download_next take_chunks(struct download *d, const char *data, size_t len,
                                      struct fault *fault)
{
    while (len > 0 && !chunked_done(&d->chunked)) {
        const char *out;
        size_t out_len;
        ptrdiff_t n = chunked_decode(&d->chunked, data, len, &out, &out_len);
        if (n < 0)
            return malformed(fault, GOFER_PHASE_BODY, d->chunked.why);
        if (keeps_chunks(d)) {
            out = data;
            out_len = (size_t)n;
        }
        if (out_len > 0 && body_bytes(d, out, out_len, fault) == DOWNLOAD_FAILED)
            return DOWNLOAD_FAILED;
        data += n;
        len -= (size_t)n;
    }
    if (!chunked_done(&d->chunked))
        return DOWNLOAD_EMPTY;
    d->overrun = len > 0;
    return complete(d, fault);
}

static enum download_next take_length(struct download *d, const char *data, size_t len,
                                      struct fault *fault)
{
    size_t n = len < d->body_left ? len : (size_t)d->body_left;
    d->overrun = len > n;
    if (body_bytes(d, data, n, fault) == DOWNLOAD_FAILED)
        return DOWNLOAD_FAILED;
    d->body_left -= n;
    return d->body_left == 0 ? complete(d, fault) : DOWNLOAD_EMPTY;
}

static enum download_next take_body(struct download *d, const char *data, size_t len,
                                    struct fault *fault)
{
    if (len == 0)
        return DOWNLOAD_EMPTY;
    switch (d->framing) {
    case BODY_LENGTH:
        return take_length(d, data, len, fault);
    case BODY_CHUNKED:
        return take_chunks(d, data, len, fault);
    case BODY_TO_EOF:
        return body_bytes(d, data, len, fault);
    case BODY_TUNNEL:
    case BODY_NONE:
        break;
    }
    return DOWNLOAD_EMPTY;
}

/* Heads, then the first bytes of a gathered body. *used: how many bytes are not needed again. */
static enum download_next take_bytes(struct download *d, const char *data, size_t len, size_t *used,
                                     struct fault *fault)
{
    *used = 0;
    while (!d->head_done) {
        size_t n;
        enum download_next next = take_head(d, data + *used, len - *used, &n, fault);
        *used += n;
        if (next == DOWNLOAD_COMPLETE)
            d->overrun = *used < len;
        if (next != DOWNLOAD_EMPTY || (n == 0 && !d->head_done))
            return next;
    }
    const char *body = data + *used;
    size_t body_len = len - *used;
    *used = len;
    return take_body(d, body, body_len, fault);
}

/* Keeps bytes of a head, and the sentinel behind them. */
static bool keep(struct download *d, const char *data, size_t len)
{
    buf_append(&d->kept, data, len);
    if (!buf_reserve(&d->kept, 1))
        return false;
    d->kept.data[d->kept.len] = '\n';
    return true;
}

/* What is asked for again once the rest is there: a part of a head, or a streaming body. */
static bool wants_rest(enum download_next next)
{
    return next == DOWNLOAD_EMPTY || next == DOWNLOAD_CONTINUE || next == DOWNLOAD_HEAD;
}

/* Bytes that arrived in the thread's scratch buffer while the head is not complete. */
static enum download_next take_scratch(struct download *d, const char *data, size_t len,
                                       struct fault *fault)
{
    size_t used;
    if (d->kept.len > 0) {
        if (!keep(d, data, len))
            return no_memory(d, fault);
        enum download_next next = take_bytes(d, d->kept.data, d->kept.len, &used, fault);
        buf_consume(&d->kept, used);
        if (d->kept.len == 0)
            buf_fini(&d->kept);
        return next;
    }
    enum download_next next = take_bytes(d, data, len, &used, fault);
    if (wants_rest(next) && used < len && !keep(d, data + used, len - used))
        return no_memory(d, fault);
    return next;
}

/* A 100 was taken, and what is kept may hold the next head already. */
static enum download_next take_kept(struct download *d, struct fault *fault)
{
    size_t used;
    d->kept.data[d->kept.len] = '\n';
    enum download_next next = take_bytes(d, d->kept.data, d->kept.len, &used, fault);
    buf_consume(&d->kept, used);
    if (d->kept.len == 0)
        buf_fini(&d->kept);
    return next;
}

/* --- receiving --- */

/* A body of known length is received into the response itself, with room for the byte too many. */
static bool reads_in_place(const struct download *d)
{
    return d->head_done && d->framing == BODY_LENGTH && d->coded == NULL &&
           d->response->body_cap - d->response->body_len >= d->body_left;
}

static enum download_next took_in_place(struct download *d, size_t n, struct fault *fault)
{
    d->overrun = n > d->body_left;
    size_t taken = d->overrun ? (size_t)d->body_left : n;
    d->received += taken;
    d->response->body_len += taken;
    d->body_left -= taken;
    return d->body_left == 0 ? complete(d, fault) : DOWNLOAD_EMPTY;
}

/* Makes room in steps, as bytes arrive: a declared length alone does not cost memory. */
static bool make_room(struct download *d)
{
    if (!d->head_done || d->framing != BODY_LENGTH || d->coded != NULL || reads_in_place(d))
        return true;
    size_t step = d->response->body_len > TURN_MAX_BYTES ? d->response->body_len : TURN_MAX_BYTES;
    return message_reserve(d->response, d->body_left < step ? (size_t)d->body_left : step);
}

static void tell_received(const struct download *d, const char *data, size_t n)
{
    if (!d->begun)
        trace_first_byte(d->trace);
    trace_received(d->trace, data, n);
}

static enum download_next interpret(struct download *d, struct turn *turn, bool in_place, size_t n,
                                    struct fault *fault)
{
    if (d->trace != NULL)
        tell_received(d, in_place ? d->response->body + d->response->body_len : turn->scratch, n);
    d->begun = true;
    if (in_place)
        return took_in_place(d, n, fault);
    turn->scratch[n] = '\n'; /* the sentinel that head_read() asks for */
    return d->head_done ? take_body(d, turn->scratch, n, fault)
                        : take_scratch(d, turn->scratch, n, fault);
}

enum download_next download_step(struct download *d, const struct download_io *io, size_t *moved,
                                 struct fault *fault)
{
    *moved = 0;
    if (download_has_head(d)) {
        enum download_next next = take_kept(d, fault);
        if (next != DOWNLOAD_EMPTY)
            return next;
    }
    if (!make_room(d))
        return no_memory(d, fault);
    bool in_place = reads_in_place(d);
    char *to = in_place ? d->response->body + d->response->body_len : io->turn->scratch;
    size_t room = in_place ? (size_t)d->body_left + 1 : io->turn->scratch_len - 1;
    ssize_t n = conn_recv(io->conn, to, room, io->wait);
    int err = n < 0 ? errno : 0;
    if (io->interrupted != NULL && atomic_load(io->interrupted))
        return DOWNLOAD_INTERRUPTED;
    if (n < 0 && (err == EAGAIN || err == EWOULDBLOCK))
        return DOWNLOAD_EMPTY;
    if (n <= 0)
        return end_of_stream(d, io, err, fault);
    *moved = (size_t)n;
    enum download_next next = interpret(d, io->turn, in_place, (size_t)n, fault);
    bool more = (size_t)n == room || conn_has_buffered(io->conn);
    return next == DOWNLOAD_EMPTY && more ? DOWNLOAD_MORE : next;
}

enum download_next download_resume(struct download *d, struct fault *fault)
{
    d->paused = false;
    if (is_too_long(d))
        return too_large(fault, GOFER_PHASE_BODY, "response body", d->request->max_body_bytes);
    if (!download_has_kept(d))
        return DOWNLOAD_EMPTY;
    struct buf kept = d->kept;
    d->kept = BUF_INIT;
    enum download_next next = take_body(d, kept.data, kept.len, fault);
    buf_fini(&kept);
    return next;
}

void download_leave_coded(struct download *d)
{
    coded_free(d->coded);
    d->coded = NULL;
}

/* --- bodies that are handed on --- */

/* Decodes len bytes at `from`, which may be where `to` is: decoded bytes are never more than the
 * input. *used: input taken. */
static enum download_next decode(struct download *d, const char *from, size_t len, char *to,
                                 size_t *got, size_t *used, struct fault *fault)
{
    *used = 0;
    while (*used < len && !chunked_done(&d->chunked)) {
        const char *out;
        size_t out_len;
        ptrdiff_t n = chunked_decode(&d->chunked, from + *used, len - *used, &out, &out_len);
        if (n < 0)
            return malformed(fault, GOFER_PHASE_BODY, d->chunked.why);
        if (keeps_chunks(d)) {
            out = from + *used;
            out_len = (size_t)n;
        }
        /* decode_framing() has no room for data, and gives single bytes that are none. */
        if (out_len > 0)
            memmove(to + *got, out, out_len); /* NOLINT(clang-analyzer-core.NonNullParamChecker) */
        *got += out_len;
        *used += (size_t)n;
    }
    return chunked_done(&d->chunked) ? complete(d, fault) : DOWNLOAD_EMPTY;
}

/* Framing that stands before more data, or the end, is taken as soon as it is there: so the last
 * read may tell the end, and free the connection. */
static enum download_next decode_framing(struct download *d, const char *from, size_t len,
                                         size_t *used, struct fault *fault)
{
    size_t none = 0, n;
    *used = 0;
    enum download_next next = DOWNLOAD_EMPTY;
    while (*used < len && next == DOWNLOAD_EMPTY && d->chunked.state != CHUNKED_DATA) {
        next = decode(d, from + *used, 1, NULL, &none, &n, fault);
        *used += n;
    }
    return next;
}

static enum download_next read_kept(struct download *d, char *buf, size_t len, size_t *got,
                                    struct fault *fault)
{
    const char *from = d->kept.data + d->kept_at;
    size_t have = d->kept.len - d->kept_at, used = 0, more = 0;
    size_t n = have < len ? have : len;
    enum download_next next = DOWNLOAD_EMPTY;
    if (d->framing == BODY_CHUNKED) {
        next = decode(d, from, n, buf, got, &used, fault);
        if (next == DOWNLOAD_EMPTY && !keeps_chunks(d))
            next = decode_framing(d, from + used, have - used, &more, fault);
    } else {
        used = d->framing == BODY_LENGTH && d->body_left < n ? (size_t)d->body_left : n;
        memcpy(buf, from, used);
        *got = used;
    }
    d->kept_at += used + more;
    if (d->framing == BODY_LENGTH && (d->body_left -= used) == 0)
        next = complete(d, fault);
    if (next == DOWNLOAD_COMPLETE)
        d->overrun = d->kept_at < d->kept.len;
    if (d->kept_at == d->kept.len) {
        buf_fini(&d->kept);
        d->kept_at = 0;
    }
    return next;
}

static enum download_next received(struct download *d, char *buf, size_t n, size_t *got,
                                   struct fault *fault)
{
    size_t used = n;
    enum download_next next = DOWNLOAD_EMPTY;
    switch (d->framing) {
    case BODY_CHUNKED:
        next = decode(d, buf, n, buf, got, &used, fault);
        break;
    case BODY_LENGTH:
        used = n < d->body_left ? n : (size_t)d->body_left;
        d->body_left -= used;
        *got = used;
        if (d->body_left == 0)
            next = complete(d, fault);
        break;
    default:
        *got = n;
        break;
    }
    if (next == DOWNLOAD_COMPLETE)
        d->overrun = used < n;
    return next;
}

static enum download_next read_socket(struct download *d, const struct download_io *io, char *buf,
                                      size_t len, size_t *got, size_t *moved, struct fault *fault)
{
    size_t room = len;
    if (d->framing == BODY_LENGTH && d->body_left < room)
        room = (size_t)d->body_left + 1;
    ssize_t n = conn_recv(io->conn, buf, room, false);
    int err = n < 0 ? errno : 0;
    if (n < 0 && (err == EAGAIN || err == EWOULDBLOCK))
        return DOWNLOAD_EMPTY;
    if (n <= 0)
        return end_of_stream(d, io, err, fault);
    *moved += (size_t)n;
    if (d->trace != NULL)
        tell_received(d, buf, (size_t)n);
    return received(d, buf, (size_t)n, got, fault);
}

/* Body bytes without their framing. */
static enum download_next read_framed(struct download *d, const struct download_io *io, void *buf,
                                      size_t len, size_t *got, size_t *moved, struct fault *fault)
{
    enum download_next next = DOWNLOAD_EMPTY;
    *got = *moved = 0;
    if (d->failed)
        return DOWNLOAD_FAILED;
    if (d->complete)
        return DOWNLOAD_COMPLETE;
    /* Framing alone is no reason to say that nothing is there. */
    while (next == DOWNLOAD_EMPTY && *got == 0) {
        size_t before = *moved;
        if (download_has_kept(d))
            next = read_kept(d, buf, len, got, fault);
        else {
            next = read_socket(d, io, buf, len, got, moved, fault);
            if (*moved == before)
                break;
        }
    }
    d->received += *got;
    d->failed = next == DOWNLOAD_FAILED;
    return d->failed && *got > 0 ? DOWNLOAD_EMPTY : next;
}

/* Receives coded bytes, behind those that were decoded. */
static enum download_next refill(struct download *d, const struct download_io *io, size_t *n,
                                 size_t *moved, struct fault *fault)
{
    size_t room, more;
    char *to = coded_room(d->coded, &room);
    enum download_next next = read_framed(d, io, to, room, n, &more, fault);
    coded_received(d->coded, *n);
    *moved += more;
    return next;
}

/*
 * Decodes until the reader's room is full, the end is there, or nothing more has come. Where the
 * codings have ended, the end of the framing is looked for at once: so the read that gets the last
 * byte tells the end as well, and frees the connection.
 */
static enum download_next read_coded(struct download *d, const struct download_io *io, char *buf,
                                     size_t len, size_t *got, size_t *moved, struct fault *fault)
{
    *got = *moved = 0;
    for (int i = 0; i < FRUITLESS_MAX; i++) {
        size_t n;
        if (!coded_give(d->coded, buf, len, got, fault))
            return *got > 0 ? DOWNLOAD_EMPTY : DOWNLOAD_FAILED;
        if (coded_has_more(d->coded) || (*got > 0 && !coded_is_at_end(d->coded)))
            return DOWNLOAD_EMPTY;
        if (d->complete)
            return coded_end(d->coded, fault) ? DOWNLOAD_COMPLETE : DOWNLOAD_FAILED;
        enum download_next next = refill(d, io, &n, moved, fault);
        if (next == DOWNLOAD_FAILED)
            return *got > 0 ? DOWNLOAD_EMPTY : DOWNLOAD_FAILED;
        if (next == DOWNLOAD_EMPTY && n == 0)
            return DOWNLOAD_EMPTY;
    }
    return *got > 0 ? DOWNLOAD_EMPTY : DOWNLOAD_MORE;
}

enum download_next download_read(struct download *d, const struct download_io *io, void *buf,
                                 size_t len, size_t *got, size_t *moved, struct fault *fault)
{
    return d->coded != NULL ? read_coded(d, io, buf, len, got, moved, fault)
                            : read_framed(d, io, buf, len, got, moved, fault);
}
