/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about redirects and about who asks: credentials, cookies, Referer.
 */
#include <string.h>

#include "cli/number.h"
#include "cli/options.h"

#define FOLLOW_FIELD(member) offsetof(struct config, follow.member)

/* -1 is no limit. */
static enum option_error apply_max_redirs(struct config *config, const char *value)
{
    enum option_error error = number_take(value, -1, &config->follow.max);

    return error == OPTION_NEGATIVE ? OPTION_NOT_A_NUMBER : error; /* in curl's words */
}

/* Cookies where there is a "=", else a file of them. */
static enum option_error apply_cookie(struct config *config, const char *value)
{
    struct text *cookies = &config->follow.cookies;

    if (strchr(value, '=') == NULL) {
        strings_push(&config->follow.cookie_files, value);
        return OPTION_OK;
    }
    if (cookies->len > 0)
        text_append_str(cookies, "; ");
    text_append_str(cookies, value);
    return OPTION_OK;
}

/* "URL", "URL;auto" or ";auto": the last two have redirects say where they came from. */
static enum option_error apply_referer(struct config *config, const char *value)
{
    const char *automatic = strstr(value, ";auto");
    struct text url = {0};

    config->follow.auto_referer = automatic != NULL;
    text_append(&url, value, automatic != NULL ? (size_t)(automatic - value) : strlen(value));
    config_set_string(&config->follow.referer, text_str(&url));
    text_fini(&url);
    return OPTION_OK;
}

const struct option follow_options[] = {
    {'b', "cookie", "data|file", 0, apply_cookie,
     "Send these cookies, or those of a file, and keep what comes", HELP_HTTP, OPTION_LOCAL},
    {'c', "cookie-jar", "file", FOLLOW_FIELD(cookie_jar), OPTION_STRING,
     "Write the cookies to this file in the end", HELP_HTTP, OPTION_LOCAL},
    {'L', "location", NULL, FOLLOW_FIELD(follows), NULL, "Follow redirects", HELP_HTTP,
     OPTION_LOCAL},
    {0, "location-trusted", NULL, FOLLOW_FIELD(trusts), NULL,
     "Follow them and send credentials to whatever host they name", HELP_HTTP, OPTION_LOCAL},
    {0, "max-redirs", "number", 0, apply_max_redirs, "Follow at most so many (50); -1 any number",
     HELP_HTTP, OPTION_LOCAL},
    {0, "oauth2-bearer", "token", FOLLOW_FIELD(bearer), OPTION_STRING, "Send this Bearer token",
     HELP_AUTH, OPTION_LOCAL},
    {0, "post301", NULL, FOLLOW_FIELD(posts_again[0]), NULL, "Stay with POST behind a 301",
     HELP_HTTP | HELP_POST, OPTION_LOCAL},
    {0, "post302", NULL, FOLLOW_FIELD(posts_again[1]), NULL, "The same behind a 302",
     HELP_HTTP | HELP_POST, OPTION_LOCAL},
    {0, "post303", NULL, FOLLOW_FIELD(posts_again[2]), NULL, "The same behind a 303",
     HELP_HTTP | HELP_POST, OPTION_LOCAL},
    {'e', "referer", "url", 0, apply_referer, "Send this Referer; \";auto\" sets it on redirects",
     HELP_HTTP, OPTION_LOCAL},
    {'u', "user", "user:password", FOLLOW_FIELD(user), OPTION_STRING, "Send these credentials",
     HELP_IMPORTANT | HELP_AUTH, OPTION_LOCAL},
    {0},
};
