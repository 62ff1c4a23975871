/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about pictures of the calls, and about the shell.
 */
#include "cli/completion.h"
#include "cli/har.h"
#include "cli/message.h"
#include "cli/options.h"

static enum option_error apply_picture(struct config *config, const char *value, char **file)
{
    if (!har_is_built_in()) {
        message_warn(config, "This gofer was built without jansson, and draws nothing");
        return OPTION_MISUSED;
    }
    config_set_string(file, value);
    return OPTION_OK;
}

static enum option_error apply_har(struct config *config, const char *value)
{
    return apply_picture(config, value, &config->global->har);
}

static enum option_error apply_waterfall(struct config *config, const char *value)
{
    return apply_picture(config, value, &config->global->waterfall);
}

static enum option_error apply_completion(struct config *config, const char *value)
{
    if (!completion_knows(value))
        return OPTION_MISUSED;
    config_set_string(&config->global->completion, value);
    return OPTION_ENOUGH;
}

const struct option picture_options[] = {
    {0, "completion", "shell", 0, apply_completion,
     "Write the completion for this shell: bash or zsh", HELP_CURL, OPTION_GLOBAL},
    {0, "trace-har", "file", 0, apply_har, "Write what the calls did as an HTTP Archive (HAR)",
     HELP_VERBOSE, OPTION_GLOBAL},
    {0, "waterfall", "file", 0, apply_waterfall,
     "Write a page (HTML) with the timeline of every call", HELP_VERBOSE, OPTION_GLOBAL},
    {0},
};
