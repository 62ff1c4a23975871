/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An upload: one request on its way out, head and body, in steps that do not
 * block. Bytes in memory go out with the head in one send; a file goes from the
 * page cache to the socket where connection and file allow it; everything else is
 * pulled through the thread's scratch buffer, in chunks (RFC 9112 section 7.1)
 * where the length is unknown or trailers follow. What the socket did not take
 * of pulled bytes is kept, because it cannot be fetched again.
 *
 *     HEAD ──► CONTINUE (waits for a 100) ──► BODY ──► DONE
 *      └───────────────┼────────────────────────┘▲       ▲ nothing follows
 *                      └──► ENDED ◄── the rest is not sent: a final answer came first
 *
 * The thread that runs the call's task owns it.
 */
#ifndef GOFER_TRANSPORT_UPLOAD_H
#define GOFER_TRANSPORT_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "engine/task.h"
#include "http/header.h"
#include "transport/source.h"

struct conn;
struct trace;

/* What to send; borrowed for the upload's life. */
struct upload_request {
    const char *head;
    size_t head_len;
    struct source *source; /* or NULL: no body */
    bool chunked;
    bool expects_continue;
    const struct headers *trailers; /* or NULL */
    const struct headers *secrets;  /* fields whose values no trace is shown, by name; or NULL */
    void (*progress)(void *arg, int64_t sent, int64_t total);
    void *progress_arg;
};

enum upload_state { UPLOAD_HEAD, UPLOAD_CONTINUE, UPLOAD_BODY, UPLOAD_DONE, UPLOAD_ENDED };

/* What a step came to. */
enum upload_next {
    UPLOAD_WRITTEN,   /* nothing is left to send */
    UPLOAD_FULL,      /* the socket takes no more now */
    UPLOAD_LATER,     /* the source has nothing now */
    UPLOAD_EXPECTS,   /* the head is out; the body waits */
    UPLOAD_TURN_OVER, /* the turn is used up */
    UPLOAD_BROKEN,    /* the socket failed: write_errno */
    UPLOAD_FAILED     /* the source failed: see the fault */
};

struct upload {
    const struct upload_request *request;
    enum upload_state state;
    int write_errno;
    uint64_t sent;       /* bytes that the socket took, framing included */
    uint64_t taken;      /* body bytes taken from the source */
    bool source_over;    /* the source gave its last byte */
    bool begun;          /* the source was made to begin */
    bool copies;         /* sendfile refused the file */
    uint32_t untold;     /* of pulled bytes: how many no progress has told of */
    struct buf kept;     /* framed bytes that wait for the socket */
    struct trace *trace; /* who is told of the head and of body bytes, in that order; or NULL */
};

void upload_init(struct upload *u, const struct upload_request *request);
void upload_fini(struct upload *u);

/* Sends on. `wait`: the send may block; only asked for where upload_fits_one_send(). */
enum upload_next upload_step(struct upload *u, struct conn *conn, struct turn *turn, bool wait,
                             struct fault *fault);

/* A 100 came, or the time to wait for it is over: the body may go. */
void upload_continue(struct upload *u);

/* The rest is not sent any more. */
void upload_end(struct upload *u);

/* Whether head and body are known and small: one send, which may block (design 7.2). */
bool upload_fits_one_send(const struct upload *u);

/* Whether every byte went out. */
static inline bool upload_is_done(const struct upload *u)
{
    return u->state == UPLOAD_DONE;
}

/* Whether there is nothing to do for it any more: done, ended or broken. */
static inline bool upload_is_over(const struct upload *u)
{
    return u->state >= UPLOAD_DONE || u->write_errno != 0;
}

#endif
