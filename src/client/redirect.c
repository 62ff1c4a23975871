/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading Location; changing a copy of the request.
 */
#include "client/redirect.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "client/hops.h"
#include "client/snapshot.h"
#include "transport/message.h"

/* --- Location --- */

struct location {
    const char *text; /* NULL: none, or an empty one */
    bool ambiguous;   /* there is another one */
};

static struct location find_location(const struct gofer_response *r)
{
    struct location found = {NULL, false};
    for (size_t i = 0; i < r->fields_len; i++) {
        if (!ascii_equal(r->head + r->fields[i].name, "Location"))
            continue;
        const char *value = r->head + r->fields[i].value;
        if (found.text == NULL)
            found.text = value;
        else if (strcmp(found.text, value) != 0)
            found.ambiguous = true;
    }
    /* The empty reference means the same URL again; Go and curl do not follow it either. */
    if (found.text != NULL && *found.text == '\0' && !found.ambiguous)
        found.text = NULL;
    return found;
}

/* Whether a reference names its host: "http://h/", "//h/", not "/x", "?q". */
static bool names_host(const char *reference)
{
    return reference[strcspn(reference, ":/?#")] == ':' || strncmp(reference, "//", 2) == 0;
}

static enum redirect_next refuse(struct buf *why, const char *words)
{
    buf_append_str(why, words);
    return REDIRECT_REFUSED;
}

static enum redirect_next resolve(const struct snapshot *from, const char *location,
                                  const struct redirect_rules *rules, struct url *url,
                                  struct buf *why)
{
    buf_append_str(why, "redirect refused: ");
    gofer_status status = url_resolve(&from->url, location, url, why);
    if (status != GOFER_OK)
        return status == GOFER_ERR_NOMEM ? REDIRECT_NO_MEMORY : REDIRECT_REFUSED;
    bool downgrade = strcmp(from->url.scheme, "https") == 0 && strcmp(url->scheme, "http") == 0;
    if (!downgrade || rules->allows_plain)
        return REDIRECT_FOLLOW;
    url_fini(url);
    return refuse(why, "from https to http");
}

/* --- method and body --- */

/* 301 and 302 would keep all by the letter; browsers, curl and Go have long agreed otherwise. */
static gofer_redirect_keep what_stays(const struct snapshot *s, int status)
{
    if (status == 307 || status == 308)
        return GOFER_KEEP_ALL;
    if (s->keep[status - 301] != GOFER_KEEP_DEFAULT)
        return s->keep[status - 301];
    if (strcmp(s->method, "QUERY") == 0 && status != 303)
        return GOFER_KEEP_ALL; /* RFC 10008 */
    return strcmp(s->method, "HEAD") == 0 ? GOFER_KEEP_METHOD : GOFER_KEEP_DEFAULT;
}

static bool set_method(struct snapshot *next, const char *method)
{
    char *copy = mem_strdup(method);
    if (copy == NULL)
        return false;
    mem_free(next->method);
    next->method = copy;
    return true;
}

static bool drop_all(struct headers *h, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (headers_remove(h, names[i]) != GOFER_OK)
            return false;
    return true;
}

static bool drop_body(struct snapshot *next)
{
    static const char *const about_body[] = {"Content-Encoding", "Content-Language",
                                             "Content-Location", "Content-Type",
                                             "Content-Length",   "Expect"};
    source_unref(next->source);
    next->source = NULL;
    headers_fini(&next->trailers);
    return drop_all(&next->headers, about_body, sizeof about_body / sizeof *about_body);
}

static bool change_method(struct snapshot *next, int status)
{
    gofer_redirect_keep keep = what_stays(next, status);
    if (keep == GOFER_KEEP_ALL)
        return true;
    return (keep == GOFER_KEEP_METHOD || set_method(next, "GET")) && drop_body(next);
}

/* --- credentials --- */

/* The origin's secrets stay behind. */
static bool drop_secrets(struct snapshot *next)
{
    static const char *const secrets[] = {
        "Authorization", "Www-Authenticate",    "Cookie",
        "Cookie2",       "Proxy-Authorization", "Proxy-Authenticate"};
    for (size_t i = 0; i < next->secrets.len; i++)
        if (headers_remove(&next->headers, next->secrets.items[i].name) != GOFER_OK)
            return false;
    return drop_all(&next->headers, secrets, sizeof secrets / sizeof *secrets);
}

/* Ways to the old host, and whom to expect there. */
static void drop_route(struct snapshot *next)
{
    mem_free(next->unix_socket);
    mem_free(next->tls_name);
    next->unix_socket = NULL;
    next->tls_name = NULL;
}

static bool copy_userinfo(struct url *to, const struct url *from)
{
    to->user = mem_strdup(from->user);
    to->password = from->password != NULL ? mem_strdup(from->password) : NULL;
    return to->user != NULL && (from->password == NULL || to->password != NULL);
}

static bool is_marked(const struct headers *h, const char *name)
{
    const struct header *field = headers_find(h, name);
    return field != NULL && field->value == NULL;
}

static const struct snapshot *first_of(const struct snapshot *s)
{
    return s->hops != NULL ? s->hops->first : s;
}

/* Location may bring userinfo of its own, which is meant for its URL: no mark but the caller's
 * holds it back. */
static void let_userinfo(struct snapshot *next, const struct snapshot *from)
{
    if (is_marked(&next->headers, "Authorization") &&
        !is_marked(&first_of(from)->headers, "Authorization"))
        headers_drop(&next->headers, "Authorization");
}

static bool settle_credentials(struct snapshot *next, const struct snapshot *from, struct url *url,
                               const struct redirect_rules *rules)
{
    bool same = url_same_origin(&from->url, url);
    bool trusts = same || rules->trusts_all;
    if (!same)
        drop_route(next);
    if (!trusts && !drop_secrets(next))
        return false;
    if (url->user != NULL)
        let_userinfo(next, from);
    else if (trusts && from->url.user != NULL)
        return copy_userinfo(url, &from->url);
    return true;
}

/* --- Referer --- */

/* What the caller says, for this request or for all; or NULL. */
static const struct header *given_field(const struct snapshot *s, const struct headers *defaults,
                                        const char *name)
{
    const struct header *field = headers_find(&s->headers, name);
    return field != NULL || defaults == NULL ? field : headers_find(defaults, name);
}

static gofer_status write_referer(struct snapshot *next, const struct url *last)
{
    struct buf text = BUF_INIT;
    url_write_without_userinfo(last, &text);
    char *value = buf_take_str(&text);
    gofer_status status =
        value != NULL ? headers_set(&next->headers, "Referer", value) : GOFER_ERR_NOMEM;
    mem_free(value);
    return status;
}

/* `url` is where it goes. */
static bool set_referer(struct snapshot *next, const struct snapshot *from, const struct url *url,
                        const struct headers *defaults)
{
    const struct header *given = given_field(first_of(from), defaults, "Referer");
    if (given != NULL && given->value == NULL)
        return true; /* the caller wants none */
    if (strcmp(from->url.scheme, "https") == 0 && strcmp(url->scheme, "http") == 0)
        return headers_remove(&next->headers, "Referer") == GOFER_OK;
    if (given != NULL && !from->auto_referer)
        return headers_set(&next->headers, "Referer", given->value) == GOFER_OK;
    return write_referer(next, &from->url) == GOFER_OK;
}

/* --- cookies --- */

struct piece {
    const char *text;
    size_t len;
};

/* "name" of "name=value; ...", as it stands in a Cookie or a Set-Cookie field. */
static struct piece name_of(const char *pair)
{
    while (*pair == ' ' || *pair == '\t')
        pair++;
    size_t len = strcspn(pair, "=;");
    while (len > 0 && (pair[len - 1] == ' ' || pair[len - 1] == '\t'))
        len--;
    return (struct piece){pair, len};
}

static bool sets_cookie(const struct gofer_response *r, struct piece name)
{
    for (size_t i = 0; i < r->fields_len; i++) {
        if (!ascii_equal(r->head + r->fields[i].name, "Set-Cookie"))
            continue;
        struct piece set = name_of(r->head + r->fields[i].value);
        if (set.len == name.len && memcmp(set.text, name.text, name.len) == 0)
            return true;
    }
    return false;
}

/* Appends the pairs that the redirect does not set. */
static void keep_pairs(const char *pairs, const struct gofer_response *r, struct buf *out)
{
    for (const char *at = pairs; *at != '\0';) {
        struct piece name = name_of(at);
        size_t len = (size_t)(name.text - at) + strcspn(name.text, ";");
        if (name.len > 0 && !sets_cookie(r, name)) {
            buf_append_str(out, out->len > 0 ? "; " : "");
            buf_append(out, name.text, len - (size_t)(name.text - at));
        }
        at += len + (at[len] == ';');
    }
}

/* From here on the jar knows better than the caller what these cookies are. */
static bool forget_cookies(struct snapshot *next, const struct gofer_response *r,
                           const struct headers *defaults)
{
    const struct headers *list = &next->headers;
    if (headers_find(list, "Cookie") == NULL && defaults != NULL)
        list = defaults;
    struct buf kept = BUF_INIT;
    bool some = false;
    for (size_t i = 0; i < list->len; i++) {
        if (list->items[i].value == NULL || !ascii_equal(list->items[i].name, "Cookie"))
            continue;
        some = true;
        keep_pairs(list->items[i].value, r, &kept);
    }
    if (!some)
        return true;
    bool empty = kept.len == 0 && !buf_failed(&kept);
    char *value = buf_take_str(&kept);
    gofer_status status = empty           ? headers_remove(&next->headers, "Cookie")
                          : value != NULL ? headers_set(&next->headers, "Cookie", value)
                                          : GOFER_ERR_NOMEM;
    mem_free(value);
    return status == GOFER_OK;
}

/* --- the next request --- */

static bool inherit_fragment(struct url *url, const struct url *from)
{
    if (url->fragment != NULL || from->fragment == NULL)
        return true;
    url->fragment = mem_strdup(from->fragment);
    return url->fragment != NULL;
}

static bool change(struct snapshot *next, const struct snapshot *from, struct url *url,
                   const struct gofer_response *response, const struct redirect_rules *rules)
{
    if (!change_method(next, response->status) || !settle_credentials(next, from, url, rules) ||
        !set_referer(next, from, url, rules->defaults) || !inherit_fragment(url, &from->url))
        return false;
    return (!rules->has_jar || forget_cookies(next, response, rules->defaults)) &&
           snapshot_take_url(next, url);
}

enum redirect_next redirect_next(const struct snapshot *from, const struct gofer_response *response,
                                 const struct redirect_rules *rules, struct snapshot **next,
                                 struct buf *why)
{
    struct location location = find_location(response);
    if (location.text == NULL ||
        (what_stays(from, response->status) == GOFER_KEEP_ALL && !source_can_begin(from->source)))
        return REDIRECT_NONE;
    if (location.ambiguous)
        return refuse(why, "redirect refused: two Location fields");
    struct url url = {.scheme = NULL};
    enum redirect_next answer = resolve(from, location.text, rules, &url, why);
    if (answer != REDIRECT_FOLLOW)
        return answer;
    struct snapshot *made = snapshot_copy(from);
    if (made != NULL && names_host(location.text))
        headers_drop(&made->headers, "Host");
    if (made != NULL && change(made, from, &url, response, rules)) {
        *next = made;
        return REDIRECT_FOLLOW;
    }
    url_fini(&url);
    snapshot_unref(made);
    return REDIRECT_NO_MEMORY;
}
