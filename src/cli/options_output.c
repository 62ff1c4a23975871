/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about what is shown, and where.
 */
#include "cli/input.h"
#include "cli/options.h"

static enum option_error apply_output(struct config *config, const char *value)
{
    config_add_output(config, OUTPUT_FILE, value);
    return OPTION_OK;
}

static enum option_error apply_write_out(struct config *config, const char *value)
{
    text_fini(&config->write_out);
    if (value[0] == '@')
        return input_read(config, value + 1, &config->write_out) ? OPTION_OK : OPTION_UNREADABLE;
    text_append_str(&config->write_out, value);
    return OPTION_OK;
}

const struct option output_options[] = {
    {'i', "include", NULL, LOCAL_FIELD(include), NULL,
     "Show the response's headers before its body", HELP_IMPORTANT | HELP_VERBOSE, OPTION_LOCAL},
    {0, "no-progress-meter", NULL, GLOBAL_FIELD(no_progress_meter), NULL,
     "Show no progress, of which none is shown anyway", HELP_VERBOSE, OPTION_GLOBAL},
    {'o', "output", "file", 0, apply_output, "Write to this file; one for each URL",
     HELP_IMPORTANT | HELP_OUTPUT, OPTION_LOCAL},
    {'S', "show-error", NULL, GLOBAL_FIELD(show_error), NULL, "With -s, still show errors",
     HELP_CURL, OPTION_GLOBAL},
    {'s', "silent", NULL, GLOBAL_FIELD(silent), NULL, "Show no errors and no warnings",
     HELP_IMPORTANT | HELP_VERBOSE, OPTION_GLOBAL},
    {'v', "verbose", NULL, GLOBAL_FIELD(verbose), NULL, "Tell on stderr what goes on",
     HELP_IMPORTANT | HELP_VERBOSE, OPTION_GLOBAL},
    {'w', "write-out", "format", 0, apply_write_out,
     "After each transfer, show this with %{variables}", HELP_VERBOSE, OPTION_LOCAL},
    {0},
};
