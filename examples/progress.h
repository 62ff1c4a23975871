/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How far a transfer has come, on standard error: a bar that redraws itself where
 * that is a terminal, and elsewhere (a log) a plain line now and then.
 *
 * For one thread at a time.
 */
#ifndef GOFER_EXAMPLES_PROGRESS_H
#define GOFER_EXAMPLES_PROGRESS_H

#include <stdint.h>

struct progress {
    const char *what; /* "download" */
    int terminal;
    int64_t done;
    int64_t began_ms;
    int64_t next_ms; /* nothing is shown before */
};

void progress_begin(struct progress *progress, const char *what);

/* Bytes done, of `total`; -1 where nobody knows. Cheap when called often. */
void progress_show(struct progress *progress, int64_t done, int64_t total);

/* The last line: how much, how long, how fast. */
void progress_end(struct progress *progress);

#endif
