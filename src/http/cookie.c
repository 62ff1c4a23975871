/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Set-Cookie: the line is cut at semicolons, each piece at its first '='. Values
 * of attributes are kept as views until the end, when the last one counts.
 */
#include "http/cookie.h"

#include <string.h>

#include "base/ascii.h"
#include "http/cookie_date.h"

static struct cookie_span span_of(const char *text)
{
    return (struct cookie_span){text, strlen(text)};
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static struct cookie_span trim(const char *at, const char *end)
{
    while (at < end && is_blank(*at))
        at++;
    while (at < end && is_blank(end[-1]))
        end--;
    return (struct cookie_span){at, (size_t)(end - at)};
}

/* Where c stands in [at, end), or end. */
static const char *find(const char *at, const char *end, char c)
{
    const char *found = at == end ? NULL : memchr(at, c, (size_t)(end - at));
    return found == NULL ? end : found;
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

static bool has_control(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_control(text[i]) && text[i] != '\t')
            return true;
    return false;
}

/* --- names, values, paths --- */

static bool are_octets(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_control(text[i]) || text[i] == '"' || text[i] == ';' || text[i] == '\\')
            return false;
    return true;
}

static bool has_outer_blank(const char *text, size_t len)
{
    return len > 0 && (is_blank(text[0]) || is_blank(text[len - 1]));
}

bool cookie_is_name(const char *text, size_t len)
{
    return len > 0 && !has_outer_blank(text, len) && are_octets(text, len) &&
           memchr(text, '=', len) == NULL;
}

bool cookie_is_value(const char *text, size_t len)
{
    if (len >= 2 && text[0] == '"' && text[len - 1] == '"')
        return are_octets(text + 1, len - 2);
    return !has_outer_blank(text, len) && are_octets(text, len);
}

bool cookie_is_path(const char *text, size_t len)
{
    if (len == 0 || text[0] != '/' || has_outer_blank(text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if (is_control(text[i]) || text[i] == ';')
            return false;
    return true;
}

bool cookie_fits(size_t name_len, size_t value_len, size_t path_len)
{
    return name_len <= COOKIE_PAIR_MAX_BYTES && value_len <= COOKIE_PAIR_MAX_BYTES - name_len &&
           path_len <= COOKIE_ATTRIBUTE_MAX_BYTES;
}

static bool begins_with(struct cookie_span name, const char *prefix)
{
    size_t len = strlen(prefix);
    return name.len >= len && ascii_equal_n(name.at, len, prefix);
}

bool cookie_keeps_promises(struct cookie_span name, bool secure, bool host_only,
                           struct cookie_span path)
{
    if (begins_with(name, "__Secure-"))
        return secure;
    if (begins_with(name, "__Host-"))
        return secure && host_only && path.len == 1 && path.at[0] == '/';
    return true;
}

/* --- attributes --- */

static void take_expires(struct set_cookie *cookie, struct cookie_span value)
{
    if (cookie_date_parse(value.at, value.len, &cookie->expires_s))
        cookie->has_expires = true;
}

static void take_max_age(struct set_cookie *cookie, struct cookie_span value)
{
    bool minus = value.len > 0 && value.at[0] == '-';
    int64_t n = 0;
    if (value.len == (size_t)minus)
        return;
    for (size_t i = minus; i < value.len; i++) {
        if (!ascii_is_digit(value.at[i]))
            return;
        n = n < COOKIE_AGE_MAX_S ? 10 * n + (value.at[i] - '0') : n;
    }
    cookie->has_max_age = true;
    cookie->max_age_s = minus ? -n : n;
}

static void take_domain(struct set_cookie *cookie, struct cookie_span value)
{
    cookie->domain = value;
}

/* A tab would end the field in a cookie file. */
static void take_path(struct set_cookie *cookie, struct cookie_span value)
{
    cookie->path = cookie_is_path(value.at, value.len) ? value : span_of("");
}

static void take_secure(struct set_cookie *cookie, struct cookie_span value)
{
    (void)value;
    cookie->secure = true;
}

static void take_http_only(struct set_cookie *cookie, struct cookie_span value)
{
    (void)value;
    cookie->http_only = true;
}

static void take_same_site(struct set_cookie *cookie, struct cookie_span value)
{
    cookie->same_site = ascii_equal_n(value.at, value.len, "none")     ? GOFER_SAME_SITE_NONE
                        : ascii_equal_n(value.at, value.len, "lax")    ? GOFER_SAME_SITE_LAX
                        : ascii_equal_n(value.at, value.len, "strict") ? GOFER_SAME_SITE_STRICT
                                                                       : GOFER_SAME_SITE_DEFAULT;
}

static const struct {
    const char *name;
    void (*take)(struct set_cookie *cookie, struct cookie_span value);
} attributes[] = {
    {"expires", take_expires},    {"max-age", take_max_age}, {"domain", take_domain},
    {"path", take_path},          {"secure", take_secure},   {"httponly", take_http_only},
    {"samesite", take_same_site},
};

static void take_attribute(const char *at, const char *end, struct set_cookie *cookie)
{
    const char *equals = find(at, end, '=');
    struct cookie_span name = trim(at, equals);
    struct cookie_span value = trim(equals == end ? end : equals + 1, end);
    if (value.len > COOKIE_ATTRIBUTE_MAX_BYTES)
        return;
    for (size_t i = 0; i < sizeof attributes / sizeof attributes[0]; i++)
        if (ascii_equal_n(name.at, name.len, attributes[i].name))
            attributes[i].take(cookie, value);
}

static bool take_pair(const char *at, const char *end, struct set_cookie *cookie)
{
    const char *equals = find(at, end, '=');
    if (equals == end)
        return false;
    cookie->name = trim(at, equals);
    cookie->value = trim(equals + 1, end);
    return cookie_is_name(cookie->name.at, cookie->name.len) &&
           cookie_is_value(cookie->value.at, cookie->value.len) &&
           cookie_fits(cookie->name.len, cookie->value.len, 0);
}

bool cookie_parse(const char *line, size_t len, struct set_cookie *cookie)
{
    const char *end = line + len;
    const char *stop = find(line, end, ';');
    *cookie = (struct set_cookie){.domain = span_of(""), .path = span_of("")};
    if (has_control(line, len) || !take_pair(line, stop, cookie))
        return false;
    while (stop < end) {
        const char *at = stop + 1;
        stop = find(at, end, ';');
        take_attribute(at, stop, cookie);
    }
    return true;
}

int64_t cookie_expiry_ms(const struct set_cookie *cookie, int64_t now_ms)
{
    int64_t latest = now_ms + COOKIE_AGE_MAX_S * 1000;
    int64_t at = COOKIE_SESSION;
    if (cookie->has_max_age) {
        if (cookie->max_age_s <= 0)
            return COOKIE_EXPIRED;
        at = cookie->max_age_s < COOKIE_AGE_MAX_S ? now_ms + cookie->max_age_s * 1000 : latest;
    } else if (cookie->has_expires) {
        if (cookie->expires_s <= 0)
            return COOKIE_EXPIRED;
        at = cookie->expires_s * 1000;
    }
    return at < latest ? at : latest;
}

/* --- paths --- */

struct cookie_span cookie_default_path(const char *path, size_t len)
{
    const char *slash = len == 0 || path[0] != '/' ? NULL : memrchr(path, '/', len);
    if (slash == NULL || slash == path)
        return span_of("/");
    return (struct cookie_span){path, (size_t)(slash - path)};
}

bool cookie_path_matches(struct cookie_span request, struct cookie_span cookie)
{
    if (cookie.len == 0 || request.len < cookie.len ||
        memcmp(request.at, cookie.at, cookie.len) != 0)
        return false;
    return request.len == cookie.len || cookie.at[cookie.len - 1] == '/' ||
           request.at[cookie.len] == '/';
}

/* --- the Cookie field --- */

bool cookie_write_pair(struct buf *out, size_t begin, const char *name, const char *value)
{
    size_t written = out->len - begin;
    size_t more = strlen(name) + 1 + strlen(value) + (written > 0 ? 2 : 0);
    if (more > COOKIE_HEADER_MAX_BYTES - written)
        return false;
    if (written > 0)
        buf_append_str(out, "; ");
    buf_append_str(out, name);
    buf_append_char(out, '=');
    buf_append_str(out, value);
    return true;
}
