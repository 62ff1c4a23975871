/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Sending a request. Each way of sending is a loop that ends when its part is
 * out, the socket is full, the source has nothing, or the turn is over.
 */
#include "transport/upload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "transport/conn.h"
#include "transport/trace.h"

/* Room for a chunk's size line before its data, and for the CRLF behind it. */
enum { CHUNK_LINE_BYTES = 10, CHUNK_END_BYTES = 2, SENDFILE_MAX_BYTES = 1024 * 1024 };

void upload_init(struct upload *u, const struct upload_request *request)
{
    *u = (struct upload){.request = request};
}

void upload_fini(struct upload *u)
{
    buf_fini(&u->kept);
}

void upload_continue(struct upload *u)
{
    if (u->state == UPLOAD_CONTINUE)
        u->state = UPLOAD_BODY;
}

void upload_end(struct upload *u)
{
    if (u->state != UPLOAD_DONE)
        u->state = UPLOAD_ENDED;
}

/* The bytes that go out with the head as they are, or 0. */
static uint64_t body_in_memory(const struct upload_request *q)
{
    bool plain = q->source != NULL && q->source->kind == SOURCE_MEMORY && !q->chunked;
    return plain ? (uint64_t)q->source->len : 0;
}

bool upload_fits_one_send(const struct upload *u)
{
    const struct upload_request *q = u->request;
    if (u->sent > 0 || q->expects_continue)
        return false;
    if (q->source == NULL)
        return q->head_len <= TURN_SCRATCH;
    return body_in_memory(q) > 0 && q->head_len + body_in_memory(q) <= TURN_SCRATCH;
}

static enum upload_next broke(struct upload *u)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return UPLOAD_FULL;
    u->write_errno = errno;
    return UPLOAD_BROKEN;
}

static void tell_progress(const struct upload *u, uint64_t sent)
{
    const struct upload_request *q = u->request;
    if (q->progress == NULL)
        return;
    callback_enter();
    q->progress(q->progress_arg, (int64_t)sent, q->source->len);
    callback_leave();
}

/* Bytes of the body went out, framing included; data NULL: straight from a file. */
static void tell_sent(const struct upload *u, const char *data, uint64_t len)
{
    if (u->trace != NULL && len > 0)
        trace_sent_body(u->trace, data, (size_t)len);
}

static enum upload_next done(struct upload *u)
{
    u->state = UPLOAD_DONE;
    return UPLOAD_WRITTEN;
}

/* --- head and memory --- */

static ssize_t send_head_and_memory(struct upload *u, struct conn *conn, bool wait)
{
    const struct upload_request *q = u->request;
    uint64_t len = q->expects_continue && u->state == UPLOAD_HEAD ? 0 : body_in_memory(q);
    struct iovec iov[2];
    int n = 0;
    if (u->sent < q->head_len)
        iov[n++] = (struct iovec){(char *)q->head + u->sent, q->head_len - (size_t)u->sent};
    uint64_t at = u->sent > q->head_len ? u->sent - q->head_len : 0;
    if (at < len)
        iov[n++] = (struct iovec){(char *)q->source->data + at, (size_t)(len - at)};
    return conn_send(conn, iov, n, wait);
}

/* The head is out: what comes next. */
static enum upload_next after_head(struct upload *u)
{
    if (u->trace != NULL)
        trace_wrote_headers(u->trace, u->request);
    if (u->request->source == NULL)
        return done(u);
    u->state = u->request->expects_continue ? UPLOAD_CONTINUE : UPLOAD_BODY;
    if (u->sent > u->request->head_len) {
        tell_sent(u, u->request->source->data, u->sent - u->request->head_len);
        tell_progress(u, u->sent - u->request->head_len);
    }
    return u->state == UPLOAD_CONTINUE ? UPLOAD_EXPECTS : UPLOAD_TURN_OVER;
}

static enum upload_next write_head(struct upload *u, struct conn *conn, bool wait)
{
    while (u->sent < u->request->head_len) {
        ssize_t n = send_head_and_memory(u, conn, wait);
        if (n < 0)
            return broke(u);
        u->sent += (uint64_t)n;
    }
    return after_head(u);
}

static enum upload_next write_memory(struct upload *u, struct conn *conn)
{
    const struct upload_request *q = u->request;
    uint64_t total = q->head_len + (uint64_t)q->source->len;
    uint64_t before = u->sent;
    while (u->sent < total) {
        if (u->sent - before >= TURN_MAX_BYTES)
            return UPLOAD_TURN_OVER;
        ssize_t n = send_head_and_memory(u, conn, false);
        if (n < 0)
            return broke(u);
        tell_sent(u, q->source->data + (u->sent - q->head_len), (uint64_t)n);
        u->sent += (uint64_t)n;
        tell_progress(u, u->sent - q->head_len);
    }
    return done(u);
}

/* --- files --- */

static enum upload_next source_failed(struct fault *fault, int err, const char *words)
{
    fault_set(fault, GOFER_ERR_BODY, GOFER_PHASE_SEND, err, "%s", words);
    return UPLOAD_FAILED;
}

static enum upload_next gave_too_few(struct upload *u, struct fault *fault)
{
    fault_set(fault, GOFER_ERR_BODY, GOFER_PHASE_SEND, 0,
              "the request body ended after %llu of %lld bytes", (unsigned long long)u->taken,
              (long long)u->request->source->len);
    return UPLOAD_FAILED;
}

/* What a socket does not fail with: the file cannot be sent so, or not be read at all. Reading it
 * tells which. */
static bool is_files_errno(int err)
{
    return err == EINVAL || err == ENOSYS || err == EBADF || err == EIO || err == EOVERFLOW;
}

static enum upload_next write_file(struct upload *u, struct conn *conn, struct fault *fault)
{
    struct source *s = u->request->source;
    uint64_t before = u->taken;
    while (u->taken < (uint64_t)s->len) {
        if (u->taken - before >= TURN_MAX_BYTES)
            return UPLOAD_TURN_OVER;
        uint64_t left = (uint64_t)s->len - u->taken;
        size_t count = left < SENDFILE_MAX_BYTES ? (size_t)left : SENDFILE_MAX_BYTES;
        ssize_t n = conn_send_file(conn, s->fd, s->offset + (int64_t)u->taken, count);
        if (n < 0 && is_files_errno(errno)) {
            u->copies = true;
            return UPLOAD_TURN_OVER;
        }
        if (n < 0)
            return broke(u);
        if (n == 0)
            return gave_too_few(u, fault);
        u->taken += (uint64_t)n;
        u->sent += (uint64_t)n;
        tell_sent(u, NULL, (uint64_t)n);
        tell_progress(u, u->taken);
    }
    return done(u);
}

/* --- pulled bytes --- */

/* Sends framed bytes; what the socket does not take is kept. */
static enum upload_next send_or_keep(struct upload *u, struct conn *conn, const char *data,
                                     size_t len, struct fault *fault)
{
    size_t at = 0;
    enum upload_next next = UPLOAD_WRITTEN;
    while (at < len && next == UPLOAD_WRITTEN) {
        struct iovec iov = {(char *)data + at, len - at};
        ssize_t n = conn_send(conn, &iov, 1, false);
        if (n < 0)
            next = broke(u);
        else
            at += (size_t)n;
    }
    u->sent += at;
    tell_sent(u, data, at);
    if (next == UPLOAD_FULL)
        buf_append(&u->kept, data + at, len - at);
    if (!buf_failed(&u->kept))
        return next;
    fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_SEND, ENOMEM, NULL);
    return UPLOAD_FAILED;
}

static enum upload_next send_kept(struct upload *u, struct conn *conn)
{
    while (u->kept.len > 0) {
        struct iovec iov = {u->kept.data, u->kept.len};
        ssize_t n = conn_send(conn, &iov, 1, false);
        if (n < 0)
            return broke(u);
        tell_sent(u, u->kept.data, (uint64_t)n);
        buf_consume(&u->kept, (size_t)n);
        u->sent += (uint64_t)n;
    }
    buf_fini(&u->kept);
    return UPLOAD_WRITTEN;
}

/* "0", the trailers and the empty line. False where a trailer's value is none, or without memory.
 */
static bool write_last_chunk(struct upload *u, struct buf *out)
{
    const struct headers *trailers = u->request->trailers;
    buf_append_str(out, "0\r\n");
    for (size_t i = 0; trailers != NULL && i < trailers->len; i++) {
        const struct header *h = &trailers->items[i];
        const char *value =
            h->value != NULL ? h->value : source_trailer(u->request->source, h->name);
        if (value == NULL)
            continue;
        if (!header_is_value(value, strlen(value)))
            return false;
        buf_append_str(out, h->name);
        buf_append_str(out, ": ");
        buf_append_str(out, value);
        buf_append_str(out, "\r\n");
    }
    buf_append_str(out, "\r\n");
    return true;
}

/* The source has ended: what closes the body. */
static enum upload_next finish_pulled(struct upload *u, struct conn *conn, struct fault *fault)
{
    u->source_over = true;
    if (!u->request->chunked)
        return UPLOAD_WRITTEN;
    struct buf last = BUF_INIT;
    enum upload_next next;
    if (!write_last_chunk(u, &last))
        next = source_failed(fault, 0, "invalid trailer field value");
    else
        next = send_or_keep(u, conn, last.data, last.len, fault);
    if (buf_failed(&last)) {
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_SEND, ENOMEM, NULL);
        next = UPLOAD_FAILED;
    }
    buf_fini(&last);
    return next;
}

/* What the source may give now. */
static size_t room_for_pull(const struct upload *u, const struct turn *turn)
{
    size_t room = turn->scratch_len - CHUNK_LINE_BYTES - CHUNK_END_BYTES;
    if (u->request->source->len < 0)
        return room;
    uint64_t left = (uint64_t)u->request->source->len - u->taken;
    return left < room ? (size_t)left : room;
}

/* Frames n bytes that stand behind the room for a size line, and sends them. */
static enum upload_next send_pulled(struct upload *u, struct conn *conn, char *scratch, size_t n,
                                    struct fault *fault)
{
    char *data = scratch + CHUNK_LINE_BYTES;
    if (!u->request->chunked)
        return send_or_keep(u, conn, data, n, fault);
    char line[CHUNK_LINE_BYTES + 1];
    int len = snprintf(line, sizeof(line), "%zx\r\n", n);
    memcpy(data - len, line, (size_t)len);
    memcpy(data + n, "\r\n", CHUNK_END_BYTES);
    return send_or_keep(u, conn, data - len, (size_t)len + n + CHUNK_END_BYTES, fault);
}

static bool has_all(const struct upload *u)
{
    const struct source *s = u->request->source;
    return s->len >= 0 && u->taken == (uint64_t)s->len;
}

/* A source that has more than it said is found out before its last byte goes, so that the server
 * gets no request that looks whole. */
static bool has_too_many(struct upload *u)
{
    char extra;
    return has_all(u) && source_read(u->request->source, u->taken, &extra, 1) > 0;
}

/* Takes one piece from the source and sends it. UPLOAD_WRITTEN: go on. */
static enum upload_next pull(struct upload *u, struct conn *conn, struct turn *turn,
                             struct fault *fault)
{
    struct source *s = u->request->source;
    if (has_all(u) && u->taken > 0)
        return finish_pulled(u, conn, fault);
    size_t room = room_for_pull(u, turn);
    ssize_t n = room == 0 ? 0 : source_read(s, u->taken, turn->scratch + CHUNK_LINE_BYTES, room);
    if (n == GOFER_BODY_LATER)
        return UPLOAD_LATER;
    if (n < 0)
        return source_failed(fault, errno, "the request body's source failed");
    u->taken += (uint64_t)n;
    u->untold += (uint32_t)n;
    if (has_too_many(u))
        return source_failed(fault, 0, "the request body's source gave more bytes than it said");
    if (n > 0)
        return send_pulled(u, conn, turn->scratch, (size_t)n, fault);
    return s->len < 0 || has_all(u) ? finish_pulled(u, conn, fault) : gave_too_few(u, fault);
}

/* Tells what the socket took since the last time; framing that is kept counts as body. */
static void tell_pulled(struct upload *u)
{
    uint32_t left = u->kept.len < u->untold ? (uint32_t)u->kept.len : u->untold;
    if (left == u->untold)
        return;
    u->untold = left;
    tell_progress(u, u->taken - left);
}

/* A source that flows pays for a larger piece: half the system calls. What the socket does not take
 * of one is kept while the call is parked, so there is an end to it. */
enum { LARGE_PIECE_BYTES = 32 * 1024 };

static void widen(struct turn *turn)
{
    char *larger = mem_alloc(LARGE_PIECE_BYTES);
    if (larger == NULL)
        return;
    turn->scratch = larger;
    turn->scratch_len = LARGE_PIECE_BYTES;
}

static enum upload_next write_pulled(struct upload *u, struct conn *conn, struct turn *turn,
                                     struct fault *fault)
{
    uint64_t before = u->sent;
    struct turn mine = *turn;
    enum upload_next next = UPLOAD_WRITTEN;
    bool over = false;

    for (int pulls = 0; pulls < TURN_MAX_READS && u->sent - before < TURN_MAX_BYTES; pulls++) {
        next = send_kept(u, conn);
        tell_pulled(u);
        over = next == UPLOAD_WRITTEN && u->source_over;
        if (over || next != UPLOAD_WRITTEN)
            break;
        if (pulls == 1)
            widen(&mine);
        next = pull(u, conn, &mine, fault);
        if (next != UPLOAD_WRITTEN)
            break;
    }
    if (mine.scratch != turn->scratch)
        mem_free(mine.scratch);
    if (over)
        return done(u);
    return next == UPLOAD_WRITTEN ? UPLOAD_TURN_OVER : next;
}

/* --- stepping --- */

static enum upload_next write_body(struct upload *u, struct conn *conn, struct turn *turn,
                                   struct fault *fault)
{
    const struct upload_request *q = u->request;
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): without a source there is no body */
    if (body_in_memory(q) > 0 || (q->source->kind == SOURCE_MEMORY && !q->chunked))
        return write_memory(u, conn);
    if (q->source->kind == SOURCE_FILE && !q->chunked && !u->copies && conn_can_send_file(conn))
        return write_file(u, conn, fault);
    return write_pulled(u, conn, turn, fault);
}

enum upload_next upload_step(struct upload *u, struct conn *conn, struct turn *turn, bool wait,
                             struct fault *fault)
{
    if (!u->begun && u->request->source != NULL && !source_begin(u->request->source))
        return source_failed(fault, 0, "the request body's source cannot begin again");
    u->begun = true;
    if (u->state == UPLOAD_HEAD) {
        enum upload_next next = write_head(u, conn, wait);
        if (next != UPLOAD_TURN_OVER)
            return next;
    }
    if (u->state == UPLOAD_CONTINUE)
        return UPLOAD_EXPECTS;
    return upload_is_over(u) ? UPLOAD_WRITTEN : write_body(u, conn, turn, fault);
}
