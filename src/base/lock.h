/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The one mutex of the house: a pthread mutex with a rank. A thread takes locks
 * in rising rank only; debug builds (--enable-debug) abort with both names where
 * it does not, and where a lock is released or asserted by a thread that does
 * not hold it. The table of all locks is in src/README.md.
 *
 * Invariant: nobody does I/O, TLS, close, a callback or a wait under a lock (the
 * exception, interrupting a caller, is design 7.3).
 */
#ifndef GOFER_BASE_LOCK_H
#define GOFER_BASE_LOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* In the order in which they may be taken. */
enum lock_rank {
    LOCK_TOKEN = 1, /* a gofer_cancel's calls */
    LOCK_GROUP,     /* a group's futures */
    LOCK_SOURCE,    /* who uses a body reader */
    LOCK_JAR,       /* a jar's cookies */
    LOCK_CORE,      /* a client's calls and inside count */
    LOCK_POOL,      /* the pool: idle lists, wait queues, counts */
    LOCK_RESOLVER,  /* the resolver's mailbox */
    LOCK_TLS,       /* the current TLS context; the sessions to resume */
    LOCK_CALL,      /* a call's outcome and blocked_on */
    LOCK_TIMERS,    /* the timer heap */
    LOCK_ENGINE,    /* the run queue, the slots, who sleeps */
    LOCK_WAITER     /* one sleeping thread */
};

struct lock {
    pthread_mutex_t mutex;
    enum lock_rank rank;
};

/* A condition on the monotonic clock. */
struct lock_cond {
    pthread_cond_t cond;
};

void lock_init(struct lock *l, enum lock_rank rank);
void lock_fini(struct lock *l);

#ifdef GOFER_DEBUG
void lock_take(struct lock *l);
void lock_drop(struct lock *l);
/* Aborts where this thread does not hold the lock. */
void lock_assert_held(const struct lock *l);
/* Aborts where this thread holds any lock: called before callbacks, I/O and waits. */
void lock_assert_none(void);
#else
static inline void lock_take(struct lock *l)
{
    pthread_mutex_lock(&l->mutex);
}
static inline void lock_drop(struct lock *l)
{
    pthread_mutex_unlock(&l->mutex);
}
static inline void lock_assert_held(const struct lock *l)
{
    (void)l;
}
static inline void lock_assert_none(void)
{
}
#endif

void lock_cond_init(struct lock_cond *c);
void lock_cond_fini(struct lock_cond *c);
void lock_cond_signal(struct lock_cond *c);
void lock_cond_broadcast(struct lock_cond *c);

/* Waits, with the lock held, until signalled or at_ns (CLOCK_NEVER: no limit). May return early:
 * test the predicate. */
void lock_cond_wait(struct lock_cond *c, struct lock *l, int64_t at_ns);

#endif
