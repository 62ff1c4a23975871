/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What is told of a transfer while it goes on: -v on stderr, --trace in a file.
 * Here, too, the heads of all its responses are gathered, which -i, -D and -w show.
 */
#ifndef GOFER_CLI_VERBOSE_H
#define GOFER_CLI_VERBOSE_H

#include "cli/transfer.h"

/* Before the call: its events are watched from now on. After all of it. */
void verbose_begin(struct transfer *t);
void verbose_end(struct transfer *t);

/* Before the request and the transfer are freed: nothing is heard any more. */
void verbose_forget(struct transfer *t);

/* Tells a line, whose end is added. */
void verbose_say(const struct transfer *t, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
