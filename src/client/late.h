/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Ending a call whose driver is inside a callback of the user's (design 5): a
 * body reader, a progress function, a check of redirects or a trace that does not come back must
 * not hold up a deadline, a cancel or the client's end. Whoever brings the fatal event settles the
 * outcome under the call's lock; a task of its own resolves the future on a thread that serves the
 * engine; the driver, once it is back, finds the outcome settled and cleans up.
 *
 * Only calls with one of them have a `struct late`, and not those of gofer_do()
 * that do not stream: no other runs user code, but on its caller's thread. Of a trace's events
 * those of the exchange are covered, GOT_CONN to GOT_FIRST_BYTE: at the others there is no
 * exchange, and at most of them an outcome.
 */
#ifndef GOFER_CLIENT_LATE_H
#define GOFER_CLIENT_LATE_H

#include <stdbool.h>
#include <stddef.h>

#include <gofer/error.h>

struct call;
struct late;
struct task;

/* Makes one for a call that is not admitted yet. NULL without memory. */
struct late *late_new(struct call *call);

/* With the call, or without a call. NULL is legal. */
void late_free(struct late *late);

/* Around a step that may run a callback, in phase `doing`. late_leave(): true where the outcome, or
 * a stream's end, was settled meanwhile: the driver cleans up. late_enter(): false where an event
 * that ends the call is pending already: see to that first. NULL, which is the rule, is legal in
 * both. */
bool late_enter_callback(struct late *late, gofer_phase doing);
bool late_leave_callback(struct late *late);
static inline bool late_enter(struct late *late, gofer_phase doing)
{
    return late == NULL || late_enter_callback(late, doing);
}
static inline bool late_leave(struct late *late)
{
    return late != NULL && late_leave_callback(late);
}

/* A part of task_ops.wake_runner of a call. Any thread. */
void late_wake_runner(struct task *task);

#endif
