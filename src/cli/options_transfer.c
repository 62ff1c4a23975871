/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about the transfer: how long it may take, what counts as a failure.
 */
#include "cli/number.h"
#include "cli/options.h"

static enum option_error apply_max_time(struct config *config, const char *value)
{
    return number_take_seconds(value, &config->max_time_ms);
}

const struct option transfer_options[] = {
    {'f', "fail", NULL, LOCAL_FIELD(fail), NULL, "Status 400 and above: show no body, end with 22",
     HELP_IMPORTANT | HELP_HTTP, OPTION_LOCAL},
    {'m', "max-time", "seconds", 0, apply_max_time, "Allow this long for each transfer",
     HELP_CONNECTION, OPTION_LOCAL},
    {0},
};
