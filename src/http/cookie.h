/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Cookies as bytes (RFC 6265bis): what a Set-Cookie line says, which names and
 * values are legal, how paths match, and the Cookie field. Whether a cookie is
 * kept and sent is the jar's business (client/cookie_jar.h).
 *
 * Stricter than the RFC, as Go is: a cookie has a name; name and value hold no
 * tab, backslash or quote, but for one pair of quotes around the value, which is
 * part of it. A stray quote makes some servers swallow the cookies behind it.
 *
 * Views point into the line that was parsed. Pure; any thread.
 */
#ifndef GOFER_HTTP_COOKIE_H
#define GOFER_HTTP_COOKIE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include <gofer/cookie.h>

enum {
    COOKIE_PAIR_MAX_BYTES = 4096,      /* name and value (RFC 6265bis section 5.6) */
    COOKIE_ATTRIBUTE_MAX_BYTES = 1024, /* one attribute's value */
    COOKIE_HEADER_MAX_BYTES = 8190,    /* the Cookie field of one request, as curl has it */
    COOKIE_HEADER_MAX_COOKIES = 150    /* the same */
};

/* How long a server may have its cookie kept: 400 days (RFC 6265bis section 5.5). */
#define COOKIE_AGE_MAX_S INT64_C(34560000)

/* Expiry times are milliseconds since 1970; this one is "with the session", negative ones have
 * passed. */
#define COOKIE_SESSION INT64_C(0)
#define COOKIE_EXPIRED INT64_C(-1)

struct cookie_span {
    const char *at;
    size_t len;
};

struct set_cookie {
    struct cookie_span name;
    struct cookie_span value;  /* with its quotes */
    struct cookie_span domain; /* as it stands, leading dot too; empty: none */
    struct cookie_span path;   /* begins with '/'; empty: none */
    bool has_max_age;
    int64_t max_age_s; /* saturated */
    bool has_expires;
    int64_t expires_s; /* since 1970 */
    bool secure;
    bool http_only;
    gofer_same_site same_site;
};

/*
 * Parses the value of one Set-Cookie field (RFC 6265bis section 5.6). False where
 * it is to be ignored as a whole: a control byte, no name, a bad name or value, or
 * both together too long. Attributes that are unknown, too long or senseless are
 * ignored alone; of one given twice the last counts.
 */
bool cookie_parse(const char *line, size_t len, struct set_cookie *cookie);

/* When the cookie expires that was received at now_ms: Max-Age before Expires, at most
 * COOKIE_AGE_MAX_S away. */
int64_t cookie_expiry_ms(const struct set_cookie *cookie, int64_t now_ms);

static inline bool cookie_is_expired(int64_t expires_ms, int64_t now_ms)
{
    return expires_ms != COOKIE_SESSION && expires_ms <= now_ms;
}

/* Whether a name, a value, a path may be in a cookie; the lengths are checked by
 * cookie_fits(). */
bool cookie_is_name(const char *text, size_t len);
bool cookie_is_value(const char *text, size_t len);
bool cookie_is_path(const char *text, size_t len);

/* Whether the lengths are within the limits. */
bool cookie_fits(size_t name_len, size_t value_len, size_t path_len);

/*
 * Whether the promises hold that the name makes, in any case of its letters
 * (RFC 6265bis section 4.1.3): "__Secure-" is secure; "__Host-" is secure, of its
 * host only, and for the path "/", which the server must have said.
 */
bool cookie_keeps_promises(struct cookie_span name, bool secure, bool host_only,
                           struct cookie_span path);

/* The path of a cookie without one, set by an answer for this path (RFC 6265bis section 5.1.4).
 * Part of `path`, or static. */
struct cookie_span cookie_default_path(const char *path, size_t len);

/* Whether a request for this path gets a cookie of that one (RFC 6265bis section 5.1.4): equal, or
 * below, by whole segments. */
bool cookie_path_matches(struct cookie_span request, struct cookie_span cookie);

/* Appends name=value to a Cookie field that began at `begin` of out, "; " before it where it is not
 * the first. False, and nothing appended, where that would pass COOKIE_HEADER_MAX_BYTES. */
bool cookie_write_pair(struct buf *out, size_t begin, const char *name, const char *value);

#endif
