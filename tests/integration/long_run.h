/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the long runs share: N calls of one method through one client, by many
 * threads, to a fickle origin, with pauses as long as its connections live. Each
 * call has a number of its own; what came of it is kept.
 *
 *     PROGRAM [CALLS [SEED]]
 */
#ifndef TESTS_INTEGRATION_LONG_RUN_H
#define TESTS_INTEGRATION_LONG_RUN_H

#include <gofer/gofer.h>
#include <stdbool.h>
#include <stdint.h>

#include "integration/fickle_origin.h"

struct long_run {
    const char *name;
    const char *method;
    unsigned breaks; /* see fickle_origin_start() */
    bool unchecked;  /* .skip_checkout_check */
    unsigned long calls;
    uint64_t seed;
    struct fickle_origin origin;
    unsigned char *outcomes; /* a gofer_status each; LONG_RUN_WRONG: somebody else's answer */
    gofer_stats stats;       /* at the end */
};

enum { LONG_RUN_WRONG = 255 };

/* Reads the arguments, makes all calls and prints the seed and the counts. */
void long_run(struct long_run *run, int argc, char **argv, unsigned long calls);

/* Prints the verdict on `passed` and `failed`, frees, and returns the exit status. */
int long_run_end(struct long_run *run, unsigned long passed, unsigned long failed);

#endif
