/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A long run (RU-06): POSTs to an origin that closes and resets connections at
 * random, idle ones and such that carry a request. None may be seen twice by the
 * origin; one that was answered was seen; one that was not is an error that says
 * the connection broke.
 *
 *     long_posts [CALLS [SEED]]        20,000 calls, seed: the time
 */
#include "integration/long_run.h"

#include <stdio.h>

enum { CALLS = 20000, BREAKS = 60 };

static bool is_right(const struct long_run *run, unsigned long number)
{
    unsigned seen = run->origin.seen[number];

    switch (run->outcomes[number]) {
    case GOFER_OK:
        return seen == 1;
    case GOFER_ERR_BROKEN:
    case GOFER_ERR_TRUNCATED:
        return seen <= 1;
    default:
        return false;
    }
}

int main(int argc, char **argv)
{
    struct long_run run = {
        .name = "long_posts", .method = "POST", .breaks = BREAKS, .unchecked = true};
    unsigned long passed = 0, twice = 0;

    long_run(&run, argc, argv, CALLS);
    for (unsigned long i = 0; i < run.calls; i++) {
        passed += is_right(&run, i);
        twice += run.origin.seen[i] > 1;
    }
    printf("%s: %lu seen twice\n", run.name, twice);
    return long_run_end(&run, passed, run.calls - passed);
}
