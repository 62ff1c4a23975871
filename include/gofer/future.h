/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Futures: the outcome of a submitted call. A future resolves exactly once, to
 * a response or to an error. Waiting, polling and cancelling are legal from any
 * thread; gofer_future_free() ends the handle, so nobody may use it after.
 * Every function accepts NULL and reports it.
 */
#ifndef GOFER_FUTURE_H
#define GOFER_FUTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <gofer/client.h>

GOFER_BEGIN_DECLS

typedef struct gofer_future gofer_future;
typedef struct gofer_group gofer_group;

/*
 * Submits a call and returns at once (with GOFER_QUEUE_BLOCK, when a place in
 * the queue is free, or once the call is cancelled by its token or times out;
 * where a place could never come free by waiting, in a callback, it rejects
 * instead). The request may be freed or changed after. Returns NULL only without
 * memory; every other refusal is a future that has already failed. Free with
 * gofer_future_free().
 */
GOFER_API gofer_future *gofer_submit(gofer_client *client, const gofer_request *request);

/* gofer_submit() with a GET of url. */
GOFER_API gofer_future *gofer_submit_get(gofer_client *client, const char *url);

/*
 * Waits for the outcome, and hands the response over as gofer_do() does. The
 * first wait that returns an outcome takes the response: later ones get the
 * same status and *response NULL. A call that no worker has taken yet, and that
 * has no callback (on_done, a body reader, progress, check_redirect, a trace), is run
 * on the calling thread. GOFER_ERR_INVALID with *response NULL for a NULL future, and in
 * a callback while there is no outcome yet.
 */
GOFER_API gofer_status gofer_future_wait(gofer_future *future, gofer_response **response);

/*
 * Waits at most timeout_ms (0 polls, -1 waits for ever). GOFER_PENDING with
 * *response NULL when that time is up; the call goes on. GOFER_ERR_TIMEOUT
 * always means that the call itself timed out.
 */
GOFER_API gofer_status gofer_future_wait_for(gofer_future *future, int64_t timeout_ms,
                                             gofer_response **response);

/*
 * Waits until one of n futures has an outcome and returns its index (the lowest
 * of those that have), or n when timeout_ms passed (0 polls, -1 waits for
 * ever), when n is 0, and in a callback. NULL futures are passed over.
 */
GOFER_API size_t gofer_future_wait_any(gofer_future *const *futures, size_t n, int64_t timeout_ms);

/* Whether the outcome is there. Never blocks. */
GOFER_API bool gofer_future_done(const gofer_future *future);

/*
 * Calls fn(future, arg) once when the outcome is there: on the thread that
 * resolves it, or at once on this one. Waits return after it. It may take the
 * response with gofer_future_wait() and may free the future; it must not block.
 * One callback a future: a second one replaces the first while that has not run.
 * Freeing the handle does not take the callback away: after that it must not use it.
 * A NULL future, which is what a submit without memory returns, has its outcome:
 * fn(NULL, arg) is called at once.
 */
GOFER_API void gofer_future_on_done(gofer_future *future,
                                    void (*fn)(gofer_future *future, void *arg), void *arg);

/* Cancels the call. When it has no outcome yet it ends with GOFER_ERR_CANCELED, and so does a
 * streaming response that was not read to its end. Returns at once. */
GOFER_API void gofer_future_cancel(gofer_future *future);

/* Frees the handle. An unfinished call goes on without it and its response is dropped. NULL is
 * legal. */
GOFER_API void gofer_future_free(gofer_future *future);

/* The call's error, or NULL while there is none. Lives as long as the future. */
GOFER_API const gofer_error *gofer_future_error(const gofer_future *future);

/* The pointer set with gofer_request_set_user(). */
GOFER_API void *gofer_future_user(const gofer_future *future);

/* The number by which traces know the call; 0 where it has no trace and its client does not
 * measure.
 */
GOFER_API uint64_t gofer_future_call_id(const gofer_future *future);

/*
 * A group hands futures out in the order in which they complete. One thread at
 * a time may wait on it; adding is legal from any thread. NULL without memory.
 */
GOFER_API gofer_group *gofer_group_new(gofer_client *client);

/* Submits a call into the group. GOFER_ERR_NOMEM when there is no memory for it. */
GOFER_API gofer_status gofer_group_submit(gofer_group *group, const gofer_request *request);

/*
 * Moves a future into the group, which owns it from here on, also on failure.
 * A future may be in one group, once, and be of the group's client: GOFER_ERR_INVALID
 * otherwise (then it is not moved).
 */
GOFER_API gofer_status gofer_group_add(gofer_group *group, gofer_future *future);

/*
 * One deadline for all calls of the group, those added later included:
 * timeout_ms from now. Calls still unfinished then end with GOFER_ERR_TIMEOUT.
 * It can be made earlier later, not later.
 */
GOFER_API gofer_status gofer_group_set_timeout_ms(gofer_group *group, int64_t timeout_ms);

/*
 * The next future that completes, O(1) each; the caller owns it again and frees
 * it. NULL when none is left, when timeout_ms passed (0 polls, -1 waits for
 * ever), and in a callback. gofer_group_pending() tells which.
 */
GOFER_API gofer_future *gofer_group_next(gofer_group *group, int64_t timeout_ms);

/* How many futures the group still owns. */
GOFER_API size_t gofer_group_pending(const gofer_group *group);

/* Cancels every call of the group that is unfinished. */
GOFER_API void gofer_group_cancel(gofer_group *group);

/* Cancels the rest and frees the group with the futures it owns. NULL is legal. */
GOFER_API void gofer_group_free(gofer_group *group);

GOFER_END_DECLS

#endif
