/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The engine: a run queue of tasks, the worker threads that serve it, one epoll
 * set for parked descriptors and one timer thread. It knows no HTTP.
 *
 * A thread that serves the engine ("attends") takes turns: it runs queued tasks,
 * and where there are none it sleeps in epoll_wait. Attendants are the engine's
 * own workers, lent threads (engine_serve, engine_serve_once), and, where there
 * is none of these, one of the callers that wait (waiter.h).
 *
 * Lock: `lock` (LOCK_ENGINE) guards the run queue, the slot table and the counts
 * of attendants and sleepers. The eventfd (`poke`) is written without it.
 */
#ifndef GOFER_ENGINE_ENGINE_H
#define GOFER_ENGINE_ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/task.h"
#include "engine/timer.h"

struct engine;
struct waiter;

struct engine_options {
    int workers; /* threads; 0: none */
    void (*worker_start)(void *arg);
    void (*worker_stop)(void *arg);
    void *worker_arg;
};

/* Makes the engine and its descriptors, without threads. NULL and *err (an errno value) on failure.
 */
struct engine *engine_new(const struct engine_options *options, int *err);

/* Starts the timer thread and the workers. At least one worker must start where any is asked for. 0
 * or an errno value. */
int engine_start(struct engine *engine);

/* Makes every attendant leave and joins the engine's own threads. No task may be alive. */
void engine_stop(struct engine *engine);

/* Frees a stopped (or never started) engine. */
void engine_free(struct engine *engine);

struct timers *engine_timers(struct engine *engine);

/* The epoll descriptor, for gofer_client_fd(). */
int engine_fd(const struct engine *engine);

/* Wakes a sleeping attendant: a write to an eventfd, best made without a lock. */
void engine_poke(struct engine *engine);

/* Serves until engine_stop(). */
void engine_serve(struct engine *engine);

/* Takes one turn, waiting until at_ns for something to do. True where something was run. */
bool engine_serve_once(struct engine *engine, int64_t at_ns);

/* Whether engine_stop() began. */
bool engine_stopping(struct engine *engine);

/* How many threads attend now, leaders not counted; for tests and the client's end. */
size_t engine_attendants(struct engine *engine);

/* --- for task.c, watch.c and waiter.c --- */

/* Puts a QUEUED task at the queue's tail. True where engine_poke() is owed. */
bool engine_push(struct engine *engine, struct task *task);

/* Takes a task that no thread has begun out of the queue. */
bool engine_unqueue_untaken(struct engine *engine, struct task *task);

/* The task's (slot, generation) as epoll data; makes a slot at the first call. False without
 * memory. */
bool engine_slot(struct engine *engine, struct task *task, uint64_t *data);

/* Gives the slot back and raises its generation. */
void engine_release_slot(struct engine *engine, struct task *task);

/* Whether waiting threads may have to lead: the engine has no workers of its own. */
bool engine_may_need_leader(const struct engine *engine);

/*
 * Leading: where nobody attends, a waiting thread becomes the leader and takes
 * turns until its waiter is woken.
 * engine_try_lead(): true: this thread leads now. False: somebody else attends;
 * the waiter is among the sleepers and will be promoted when the last leaves.
 * engine_lead(): one turn. False where the leader must step down, because a
 * thread that attends for its own sake came in.
 * engine_leave(): the end of either; promotes the next sleeper where need be.
 */
bool engine_try_lead(struct engine *engine, struct waiter *waiter);
bool engine_lead(struct engine *engine, int64_t at_ns);
void engine_leave(struct engine *engine, struct waiter *waiter);

#endif
