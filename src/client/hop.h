/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A call's way on from a redirect. The exchange pauses at the head of a response
 * with such a status (download.h), gathered or streaming; here it is decided what
 * becomes of it:
 *
 *     EXCHANGE ──paused──► decide ──► the redirect is the response: on as any other
 *                            │  └───► refused: the call fails, the redirect tells of it
 *                            ▼
 *         HOP: a small rest of its body is read, so that the connection goes back
 *                            │ or is closed
 *                            ▼
 *                           NEW, with the next request: a snapshot of the call's own
 *
 * A call that meets no redirect has one test more for it.
 *
 * For the thread that runs the call.
 */
#ifndef GOFER_CLIENT_HOP_H
#define GOFER_CLIENT_HOP_H

#include "engine/task.h"
#include <gofer/response.h>

struct call;

/* The exchange is paused (call->exchange.down.paused). */
enum task_next hop_meet(struct call *call, struct turn *turn);

/* The step in CALL_HOP. */
enum task_next hop_read_rest(struct call *call, unsigned events, struct turn *turn);

/* Gives the call's history to its response, which may be NULL. */
void hop_tell(struct call *call, gofer_response *response);

#endif
