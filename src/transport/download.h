/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A download: one response on its way in. Bytes are received into the right
 * place, then interpreted. The right place is the thread's scratch buffer, or for
 * a buffered body of known length the response's own memory, or for a streaming
 * one the reader's. Where the body is coded and that is to be undone, its bytes pass
 * through a decoder on their way (coded.h). What of a head arrived without its end, and what of a
 * streaming body arrived with its head, is kept, because a parked task holds no
 * buffer.
 *
 *     HEAD ──► BODY ──► COMPLETE      each may fail
 *       │ 1xx ▲    └─ streaming: in the reader's time
 *       └─────┘
 *
 * The thread that runs the call's task owns it.
 */
#ifndef GOFER_TRANSPORT_DOWNLOAD_H
#define GOFER_TRANSPORT_DOWNLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "engine/task.h"
#include "http/chunked.h"
#include "http/response_head.h"
#include "transport/coded.h"
#include "transport/message.h"

struct conn;
struct trace;
struct wire;

/* What to accept; borrowed for the download's life. */
struct download_request {
    const char *url; /* for the response */
    size_t url_len;
    enum head_asked asked;
    bool streaming;
    bool redirects; /* pause at the head of a redirect, gathered or not */
    uint64_t max_head_bytes;
    uint64_t max_body_bytes;  /* of a buffered body, decoded */
    bool decodes;             /* content codings are undone, */
    int64_t max_decode_ratio; /* to so many times their size; negative: however large */
    const struct wire *wire;  /* what is read otherwise than usual; or NULL */
};

enum download_next {
    DOWNLOAD_EMPTY,    /* the socket has no more now, as far as one can tell */
    DOWNLOAD_MORE,     /* it may have: step again */
    DOWNLOAD_CONTINUE, /* a 100 came: the request's body may go; step again */
    DOWNLOAD_HEAD,     /* streaming: the head is there, the body is the reader's; or paused */
    DOWNLOAD_COMPLETE, /* the response is complete */
    DOWNLOAD_FAILED,
    DOWNLOAD_INTERRUPTED /* the socket was shut down under its driver */
};

struct download {
    const struct download_request *request;
    bool begun;     /* a byte arrived, be it of an interim response */
    bool head_done; /* the final response's head */
    bool complete;
    bool overrun; /* bytes behind the response */
    bool failed;  /* told by the next download_read(); the fault is set */
    bool keep_alive;
    bool paused; /* the response is a redirect; set at its head, and until download_resume() */
    unsigned char informational; /* 1xx heads before */
    enum body_framing framing : 8;
    struct head_scan scan;
    struct buf kept; /* a part of a head; or, streaming, of a body: from kept_at on */
    size_t kept_at;
    uint64_t head_bytes; /* of them */
    struct chunked chunked;
    struct buf trailers; /* lines */
    uint64_t body_left;  /* BODY_LENGTH */
    uint64_t received;   /* body bytes, without framing */
    struct coded *coded; /* or NULL: nothing is to be undone */
    struct gofer_response *response;
    struct trace *trace; /* who is told; or NULL */
};

void download_init(struct download *d, const struct download_request *request);

/* Frees what it holds, the response included where it was not taken. */
void download_fini(struct download *d);

/* The response, the caller's from now on: complete, or, streaming, after its head. */
struct gofer_response *download_take_response(struct download *d);

/*
 * One receive, and what its bytes mean. `wait`: the recv may block; `interrupted` (or NULL) is
 * asked after each, before its bytes are interpreted. *moved: bytes received.
 * A stream that ends or breaks before a byte of the response came, interim ones aside, is
 * GOFER_ERR_BROKEN in phase `phase`; write_errno says that the request could not be written,
 * where it could not.
 */
struct download_io {
    struct conn *conn;
    struct turn *turn;
    bool wait;
    const _Atomic bool *interrupted;
    int write_errno;
    gofer_phase phase;
};
enum download_next download_step(struct download *d, const struct download_io *io, size_t *moved,
                                 struct fault *fault);

/* Goes on with a gathered body after its redirect's head: what of it came with that. As
 * download_step(). */
enum download_next download_resume(struct download *d, struct fault *fault);

/* What a redirect's body says is nobody's business: download_read() gives it as it came. */
void download_leave_coded(struct download *d);

/*
 * Reads a streaming body, or a paused one, into buf, without waiting: *got decoded bytes, maybe
 * together with the end (DOWNLOAD_COMPLETE). DOWNLOAD_EMPTY with *got 0: nothing now;
 * DOWNLOAD_MORE: coded bytes that came to nothing so far, and maybe more of them.
 * *moved: bytes received. A failure that came behind bytes is told by the next call.
 */
enum download_next download_read(struct download *d, const struct download_io *io, void *buf,
                                 size_t len, size_t *got, size_t *moved, struct fault *fault);

/* Whether download_read() has something without a receive. */
static inline bool download_has_kept(const struct download *d)
{
    return d->kept_at < d->kept.len || (d->coded != NULL && coded_has_more(d->coded));
}

/* Whether no byte of the response came. Interim ones, which do not answer, may have. */
static inline bool download_is_before_response(const struct download *d)
{
    return !d->head_done && !download_has_kept(d);
}

/* Nobody wants the body any more: what is still read of it is not decoded. */
static inline void download_skip_coding(struct download *d)
{
    if (d->coded != NULL)
        coded_free(d->coded);
    d->coded = NULL;
}

/* Bytes that were decoded since the last time that one asked. */
static inline size_t download_take_work(struct download *d)
{
    return d->coded != NULL ? coded_take_work(d->coded) : 0;
}

/* Whether the body was followed by trailer fields, or there was no memory for them. */
static inline bool download_has_trailers(const struct download *d)
{
    return d->trailers.len > 0 || buf_failed(&d->trailers);
}

/* Whether download_step() has something to look at without a receive: what stood behind a 1xx. */
static inline bool download_has_head(const struct download *d)
{
    return !d->head_done && d->kept.len > d->scan.seen;
}

/* Bytes of the body that are surely still to come, or -1 where nobody knows. */
int64_t download_left(const struct download *d);

/* After the end: whether the connection may serve another request, as far as the response says. */
static inline bool download_allows_reuse(const struct download *d)
{
    return d->complete && d->keep_alive && !d->overrun && d->framing < BODY_TO_EOF;
}

#endif
