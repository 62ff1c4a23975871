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
    strings_push(&config->outputs, value);
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
    {'h', "help", NULL, offsetof(struct config, help), NULL, "Show this help"},
    {'i', "include", NULL, offsetof(struct config, include), NULL,
     "Show the response's headers before its body"},
    {'o', "output", "file", 0, apply_output, "Write to this file; one for each URL"},
    {'S', "show-error", NULL, offsetof(struct config, show_error), NULL,
     "With -s, still show errors"},
    {'s', "silent", NULL, offsetof(struct config, silent), NULL, "Show no errors and no warnings"},
    {'v', "verbose", NULL, offsetof(struct config, verbose), NULL, "Tell on stderr what goes on"},
    {'V', "version", NULL, offsetof(struct config, version), NULL, "Show the version"},
    {'w', "write-out", "format", 0, apply_write_out,
     "After each transfer, show this with %{variables}"},
    {0},
};
