/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A decoder: the way from a message's coded bytes back to its plain ones, through
 * the codings that its Content-Encoding fields name, the last of them first. Each
 * coding is a stage; between two of them stands a small buffer, so that a decoder
 * takes as much memory as its codings do, however much passes through it.
 *
 * No stage may give more than `max_ratio` bytes for each byte that came from the
 * wire, once it gave DECODER_FREE_BYTES: what a few bytes expand to is bounded
 * though nobody gathers it, also between two codings (ZIP-01, ZIP-02).
 *
 * One thread at a time.
 */
#ifndef GOFER_HTTP_DECODER_H
#define GOFER_HTTP_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "http/coding.h"

enum { DECODER_CODINGS_MAX = 4, DECODER_FREE_BYTES = 8 * 1024 * 1024 };

/* What Content-Encoding fields name, in the order in which it was applied. Zero it first. */
struct coding_list {
    const struct coding *items[DECODER_CODINGS_MAX];
    size_t len;   /* there are; of them at most DECODER_CODINGS_MAX in items */
    bool unknown; /* one is among them that nobody here can undo */
};

/* Adds those of one field's value; "identity" is none. */
void coding_list_add(struct coding_list *list, const char *value, size_t len);

struct decoder;

/* Undoes 1 to DECODER_CODINGS_MAX known codings. max_ratio: negative, none. NULL without memory. */
struct decoder *decoder_new(const struct coding_list *list, int64_t max_ratio);
void decoder_free(struct decoder *decoder);

/*
 * Goes on until all input is used up and what it comes to is out, or the room is
 * full. False where it cannot be decoded (GOFER_ERR_DECODE), expands too far
 * (GOFER_ERR_TOO_LARGE), or without memory; then not to be called again.
 */
bool decoder_step(struct decoder *decoder, struct coding_io *io, struct fault *fault);

/* Whether the coded bytes may end here: each coding ended, or there was no byte at all. */
bool decoder_is_at_end(const struct decoder *decoder);

/* They did end: false, and a fault, where they may not. */
bool decoder_end(const struct decoder *decoder, struct fault *fault);

#endif
