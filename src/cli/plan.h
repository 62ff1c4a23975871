/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The transfers that a command line comes to, one after the other: operation by
 * operation, URL by URL. Nothing is made before it is asked for.
 */
#ifndef GOFER_CLI_PLAN_H
#define GOFER_CLI_PLAN_H

#include "cli/config.h"
#include "cli/exit_code.h"

struct plan {
    const struct global *global;
    const struct config *config; /* the operation; NULL: all are through */
    size_t target;               /* the next one of it */
    size_t number;               /* how many jobs there were */
};

/* One transfer to be. It owns its strings and borrows the rest from the command. */
struct job {
    const struct config *config;
    size_t number; /* among all of the command line, from 0 */
    char *url;
    enum output_kind output_kind;
    char *output; /* of OUTPUT_FILE */
    char *upload; /* NULL: none */
};

void plan_init(struct plan *plan, const struct global *global);

/* Makes the next job; false: there is none, or *code says what went wrong, the reason told. */
bool plan_next(struct plan *plan, struct job *job, enum exit_code *code);

void plan_fini(struct plan *plan);

void job_fini(struct job *job);

#endif
