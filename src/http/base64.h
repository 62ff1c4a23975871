/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Base64 (RFC 4648 section 4) with padding, as Basic credentials want it.
 * Any thread; no state.
 */
#ifndef GOFER_HTTP_BASE64_H
#define GOFER_HTTP_BASE64_H

#include <stddef.h>

#include "base/buf.h"

/* Appends the encoding of len bytes. */
void base64_append(struct buf *out, const void *data, size_t len);

#endif
