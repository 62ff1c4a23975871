/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * -v: what goes on, on stderr, a line each: "* " tells, "> " is the request's
 * head, "< " the response's.
 */
#ifndef GOFER_CLI_VERBOSE_H
#define GOFER_CLI_VERBOSE_H

#include "cli/transfer.h"

/* Before the call, and after it; both do nothing without -v. */
void verbose_begin(const struct transfer *t);
void verbose_end(const struct transfer *t);

#endif
