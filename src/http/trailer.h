/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Trailer fields (RFC 9110 section 6.5): which names may be sent or are handed
 * out, reading the lines that the chunked decoder kept, and writing a request's.
 *
 * A field that frames, routes or authenticates a message, or that changes how it
 * is understood, is none that may come after it: such a name is refused in a
 * request and skipped in a response.
 *
 * No lock; nothing is kept.
 */
#ifndef GOFER_HTTP_TRAILER_H
#define GOFER_HTTP_TRAILER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "http/header.h"
#include "http/response_head.h"

/* Whether a field of that name may be a trailer. */
bool trailer_is_allowed(const char *name, size_t len);

/*
 * Finds the fields in lines that chunked_decode() accepted ("name: value" CRLF
 * each), as offsets. Returns how many are allowed, of which the first `cap` are
 * written.
 */
size_t trailer_parse(const char *lines, size_t len, struct head_field *fields, size_t cap);

/* Checks a field that a request is to send behind its body (value NULL: it comes later).
 * GOFER_ERR_INVALID with a line in why. */
gofer_status trailer_check(const char *name, const char *value, struct buf *why);

/* Appends "Trailer: a, b" and a line end; nothing where there are none. */
void trailer_write_names(const struct headers *trailers, struct buf *out);

#endif
