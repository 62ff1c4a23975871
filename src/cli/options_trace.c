/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about what is told of a transfer's bytes.
 */
#include <stddef.h>

#include "cli/options.h"

static enum option_error apply_trace(struct config *config, const char *value)
{
    config_set_string(&config->global->trace, value);
    config->global->trace_ascii = false;
    return OPTION_OK;
}

static enum option_error apply_trace_ascii(struct config *config, const char *value)
{
    config_set_string(&config->global->trace, value);
    config->global->trace_ascii = true;
    return OPTION_OK;
}

const struct option trace_options[] = {
    {0, "stderr", "file", GLOBAL_FIELD(stderr_file), OPTION_STRING,
     "Write what is said to this file; - is stdout", HELP_VERBOSE, OPTION_GLOBAL},
    {0, "trace", "file", 0, apply_trace, "Write every byte to this file, in hexadecimal, too",
     HELP_VERBOSE, OPTION_GLOBAL},
    {0, "trace-ascii", "file", 0, apply_trace_ascii, "The same without hexadecimal", HELP_VERBOSE,
     OPTION_GLOBAL},
    {0, "trace-ids", NULL, GLOBAL_FIELD(trace_ids), NULL,
     "Begin each line of -v and --trace with the transfer's number", HELP_VERBOSE, OPTION_GLOBAL},
    {0, "trace-time", NULL, GLOBAL_FIELD(trace_time), NULL,
     "Begin each line of -v and --trace with the time", HELP_VERBOSE, OPTION_GLOBAL},
    {0},
};
