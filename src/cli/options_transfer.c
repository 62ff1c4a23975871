/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about the transfer: how long it may take, what counts as a failure,
 * how many run at once.
 */
#include <math.h>
#include <stdlib.h>

#include "cli/options.h"

enum { PARALLEL_DEFAULT = 50, PARALLEL_LIMIT = 65535 };

/* Seconds with decimals; 0 is no limit. Longer than 30 years is as good as none. */
static enum option_error apply_max_time(struct config *config, const char *value)
{
    char *end;
    double seconds = strtod(value, &end);

    if (end == value || *end != '\0' || !isfinite(seconds))
        return OPTION_NOT_A_NUMBER;
    if (seconds < 0)
        return OPTION_NEGATIVE;
    config->max_time_ms = seconds < 1e9 ? (int64_t)(seconds * 1000) : 0;
    if (config->max_time_ms == 0 && seconds > 0 && seconds < 1)
        config->max_time_ms = 1; /* 0 would be no limit */
    return OPTION_OK;
}

static enum option_error apply_parallel_max(struct config *config, const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);

    if (end == value || *end != '\0')
        return OPTION_NOT_A_NUMBER;
    if (n < 0)
        return OPTION_NEGATIVE;
    config->parallel_max = n >= 1 && n <= PARALLEL_LIMIT ? n : PARALLEL_DEFAULT;
    return OPTION_OK;
}

const struct option transfer_options[] = {
    {'f', "fail", NULL, offsetof(struct config, fail), NULL,
     "Status 400 and above: show no body, end with 22"},
    {'m', "max-time", "seconds", 0, apply_max_time, "Allow this long for each transfer"},
    {'Z', "parallel", NULL, offsetof(struct config, parallel), NULL,
     "Fetch the URLs at the same time"},
    {0, "parallel-max", "number", 0, apply_parallel_max, "At most so many at a time (50)"},
    {0},
};
