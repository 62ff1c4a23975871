/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about trying again; again.h says what is.
 */
#include "cli/number.h"
#include "cli/options.h"

static enum option_error apply_times(struct config *config, const char *value)
{
    long n;
    enum option_error error = number_take(value, 0, &n);

    if (error == OPTION_OK)
        config->retry.times = n;
    return error;
}

static enum option_error apply_delay(struct config *config, const char *value)
{
    return number_take_seconds(value, &config->retry.delay_ms);
}

static enum option_error apply_max_time(struct config *config, const char *value)
{
    return number_take_seconds(value, &config->retry.max_time_ms);
}

const struct option retry_options[] = {
    {0, "retry", "number", 0, apply_times, "Try again so often what may pass by itself", HELP_CURL,
     OPTION_LOCAL},
    {0, "retry-all-errors", NULL, LOCAL_FIELD(retry.all_errors), NULL,
     "Try again whatever the error (with -f: status 400 and above)", HELP_CURL, OPTION_LOCAL},
    {0, "retry-connrefused", NULL, LOCAL_FIELD(retry.refused), NULL,
     "Try again where nobody answers, too", HELP_CURL, OPTION_LOCAL},
    {0, "retry-delay", "seconds", 0, apply_delay, "Wait so long (1, 2, 4 ... 600 seconds)",
     HELP_CURL, OPTION_LOCAL},
    {0, "retry-max-time", "seconds", 0, apply_max_time, "Do not try again after so long", HELP_CURL,
     OPTION_LOCAL},
    {0},
};
