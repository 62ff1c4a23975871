/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A task is a small state machine whose steps never block. One thread at a time
 * runs it; everyone else only wakes it with an event.
 *
 *                 task_wake                  a worker pops it
 *      PARKED ──────────────────► QUEUED ──────────────────────► RUNNING
 *        ▲                          ▲  │                          │ │ │
 *        │                          │  │ task_steal               │ │ │
 *        │   no event came          │  ▼                          │ │ │
 *        │◄─────────────────────────┼─DRIVEN ◄─(caller's step)    │ │ │
 *        │                          │  │                          │ │ │
 *        └──── TASK_PARK ───────────┼──┼──────────────────────────┘ │ │
 *                                   └──┼──── TASK_YIELD ────────────┘ │
 *                                      └────────► ENDED ◄─ TASK_DONE ─┘
 *
 * Invariants:
 * - State and pending events are one atomic word. An event that arrives during
 *   a run is in the word before the run can park, so a wake is never lost.
 * - A task is in the run queue exactly while it is QUEUED, hence it never runs
 *   twice at once.
 * - DRIVEN means that a caller's thread runs it; a wake then goes to that thread
 *   through ops->wake_driver. It comes from QUEUED by task_steal(), from PARKED and
 *   RUNNING by task_try_hold(); task_unhold() leads back.
 * - A task that is QUEUED, or has yielded, has its next step whoever holds it
 *   meanwhile, and before it is held once more.
 * - Wakes of an ENDED task do nothing. Memory goes with the last reference;
 *   whoever may wake without a lock that the task's removal takes (the timer
 *   thread, a future's handle) holds one.
 */
#ifndef GOFER_ENGINE_TASK_H
#define GOFER_ENGINE_TASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "base/refs.h"
#include "engine/timer.h"

struct wakes;

struct engine;
struct task;

/* Why a task runs. Several may be pending at once. */
enum task_event {
    EV_START = 1 << 0,  /* first run */
    EV_IO = 1 << 1,     /* a watched descriptor is ready */
    EV_TIMER = 1 << 2,  /* the task's timer fired */
    EV_CANCEL = 1 << 3, /* somebody cancels it */
    EV_CLOSE = 1 << 4,  /* the client ends */
    EV_CONN = 1 << 5,   /* its want was answered */
    EV_ANSWER = 1 << 6, /* its lookup was answered */
    EV_MAIL = 1 << 7,   /* something was posted to it */
    EV_SHUT = 1 << 8,   /* nobody wants its result any more */
    EV_AGAIN = 1 << 9   /* it had yielded when it was handed over: it is to run again */
};

/* What a step asks for. */
enum task_next {
    TASK_PARK,  /* run again when woken */
    TASK_YIELD, /* run again after the others: its turn is used up */
    TASK_DONE   /* never again; the engine drops its reference */
};

/*
 * What a step gets from the thread that runs it. `scratch` is that thread's I/O
 * buffer, valid for this step only.
 */
struct turn {
    char *scratch;
    size_t scratch_len;
    bool driven;    /* run by a caller: see transport/conn.h */
    int64_t now_ns; /* the time, where the thread has just looked; or 0 */
};

enum { TURN_SCRATCH = 16 * 1024, TURN_MAX_BYTES = 256 * 1024, TURN_MAX_READS = 16 };

struct task_ops {
    const char *name;
    /* Runs the task. `events` holds every event since the last run. Never blocks where turn->driven
     * is false. */
    enum task_next (*step)(struct task *task, unsigned events, struct turn *turn);
    /* Any thread: a wake reached a DRIVEN task. NULL where it is never driven. */
    void (*wake_driver)(struct task *task, struct wakes *wakes);
    /* Any thread: a wake reached a task while a worker runs it. NULL: its step will see the event.
     */
    void (*wake_runner)(struct task *task, struct wakes *wakes);
    /* The last reference went. */
    void (*free)(struct task *task);
};

struct task {
    const struct task_ops *ops;
    struct engine *engine;
    _Atomic uint32_t word; /* state and pending events */
    struct refs refs;
    uint32_t slot;     /* its place in the engine's slot table + 1; guarded by the engine's lock */
    bool taken;        /* a thread has begun it: no more stealing; guarded by the engine's lock */
    struct link queue; /* the run queue; guarded by the engine's lock */
    struct timer timer;
};

/* Makes a PARKED task with one reference, the engine's. */
void task_init(struct task *task, struct engine *engine, const struct task_ops *ops);

void task_ref(struct task *task);
void task_unref(struct task *task);

/*
 * Wakes the task with events. Any thread; may be called under any lock of a
 * lower rank than LOCK_CALL. Returns true where the caller owes engine_poke()
 * once it holds no lock: a sleeping worker or leader is to be woken.
 */
bool task_wake(struct task *task, unsigned events);

/* The same, but for what the kernel has to do: that is left to wakes_deliver(). */
void task_wake_later(struct task *task, unsigned events, struct wakes *wakes);

/* task_wake() and, where owed, engine_poke(). For callers without a lock. */
void task_wake_now(struct task *task, unsigned events);

/* Pending events, without taking them: a driver's look before it interprets bytes. */
unsigned task_pending(const struct task *task);

/* For engine.c: adds events and, where the task is PARKED, makes it QUEUED. True where it must now
 * be pushed. */
bool task_mark(struct task *task, unsigned events);

/* Takes the pending events; for the thread that runs the task. */
unsigned task_take_events(struct task *task);

/*
 * The beginning of a task that others may wake before it is to run. The task is
 * new: nobody else knows it yet. Held: it counts as RUNNING, wakes only leave
 * events, until task_submit() queues it. Driven: this thread will run it.
 * EV_START is pending in both.
 */
void task_begin_held(struct task *task);
void task_submit(struct task *task);
void task_begin_driven(struct task *task);

/* QUEUED and never run, to DRIVEN; false where a thread has begun it. */
bool task_steal(struct task *task);

/* Runs a popped task on a worker until it parks, yields or ends; true where it yielded. Called by
 * the engine. */
bool task_run(struct task *task, struct turn *turn);

/*
 * A thread that is no worker takes a task that has run already, to do a part of
 * its work (a read of a streaming response), and gives it back. Held is DRIVEN.
 * One thread at a time may try; TASK_BUSY: somebody runs it, or it waits for
 * its turn; with `insist` it is handed over after its next step, with a
 * call of ops->wake_driver, whereupon task_hold_answer() is no longer TASK_BUSY.
 */
enum task_hold { TASK_HELD, TASK_BUSY, TASK_GONE };
enum task_hold task_try_hold(struct task *task, bool insist);
enum task_hold task_hold_answer(const struct task *task);

/* Does not wait any longer for a task that was TASK_BUSY. False where the answer is there already:
 * see task_hold_answer(). */
bool task_hold_withdraw(struct task *task);

/* Gives it back: it runs again where an event is pending, else it is parked. */
void task_unhold(struct task *task);

/* Adds events to a task that this thread runs or holds: they are pending at its next run. */
void task_leave_events(struct task *task, unsigned events);

/* The driving caller's end: ENDED, and the engine's reference dropped. */
void task_end_driven(struct task *task);

/* Raises its slot's generation, so that no stale descriptor event reaches it. Before the last
 * unref; any thread that runs it. */
void task_release_slot(struct task *task);

#endif
