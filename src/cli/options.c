/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The grammar of the command line; see options.h.
 */
#include "cli/options.h"

#include <string.h>

#include "cli/message.h"

const struct option_group option_groups[] = {
    {"The request", request_options},
    {"Forms", form_options},
    {"The transfer", transfer_options},
    {"Redirects and credentials", follow_options},
    {"Trying again", retry_options},
    {"The connection", connect_options},
    {"https", tls_options},
    {"The proxy", proxy_options},
    {"What is shown", output_options},
    {NULL, NULL},
};

static const char *const error_words[] = {
    [OPTION_UNKNOWN] = "is unknown",
    [OPTION_AMBIGUOUS] = "is ambiguous",
    [OPTION_NEEDS_VALUE] = "requires parameter",
    [OPTION_NOT_A_SWITCH] = "used '--no-' for option that isn't a boolean",
    [OPTION_NOT_A_NUMBER] = "expected a proper numerical parameter",
    [OPTION_MISUSED] = "is badly used here",
    [OPTION_NEGATIVE] = "expected a positive numerical parameter",
    [OPTION_BAD_VALUE] = "is badly used here",
};

/* --- finding --------------------------------------------------------------- */

static const struct option *find_letter(char letter)
{
    for (const struct option_group *g = option_groups; g->title != NULL; g++)
        for (const struct option *o = g->options; o->name != NULL; o++)
            if (o->letter == letter)
                return o;
    return NULL;
}

/* By its whole name, or by a beginning that no other option shares. */
static enum option_error find_name(const char *name, const struct option **found)
{
    enum option_error error = OPTION_UNKNOWN;

    for (const struct option_group *g = option_groups; g->title != NULL; g++)
        for (const struct option *o = g->options; o->name != NULL; o++) {
            if (strncmp(o->name, name, strlen(name)) != 0)
                continue;
            error = error == OPTION_UNKNOWN ? OPTION_OK : OPTION_AMBIGUOUS;
            *found = o;
            if (strcmp(o->name, name) == 0)
                return OPTION_OK;
        }
    return error;
}

/* --- applying -------------------------------------------------------------- */

static void *field_of(struct config *config, const struct option *option)
{
    return (char *)config + option->field;
}

static enum option_error apply_switch(struct config *config, const struct option *option, bool on)
{
    if (option->apply != NULL)
        return on ? option->apply(config, NULL) : OPTION_NOT_A_SWITCH;
    *(bool *)field_of(config, option) = on;
    return OPTION_OK;
}

static enum option_error apply_value(struct config *config, const struct option *option,
                                     const char *value)
{
    if (option->apply != OPTION_STRING)
        return option->apply(config, value);
    config_set_string(field_of(config, option), value);
    return OPTION_OK;
}

/* "--name": *used tells how many arguments behind it were its value. */
static enum option_error apply_long(struct config *config, const char *arg, const char *next,
                                    int *used)
{
    const struct option *option = NULL;
    bool on = strncmp(arg, "--no-", 5) != 0;
    enum option_error error = find_name(arg + (on ? 2 : 5), &option);

    if (error != OPTION_OK)
        return error;
    if (option->value == NULL)
        return apply_switch(config, option, on);
    if (!on)
        return OPTION_NOT_A_SWITCH;
    if (next == NULL)
        return OPTION_NEEDS_VALUE;
    *used = 1;
    return apply_value(config, option, next);
}

/* "-sSf", "-ofile", "-o file". */
static enum option_error apply_letters(struct config *config, const char *arg, const char *next,
                                       int *used)
{
    const char *letter = arg + 1;

    do {
        const struct option *option = *letter != '\0' ? find_letter(*letter) : NULL;

        if (option == NULL)
            return OPTION_UNKNOWN;
        if (option->value == NULL) {
            apply_switch(config, option, true);
            continue;
        }
        if (letter[1] != '\0')
            return apply_value(config, option, letter + 1);
        if (next == NULL)
            return OPTION_NEEDS_VALUE;
        *used = 1;
        return apply_value(config, option, next);
    } while (*++letter != '\0');
    return OPTION_OK;
}

/* --- the whole line -------------------------------------------------------- */

static enum exit_code report(enum option_error error, const char *arg)
{
    if (error == OPTION_OK)
        return CODE_OK;
    if (error == OPTION_UNREADABLE)
        return CODE_READ;
    message_usage("option %s: %s", arg, error_words[error]);
    return CODE_USAGE;
}

static bool asks_for_two_methods(const struct config *config)
{
    bool posts = config->has_data && !config->get;
    bool forms = config->form != NULL;

    if (config->head + posts + forms < 2)
        return false;
    message_warn(config,
                 "You can only select one HTTP request method! You asked for both %s and %s.",
                 posts ? "POST (-d, --data)" : "multipart formpost (-F, --form)",
                 config->head ? "HEAD (-I, --head)" : "multipart formpost (-F, --form)");
    return true;
}

static enum exit_code check(const struct config *config)
{
    if (config->help || config->version)
        return CODE_OK;
    if (config->urls.len == 0) {
        message_usage("no URL specified!");
        return CODE_USAGE;
    }
    if (asks_for_two_methods(config))
        return CODE_USAGE;
    if (config->outputs.len > config->urls.len)
        message_warn(config, "Got more output options than URLs");
    return CODE_OK;
}

enum exit_code options_parse(struct config *config, int argc, char **argv)
{
    bool options = true;
    enum exit_code code = CODE_OK;

    for (int i = 1; i < argc && code == CODE_OK; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        const char *arg = argv[i];
        int used = 0;

        if (!options || arg[0] != '-')
            strings_push(&config->urls, arg);
        else if (strcmp(arg, "--") == 0)
            options = false;
        else if (arg[1] == '-')
            code = report(apply_long(config, arg, next, &used), arg);
        else
            code = report(apply_letters(config, arg, next, &used), arg);
        i += used;
    }
    return code != CODE_OK ? code : check(config);
}
