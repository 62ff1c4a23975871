/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A call's steps, for the files that they are spread over: call.c has the way to
 * a response, hop.c the way on from a redirect. Each ends or parks the call, or
 * says that it is to be stepped again; what follows a return is the caller's
 * return.
 *
 * For the thread that runs the call.
 */
#ifndef GOFER_CLIENT_STEPS_H
#define GOFER_CLIENT_STEPS_H

#include <stdbool.h>
#include <stdint.h>

#include "client/call.h"

void call_set_state(struct call *call, enum call_state state);

/* The exchange ends: its connection goes back, unless it was shut down or cannot serve again, or is
 * closed. The state is CALL_NEW. */
void call_give_back_conn(struct call *call, bool shut_down);
void call_drop_exchange(struct call *call);

/* From CALL_NEW: the call gets a connection for call->prepared, which may be another request than
 * before, as if it began now; its deadline and its attempts go on. */
enum task_next call_begin_again(struct call *call);

/* Gives the client's jar the cookies of the exchange's response, if there are both. */
void call_keep_cookies(struct call *call);

/* Waits for the exchange's socket, as a worker. */
enum task_next call_park_on(struct call *call, uint32_t events);

/* The response is the outcome: complete, or its head. */
enum task_next call_succeed(struct call *call);
enum task_next call_begin_stream(struct call *call, struct turn *turn);

/* The call ends with its fault; with a response that tells of it, which may be NULL. */
enum task_next call_fail(struct call *call);
enum task_next call_fail_with(struct call *call, gofer_response *response);

/* The exchange failed: perhaps it is tried again. */
enum task_next call_exchange_failed(struct call *call, struct turn *turn);

/* The outcome was settled while this thread was in a callback. */
enum task_next call_clean_up(struct call *call);

#endif
