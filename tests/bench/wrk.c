/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * wrk as a mode, the outside limit: a load generator that keeps N connections
 * busy from as many threads as there are processors and looks at nothing in an
 * answer but its status. It runs for a second, by its own clock.
 */
#include "outside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DURATION "1s"

/* "  12345 requests in 1.00s, 1.23MB read", and "  Non-2xx or 3xx responses: 12" where some were
 * wrong. */
static void read_counts(struct run *run, const char *line)
{
    const char *wrong = strstr(line, "Non-2xx or 3xx responses: ");
    const char *in = strstr(line, " requests in ");
    if (wrong != NULL)
        run->ok -= strtol(strchr(wrong, ':') + 1, NULL, 10);
    if (in == NULL)
        return;
    run->requests = strtol(line, NULL, 10);
    run->ok += run->requests;
    run->seconds = strtod(in + strlen(" requests in "), NULL);
}

int wrk_main(struct run *run)
{
    char threads[24], connections[16];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    snprintf(threads, sizeof(threads), "%ld", cores < run->threads ? cores : run->threads);
    snprintf(connections, sizeof(connections), "%d", run->threads);
    char *argv[] = {
        "wrk", "-t", threads, "-c", connections, "-d", DURATION, (char *)(void *)run->url, NULL};
    run->requests = run->ok = 0;
    if (!outside_run(run, argv, read_counts))
        return run_skip(run, "no wrk");
    return run->ok > 0 ? run_print(run) : run_fail(run, "no answer");
}
