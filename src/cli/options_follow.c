/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Options about redirects and about who asks: credentials, cookies, Referer.
 */
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

#define FOLLOW_FIELD(member) offsetof(struct config, follow.member)

/* -1 is no limit. */
static enum option_error apply_max_redirs(struct config *config, const char *value)
{
    char *end;
    long n = strtol(value, &end, 10);

    if (end == value || *end != '\0')
        return OPTION_NOT_A_NUMBER;
    if (n < -1)
        return OPTION_NEGATIVE;
    config->follow.max = n;
    return OPTION_OK;
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
     "Send these cookies, or those of a file, and keep what comes"},
    {'c', "cookie-jar", "file", FOLLOW_FIELD(cookie_jar), OPTION_STRING,
     "Write the cookies to this file in the end"},
    {'L', "location", NULL, FOLLOW_FIELD(follows), NULL, "Follow redirects"},
    {0, "location-trusted", NULL, FOLLOW_FIELD(trusts), NULL,
     "Follow them and send credentials to whatever host they name"},
    {0, "max-redirs", "number", 0, apply_max_redirs, "Follow at most so many (50); -1 any number"},
    {0, "oauth2-bearer", "token", FOLLOW_FIELD(bearer), OPTION_STRING, "Send this Bearer token"},
    {'e', "referer", "url", 0, apply_referer, "Send this Referer; \";auto\" sets it on redirects"},
    {'u', "user", "user:password", FOLLOW_FIELD(user), OPTION_STRING, "Send these credentials"},
    {0},
};
