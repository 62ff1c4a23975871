/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A want: one call's place in its key's wait queue. It is answered exactly once,
 * by a connection or by an error of its own dial, or it is dropped.
 *
 *                       ┌── a connection comes free, or any dial of the key ends well
 *                       ▼
 *     NEW ──► WAITING ──┼─────────► CONN ────► TAKEN (by its call)
 *              │        │            │
 *              │        │            └── the call is cancelled first: the
 *              │        │                connection goes to the next want or the pool
 *              │        └─────────► FAILED      its own dial failed
 *              └── the call is cancelled ──► DROPPED
 *
 * All fields but `task`, `fresh`, `fault` and `trace` are guarded by the pool's lock;
 * answers wake the task (EV_CONN) under it, so a dropped want is never woken.
 */
#ifndef GOFER_TRANSPORT_WANT_H
#define GOFER_TRANSPORT_WANT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"

struct conn;
struct dial;
struct pool_host;
struct task;
struct trace;

enum want_state { WANT_NEW, WANT_WAITING, WANT_CONN, WANT_FAILED, WANT_TAKEN, WANT_DROPPED };

struct want {
    struct task *task;
    bool fresh;          /* only a newly dialled connection will do (a retry) */
    struct fault *fault; /* where its dial's error goes */
    struct trace *trace; /* whom its dial tells; or NULL */
    enum want_state state;
    uint64_t turn; /* its number among all wants, in the order in which they came */
    struct pool_host *host;
    struct conn *conn;    /* with WANT_CONN */
    struct dial *dial;    /* its own dial, while that runs */
    struct link waiting;  /* the key's wants, first come first served */
    struct link starved;  /* those whose dial found no descriptor or port */
    struct link undialed; /* those of them whose dial has to wait for a slot */
};

/* All that a want needs that is served at once; the rest is set when it has to wait. */
static inline void want_init(struct want *want, struct task *task, bool fresh, struct fault *fault,
                             struct trace *trace)
{
    want->task = task;
    want->fresh = fresh;
    want->fault = fault;
    want->trace = trace;
    want->state = WANT_NEW;
}

#endif
