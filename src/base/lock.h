/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The one mutex of the house: a word with a rank. A thread takes locks in rising
 * rank only; debug builds (--enable-debug) abort with both names where it does
 * not, and where a lock is released or asserted by a thread that does not hold
 * it. The table of all locks is in src/README.md.
 *
 * Nearly every lock here is held for a few instructions and free when it is
 * asked for. Taking a free one is one atomic operation in line, releasing it
 * another; a pthread mutex takes some 55 instructions for both, and a call takes
 * eight locks. Who finds it taken sleeps on the word (futex.h).
 *
 *            take                    take: sleeps
 *     FREE ────────► TAKEN ────────────────────────► WANTED (whoever releases
 *      ▲───────────────┘ drop                          │     it wakes one)
 *      └───────────────────────────────────────────────┘ drop, wake
 *
 * Invariant: nobody does I/O, TLS, close, a callback or a wait under a lock (the
 * exception, interrupting a caller, is design 7.3).
 */
#ifndef GOFER_BASE_LOCK_H
#define GOFER_BASE_LOCK_H

#include <stdatomic.h>
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

enum lock_word { LOCK_FREE, LOCK_TAKEN, LOCK_WANTED };

struct lock {
    _Atomic uint32_t word;
    enum lock_rank rank;
};

/* A condition on the monotonic clock, for the holders of one lock. */
struct lock_cond {
    _Atomic uint32_t turn; /* another one after each signal: what a sleeper sleeps on */
    uint32_t sleepers;     /* guarded by the lock */
};

void lock_init(struct lock *l, enum lock_rank rank);
void lock_fini(struct lock *l);

/* The two ways of a lock that others want, out of line. */
void lock_take_wanted(struct lock *l);
void lock_wake_one(struct lock *l);

static inline void lock_word_take(struct lock *l)
{
    uint32_t word = LOCK_FREE;
    if (!atomic_compare_exchange_strong_explicit(&l->word, &word, LOCK_TAKEN, memory_order_acquire,
                                                 memory_order_relaxed))
        lock_take_wanted(l);
}

static inline void lock_word_drop(struct lock *l)
{
    if (atomic_exchange_explicit(&l->word, LOCK_FREE, memory_order_release) == LOCK_WANTED)
        lock_wake_one(l);
}

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
    lock_word_take(l);
}
static inline void lock_drop(struct lock *l)
{
    lock_word_drop(l);
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

/* Wakes one, or all, of those who wait. With their lock held: once it is released nothing touches
 * the condition on behalf of the signal. */
void lock_cond_signal(struct lock_cond *c);
/* A signal but for its last step, which is the caller's: futex_wake(word, 1), where the word that
 * is returned is not NULL. It may make it after it dropped the lock. */
_Atomic uint32_t *lock_cond_prepare_signal(struct lock_cond *c);
void lock_cond_broadcast(struct lock_cond *c);

/* Waits, with the lock held, until signalled or at_ns (CLOCK_NEVER: no limit). May return early:
 * test the predicate. */
void lock_cond_wait(struct lock_cond *c, struct lock *l, int64_t at_ns);

#endif
