/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about what is shown, and where.
 */
#include <string.h>

#include "cli/input.h"
#include "cli/options.h"

static enum option_error apply_output(struct config *config, const char *value)
{
    config_add_output(config, OUTPUT_FILE, value);
    return OPTION_OK;
}

/* As curl reads it: the file's line ends are no part of the format. */
static bool take_format(struct config *config, const char *name)
{
    struct text file = {0};
    bool ok = input_read(config, name, &file);

    for (const char *at = text_str(&file); *at != '\0'; at += strspn(at, "\r\n")) {
        size_t len = strcspn(at, "\r\n");

        text_append(&config->write_out, at, len);
        at += len;
    }
    text_fini(&file);
    return ok;
}

static enum option_error apply_write_out(struct config *config, const char *value)
{
    text_fini(&config->write_out);
    if (value[0] == '@')
        return take_format(config, value + 1) ? OPTION_OK : OPTION_UNREADABLE;
    text_append_str(&config->write_out, value);
    return OPTION_OK;
}

const struct option output_options[] = {
    {'i', "include", NULL, LOCAL_FIELD(include), NULL,
     "Show the response's headers before its body", HELP_IMPORTANT | HELP_VERBOSE, OPTION_LOCAL},
    {0, "no-progress-meter", NULL, GLOBAL_FIELD(no_progress_meter), NULL, "Show no progress",
     HELP_VERBOSE, OPTION_GLOBAL},
    {'#', "progress-bar", NULL, GLOBAL_FIELD(progress_bar), NULL, "Show it as a bar", HELP_VERBOSE,
     OPTION_GLOBAL},
    {0, "show-headers", NULL, LOCAL_FIELD(include), NULL, "The same", HELP_VERBOSE, OPTION_LOCAL},
    {'o', "output", "file", 0, apply_output, "Write to this file; one for each URL",
     HELP_IMPORTANT | HELP_OUTPUT, OPTION_LOCAL},
    {'S', "show-error", NULL, GLOBAL_FIELD(show_error), NULL, "With -s, still show errors",
     HELP_CURL, OPTION_GLOBAL},
    {'s', "silent", NULL, GLOBAL_FIELD(silent), NULL, "Show no progress, errors or warnings",
     HELP_IMPORTANT | HELP_VERBOSE, OPTION_GLOBAL},
    {'v', "verbose", NULL, GLOBAL_FIELD(verbose), NULL, "Tell on stderr what goes on",
     HELP_IMPORTANT | HELP_VERBOSE, OPTION_GLOBAL},
    {'w', "write-out", "format", 0, apply_write_out,
     "After each transfer, show this with %{variables}", HELP_VERBOSE, OPTION_LOCAL},
    {0},
};
