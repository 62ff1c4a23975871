/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Waiting for a lock and for a condition and, in debug builds, the ranks that a
 * thread holds: a small stack in thread-local storage. That is diagnostics only;
 * nothing depends on it.
 */
#include "base/lock.h"

#include <limits.h>

#include "base/clock.h"
#include "base/futex.h"
#include "base/helgrind.h"

void lock_init(struct lock *l, enum lock_rank rank)
{
    atomic_init(&l->word, LOCK_FREE);
    l->rank = rank;
    helgrind_atomic(&l->word);
    helgrind_lock_init(l);
}

void lock_fini(struct lock *l)
{
    helgrind_lock_fini(l);
}

/* Having slept, a thread does not know whether others sleep still, so it leaves WANTED behind; at
 * worst its release wakes nobody. */
void lock_take_wanted(struct lock *l)
{
    while (atomic_exchange_explicit(&l->word, LOCK_WANTED, memory_order_acquire) != LOCK_FREE)
        futex_wait(&l->word, LOCK_WANTED, CLOCK_NEVER);
}

void lock_wake_one(struct lock *l)
{
    futex_wake(&l->word, 1);
}

void lock_cond_init(struct lock_cond *c)
{
    atomic_init(&c->turn, 0);
    c->sleepers = 0;
    helgrind_atomic(&c->turn);
}

void lock_cond_fini(struct lock_cond *c)
{
    (void)c;
}

_Atomic uint32_t *lock_cond_prepare_signal(struct lock_cond *c)
{
    if (c->sleepers == 0)
        return NULL;
    atomic_fetch_add_explicit(&c->turn, 1, memory_order_relaxed);
    return &c->turn;
}

static void signal_up_to(struct lock_cond *c, int n)
{
    _Atomic uint32_t *word = lock_cond_prepare_signal(c);
    if (word != NULL)
        futex_wake(word, n);
}

void lock_cond_signal(struct lock_cond *c)
{
    signal_up_to(c, 1);
}

void lock_cond_broadcast(struct lock_cond *c)
{
    signal_up_to(c, INT_MAX);
}

/* A signal between the release and the sleep changes the turn, which then is no sleep at all. */
static void cond_wait(struct lock_cond *c, struct lock *l, int64_t at_ns)
{
    uint32_t turn = atomic_load_explicit(&c->turn, memory_order_relaxed);
    c->sleepers++;
    helgrind_lock_drop(l);
    lock_word_drop(l);
    futex_wait(&c->turn, turn, at_ns);
    lock_word_take(l);
    helgrind_lock_taken(l);
    c->sleepers--;
}

#ifndef GOFER_DEBUG

void lock_cond_wait(struct lock_cond *c, struct lock *l, int64_t at_ns)
{
    cond_wait(c, l, at_ns);
}

#else

#include <stdio.h>
#include <stdlib.h>

enum { HELD_MAX = 16 };

static _Thread_local const struct lock *held[HELD_MAX];
static _Thread_local int held_len;

static const char *rank_name(enum lock_rank rank)
{
    static const char *const names[] = {"none",   "token",  "group",    "source", "jar",
                                        "core",   "pool",   "resolver", "tls",    "call",
                                        "timers", "engine", "waiter"};
    return names[rank];
}

static void die(const char *what, const struct lock *l)
{
    fprintf(stderr, "gofer: lock \"%s\": %s", rank_name(l->rank), what);
    for (int i = 0; i < held_len; i++)
        fprintf(stderr, "%s\"%s\"", i == 0 ? "; this thread holds " : ", ",
                rank_name(held[i]->rank));
    fprintf(stderr, "\n");
    abort();
}

static void note_taken(const struct lock *l)
{
    if (held_len > 0 && held[held_len - 1]->rank >= l->rank)
        die("taken out of rank", l);
    if (held_len == HELD_MAX)
        die("too many locks held", l);
    held[held_len++] = l;
}

static void note_dropped(const struct lock *l)
{
    for (int i = held_len - 1; i >= 0; i--) {
        if (held[i] != l)
            continue;
        for (int j = i; j + 1 < held_len; j++)
            held[j] = held[j + 1];
        held_len--;
        return;
    }
    die("dropped but not held", l);
}

void lock_take(struct lock *l)
{
    note_taken(l);
    lock_word_take(l);
    helgrind_lock_taken(l);
}

void lock_drop(struct lock *l)
{
    note_dropped(l);
    helgrind_lock_drop(l);
    lock_word_drop(l);
}

void lock_assert_held(const struct lock *l)
{
    for (int i = 0; i < held_len; i++)
        if (held[i] == l)
            return;
    die("not held", l);
}

void lock_assert_none(void)
{
    if (held_len > 0)
        die("held where no lock may be", held[0]);
}

void lock_cond_wait(struct lock_cond *c, struct lock *l, int64_t at_ns)
{
    if (held_len > 1)
        die("waited on while another lock is held", l);
    lock_assert_held(l);
    cond_wait(c, l, at_ns);
}

#endif
