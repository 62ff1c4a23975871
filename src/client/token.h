/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A cancellation token's inside: the calls that it would cancel. A call is in
 * the list from its begin to its end and takes itself out; so a call that is
 * found there lives, and firing takes a reference before it lets go of the lock.
 *
 * Lock: LOCK_TOKEN, the first of all ranks: firing wakes calls without it.
 */
#ifndef GOFER_CLIENT_TOKEN_H
#define GOFER_CLIENT_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include <gofer/cancel.h>

struct call;

void token_ref(gofer_cancel *token);
void token_unref(gofer_cancel *token);

/* The absolute deadline in nanoseconds, or CLOCK_NEVER. */
int64_t token_deadline(const gofer_cancel *token);

/* Adds a call (by call->token_link). False where the token has fired: the call is to end at once.
 * NULL token: true. */
bool token_add(gofer_cancel *token, struct call *call);

/* Takes the call out. NULL token is legal. */
void token_remove(gofer_cancel *token, struct call *call);

#endif
