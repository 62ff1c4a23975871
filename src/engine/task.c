/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The life of a task: one atomic word of state and events. Every transition is
 * in this file.
 */
#include "engine/task.h"

#include "base/helgrind.h"
#include "engine/engine.h"
#include "engine/wakes.h"

enum {
    EVENTS = 0xffff,
    PARKED = 0 << 16,
    QUEUED = 1 << 16,
    RUNNING = 2 << 16,
    DRIVEN = 3 << 16,
    ENDED = 4 << 16,
    STATE = 7 << 16,
    WANTED = 1 << 19 /* whoever runs it is to hand it over to a thread that waits to hold it */
};

void task_init(struct task *task, struct engine *engine, const struct task_ops *ops)
{
    *task = (struct task){.ops = ops, .engine = engine};
    task->timer.task = task;
    atomic_init(&task->word, PARKED);
    helgrind_atomic(&task->word);
    refs_init(&task->refs, 1);
}

void task_ref(struct task *task)
{
    refs_add(&task->refs);
}

void task_unref(struct task *task)
{
    if (refs_drop(&task->refs))
        task->ops->free(task);
}

/* Adds events; PARKED becomes QUEUED. Returns the state before. */
static uint32_t mark(struct task *task, unsigned events)
{
    uint32_t old = atomic_load_explicit(&task->word, memory_order_relaxed);
    uint32_t new;
    do {
        if ((old & STATE) == ENDED)
            return ENDED;
        new = old | events;
        if ((old & STATE) == PARKED)
            new |= QUEUED;
    } while (!atomic_compare_exchange_weak(&task->word, &old, new));
    return old & STATE;
}

bool task_mark(struct task *task, unsigned events)
{
    return mark(task, events) == PARKED;
}

void task_wake_later(struct task *task, unsigned events, struct wakes *wakes)
{
    struct engine *engine = task->engine;
    uint32_t state = mark(task, events);
    if (state == PARKED) {
        if (engine_push(engine, task))
            wakes_poke(wakes, engine);
    } else if (state == DRIVEN) {
        task->ops->wake_driver(task, wakes);
    } else if (state == RUNNING && task->ops->wake_runner != NULL) {
        task->ops->wake_runner(task, wakes);
    }
}

bool task_wake(struct task *task, unsigned events)
{
    struct wakes wakes;
    WAKES_INIT(&wakes);
    task_wake_later(task, events, &wakes);
    bool owed = wakes.poke != NULL;
    wakes.poke = NULL;
    wakes_deliver(&wakes);
    return owed;
}

void task_wake_now(struct task *task, unsigned events)
{
    struct wakes wakes;
    WAKES_INIT(&wakes);
    task_wake_later(task, events, &wakes);
    wakes_deliver(&wakes);
}

/* Out of the way of those that nobody waits for. */
__attribute__((noinline)) static void wake_driver(struct task *task)
{
    struct wakes wakes;
    WAKES_INIT(&wakes);
    task->ops->wake_driver(task, &wakes);
    wakes_deliver(&wakes);
}

unsigned task_pending(const struct task *task)
{
    return atomic_load(&task->word) & EVENTS;
}

unsigned task_take_events(struct task *task)
{
    return atomic_fetch_and(&task->word, ~(uint32_t)EVENTS) & EVENTS;
}

/* The running thread changes the state and leaves events alone. */
static void set_state(struct task *task, uint32_t from, uint32_t to)
{
    atomic_fetch_xor(&task->word, from ^ to);
}

void task_begin_driven(struct task *task)
{
    task->taken = true;
    atomic_store_explicit(&task->word, DRIVEN | EV_START, memory_order_relaxed);
}

void task_begin_held(struct task *task)
{
    atomic_store_explicit(&task->word, RUNNING | EV_START, memory_order_relaxed);
}

bool task_steal(struct task *task)
{
    /* A wake that comes before the state changes finds QUEUED and only leaves its event, which
     * the driver takes before its first step. */
    if (!engine_unqueue_untaken(task->engine, task))
        return false;
    set_state(task, QUEUED, DRIVEN);
    return true;
}

static void end(struct task *task)
{
    uint32_t old = atomic_exchange(&task->word, ENDED);
    if (old & WANTED)
        wake_driver(task);
    task_unref(task);
}

void task_end_driven(struct task *task)
{
    end(task);
}

static void requeue(struct task *task)
{
    struct engine *engine = task->engine;
    set_state(task, RUNNING, QUEUED);
    if (engine_push(engine, task))
        engine_poke(engine);
}

void task_submit(struct task *task)
{
    requeue(task);
}

/* --- holding --- */

static bool change(struct task *task, uint32_t *old, uint32_t new)
{
    return atomic_compare_exchange_strong(&task->word, old, new);
}

enum task_hold task_try_hold(struct task *task, bool insist)
{
    uint32_t old = atomic_load(&task->word);
    for (;;) {
        switch (old & STATE) {
        case ENDED:
            return TASK_GONE;
        case PARKED:
            if (change(task, &old, old | DRIVEN))
                return TASK_HELD;
            continue;
        default:
            break;
        }
        if (!insist || (old & WANTED) || change(task, &old, old | WANTED))
            return TASK_BUSY;
    }
}

enum task_hold task_hold_answer(const struct task *task)
{
    uint32_t word = atomic_load(&task->word);
    if (word & WANTED)
        return TASK_BUSY;
    return (word & STATE) == ENDED ? TASK_GONE : TASK_HELD;
}

bool task_hold_withdraw(struct task *task)
{
    uint32_t old = atomic_load(&task->word);
    while (old & WANTED)
        if (change(task, &old, old & ~(uint32_t)WANTED))
            return true;
    return false;
}

/* The thread that runs the task lets go of it. Where another one waits to hold it, it is that
 * one's from here on, with these events added, and true is returned. */
static bool hand_over(struct task *task, unsigned events)
{
    uint32_t old = atomic_load(&task->word);
    bool handed = false;
    if ((old & WANTED) == 0)
        return false;
    /* The other one sees the word before it is woken, and may end the task at once. */
    task_ref(task);
    while ((old & WANTED) && !handed)
        handed = change(task, &old, (old & ~(uint32_t)(WANTED | STATE)) | DRIVEN | events);
    if (handed)
        wake_driver(task);
    task_unref(task);
    return handed;
}

void task_unhold(struct task *task)
{
    uint32_t old = DRIVEN;
    if (change(task, &old, PARKED) || hand_over(task, 0))
        return;
    set_state(task, DRIVEN, QUEUED);
    if (engine_push(task->engine, task))
        engine_poke(task->engine);
}

void task_leave_events(struct task *task, unsigned events)
{
    atomic_fetch_or(&task->word, events);
}

/* RUNNING to PARKED, unless an event came meanwhile. */
static bool try_park(struct task *task)
{
    uint32_t expected = RUNNING;
    return atomic_compare_exchange_strong(&task->word, &expected, PARKED);
}

bool task_run(struct task *task, struct turn *turn)
{
    set_state(task, QUEUED, RUNNING);
    /* What it was queued for comes first: else a thread that holds it again and again leaves it no
     * step. */
    for (;;) {
        switch (task->ops->step(task, task_take_events(task), turn)) {
        case TASK_DONE:
            end(task);
            return false;
        case TASK_YIELD:
            if (hand_over(task, EV_AGAIN))
                return false;
            requeue(task);
            return true;
        case TASK_PARK:
            if (try_park(task) || hand_over(task, 0))
                return false;
            break;
        }
    }
}

void task_release_slot(struct task *task)
{
    engine_release_slot(task->engine, task);
}
