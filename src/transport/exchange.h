/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An exchange: one request written and one response read on one connection, in
 * steps that do not block on a worker. The two directions are independent: a
 * response may arrive before the request is written; it is delivered, and the
 * connection is not used again.
 *
 * The thread that runs the call's task owns the exchange. Only stall_at and
 * header_at are read by others (an interrupting thread asks whether a limit has
 * passed), hence atomic.
 */
#ifndef GOFER_TRANSPORT_EXCHANGE_H
#define GOFER_TRANSPORT_EXCHANGE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "engine/task.h"
#include "http/chunked.h"
#include "http/response_head.h"
#include "transport/conn.h"
#include "transport/message.h"

/* What to send and how much to accept; borrowed for the exchange's life. */
struct exchange_request {
    const char *head;
    size_t head_len;
    const char *body;
    size_t body_len;
    const char *url; /* for the response */
    size_t url_len;
    bool head_method; /* the method is HEAD */
    bool close;       /* the connection is not to be kept */
    uint64_t max_head_bytes;
    uint64_t max_body_bytes;
    int64_t stall_timeout_ms;  /* negative: none */
    int64_t header_timeout_ms; /* same */
};

enum exchange_next {
    EXCHANGE_READ,       /* wait until the socket is readable */
    EXCHANGE_BOTH,       /* wait until it is readable or writable */
    EXCHANGE_YIELD,      /* the turn is used up */
    EXCHANGE_DONE,       /* the response is complete */
    EXCHANGE_FAILED,     /* see the fault */
    EXCHANGE_INTERRUPTED /* driven: the socket was shut down under it; look at the events */
};

struct exchange {
    struct conn *conn;
    const struct exchange_request *request;
    size_t sent; /* of head and body together */
    bool polled; /* the socket refused bytes once: look for an early response too */
    int write_errno;
    gofer_phase phase;
    /* reading */
    bool response_begun; /* a byte of the response arrived */
    bool head_done;
    bool overrun; /* bytes behind the response */
    bool keep_alive;
    enum body_framing framing;
    struct head_scan scan;
    struct buf partial;  /* the part of a head that earlier turns read */
    uint64_t head_bytes; /* of the 1xx heads before */
    unsigned informational;
    struct chunked chunked;
    uint64_t body_left; /* BODY_LENGTH */
    struct gofer_response *response;
    _Atomic int64_t stall_at;
    _Atomic int64_t header_at;
};

/* Begins. conn and request stay the caller's. */
void exchange_init(struct exchange *x, struct conn *conn, const struct exchange_request *request,
                   int64_t now_ns);

/*
 * Goes on. turn->driven: the thread is a caller's that has published the
 * connection; it may block in send (short requests) and recv. `interrupted` is
 * then asked after each recv, before its bytes are interpreted.
 */
enum exchange_next exchange_step(struct exchange *x, struct turn *turn,
                                 const _Atomic bool *interrupted, struct fault *fault);

/* Frees what it holds, the response included where it was not taken. */
void exchange_fini(struct exchange *x);

/* The complete response, the caller's from now on. */
struct gofer_response *exchange_take_response(struct exchange *x);

/* After EXCHANGE_DONE: whether the connection may serve another request. */
bool exchange_reusable(const struct exchange *x);

/* After EXCHANGE_FAILED or before: how much may have reached the server. */
gofer_sent exchange_sent(const struct exchange *x);

/* The nearer of the exchange's own limits, or CLOCK_NEVER. Any thread. */
int64_t exchange_deadline(struct exchange *x);

#endif
