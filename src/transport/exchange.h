/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An exchange: one request written and one response read on one connection, in
 * steps that do not block on a worker. The two directions are independent
 * (upload.h, download.h): a response may arrive before the request is written; it
 * is delivered, and the connection is not used again. Here they are put in step,
 * and the exchange's own limits are kept.
 *
 * The thread that runs the call's task owns the exchange. Only the limits
 * (stall_at, header_at) are read by others: an interrupting thread asks whether
 * one has passed; hence atomic.
 */
#ifndef GOFER_TRANSPORT_EXCHANGE_H
#define GOFER_TRANSPORT_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "base/fault.h"
#include "engine/task.h"
#include "transport/conn.h"
#include "transport/download.h"
#include "transport/upload.h"

/* What to send and how much to accept; borrowed for the exchange's life. */
struct exchange_request {
    struct upload_request up;
    struct download_request down;
    bool close; /* the connection is not to be kept */
    /* negative: none */
    int64_t stall_timeout_ms;
    int64_t header_timeout_ms;
    int64_t expect_timeout_ms;
    int64_t min_rate; /* bytes a second, both ways together, over each window */
    int64_t rate_window_ms;
};

enum exchange_next {
    EXCHANGE_WAIT,       /* wait for what exchange_events() says, or exchange_soon() */
    EXCHANGE_YIELD,      /* the turn is used up */
    EXCHANGE_HEAD,       /* the response's head is there, which streams, or is a redirect's */
    EXCHANGE_DONE,       /* the response is complete */
    EXCHANGE_FAILED,     /* see the fault */
    EXCHANGE_INTERRUPTED /* driven: the socket was shut down under it; look at the events */
};

struct exchange {
    struct conn *conn;
    const struct exchange_request *request;
    struct upload up;
    struct download down;
    bool full;  /* the socket took no more: wait for room */
    bool later; /* the source had nothing: something else wakes the task */
    gofer_phase phase;
    int64_t continue_at; /* the body goes then, 100 or not */
    int64_t rate_at;     /* the end of the window that is measured */
    uint64_t moved;      /* bytes in it */
    _Atomic int64_t stall_at;
    _Atomic int64_t header_at;
};

/* Begins. conn and request stay the caller's. */
void exchange_init(struct exchange *x, struct conn *conn, const struct exchange_request *request,
                   int64_t now_ns);

/* Who is told of it, or NULL; borrowed. Right after the beginning. */
static inline void exchange_set_trace(struct exchange *x, struct trace *trace)
{
    x->up.trace = x->down.trace = trace;
}

/*
 * Goes on until the response's head (streaming) or end. turn->driven: the thread
 * is a caller's that has published the connection; it may block in send (short
 * requests) and recv. `interrupted` is then asked after each recv, before its
 * bytes are interpreted.
 */
enum exchange_next exchange_step(struct exchange *x, struct turn *turn,
                                 const _Atomic bool *interrupted, struct fault *fault);

/* Frees what it holds, the response included where it was not taken. */
void exchange_fini(struct exchange *x);

/* --- after EXCHANGE_HEAD --- */

/* Sends on. EXCHANGE_WAIT, EXCHANGE_YIELD, or EXCHANGE_FAILED where the source failed; a broken
 * socket shows when it is read. */
enum exchange_next exchange_upload(struct exchange *x, struct turn *turn, struct fault *fault);

/* Reads the body, without waiting: *got bytes. EXCHANGE_WAIT, _YIELD (nothing so far, and maybe
 * more without waiting), _DONE (maybe with the last bytes) or _FAILED. */
enum exchange_next exchange_read(struct exchange *x, void *buf, size_t len, size_t *got,
                                 struct fault *fault);

/* --- after EXCHANGE_HEAD or _DONE with a redirect: down.paused --- */

/* Gathers the redirect as any response: EXCHANGE_YIELD to be stepped on, _DONE or _FAILED. */
enum exchange_next exchange_resume(struct exchange *x, struct fault *fault);

/* Its body is only read, by exchange_read(), for the connection's sake: not for longer than
 * until_ns, which is an end of the exchange then. */
void exchange_read_until(struct exchange *x, int64_t until_ns);

/* --- asking --- */

/* Whether the connection could serve another request once `most` more body bytes, at most, were
 * read. */
bool exchange_is_worth_reading(const struct exchange *x, int64_t most);

/* EPOLLIN, EPOLLOUT: what EXCHANGE_WAIT waits for. */
uint32_t exchange_events(const struct exchange *x);

/* Whether a waiting caller has to poll: for room to send, on a non-blocking socket, or because a
 * limit that does not end the call is pending (design 7.2). */
bool exchange_must_poll(const struct exchange *x);

/* When the task is to look again though nothing came, with EV_TIMER; or CLOCK_NEVER. */
static inline int64_t exchange_soon(const struct exchange *x)
{
    return x->up.state == UPLOAD_CONTINUE ? clock_min(x->continue_at, x->rate_at) : x->rate_at;
}

/* After EXCHANGE_DONE: whether the connection may serve another request. */
bool exchange_reusable(const struct exchange *x);

/* After EXCHANGE_FAILED or before: how much may have reached the server. */
gofer_sent exchange_sent(const struct exchange *x);

/* Whether the request can be sent once more, as far as its body goes. */
bool exchange_can_repeat(const struct exchange *x);

/* The nearest of the limits that end the exchange, or CLOCK_NEVER. Any thread. */
static inline int64_t exchange_deadline(const struct exchange *x)
{
    return clock_min(atomic_load_explicit(&x->stall_at, memory_order_relaxed),
                     atomic_load_explicit(&x->header_at, memory_order_relaxed));
}

/*
 * A limit seems to have passed at now_ns, in the driver's hands. Windows that were
 * fast enough, and a peer whose bytes wait for a slow reader, move on; what is
 * left is late, in words in *words (static). NULL: nothing is late.
 */
const char *exchange_late(struct exchange *x, int64_t now_ns, int64_t *limit_ms);

/* Which limit that ends the exchange has passed at now_ns, one having passed: words as above. Any
 * thread. */
const char *exchange_passed(struct exchange *x, int64_t now_ns, int64_t *limit_ms);

/* The driver is about to ask the source again. Where no byte was due until now, for a slow source
 * or a slow reader, the time in which one has to move begins anew. */
void exchange_renew(struct exchange *x);

#endif
