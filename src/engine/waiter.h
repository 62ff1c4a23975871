/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A thread that waits for something that other threads bring about: a call's
 * outcome, a connection for the call that it drives, a place in the queue. One
 * mechanism for all of them, so that one place knows what a waiting thread does
 * where the engine has no worker: it serves as one (engine.h, leading).
 *
 * A waiter lives on the waiting thread's stack. Whoever wakes it holds the lock
 * under which it was made known, and the waiting thread takes that lock to make
 * it unknown before it returns; so it is never woken after its end.
 */
#ifndef GOFER_ENGINE_WAITER_H
#define GOFER_ENGINE_WAITER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/lock.h"

struct engine;
struct wakes;

struct waiter {
    struct lock lock; /* LOCK_WAITER; guards woken, leading, promoted */
    struct lock_cond cond;
    bool woken;
    bool leading;          /* serving the engine: a wake must poke it */
    bool promoted;         /* asked to take over the lead */
    unsigned run;          /* the leader's own: tasks since it looked for events */
    struct engine *engine; /* may be NULL: then it only sleeps */
    struct link sleepers;  /* the engine's list; guarded by the engine's lock */
    struct link link;      /* for whoever made it known; guarded by that lock */
};

void waiter_init(struct waiter *waiter, struct engine *engine);
void waiter_fini(struct waiter *waiter);

/* Wakes the thread; a wake before the wait counts. */
void waiter_wake(struct waiter *waiter);

/* The same, but for what the kernel has to do: that is left to wakes_deliver(). */
void waiter_wake_later(struct waiter *waiter, struct wakes *wakes);

/* Whether a wake came. Any thread. */
bool waiter_is_woken(struct waiter *waiter);

/* Waits until woken or at_ns; consumes the wake. True where woken. Serves the engine meanwhile
 * where nobody else does. */
bool waiter_wait(struct waiter *waiter, int64_t at_ns);

#endif
