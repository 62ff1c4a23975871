/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where a response's bytes go: stdout, nowhere, or a file, which is made with its
 * first byte, or in the end where all went well: so a failure leaves an older one
 * alone.
 *
 *     IDLE ──first byte──► OPEN ──► CLOSED
 *      ▲                               │
 *      └───────── sink_again() ────────┘
 */
#ifndef GOFER_CLI_SINK_H
#define GOFER_CLI_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/plan.h"

struct sink {
    const struct config *config;
    enum output_kind kind;
    struct text path; /* of the file; it may get a number behind it when it is made */
    bool appends;
    bool exclusive; /* the file must not be there before */
    FILE *file;     /* once it is open */
    bool opened;
    int64_t start; /* how long the file was when it was opened */
};

/* Finds out where the job's output goes; url is the completed one. False where that is a file of
 * the URL's name, and it has none. */
bool sink_init(struct sink *sink, const struct job *job, const char *url);
void sink_fini(struct sink *sink);

/* With -J: the file's name as Content-Disposition says, NULL: it says nothing. */
void sink_rename(struct sink *sink, const char *disposition);

/* Whether it is a file. */
bool sink_is_file(const struct sink *sink);

/* Whether bytes go to a terminal that nobody named. */
bool sink_is_terminal(const struct sink *sink);

/* Whether bytes go to stdout, and that is a terminal. */
bool sink_shares_terminal(const struct sink *sink);

/* Writes. False, with the reason in problem, where that fails. */
bool sink_write(struct sink *sink, const void *data, size_t len, struct text *problem);

/* The end: makes an empty file where nothing was written and that is asked for; closes. */
bool sink_finish(struct sink *sink, bool create, struct text *problem);

/* After the end: another attempt. What a file got from the last one is thrown away. */
void sink_again(struct sink *sink);

#endif
