/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Timers and the timer thread. One heap under one lock; one thread that sleeps
 * until the earliest entry, pops what is due and wakes its task with EV_TIMER
 * (or runs a house function, for the pool's idle closes). It never runs user
 * code.
 *
 * The heap is a pairing heap, intrusive: arming needs no memory and cannot fail.
 * Most timers are deadlines that never fire; they are added below the root and
 * taken away again, both O(1).
 *
 * Invariants:
 * - An entry is in the heap exactly while `armed`.
 * - Disarming never wakes the timer thread; arming does only where the new time
 *   is earlier than what the thread sleeps to.
 * - The thread takes a reference on a task under the lock before it wakes it
 *   outside, so a task may end while its timer fires.
 * - A timer may fire early in one sense only: its task decides by the clock
 *   whether anything is due, and arms again where nothing is.
 */
#ifndef GOFER_ENGINE_TIMER_H
#define GOFER_ENGINE_TIMER_H

#include <stdbool.h>
#include <stdint.h>

struct task;
struct timers;

struct timer {
    int64_t at;              /* nanoseconds; this and all below: guarded by the heap's lock */
    bool armed;              /* in the heap */
    struct timer *child;     /* first of those that are not earlier */
    struct timer *next;      /* next sibling */
    struct timer *prev;      /* previous sibling, or the parent of a first child */
    struct task *task;       /* woken with EV_TIMER (set before it is armed); or NULL and */
    void (*fire)(void *arg); /* ... called on the timer thread, without locks */
    void *arg;
};

/* Makes an empty heap. NULL without memory. */
struct timers *timers_new(void);

/* Starts the timer thread: 0 or an errno value. */
int timers_start(struct timers *timers);

/* Ends and joins the thread; armed entries stay where they are and never fire. */
void timers_stop(struct timers *timers);

void timers_free(struct timers *timers);

/* Arms the entry for `at`, or moves it there. CLOCK_NEVER disarms. Any thread. */
void timer_arm(struct timers *timers, struct timer *timer, int64_t at);

/* timer_arm() where the entry is not armed or armed for later than `at`. */
void timer_arm_earlier(struct timers *timers, struct timer *timer, int64_t at);

/* Takes it out of the heap. After it returns the thread does not begin to fire it (what it popped
 * before still fires). */
void timer_disarm(struct timers *timers, struct timer *timer);

/* Fires what is due at now_ns, on the calling thread; returns the next entry's time or CLOCK_NEVER.
 * The thread's body, and tests' steps. */
int64_t timers_fire(struct timers *timers, int64_t now_ns);

#endif
