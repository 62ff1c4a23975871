/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A long run (RU-05): GETs to an origin that closes its connections at random
 * around their idle time. None may be lost: each is answered, with its own
 * answer. Without the checkout check, so that the stale connections reach the
 * request and the retry has to save it; a second part runs with the check.
 *
 *     long_idempotent [CALLS [SEED]]        20,000 calls, seed: the time
 */
#include "integration/long_run.h"

enum { CALLS = 20000 };

static unsigned long count_answered(const struct long_run *run)
{
    unsigned long n = 0;

    for (unsigned long i = 0; i < run->calls; i++)
        n += run->outcomes[i] == GOFER_OK && run->origin.seen[i] > 0;
    return n;
}

static int run_all(struct long_run *run, int argc, char **argv)
{
    long_run(run, argc, argv, CALLS);
    unsigned long answered = count_answered(run);
    return long_run_end(run, answered, run->calls - answered);
}

int main(int argc, char **argv)
{
    struct long_run unchecked = {
        .name = "long_idempotent, unchecked", .method = "GET", .unchecked = true};
    struct long_run checked = {.name = "long_idempotent, checked", .method = "GET"};
    int failed = run_all(&unchecked, argc, argv);

    return run_all(&checked, argc, argv) || failed;
}
