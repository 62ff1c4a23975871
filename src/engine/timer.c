/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A pairing heap of timers and the thread that fires them.
 */
#include "engine/timer.h"

#include <pthread.h>

#include "base/alloc.h"
#include "base/clock.h"
#include "base/lock.h"
#include "engine/task.h"
#include "engine/thread.h"

struct timers {
    struct lock lock; /* LOCK_TIMERS; guards all below */
    struct lock_cond cond;
    struct timer *root;
    int64_t sleeps_to; /* what the thread sleeps to; CLOCK_NEVER where it is awake or not started */
    bool asleep;
    bool stopping;
    bool started;
    pthread_t thread;
};

/* --- the heap --- */

/* Makes the later of two roots the first child of the earlier one. */
static struct timer *meld(struct timer *a, struct timer *b)
{
    if (a == NULL)
        return b;
    if (b == NULL)
        return a;
    if (b->at < a->at) {
        struct timer *t = a;
        a = b;
        b = t;
    }
    b->prev = a;
    b->next = a->child;
    if (b->next != NULL)
        b->next->prev = b;
    a->child = b;
    a->next = a->prev = NULL;
    return a;
}

/* Melds siblings in pairs from left to right, then the pairs from right to left. */
static struct timer *meld_children(struct timer *first)
{
    struct timer *pairs = NULL;
    while (first != NULL) {
        struct timer *a = first;
        struct timer *b = a->next;
        first = b != NULL ? b->next : NULL;
        struct timer *pair = meld(a, b);
        pair->next = pairs;
        pairs = pair;
    }
    struct timer *root = NULL;
    while (pairs != NULL) {
        struct timer *rest = pairs->next;
        pairs->next = NULL;
        root = meld(root, pairs);
        pairs = rest;
    }
    if (root != NULL)
        root->next = root->prev = NULL;
    return root;
}

/* Takes a node that is not the root out of its siblings. */
static void cut(struct timer *t)
{
    if (t->prev->child == t)
        t->prev->child = t->next;
    else
        t->prev->next = t->next;
    if (t->next != NULL)
        t->next->prev = t->prev;
}

static void heap_add(struct timers *timers, struct timer *t)
{
    t->child = t->next = t->prev = NULL;
    t->armed = true;
    timers->root = meld(timers->root, t);
}

static void heap_remove(struct timers *timers, struct timer *t)
{
    struct timer *children = t->child != NULL ? meld_children(t->child) : NULL;
    if (t == timers->root) {
        timers->root = children;
    } else {
        cut(t);
        timers->root = meld(timers->root, children);
    }
    t->child = t->next = t->prev = NULL;
    t->armed = false;
}

/* --- arming --- */

static void arm_locked(struct timers *timers, struct timer *timer, int64_t at)
{
    if (timer->armed)
        heap_remove(timers, timer);
    if (at == CLOCK_NEVER)
        return;
    timer->at = at;
    heap_add(timers, timer);
    if (timers->asleep && at < timers->sleeps_to) {
        timers->sleeps_to = at;
        lock_cond_signal(&timers->cond);
    }
}

void timer_arm(struct timers *timers, struct timer *timer, int64_t at)
{
    lock_take(&timers->lock);
    arm_locked(timers, timer, at);
    lock_drop(&timers->lock);
}

void timer_arm_earlier(struct timers *timers, struct timer *timer, int64_t at)
{
    lock_take(&timers->lock);
    if (!timer->armed || at < timer->at)
        arm_locked(timers, timer, at);
    lock_drop(&timers->lock);
}

void timer_disarm(struct timers *timers, struct timer *timer)
{
    lock_take(&timers->lock);
    if (timer->armed)
        heap_remove(timers, timer);
    lock_drop(&timers->lock);
}

/* --- firing --- */

/* Pops a due entry; its task carries a reference for the caller. */
static bool pop_due(struct timers *timers, int64_t now_ns, struct timer *due)
{
    lock_take(&timers->lock);
    struct timer *t = timers->root;
    bool found = t != NULL && t->at <= now_ns;
    if (found) {
        heap_remove(timers, t);
        *due = *t;
        if (due->task != NULL)
            task_ref(due->task);
    }
    lock_drop(&timers->lock);
    return found;
}

int64_t timers_fire(struct timers *timers, int64_t now_ns)
{
    struct timer due;
    while (pop_due(timers, now_ns, &due)) {
        if (due.task == NULL) {
            due.fire(due.arg);
            continue;
        }
        task_wake_now(due.task, EV_TIMER);
        task_unref(due.task);
    }
    lock_take(&timers->lock);
    int64_t next = timers->root != NULL ? timers->root->at : CLOCK_NEVER;
    lock_drop(&timers->lock);
    return next;
}

/* Sleeps until something is due. False where the thread is to end. */
static bool sleep_until_due(struct timers *timers)
{
    lock_take(&timers->lock);
    timers->asleep = true;
    for (;;) {
        timers->sleeps_to = timers->root != NULL ? timers->root->at : CLOCK_NEVER;
        if (timers->stopping || timers->sleeps_to <= clock_now_ns())
            break;
        lock_cond_wait(&timers->cond, &timers->lock, timers->sleeps_to);
    }
    timers->asleep = false;
    bool go_on = !timers->stopping;
    lock_drop(&timers->lock);
    return go_on;
}

static void *timer_thread(void *arg)
{
    struct timers *timers = arg;
    thread_set_name("gofer-timer");
    while (sleep_until_due(timers))
        timers_fire(timers, clock_now_ns());
    return NULL;
}

/* --- life --- */

struct timers *timers_new(void)
{
    struct timers *timers = mem_zalloc(sizeof(*timers));
    if (timers == NULL)
        return NULL;
    lock_init(&timers->lock, LOCK_TIMERS);
    lock_cond_init(&timers->cond);
    return timers;
}

int timers_start(struct timers *timers)
{
    int err = thread_start(&timers->thread, timer_thread, timers);
    timers->started = err == 0;
    return err;
}

void timers_stop(struct timers *timers)
{
    if (!timers->started)
        return;
    lock_take(&timers->lock);
    timers->stopping = true;
    lock_cond_signal(&timers->cond);
    lock_drop(&timers->lock);
    pthread_join(timers->thread, NULL);
    timers->started = false;
}

void timers_free(struct timers *timers)
{
    if (timers == NULL)
        return;
    lock_cond_fini(&timers->cond);
    lock_fini(&timers->lock);
    mem_free(timers);
}
