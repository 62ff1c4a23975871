/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A request's head, field by field, as a trace may see it: what is a credential,
 * and what the request calls a secret, is masked.
 *
 * It walks over a copy, in which names and values are strings of their own. The
 * head is one that gofer wrote. One thread.
 */
#ifndef GOFER_TRANSPORT_TRACE_HEAD_H
#define GOFER_TRANSPORT_TRACE_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "http/header.h"

struct trace_head {
    char *text;                    /* owned */
    char *at;                      /* the next line, in text */
    const struct headers *secrets; /* borrowed; names only; or NULL */
};

/* Begins with the first field. Without memory there are none. */
void trace_head_init(struct trace_head *h, const char *head, size_t len,
                     const struct headers *secrets);
void trace_head_fini(struct trace_head *h);

/* The next field, until trace_head_fini(). False behind the last. */
bool trace_head_next(struct trace_head *h, const char **name, const char **value);

/* Appends the whole head, masked. */
void trace_head_mask(const char *head, size_t len, const struct headers *secrets, struct buf *out);

#endif
