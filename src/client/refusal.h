/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Telling a program which of its options is refused, and why: what stands in the
 * way of gofer_client_new() goes into the gofer_option_error that the options
 * point to, where they do. The first refusal is told; it is the reason.
 *
 * One thread, while a client is made.
 */
#ifndef GOFER_CLIENT_REFUSAL_H
#define GOFER_CLIENT_REFUSAL_H

#include <stddef.h>

#include "base/buf.h"
#include <gofer/client.h>

/* Nothing is refused yet. */
void refusal_clear(const gofer_client_options *options);

/* Entry `index` of a list, or 0, is refused for that reason, a line without secrets. EINVAL. */
int refusal_tell(const gofer_client_options *options, const char *option, size_t index,
                 const char *why);

/* What a check came to that left a line in why, which it frees: 0, EINVAL, the refusal told, or
 * ENOMEM. */
int refusal_of(const gofer_client_options *options, const char *option, size_t index,
               gofer_status status, struct buf *why);

#endif
