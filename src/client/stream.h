/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A stream: what a streaming response is to its call after the outcome, which was
 * its head (design 7.9). The call goes on as a task: workers send the rest of the
 * request, keep the limits, or end it; they never read the body. A thread of the
 * user's that reads or writes holds the task for as long as a step takes and
 * gives it back while it polls:
 *
 *            ┌────────────── nothing there: pin, unhold, poll, unpin ◄─┐
 *            ▼                                                         │
 *     hold the task ──► look at its events ──► receive ────────────────┘
 *            │                  │ fatal            │ bytes: unhold, return
 *            ▼ GONE             ▼                  ▼ end or failure
 *     what became of it      fail the call      complete or fail the call
 *
 * A poll is not interrupted by whoever ends the call: the connection is pinned
 * (conn.h), and shut down, which the poll sees. A connection that is polled when
 * its call ends is never used again.
 *
 * Lock: the call's; it guards all of a stream but what is the driver's.
 */
#ifndef GOFER_CLIENT_STREAM_H
#define GOFER_CLIENT_STREAM_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "engine/task.h"
#include <gofer/response.h>

struct call;
struct stream;

/* --- for the call --- */

/* Makes the stream of a call and ties the response to it. NULL without memory. */
struct stream *stream_new(struct call *call, gofer_response *response);
void stream_free(struct stream *stream);

/* The driver's, in DRAIN: bytes read so far, and when it ends. */
struct stream_drain {
    uint64_t bytes;
    int64_t until;
};
struct stream_drain *stream_drain(struct stream *stream);

/* What of its user concerns the call's next step: it closed the response; a thread of it polls the
 * connection; it wants to know when the response is readable, and it is not yet: wait for EPOLLIN
 * too. */
bool stream_is_closed(struct stream *stream);
bool stream_is_polled(struct stream *stream);
bool stream_awaits_input(struct stream *stream);

/* The call is about to end: no read gets anything any more. True where a thread polls its
 * connection, which is shut down then and not to be used again. */
bool stream_is_over(struct stream *stream);

/* With the call's lock held, its driver inside a callback: pending events end it; threads that poll
 * or wait for the driver are told, and who waits to be called. */
void stream_end_early(struct stream *stream, unsigned events);

/* --- for the public functions --- */

/* What reading a closed response fails with, streaming or not. */
extern const gofer_error stream_closed_error;

/* gofer_response_read_for() with an absolute time: 0 polls. */
ssize_t stream_read(gofer_response *response, void *buf, size_t len, int64_t at_ns);
ssize_t stream_write(gofer_response *response, const void *data, size_t len);
gofer_status stream_shutdown_write(gofer_response *response);
/* Without workers it also takes a turn: not for a thread that may be serving already. */
void stream_close(struct stream *stream);
/* Closes a response and frees it; `serves`: as stream_close(). NULL is legal, as is one that does
 * not stream. Its user is told of nothing any more, unless he is just being told. */
void stream_discard(gofer_response *response, bool serves);
/* Whether its user may still be told of it: notice.h. */
bool stream_is_wanted(struct stream *stream);
gofer_status stream_on_readable(struct stream *stream, void (*fn)(void *arg), void *arg);
const gofer_error *stream_error(struct stream *stream);

#endif
