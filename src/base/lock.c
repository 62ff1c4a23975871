/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Locks and, in debug builds, the ranks that a thread holds: a small stack in
 * thread-local storage. It is diagnostics only; nothing depends on it.
 */
#include "base/lock.h"

#include "base/clock.h"

void lock_init(struct lock *l, enum lock_rank rank)
{
    *l = (struct lock){.mutex = PTHREAD_MUTEX_INITIALIZER, .rank = rank};
}

void lock_fini(struct lock *l)
{
    pthread_mutex_destroy(&l->mutex);
}

void lock_cond_init(struct lock_cond *c)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&c->cond, &attr);
    pthread_condattr_destroy(&attr);
}

void lock_cond_fini(struct lock_cond *c)
{
    pthread_cond_destroy(&c->cond);
}

void lock_cond_signal(struct lock_cond *c)
{
    pthread_cond_signal(&c->cond);
}

void lock_cond_broadcast(struct lock_cond *c)
{
    pthread_cond_broadcast(&c->cond);
}

static void cond_wait(struct lock_cond *c, pthread_mutex_t *mutex, int64_t at_ns)
{
    if (at_ns == CLOCK_NEVER) {
        pthread_cond_wait(&c->cond, mutex);
        return;
    }
    struct timespec at = clock_timespec(at_ns);
    pthread_cond_timedwait(&c->cond, mutex, &at);
}

#ifndef GOFER_DEBUG

void lock_cond_wait(struct lock_cond *c, struct lock *l, int64_t at_ns)
{
    cond_wait(c, &l->mutex, at_ns);
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
    pthread_mutex_lock(&l->mutex);
}

void lock_drop(struct lock *l)
{
    note_dropped(l);
    pthread_mutex_unlock(&l->mutex);
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
    cond_wait(c, &l->mutex, at_ns);
}

#endif
