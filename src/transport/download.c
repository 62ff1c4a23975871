/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading a response. First its end and the stream's, then heads, then bodies that
 * are gathered, then the receiving. Bodies that are handed on: download_read.c.
 */
#include "transport/download_state.h"

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "transport/conn.h"

/* 1xx responses before the final one; each also counts against the head limit. */
enum { INFORMATIONAL_MAX = 32, TRAILER_MAX_BYTES = 64 * 1024 };

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

/* --- the end --- */

enum download_next download_complete(struct download *d, struct fault *fault)
{
    d->complete = true;
    /* Handed on, it is not decoded yet: read_coded() looks. */
    if (d->coded != NULL && !d->request->streaming && !coded_end(d->coded, fault))
        return DOWNLOAD_FAILED;
    if (d->response != NULL)
        d->response->body[d->response->body_len] = '\0';
    if (d->response != NULL && download_has_trailers(d) &&
        !message_take_trailers(d->response, &d->trailers))
        return download_no_memory(d, fault);
    return DOWNLOAD_COMPLETE;
}

enum download_next download_end_of_stream(struct download *d, const struct download_io *io, int err,
                                          struct fault *fault)
{
    if (d->head_done && d->framing >= BODY_TO_EOF && err == 0)
        return download_complete(d, fault);
    return download_broken(d, io, err, fault);
}

/* --- heads --- */

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
        return download_too_large(fault, GOFER_PHASE_BODY, "response body", q->max_body_bytes);
    if (head->framing == BODY_CHUNKED) {
        chunked_init(&d->chunked, TRAILER_MAX_BYTES);
        d->chunked.trailers = &d->trailers;
    }
    bool empty = head->framing == BODY_NONE || (head->framing == BODY_LENGTH && d->body_left == 0);
    if (empty)
        return download_complete(d, fault);
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
                              .transfer = head->coded_transfer && !download_keeps_chunks(d),
                              .handed_on = d->request->streaming,
                              .max_ratio = d->request->max_decode_ratio};
    bool coded = plan.content || plan.transfer;
    d->response = message_new(head, bytes, len, fields, d->request->url, d->request->url_len,
                              body_room(d, head, coded));
    if (d->response == NULL)
        return download_no_memory(d, fault);
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
        return download_malformed(fault, GOFER_PHASE_HEADERS, "too many informational responses");
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
        return download_too_large(fault, GOFER_PHASE_HEADERS, "response header section",
                                  d->request->max_head_bytes);
    if (r == HEAD_BAD && !is_http_0_9(d))
        return download_malformed(fault, GOFER_PHASE_HEADERS, d->scan.why);
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
        return download_too_large(fault, GOFER_PHASE_BODY, "response body",
                                  d->request->max_body_bytes);
    return message_append(d->response, data, len) ? DOWNLOAD_EMPTY : download_no_memory(d, fault);
}

static enum download_next take_chunks(struct download *d, const char *data, size_t len,
                                      struct fault *fault)
{
    while (len > 0 && !chunked_done(&d->chunked)) {
        const char *out;
        size_t out_len;
        ptrdiff_t n = chunked_decode(&d->chunked, data, len, &out, &out_len);
        if (n < 0)
            return download_malformed(fault, GOFER_PHASE_BODY, d->chunked.why);
        if (download_keeps_chunks(d)) {
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
    return download_complete(d, fault);
}

static enum download_next take_length(struct download *d, const char *data, size_t len,
                                      struct fault *fault)
{
    size_t n = len < d->body_left ? len : (size_t)d->body_left;
    d->overrun = len > n;
    if (body_bytes(d, data, n, fault) == DOWNLOAD_FAILED)
        return DOWNLOAD_FAILED;
    d->body_left -= n;
    return d->body_left == 0 ? download_complete(d, fault) : DOWNLOAD_EMPTY;
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
            return download_no_memory(d, fault);
        enum download_next next = take_bytes(d, d->kept.data, d->kept.len, &used, fault);
        buf_consume(&d->kept, used);
        if (d->kept.len == 0)
            buf_fini(&d->kept);
        return next;
    }
    enum download_next next = take_bytes(d, data, len, &used, fault);
    if (wants_rest(next) && used < len && !keep(d, data + used, len - used))
        return download_no_memory(d, fault);
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
    return d->body_left == 0 ? download_complete(d, fault) : DOWNLOAD_EMPTY;
}

/* Makes room in steps, as bytes arrive: a declared length alone does not cost memory. */
static bool make_room(struct download *d)
{
    if (!d->head_done || d->framing != BODY_LENGTH || d->coded != NULL || reads_in_place(d))
        return true;
    size_t step = d->response->body_len > TURN_MAX_BYTES ? d->response->body_len : TURN_MAX_BYTES;
    return message_reserve(d->response, d->body_left < step ? (size_t)d->body_left : step);
}

static enum download_next interpret(struct download *d, struct turn *turn, bool in_place, size_t n,
                                    struct fault *fault)
{
    if (d->trace != NULL)
        download_tell_received(
            d, in_place ? d->response->body + d->response->body_len : turn->scratch, n);
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
        return download_no_memory(d, fault);
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
        return download_end_of_stream(d, io, err, fault);
    *moved = (size_t)n;
    enum download_next next = interpret(d, io->turn, in_place, (size_t)n, fault);
    bool more = (size_t)n == room || conn_has_buffered(io->conn);
    return next == DOWNLOAD_EMPTY && more ? DOWNLOAD_MORE : next;
}

enum download_next download_resume(struct download *d, struct fault *fault)
{
    d->paused = false;
    if (is_too_long(d))
        return download_too_large(fault, GOFER_PHASE_BODY, "response body",
                                  d->request->max_body_bytes);
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
