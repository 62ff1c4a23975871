/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bodies that are handed on: bytes go straight into the reader's room, the framing is
 * taken out of them there, and where they are coded they pass through the decoder's room
 * first. What came with the head, and is kept, goes before what the socket has.
 * A read that gets the last byte tells the end as well, and so frees the connection.
 *
 * Nothing here waits. The thread that runs the call's task, or the reader that holds it.
 */
#include "transport/download_state.h"

#include <errno.h>
#include <string.h>

#include "transport/conn.h"

/* Receives in one read of a coded body that come to nothing. */
enum { FRUITLESS_MAX = 16 };

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
            return download_malformed(fault, GOFER_PHASE_BODY, d->chunked.why);
        if (download_keeps_chunks(d)) {
            out = from + *used;
            out_len = (size_t)n;
        }
        /* decode_framing() has no room for data, and gives single bytes that are none. */
        if (out_len > 0)
            memmove(to + *got, out, out_len); /* NOLINT(clang-analyzer-core.NonNullParamChecker) */
        *got += out_len;
        *used += (size_t)n;
    }
    return chunked_done(&d->chunked) ? download_complete(d, fault) : DOWNLOAD_EMPTY;
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
        if (next == DOWNLOAD_EMPTY && !download_keeps_chunks(d))
            next = decode_framing(d, from + used, have - used, &more, fault);
    } else {
        used = d->framing == BODY_LENGTH && d->body_left < n ? (size_t)d->body_left : n;
        memcpy(buf, from, used);
        *got = used;
    }
    d->kept_at += used + more;
    if (d->framing == BODY_LENGTH && (d->body_left -= used) == 0)
        next = download_complete(d, fault);
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
            next = download_complete(d, fault);
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
        return download_end_of_stream(d, io, err, fault);
    *moved += (size_t)n;
    if (d->trace != NULL)
        download_tell_received(d, buf, (size_t)n);
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
