/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about the command line itself: URLs, operations, how they follow each
 * other, and what is shown in place of any.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/input.h"
#include "cli/message.h"
#include "cli/number.h"
#include "cli/options.h"
#include "cli/rc_file.h"
#include "cli/variable.h"

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

static enum option_error apply_config(struct config *config, const char *value)
{
    return rc_file_apply(config->global, value);
}

/* It says so as the first argument only, and then main() has listened. */
static enum option_error apply_disable(struct config *config, const char *value)
{
    (void)config, (void)value;
    return OPTION_OK;
}

/* --- URLs ------------------------------------------------------------------ */

/* A URL a line; each is saved under its own name. */
static enum option_error add_urls_of(struct config *config, const char *name)
{
    struct text lines = {0};
    bool ok = input_read(config, name, &lines);
    char *rest = NULL;

    for (char *line = ok && lines.len > 0 ? strtok_r(lines.data, "\r\n", &rest) : NULL;
         line != NULL; line = strtok_r(NULL, "\r\n", &rest)) {
        size_t len = strlen(line += strspn(line, " \t"));

        while (len > 0 && (line[len - 1] == ' ' || line[len - 1] == '\t'))
            line[--len] = '\0';
        if (len == 0 || line[0] == '#')
            continue;
        config_add_url(config, line)->literal = true;
        config->targets[config->urls_len - 1].output_kind = OUTPUT_REMOTE_NAME;
    }
    text_fini(&lines);
    return ok ? OPTION_OK : OPTION_UNREADABLE;
}

static enum option_error apply_url(struct config *config, const char *value)
{
    if (value[0] == '@')
        return add_urls_of(config, value + 1);
    config_add_url(config, value);
    return OPTION_OK;
}

static bool scheme_is(const char *text, size_t len, const char *scheme)
{
    return strlen(scheme) == len && strncasecmp(text, scheme, len) == 0;
}

/* What other protocols are called is of no interest: none of them is spoken. */
static unsigned scheme_bits(const char *text, size_t len)
{
    if (scheme_is(text, len, "all"))
        return SCHEMES_ALL;
    return scheme_is(text, len, "http")    ? SCHEME_HTTP
           : scheme_is(text, len, "https") ? SCHEME_HTTPS
                                           : 0;
}

/* "http,-https,=all": each adds, takes away, or stands alone. */
static enum option_error take_schemes(const char *list, unsigned *schemes)
{
    while (*list != '\0') {
        size_t len = strcspn(list, ",");
        char mark = *list;
        bool marked = mark == '+' || mark == '-' || mark == '=';
        unsigned bits = scheme_bits(list + marked, len - marked);

        if (mark == '-')
            *schemes &= ~bits;
        else
            *schemes = (mark == '=' ? 0 : *schemes) | bits;
        list += len + (list[len] == ',');
    }
    return OPTION_OK;
}

static enum option_error apply_proto(struct config *config, const char *value)
{
    return take_schemes(value, &config->schemes);
}

static enum option_error apply_proto_redir(struct config *config, const char *value)
{
    return take_schemes(value, &config->redirect_schemes);
}

static enum option_error apply_proto_default(struct config *config, const char *value)
{
    unsigned bits = scheme_bits(value, strlen(value));

    if (bits != SCHEME_HTTP && bits != SCHEME_HTTPS)
        return OPTION_FOREIGN;
    config_set_string(&config->default_scheme, value);
    return OPTION_OK;
}

/* --- variables ------------------------------------------------------------- */

/* Behind the name: "=content" or "@file"; or what the environment had. */
static enum option_error take_content(struct config *config, const char *at, const char *imported,
                                      struct text *content)
{
    if (imported != NULL)
        text_append_str(content, imported);
    else if (*at == '=')
        text_append_str(content, at + 1);
    else if (*at == '@')
        return input_read(config, at + 1, content) ? OPTION_OK : OPTION_UNREADABLE;
    else
        message_warn(config, "Bad --variable syntax, skipping: %s", at);
    return OPTION_OK;
}

static const char *environment(const char *name, size_t len)
{
    struct text copy = {0};
    const char *value;

    text_append(&copy, name, len);
    value = getenv(text_str(&copy));
    text_fini(&copy);
    return value;
}

/* "name=content", "name@file", "%name" from the environment, and both: the environment first. */
static enum option_error apply_variable(struct config *config, const char *value)
{
    bool imports = *value == '%';
    const char *name = value + imports;
    size_t len = variable_name_len(name);
    const char *imported = imports ? environment(name, len) : NULL;
    struct text content = {0};
    enum option_error error;

    if (len == 0 || len > 127) {
        message_warn(config, "Bad variable name length (%zu), skipping", len);
        return OPTION_OK;
    }
    if (imports && imported == NULL && name[len] == '\0') {
        message_warn(config, "Variable '%s' import fail, not set", name);
        return OPTION_UNEXPANDED;
    }
    error = take_content(config, name + len, imported, &content);
    if (error == OPTION_OK && (imported != NULL || name[len] == '=' || name[len] == '@'))
        variable_set(&config->global->variables, name, len, &content);
    text_fini(&content);
    return error;
}

/* --- several transfers ------------------------------------------------------ */

/* "number/unit", each of the unit's s, m, h, d maybe with a number before it; an hour by default.
 */
static enum option_error apply_rate(struct config *config, const char *value)
{
    static const char letters[] = "smhd";
    static const int64_t lengths[] = {1000, 60000, 3600000, 86400000};
    char *at;
    long n = strtol(value, &at, 10), units = 1;
    const char *letter = strchr(letters, 'h');

    if (at == value)
        return OPTION_NOT_A_NUMBER;
    if (n < 1)
        return n < 0 ? OPTION_NEGATIVE : OPTION_MISUSED;
    if (*at == '/') {
        if (at[1] >= '0' && at[1] <= '9')
            units = strtol(at + 1, &at, 10);
        else
            at++;
        letter = *at != '\0' ? strchr(letters, *at++) : NULL;
    }
    if (letter == NULL || *at != '\0' || units < 1 || units > INT32_MAX) {
        message_explain(config, "unsupported --rate unit");
        return OPTION_MISUSED;
    }
    config->global->interval_ms = lengths[letter - letters] * units / n;
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
    {'K', "config", "file", 0, apply_config, "Read options from this file", HELP_CURL,
     OPTION_LOCAL},
    {'q', "disable", NULL, 0, apply_disable, "First of all: do not read ~/.goferrc", HELP_CURL,
     OPTION_GLOBAL},
    {0, "fail-early", NULL, GLOBAL_FIELD(fail_early), NULL,
     "After a transfer that failed, begin no other", HELP_CURL, OPTION_GLOBAL},
    {'g', "globoff", NULL, LOCAL_FIELD(no_globs), NULL, "Take {} and [] in URLs as they are",
     HELP_CURL, OPTION_LOCAL},
    {'h', "help", "category", 0, apply_help, "Show the options of a category, or all of them",
     HELP_IMPORTANT | HELP_CURL, OPTION_GLOBAL | OPTION_MAY_TAKE},
    {':', "next", NULL, 0, apply_next, "Begin another operation, with options of its own",
     HELP_CURL, OPTION_GLOBAL},
    {'Z', "parallel", NULL, GLOBAL_FIELD(parallel), NULL, "Fetch the URLs at the same time",
     HELP_CONNECTION | HELP_CURL, OPTION_GLOBAL},
    {0, "parallel-max", "number", 0, apply_parallel_max, "At most so many at a time (50)",
     HELP_CONNECTION | HELP_CURL, OPTION_GLOBAL},
    {0, "parallel-immediate", NULL, GLOBAL_FIELD(parallel_immediate), NULL,
     "With -Z: wait for no connection to share, as is so anyway", HELP_CONNECTION | HELP_CURL,
     OPTION_GLOBAL},
    {0, "proto", "protocols", 0, apply_proto, "Use these protocols only",
     HELP_CONNECTION | HELP_CURL, OPTION_LOCAL},
    {0, "proto-default", "protocol", 0, apply_proto_default,
     "The protocol of URLs that name none (http)", HELP_CONNECTION | HELP_CURL, OPTION_LOCAL},
    {0, "proto-redir", "protocols", 0, apply_proto_redir, "Follow redirects to these only",
     HELP_CONNECTION | HELP_CURL, OPTION_LOCAL},
    {0, "rate", "number/unit", 0, apply_rate, "Begin so many transfers a s, m, h or d",
     HELP_CONNECTION, OPTION_GLOBAL},
    {0, "url", "url", 0, apply_url, "Fetch this URL", HELP_CURL, OPTION_LOCAL},
    {0, "variable", "[%]name=text|@file", 0, apply_variable, "Set a variable, for --expand-OPTION",
     HELP_CURL, OPTION_GLOBAL},
    {'V', "version", NULL, 0, apply_version, "Show the version", HELP_IMPORTANT | HELP_CURL,
     OPTION_GLOBAL},
    {0},
};
