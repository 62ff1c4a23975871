/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The grammar of the command line; see options.h.
 */
#include "cli/options.h"

#include <string.h>

#include "cli/message.h"
#include "cli/variable.h"

const struct option *const option_groups[] = {
    flow_options,    request_options, form_options,    transfer_options,
    follow_options,  retry_options,   connect_options, tls_options,
    proxy_options,   output_options,  picture_options, data_options,
    message_options, file_options,    trace_options,   NULL,
};

static const char *const error_words[] = {
    [OPTION_UNKNOWN] = "is unknown",
    [OPTION_AMBIGUOUS] = "is ambiguous",
    [OPTION_NEEDS_VALUE] = "requires parameter",
    [OPTION_NOT_A_SWITCH] = "used '--no-' for option that isn't a boolean",
    [OPTION_NOT_A_NUMBER] = "expected a proper numerical parameter",
    [OPTION_MISUSED] = "is badly used here",
    [OPTION_TOO_LARGE] = "too large number",
    [OPTION_UNREADABLE] = "error encountered when reading a file",
    [OPTION_TRAILED] = "had unsupported trailing garbage",
    [OPTION_UNEXPANDED] = "expansion failure",
    [OPTION_FOREIGN] = "a specified protocol is unsupported by libgofer",
    [OPTION_NEGATIVE] = "expected a positive numerical parameter",
    [OPTION_BAD_VALUE] = "is badly used here",
};

/* --- finding --------------------------------------------------------------- */

const struct option *option_by_letter(char letter)
{
    for (const struct option *const *g = option_groups; *g != NULL; g++)
        for (const struct option *o = *g; o->name != NULL; o++)
            if (o->letter == letter && letter != '\0')
                return o;
    return NULL;
}

/* Behind a "no-" before it. */
static const char *bare_name(const char *name, bool *on)
{
    *on = strncmp(name, "no-", 3) != 0;
    return name + (*on ? 0 : 3);
}

enum option_error option_by_name(const char *name, const struct option **found, bool *on)
{
    enum option_error error = OPTION_UNKNOWN;
    bool typed_on, named_on;
    const char *typed = bare_name(name, &typed_on);

    for (const struct option *const *g = option_groups; *g != NULL; g++)
        for (const struct option *o = *g; o->name != NULL; o++) {
            const char *bare = bare_name(o->name, &named_on);

            if (strncmp(bare, typed, strlen(typed)) != 0 || (!typed_on && strcmp(bare, typed) != 0))
                continue;
            error = error == OPTION_UNKNOWN ? OPTION_OK : OPTION_AMBIGUOUS;
            *found = o;
            *on = typed_on == named_on;
            if (strcmp(bare, typed) == 0)
                return OPTION_OK;
        }
    return error;
}

/* --- applying -------------------------------------------------------------- */

static void *field_of(struct config *config, const struct option *option)
{
    void *owner = (option->traits & OPTION_GLOBAL) != 0 ? (void *)config->global : (void *)config;

    return (char *)owner + option->field;
}

static enum option_error apply_switch(struct config *config, const struct option *option, bool on)
{
    if (option->apply == NULL) {
        *(bool *)field_of(config, option) = on;
        return OPTION_OK;
    }
    if (!on && (option->traits & OPTION_NEGATABLE) == 0)
        return OPTION_NOT_A_SWITCH;
    return option->apply(config, on ? NULL : "");
}

static enum option_error apply_value(struct config *config, const struct option *option,
                                     const char *value)
{
    if (option->apply != OPTION_STRING)
        return option->apply(config, value);
    config_set_string(field_of(config, option), value);
    return OPTION_OK;
}

/* An option of which the next argument is the value, or may be. */
static enum option_error apply_next(struct config *config, const struct option *option,
                                    const char *next, bool *used)
{
    if (next == NULL && (option->traits & OPTION_MAY_TAKE) == 0)
        return OPTION_NEEDS_VALUE;
    *used = next != NULL;
    return apply_value(config, option, next);
}

/* The value with its variables replaced. */
static enum option_error apply_expanded(struct config *config, const struct option *option,
                                        const char *value, bool *used)
{
    struct text out = {0}, problem = {0};
    enum option_error error = OPTION_UNEXPANDED;

    *used = true;
    if (variable_expand(config->global->variables, value, &out, &problem))
        error = apply_value(config, option, text_str(&out));
    else
        message_error(config, CODE_USAGE, text_str(&problem));
    text_fini(&out);
    text_fini(&problem);
    return error;
}

static enum option_error apply_long(struct config *config, const char *name, const char *next,
                                    bool *used)
{
    const struct option *option = NULL;
    bool on = true;
    bool expands = strncmp(name, "expand-", 7) == 0;
    enum option_error error = option_by_name(name + (expands ? 7 : 0), &option, &on);

    if (error != OPTION_OK)
        return error;
    if (option->value == NULL)
        return expands ? OPTION_NOT_A_SWITCH : apply_switch(config, option, on);
    if (expands && next != NULL)
        return apply_expanded(config, option, next, used);
    return on ? apply_next(config, option, next, used) : OPTION_NOT_A_SWITCH;
}

/* "sSf", "ofile", "o" and the next. */
static enum option_error apply_letters(struct config *config, const char *letters, const char *next,
                                       bool *used)
{
    enum option_error error = OPTION_OK;

    do {
        const struct option *option = option_by_letter(*letters);

        if (option == NULL)
            return OPTION_UNKNOWN;
        if (option->value == NULL)
            error = apply_switch(config, option, true);
        else if (letters[1] == '\0' || (option->traits & OPTION_MAY_TAKE) != 0)
            return apply_next(config, option, next, used);
        else
            return apply_value(config, option, letters + 1);
    } while (error == OPTION_OK && *++letters != '\0');
    return error;
}

/* An operation without a URL goes on. */
static enum option_error begin_next(struct global *global)
{
    if (global->last->urls_len > 0)
        global_next(global);
    return OPTION_OK;
}

enum option_error option_apply(struct global *global, const char *arg, const char *next, bool *used)
{
    bool is_long = strncmp(arg, "--", 2) == 0;
    enum option_error error = is_long ? apply_long(global->last, arg + 2, next, used)
                                      : apply_letters(global->last, arg + 1, next, used);

    return error == OPTION_NEXT ? begin_next(global) : error;
}

/* --- the whole line -------------------------------------------------------- */

const char *option_error_words(enum option_error error)
{
    size_t n = sizeof error_words / sizeof error_words[0];

    return (size_t)error < n ? error_words[error] : NULL;
}

enum exit_code option_report(enum option_error error, const char *arg)
{
    if (error == OPTION_OK || error == OPTION_ENOUGH)
        return CODE_OK;
    if (option_error_words(error) != NULL)
        message_usage("option %s: %s", arg, option_error_words(error));
    switch (error) {
    case OPTION_UNREADABLE:
        return CODE_READ;
    case OPTION_UNWRITABLE:
        return CODE_WRITE;
    case OPTION_FOREIGN:
        return CODE_UNSUPPORTED_PROTOCOL;
    default:
        return CODE_USAGE;
    }
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
    if (asks_for_two_methods(config))
        return CODE_USAGE;
    if (config->outputs_len > config->urls_len)
        message_warn(config, "Got more output options than URLs");
    return CODE_OK;
}

static enum exit_code check_all(const struct global *global)
{
    enum exit_code code = CODE_OK;

    if (global->help || global->version || global->completion != NULL)
        return CODE_OK;
    if (global->first->urls_len == 0) {
        message_usage("no URL specified!");
        return CODE_USAGE;
    }
    for (const struct config *c = global->first; c != NULL && code == CODE_OK; c = c->next)
        code = check(c);
    return code;
}

enum exit_code options_parse(struct global *global, int argc, char **argv)
{
    enum option_error error = OPTION_OK;
    enum exit_code code = CODE_OK;
    bool options = true;

    for (int i = 1; i < argc && code == CODE_OK && error != OPTION_ENOUGH; i++) {
        const char *next = i + 1 < argc ? argv[i + 1] : NULL;
        const char *arg = argv[i];
        bool used = false;

        if (!options || arg[0] != '-') {
            config_add_url(global->last, arg);
        } else if (strcmp(arg, "--") == 0) {
            options = false;
        } else {
            error = option_apply(global, arg, next, &used);
            code = option_report(error, arg);
        }
        i += used;
    }
    if (argc == 1 && global->first->urls_len == 0) {
        message_hint();
        return CODE_USAGE;
    }
    return code != CODE_OK ? code : check_all(global);
}
