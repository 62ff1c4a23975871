/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Cancellation tokens: one token cancels any number of calls, gofer_do()
 * included, from any thread, and may carry one deadline for all of them.
 */
#ifndef GOFER_CANCEL_H
#define GOFER_CANCEL_H

#include <stdint.h>

#include <gofer/export.h>

GOFER_BEGIN_DECLS

typedef struct gofer_cancel gofer_cancel;

/* Makes a token. NULL without memory. Free with gofer_cancel_free(). */
GOFER_API gofer_cancel *gofer_cancel_new(void);

/*
 * Makes a token with an absolute deadline in milliseconds of gofer_now_ms():
 * calls that begin with it end with GOFER_ERR_TIMEOUT at that time at the
 * latest. A deadline already past times a call out before it is sent.
 */
GOFER_API gofer_cancel *gofer_cancel_new_deadline(int64_t deadline_ms);

/*
 * Cancels every call that was begun with the token, and every one that begins
 * with it later: they end with GOFER_ERR_CANCELED. Any thread, any number of
 * times. NULL is legal.
 */
GOFER_API void gofer_cancel_fire(gofer_cancel *cancel);

/* Drops the caller's hold; requests and calls keep their own. It does not fire. NULL is legal. */
GOFER_API void gofer_cancel_free(gofer_cancel *cancel);

GOFER_END_DECLS

#endif
