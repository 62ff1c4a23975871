/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about trying again. As in curl, what passes by itself is tried again,
 * whatever the method: names that cannot be looked up, timeouts, and the statuses
 * 408, 429, 500, 502, 503 and 504; more where it is asked for.
 */
#include <math.h>
#include <stdlib.h>

#include "cli/options.h"

/* Longer than that is for ever. */
#define SECONDS_MAX 1e9

static enum option_error take_seconds(const char *value, int64_t *ms)
{
    char *end;
    double seconds = strtod(value, &end);

    if (end == value || *end != '\0' || !isfinite(seconds))
        return OPTION_NOT_A_NUMBER;
    if (seconds < 0)
        return OPTION_NEGATIVE;
    *ms = (int64_t)((seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * 1000);
    return OPTION_OK;
}

static enum option_error apply_times(struct config *config, const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);

    if (end == value || *end != '\0')
        return OPTION_NOT_A_NUMBER;
    if (n < 0)
        return OPTION_NEGATIVE;
    config->retry.times = n;
    return OPTION_OK;
}

static enum option_error apply_delay(struct config *config, const char *value)
{
    return take_seconds(value, &config->retry.delay_ms);
}

static enum option_error apply_max_time(struct config *config, const char *value)
{
    return take_seconds(value, &config->retry.max_time_ms);
}

const struct option retry_options[] = {
    {0, "retry", "number", 0, apply_times, "Try again so often what may pass by itself"},
    {0, "retry-all-errors", NULL, offsetof(struct config, retry.all_errors), NULL,
     "Try again whatever the error (with -f: status 400 and above)"},
    {0, "retry-connrefused", NULL, offsetof(struct config, retry.refused), NULL,
     "Try again where nobody answers, too"},
    {0, "retry-delay", "seconds", 0, apply_delay, "Wait so long (1, 2, 4 ... 600 seconds)"},
    {0, "retry-max-time", "seconds", 0, apply_max_time, "Do not try again after so long"},
    {0},
};
