/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A text is split into its five components first (RFC 3986 appendix B, by hand),
 * then each is checked and made canonical. Resolving is the same with the
 * missing components taken from the base, whose strings are canonical already.
 */
#include "http/url.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "http/decimal.h"
#include "http/escape.h"
#include "http/host.h"
#include "http/refuse.h"

enum { PORT_HTTP = 80, PORT_HTTPS = 443, MASK_QUOTE_MAX = 200 };

/* A piece of the text; at NULL: the component is missing. */
struct span {
    const char *at;
    size_t len;
};

struct split {
    struct span scheme;
    struct span authority;
    struct span path;
    struct span query;
    struct span fragment;
};

static struct span span_to(const char *from, const char *to)
{
    return (struct span){from, (size_t)(to - from)};
}

/* Length of the scheme that begins the text, or 0. */
static size_t scheme_len(const char *text)
{
    size_t n = 0;
    if (!ascii_is_alpha(text[0]))
        return 0;
    while (ascii_is_alpha(text[n]) || ascii_is_digit(text[n]) ||
           (text[n] != '\0' && strchr("+-.", text[n]) != NULL))
        n++;
    return text[n] == ':' ? n : 0;
}

static void split_text(const char *text, struct split *s)
{
    *s = (struct split){.scheme = {NULL, 0}};
    size_t n = scheme_len(text);
    if (n > 0) {
        s->scheme = (struct span){text, n};
        text += n + 1;
    }
    if (text[0] == '/' && text[1] == '/') {
        const char *end = text + 2 + strcspn(text + 2, "/?#");
        s->authority = span_to(text + 2, end);
        text = end;
    }
    s->path = (struct span){text, strcspn(text, "?#")};
    text += s->path.len;
    if (*text == '?') {
        s->query = (struct span){text + 1, strcspn(text + 1, "#")};
        text += 1 + s->query.len;
    }
    if (*text == '#')
        s->fragment = (struct span){text + 1, strlen(text + 1)};
}

static gofer_status check_text(const char *text, struct buf *why)
{
    size_t i = 0;
    for (; text[i] != '\0'; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c < 0x20 || c == 0x7f)
            return refuse(why, "control byte in URL");
        if (i == URL_MAX_BYTES)
            return refuse(why, "URL too long");
    }
    return GOFER_OK;
}

static gofer_status set_scheme(struct url *url, struct span scheme, struct buf *why)
{
    if (scheme.at == NULL)
        return refuse(why, "no scheme in URL");
    url->scheme = mem_strndup(scheme.at, scheme.len);
    if (url->scheme == NULL)
        return GOFER_ERR_NOMEM;
    ascii_lower_n(url->scheme, scheme.len);
    if (strcmp(url->scheme, "http") == 0 || strcmp(url->scheme, "https") == 0)
        return GOFER_OK;
    return refuse_quoting(why, "unsupported protocol scheme", scheme.at, scheme.len);
}

static gofer_status decode_userinfo(struct span text, char **out, struct buf *why)
{
    if (!escape_decode(text.at, text.len, out))
        return refuse(why, "invalid userinfo in URL");
    return *out == NULL ? GOFER_ERR_NOMEM : GOFER_OK;
}

static gofer_status set_userinfo(struct url *url, struct span text, struct buf *why)
{
    if (text.len == 0)
        return GOFER_OK;
    const char *colon = memchr(text.at, ':', text.len);
    const char *end = text.at + text.len;
    gofer_status status =
        decode_userinfo(span_to(text.at, colon == NULL ? end : colon), &url->user, why);
    if (status == GOFER_OK && colon != NULL)
        status = decode_userinfo(span_to(colon + 1, end), &url->password, why);
    if (status != GOFER_OK)
        return status;
    /* Basic credentials are user:password (RFC 7617): such a user would move the border. */
    return strchr(url->user, ':') == NULL ? GOFER_OK : refuse(why, "encoded ':' in URL user");
}

static uint16_t default_port(const char *scheme)
{
    return strcmp(scheme, "https") == 0 ? PORT_HTTPS : PORT_HTTP;
}

/* [name%25zone]:port; zone NULL and port -1: none. */
static void write_authority(const char *name, enum url_host_kind kind, const char *zone, int port,
                            struct buf *out)
{
    if (kind == URL_HOST_IPV6)
        buf_append_char(out, '[');
    buf_append_str(out, name);
    if (zone != NULL) {
        buf_append_str(out, "%25");
        buf_append_str(out, zone);
    }
    if (kind == URL_HOST_IPV6)
        buf_append_char(out, ']');
    if (port < 0)
        return;
    buf_append_char(out, ':');
    decimal_append(out, (uint64_t)port);
}

static gofer_status set_host(struct url *url, struct span text, struct buf *why)
{
    struct host host;
    gofer_status status = host_parse(text.at, text.len, &host, why);
    if (status != GOFER_OK)
        return status;
    url->host = host.name;
    url->zone = host.zone;
    url->host_kind = host.kind;
    url->port = default_port(url->scheme);
    url->port_given = host.port >= 0 && host.port != url->port;
    if (url->port_given)
        url->port = (uint16_t)host.port;
    struct buf authority = BUF_INIT;
    write_authority(host.name, host.kind, NULL, url->port_given ? host.port : -1, &authority);
    url->authority = buf_take_str(&authority);
    return url->authority == NULL ? GOFER_ERR_NOMEM : GOFER_OK;
}

static gofer_status set_authority(struct url *url, struct span text, struct buf *why)
{
    if (text.len == 0)
        return refuse(why, "no Host in request URL");
    if (memchr(text.at, '\\', text.len) != NULL)
        return refuse(why, "backslash in URL authority");
    const char *at = memrchr(text.at, '@', text.len);
    if (at == NULL)
        return set_host(url, text, why);
    gofer_status status = set_userinfo(url, span_to(text.at, at), why);
    if (status != GOFER_OK)
        return status;
    return set_host(url, span_to(at + 1, text.at + text.len), why);
}

static char *copy_or_null(const char *text, bool *failed)
{
    char *copy = text == NULL ? NULL : mem_strdup(text);
    *failed = *failed || (text != NULL && copy == NULL);
    return copy;
}

static gofer_status copy_authority(struct url *url, const struct url *base)
{
    bool failed = false;
    url->user = copy_or_null(base->user, &failed);
    url->password = copy_or_null(base->password, &failed);
    url->host = copy_or_null(base->host, &failed);
    url->zone = copy_or_null(base->zone, &failed);
    url->authority = copy_or_null(base->authority, &failed);
    url->port = base->port;
    url->port_given = base->port_given;
    url->host_kind = base->host_kind;
    return failed ? GOFER_ERR_NOMEM : GOFER_OK;
}

/* The target from an encoded path, which this takes, and a query (at NULL: none). */
static gofer_status set_target(struct url *url, struct buf *path, struct span query,
                               struct buf *why)
{
    if (path->len > 0)
        path->len = escape_remove_dots(path->data, path->len);
    else
        buf_append_char(path, '/');
    if (query.at != NULL) {
        buf_append_char(path, '?');
        escape_query(path, query.at, query.len);
    }
    size_t len = path->len;
    url->target = buf_take_str(path);
    if (url->target == NULL)
        return GOFER_ERR_NOMEM;
    return len <= URL_MAX_BYTES ? GOFER_OK : refuse(why, "URL too long");
}

static gofer_status set_fragment(struct url *url, struct span text)
{
    struct buf encoded = BUF_INIT;
    if (text.at == NULL)
        return GOFER_OK;
    escape_query(&encoded, text.at, text.len);
    url->fragment = buf_take_str(&encoded);
    return url->fragment == NULL ? GOFER_ERR_NOMEM : GOFER_OK;
}

static gofer_status fill_absolute(struct url *url, const struct split *s, struct buf *why)
{
    struct buf path = BUF_INIT;
    gofer_status status = set_scheme(url, s->scheme, why);
    if (status == GOFER_OK)
        status = set_authority(url, s->authority, why);
    if (status == GOFER_OK) {
        escape_path(&path, s->path.at, s->path.len);
        status = set_target(url, &path, s->query, why);
    }
    return status == GOFER_OK ? set_fragment(url, s->fragment) : status;
}

/* RFC 3986 section 5.2.2 for a reference without authority. */
static gofer_status merge_target(struct url *url, const struct url *base, const struct split *s,
                                 struct buf *why)
{
    struct buf path = BUF_INIT;
    const char *base_end = base->target + strcspn(base->target, "?");
    struct span query = s->query;
    if (s->path.len == 0) {
        buf_append(&path, base->target, (size_t)(base_end - base->target));
        if (query.at == NULL && *base_end == '?')
            query = (struct span){base_end + 1, strlen(base_end + 1)};
    } else {
        const char *slash = memrchr(base->target, '/', (size_t)(base_end - base->target));
        if (s->path.at[0] != '/')
            buf_append(&path, base->target, (size_t)(slash - base->target) + 1);
        escape_path(&path, s->path.at, s->path.len);
    }
    return set_target(url, &path, query, why);
}

static gofer_status fill_relative(struct url *url, const struct url *base, const struct split *s,
                                  struct buf *why)
{
    url->scheme = mem_strdup(base->scheme);
    if (url->scheme == NULL)
        return GOFER_ERR_NOMEM;
    gofer_status status = copy_authority(url, base);
    if (status == GOFER_OK)
        status = merge_target(url, base, s, why);
    return status == GOFER_OK ? set_fragment(url, s->fragment) : status;
}

static gofer_status parse(const char *text, const struct url *base, struct url *url,
                          struct buf *why)
{
    struct split s;
    *url = (struct url){.scheme = NULL};
    gofer_status status = check_text(text, why);
    if (status != GOFER_OK)
        return status;
    split_text(text, &s);
    if (base != NULL && s.scheme.at == NULL && s.authority.at == NULL) {
        status = fill_relative(url, base, &s, why);
    } else {
        if (base != NULL && s.scheme.at == NULL)
            s.scheme = (struct span){base->scheme, strlen(base->scheme)};
        status = fill_absolute(url, &s, why);
    }
    if (status != GOFER_OK)
        url_fini(url);
    return status;
}

gofer_status url_parse(const char *text, struct url *url, struct buf *why)
{
    return parse(text, NULL, url, why);
}

gofer_status url_resolve(const struct url *base, const char *reference, struct url *url,
                         struct buf *why)
{
    return parse(reference, base, url, why);
}

/* The strings of a URL: what is owned is listed once. */
enum { URL_STRINGS = 8 };

static void list_strings(struct url *url, char **strings[URL_STRINGS])
{
    char **const all[URL_STRINGS] = {&url->scheme, &url->user,      &url->password, &url->host,
                                     &url->zone,   &url->authority, &url->target,   &url->fragment};
    memcpy(strings, all, sizeof all);
}

void url_fini(struct url *url)
{
    char **strings[URL_STRINGS];
    list_strings(url, strings);
    for (size_t i = 0; i < URL_STRINGS; i++)
        mem_free(*strings[i]);
    *url = (struct url){.scheme = NULL};
}

bool url_copy(struct url *to, const struct url *from)
{
    char **strings[URL_STRINGS];
    bool ok = true;
    *to = *from;
    list_strings(to, strings);
    for (size_t i = 0; i < URL_STRINGS; i++) {
        if (*strings[i] == NULL)
            continue;
        *strings[i] = mem_strdup(*strings[i]);
        ok = ok && *strings[i] != NULL;
    }
    if (!ok)
        url_fini(to);
    return ok;
}

void url_write_host(const struct url *url, struct buf *out)
{
    buf_append_str(out, url->authority);
}

void url_write_masked(const struct url *url, struct buf *out)
{
    buf_append_str(out, url->scheme);
    buf_append_str(out, "://");
    if (url->user != NULL) {
        escape_userinfo(out, url->user, strlen(url->user));
        buf_append_str(out, url->password == NULL ? "@" : ":***@");
    }
    write_authority(url->host, url->host_kind, url->zone, url->port_given ? url->port : -1, out);
    buf_append_str(out, url->target);
}

void url_write_without_userinfo(const struct url *url, struct buf *out)
{
    buf_append_str(out, url->scheme);
    buf_append_str(out, "://");
    buf_append_str(out, url->authority);
    buf_append_str(out, url->target);
}

bool url_same_origin(const struct url *a, const struct url *b)
{
    const char *zones[] = {a->zone != NULL ? a->zone : "", b->zone != NULL ? b->zone : ""};
    return strcmp(a->scheme, b->scheme) == 0 && strcmp(a->host, b->host) == 0 &&
           strcmp(zones[0], zones[1]) == 0 && a->port == b->port;
}

void url_mask_text(const char *text, struct buf *out)
{
    const char *slashes = strstr(text, "//");
    const char *begin = slashes == NULL ? text : slashes + 2;
    const char *at = strrchr(begin, '@');
    const char *colon = at == NULL ? NULL : memchr(begin, ':', (size_t)(at - begin));
    if (colon != NULL) {
        ascii_escape(out, text, (size_t)(colon - text) + 1, MASK_QUOTE_MAX);
        buf_append_str(out, "***");
        text = at;
    }
    ascii_escape(out, text, strlen(text), MASK_QUOTE_MAX);
}

gofer_status url_check_host_port(const char *text, struct buf *out)
{
    struct host host;
    struct buf why = BUF_INIT;
    gofer_status status = host_parse(text, strlen(text), &host, &why);
    buf_fini(&why);
    if (status != GOFER_OK)
        return status;
    write_authority(host.name, host.kind, NULL, host.port, out);
    host_fini(&host);
    return buf_failed(out) ? GOFER_ERR_NOMEM : GOFER_OK;
}
