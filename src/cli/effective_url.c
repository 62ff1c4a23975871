/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scheme, host and, behind redirects, path and query are the library's; the rest
 * stands in the URL as it was typed, or in the Location fields of the redirects
 * that were followed. See effective_url.h.
 */
#include "cli/effective_url.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "cli/head.h"
#include "cli/target.h"

/* A stretch of a URL. */
struct part {
    const char *data; /* not NUL-terminated; NULL: there is none */
    size_t len;
};

/* Behind "//", up to the path. */
static struct part authority_of(const char *url)
{
    const char *slashes = strstr(url, "//");

    if (slashes == NULL)
        return (struct part){0};
    return (struct part){slashes + 2, strcspn(slashes + 2, "/?#")};
}

/* "user:password@". */
static struct part userinfo_of(const char *url)
{
    struct part whole = authority_of(url);
    const char *at = whole.len > 0 ? memrchr(whole.data, '@', whole.len) : NULL;

    if (at == NULL)
        return (struct part){0};
    return (struct part){whole.data, (size_t)(at + 1 - whole.data)};
}

static bool is_default_port(const char *text, size_t len)
{
    return len == 0 || (len == 3 && memcmp(text, ":80", 3) == 0) ||
           (len == 4 && memcmp(text, ":443", 4) == 0);
}

/* Host and port as they were typed, where that is but another spelling of what the library has. */
static struct part host_of(const char *typed, const char *known)
{
    struct part host = authority_of(typed), same = authority_of(known);
    size_t userinfo_len = userinfo_of(typed).len;

    if (host.data == NULL || same.data == NULL)
        return same;
    host.data += userinfo_len;
    host.len -= userinfo_len;
    if (host.len >= same.len && strncasecmp(host.data, same.data, same.len) == 0 &&
        is_default_port(host.data + same.len, host.len - same.len))
        return host;
    return same;
}

/* --- redirects ------------------------------------------------------------- */

/* The next head of *at with a Location in it that is a redirect's; false behind the last one. */
static bool next_location(const char **at, struct text *location)
{
    while (**at != '\0') {
        const char *end = strstr(*at, "\r\n\r\n");
        size_t len = end != NULL ? (size_t)(end + 4 - *at) : strlen(*at);
        const char *status = strchr(*at, ' ');
        struct text head = {0};
        struct head_field field;

        text_append(&head, *at, len);
        bool is =
            status != NULL && status[1] == '3' && head_find(text_str(&head), "Location", 8, &field);
        text_fini(location);
        if (is)
            text_append(location, field.value, field.value_len);
        text_fini(&head);
        *at += len;
        if (is)
            return true;
    }
    return false;
}

/* Of the last redirect that was followed: the userinfo that its URL has, of its own or of the
 * one before, and its fragment. */
static void follow(const struct transfer *t, struct text *userinfo, struct text *fragment)
{
    const char *at = text_str(&t->heads);
    struct text location = {0};
    size_t left = gofer_response_redirect_count(t->response);

    for (; left > 0 && next_location(&at, &location); left--) {
        const char *url = text_str(&location);
        size_t path = strcspn(url, "/?#");
        bool is_whole = strncmp(url + path, "//", 2) == 0;
        struct part own = userinfo_of(url);

        if (is_whole)
            text_fini(userinfo);
        if (is_whole && own.len > 0)
            text_append(userinfo, own.data, own.len);
        text_fini(fragment);
        text_append_str(fragment, strchrnul(url, '#'));
    }
    text_fini(&location);
}

/* --- the whole ------------------------------------------------------------- */

/* What was sent in place of the library's path; its own where that cannot be told. */
static void append_target(const struct transfer *t, const char *known, struct text *out)
{
    size_t before = out->len;

    target_append(out, text_str(&t->url), t->job.config->message.path_as_is);
    if (out->len == before)
        text_append_str(out, known);
}

void effective_url_append(const struct transfer *t, struct text *out)
{
    const char *url = transfer_effective_url(t), *typed = text_str(&t->url);
    bool redirected = gofer_response_redirect_count(t->response) > 0;
    struct part authority = authority_of(url), typed_userinfo = userinfo_of(typed);
    struct text userinfo = {0}, fragment = {0};

    if (authority.data == NULL) {
        text_append_str(out, url);
        return;
    }
    text_append(&userinfo, typed_userinfo.data, typed_userinfo.len);
    text_append_str(&fragment, strchrnul(typed, '#'));
    if (redirected)
        follow(t, &userinfo, &fragment);
    struct part host = redirected ? authority : host_of(typed, url);
    const char *target = authority.data + authority.len;

    text_append(out, url, (size_t)(authority.data - url));
    text_append(out, userinfo.data, userinfo.len);
    text_append(out, host.data, host.len);
    if (redirected)
        text_append_str(out, target);
    else
        append_target(t, target, out);
    if (fragment.len > 1) /* behind "#" */
        text_append(out, fragment.data, fragment.len);
    text_fini(&userinfo);
    text_fini(&fragment);
}
