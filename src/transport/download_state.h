/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The download's inside, for the files download*.c alone: how it ends, and how it
 * fails. What each returns is what the step or the read that called it returns.
 */
#ifndef GOFER_TRANSPORT_DOWNLOAD_STATE_H
#define GOFER_TRANSPORT_DOWNLOAD_STATE_H

#include "http/wire.h"
#include "transport/download.h"
#include "transport/trace.h"

/* --- download.c --- */

/* The last byte of the response was taken. _COMPLETE, or _FAILED: a gathered body's coding had not
 * ended, or there is no memory for the trailers. */
enum download_next download_complete(struct download *d, struct fault *fault);

/* The peer ended the stream, or, where err is not 0, broke it: that is the end of a body that has
 * no other, and else a failure. */
enum download_next download_end_of_stream(struct download *d, const struct download_io *io, int err,
                                          struct fault *fault);

/* Whether framing is a part of the body. */
static inline bool download_keeps_chunks(const struct download *d)
{
    return d->request->wire != NULL && d->request->wire->keep_chunks;
}

/* Where somebody watches. Before the bytes are interpreted. */
static inline void download_tell_received(const struct download *d, const char *data, size_t n)
{
    if (!d->begun)
        trace_first_byte(d->trace);
    trace_received(d->trace, data, n);
}

/* --- download_failure.c: all return DOWNLOAD_FAILED --- */

enum download_next download_too_large(struct fault *fault, gofer_phase phase, const char *what,
                                      uint64_t limit);
enum download_next download_malformed(struct fault *fault, gofer_phase phase, const char *why);
enum download_next download_no_memory(const struct download *d, struct fault *fault);

/* The peer ended or broke the stream where bytes were due; err is 0 for an end. */
enum download_next download_broken(const struct download *d, const struct download_io *io, int err,
                                   struct fault *fault);

#endif
