/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A call that is tried again by its client's policy (retry_policy.h), within its
 * deadline and the client's budget (retry_budget.h). Beside that there is the one
 * retry of a stale connection, which is no matter of policy (call.c).
 *
 *     EXCHANGE, WANT ──failed, or a status to try again──► may it?  no: the outcome
 *                                                            │ yes
 *            NEW ◄── the timer ── BACKOFF: parked; no connection, no thread
 *
 * Only what cannot be done twice: a method that is idempotent, a request with a key, or one of
 * which no byte was sent; and only where its body can begin again.
 *
 * For the thread that runs the call.
 */
#ifndef GOFER_CLIENT_RETRY_H
#define GOFER_CLIENT_RETRY_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/task.h"

struct call;

/* Whether the fault (call->fault) is one to try again: then the call has let go of its connection,
 * and is in BACKOFF, or about to begin. */
bool retry_after_fault(struct call *call, enum task_next *next);

/* The same for a response that is complete, or whose head is there. */
bool retry_after_response(struct call *call, enum task_next *next);

/* The step in CALL_BACKOFF: nothing that ends the call happened. */
enum task_next retry_wait(struct call *call, int64_t now_ns);

#endif
