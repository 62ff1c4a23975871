/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about the command line itself: URLs, operations, how they follow each
 * other, and what is shown in place of any.
 */
#include "cli/number.h"
#include "cli/options.h"

enum { PARALLEL_DEFAULT = 50, PARALLEL_LIMIT = 65535 };

static enum option_error apply_help(struct config *config, const char *value)
{
    config->global->help = true;
    if (value != NULL)
        config_set_string(&config->global->help_category, value);
    return OPTION_ENOUGH;
}

static enum option_error apply_version(struct config *config, const char *value)
{
    (void)value;
    config->global->version = true;
    return OPTION_ENOUGH;
}

static enum option_error apply_next(struct config *config, const char *value)
{
    (void)config, (void)value;
    return OPTION_NEXT;
}

static enum option_error apply_url(struct config *config, const char *value)
{
    config_add_url(config, value);
    return OPTION_OK;
}

static enum option_error apply_parallel_max(struct config *config, const char *value)
{
    long n;
    enum option_error error = number_take(value, 0, &n);

    if (error == OPTION_OK)
        config->global->parallel_max = n >= 1 && n <= PARALLEL_LIMIT ? n : PARALLEL_DEFAULT;
    return error;
}

const struct option flow_options[] = {
    {0, "fail-early", NULL, GLOBAL_FIELD(fail_early), NULL,
     "After a transfer that failed, begin no other", HELP_CURL, OPTION_GLOBAL},
    {'h', "help", "category", 0, apply_help, "Show the options of a category, or all of them",
     HELP_IMPORTANT | HELP_CURL, OPTION_GLOBAL | OPTION_MAY_TAKE},
    {':', "next", NULL, 0, apply_next, "Begin another operation, with options of its own",
     HELP_CURL, OPTION_GLOBAL},
    {'Z', "parallel", NULL, GLOBAL_FIELD(parallel), NULL, "Fetch the URLs at the same time",
     HELP_CONNECTION | HELP_CURL, OPTION_GLOBAL},
    {0, "parallel-max", "number", 0, apply_parallel_max, "At most so many at a time (50)",
     HELP_CONNECTION | HELP_CURL, OPTION_GLOBAL},
    {0, "url", "url", 0, apply_url, "Fetch this URL", HELP_CURL, OPTION_LOCAL},
    {'V', "version", NULL, 0, apply_version, "Show the version", HELP_IMPORTANT | HELP_CURL,
     OPTION_GLOBAL},
    {0},
};
