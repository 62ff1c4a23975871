/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A response's body whose codings are undone on its way in: between the
 * framing, which knows coded bytes only, and the message or the reader, who get
 * plain ones. It exists for those responses alone that are coded, where that was
 * asked for.
 *
 * Gathered, bytes go through at once. Handed on, coded bytes wait here for the
 * reader's room. Then the decoder is always one byte ahead of the reader, so that
 * one knows whether there is more, or whether the byte that the reader got was
 * the last; who reads as many bytes as there are needs no further read (A14).
 *
 * The thread that runs the call's task owns it.
 */
#ifndef GOFER_TRANSPORT_CODED_H
#define GOFER_TRANSPORT_CODED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "transport/message.h"

struct coded;

/* What is to be undone, and how. */
struct coded_plan {
    bool content;      /* what Content-Encoding names */
    bool transfer;     /* what Transfer-Encoding names below chunked */
    bool handed_on;    /* for coded_give() */
    int64_t max_ratio; /* as decoder_new() */
};

/*
 * Where the response names codings that can be undone: makes *coded, and takes
 * Content-Length off the response, and where those of its content are among them
 * Content-Encoding: it then is `uncompressed`. Where it names none, or one that is
 * unknown: *coded NULL, and the response as it was. False where there are too many of
 * them, or no memory.
 */
bool coded_begin(struct coded **coded, struct gofer_response *response,
                 const struct coded_plan *plan, struct fault *fault);
void coded_free(struct coded *coded);

/* Whether the coded bytes may end here; that they did, or false and a fault. */
bool coded_is_at_end(const struct coded *coded);
bool coded_end(const struct coded *coded, struct fault *fault);

/* Bytes that were decoded since the last time that one asked. */
size_t coded_take_work(struct coded *coded);

/* Gathered: appends what len coded bytes come to. False where they are wrong, or come to too many.
 */
bool coded_gather(struct coded *coded, struct gofer_response *response, const char *data,
                  size_t len, uint64_t max_body_bytes, struct fault *fault);

/* Handed on: decodes what waits into buf, from *got on, up to len. False after a failure, told
 * again each time, behind which *got may have grown. */
bool coded_give(struct coded *coded, char *buf, size_t len, size_t *got, struct fault *fault);

/* Whether coded_give() has something to give, or a failure to tell. */
bool coded_has_more(const struct coded *coded);

/* Where coded bytes are received to, once coded_give() has used up the last; then, how many. */
char *coded_room(struct coded *coded, size_t *len);
void coded_received(struct coded *coded, size_t len);

#endif
