/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The transfers that a command line comes to, one after the other: operation by
 * operation, URL by URL, and of each all that its patterns stand for, once for each
 * file to upload. Nothing is made before it is asked for.
 */
#ifndef GOFER_CLI_PLAN_H
#define GOFER_CLI_PLAN_H

#include "cli/config.h"
#include "cli/exit_code.h"

struct glob;

struct plan {
    const struct config *config; /* the operation; NULL: all are through */
    size_t at;                   /* its next target */
    const struct target *target; /* the one at hand, while urls is not NULL */
    struct glob *urls;           /* its patterns */
    struct glob *uploads;        /* NULL: it sends nothing */
    struct text upload;          /* the file at hand */
    size_t number;               /* of the target at hand, among all of the command line */
};

/* One transfer to be. It owns its strings and borrows the rest from the command. */
struct job {
    const struct config *config;
    size_t number; /* of the URL on the command line, from 0; all that a pattern makes have one */
    char *url;
    bool several; /* a pattern made it and others */
    enum output_kind output_kind;
    char *output; /* of OUTPUT_FILE, its "#1" filled in */
    char *upload; /* a file, "-" or "."; NULL: none */
};

void plan_init(struct plan *plan, const struct global *global);

/* Makes the next job; false: there is none, or *code says what went wrong, the reason told. */
bool plan_next(struct plan *plan, struct job *job, enum exit_code *code);

void plan_fini(struct plan *plan);

void job_fini(struct job *job);

#endif
