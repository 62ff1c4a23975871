/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Refusing what a caller typed: one line for a person is appended to `why`. What
 * is quoted is escaped and cut to 64 bytes; header values, passwords and whole
 * URLs are never quoted. Used by the URL, host and request checks of this floor.
 */
#ifndef GOFER_HTTP_REFUSE_H
#define GOFER_HTTP_REFUSE_H

#include <stddef.h>

#include "base/ascii.h"
#include "base/buf.h"
#include <gofer/error.h>

enum { REFUSE_QUOTE_MAX = 64 };

/* Appends what; GOFER_ERR_INVALID. */
static inline gofer_status refuse(struct buf *why, const char *what)
{
    buf_append_str(why, what);
    return GOFER_ERR_INVALID;
}

/* Appends what, a blank and the text in quotes; GOFER_ERR_INVALID. */
static inline gofer_status refuse_quoting(struct buf *why, const char *what, const char *text,
                                          size_t len)
{
    buf_append_str(why, what);
    buf_append_str(why, " \"");
    ascii_escape(why, text, len, REFUSE_QUOTE_MAX);
    buf_append_char(why, '"');
    return GOFER_ERR_INVALID;
}

#endif
