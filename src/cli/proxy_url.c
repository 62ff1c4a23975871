/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Naming proxies; see proxy_url.h.
 */
#include "cli/proxy_url.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/config.h"

/* Behind the scheme and the credentials of a proxy: its host. */
static const char *host_of(const char *url)
{
    const char *scheme_end = strstr(url, "://");
    const char *from = scheme_end != NULL ? scheme_end + 3 : url;
    const char *at = memrchr(from, '@', strcspn(from, "/"));

    return at != NULL ? at + 1 : from;
}

void proxy_url_take(char **proxy, const char *value)
{
    bool socks = strncasecmp(value, "socks://", 8) == 0;
    const char *from = socks ? value + 5 : value;
    const char *host = host_of(from);
    size_t len = strcspn(host, "/");
    const char *bracket = memrchr(host, ']', len);
    const char *port_from = bracket != NULL ? bracket : host;
    bool is_http = strstr(value, "://") == NULL || strncasecmp(value, "http:", 5) == 0;
    struct text url = {0};

    text_append_str(&url, socks ? "socks4" : "");
    text_append(&url, from, (size_t)(host - from) + len);
    if (is_http && len > 0 && memchr(port_from, ':', len - (size_t)(port_from - host)) == NULL)
        text_append_str(&url, ":1080");
    text_append_str(&url, host + len);
    config_set_string(proxy, text_str(&url));
    text_fini(&url);
}

/* --- the environment ------------------------------------------------------- */

/* The first of them that says something. */
static const char *first_of(const char *const *names, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        const char *value = getenv(names[i]);

        if (value != NULL && *value != '\0')
            return value;
    }
    return "";
}

/* Under the name that the library looks at first. */
static void say(const char *name, const char *value)
{
    char *whole = NULL;

    if (*value != '\0')
        proxy_url_take(&whole, value);
    if (setenv(name, whole != NULL ? whole : "", 1) != 0)
        cli_out_of_memory();
    free(whole);
}

void proxy_url_fix_environment(void)
{
    static const char *const for_http[] = {"http_proxy", "all_proxy", "ALL_PROXY"};
    static const char *const for_https[] = {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"};

    say("http_proxy", first_of(for_http, 3));
    /* A CGI script's is a field of somebody's request: curl never looks at it. Without it the
     * library need not know that this is one. */
    unsetenv("HTTP_PROXY");
    unsetenv("REQUEST_METHOD");
    say("https_proxy", first_of(for_https, 4));
}
