/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One call: what is asked of whom, what may come of it, and the judgement on what
 * came. A call belongs to a caller, a thread; on_done judges it on another one,
 * while the caller waits.
 */
#ifndef TESTS_CHAOS_CALL_H
#define TESTS_CHAOS_CALL_H

#include <pthread.h>

#include "chaos/storm.h"
#include "chaos/upload.h"

enum { BATCH_MAX = 6, CALL_URL_BYTES = 160 };

/* What the watch sees of a call. */
struct watched {
    _Atomic int64_t due_ms; /* 0: no call */
    _Atomic uint64_t id;
    _Atomic unsigned fault, way;
};

struct caller {
    pthread_t thread;
    struct storm *storm;
    struct dice dice;
    struct watched watched[BATCH_MAX];
    _Atomic bool hungry;     /* its body reader waits to be asked again */
    _Atomic int64_t fire_ms; /* when its token is to be fired; 0: none */
    pthread_mutex_t lock;    /* guards the two below against whoever uses them */
    gofer_request *feeding;
    gofer_cancel *token;
};

struct call {
    struct caller *caller;
    struct watched *watched;
    const struct fault *fault;
    enum way way;
    uint64_t id;
    size_t size; /* of the response's body */
    struct upload upload;
    bool expects;    /* 100 Continue: that is a response\'s first byte, too */
    bool post;       /* the far side must see it once at most */
    bool repeatable; /* where a reused connection turns out dead, it is sent again unasked */
    bool canceled;   /* it may be */
    bool brief;      /* it has a short limit that no fault asks for */
    int64_t began_ms;
    int64_t limit_ms;
    gofer_request *request;
    char url[CALL_URL_BYTES];
};

/* Draws a call and makes its request. slot: 0 to BATCH_MAX - 1, no other call's of this caller. */
void call_begin(struct call *call, struct caller *caller, enum way way, unsigned slot);

/* A shorter limit from now on, by a token or a group. */
void call_limit(struct call *call, int64_t limit_ms);

/* Bytes of its body that came in a stream, from `at` on. False: they are not its own. */
bool call_check(struct call *call, uint64_t at, const void *data, size_t len);

/* It ended: with a buffered response, with a stream of `streamed` bytes, unread (its caller wanted
 * no more, or dropped it). Frees response and request. */
void call_end(struct call *call, gofer_status status, gofer_response *response);
void call_end_stream(struct call *call, gofer_status status, gofer_response *response,
                     uint64_t streamed);
void call_end_unread(struct call *call, gofer_response *response);

#endif
