/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Set-Cookie lines and their dates: what is taken has a name and a value that may
 * be sent back, lies inside the line, and never lives longer than the limit.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>

#include "http/cookie.h"
#include "http/cookie_date.h"

#define NOW_MS INT64_C(1700000000000)

static void check_inside(struct cookie_span span, const char *line, size_t len)
{
    FUZZ_CHECK(span.len == 0 || (span.at >= line && span.at + span.len <= line + len));
}

static void check_cookie(const struct set_cookie *cookie, const char *line, size_t len)
{
    FUZZ_CHECK(cookie_is_name(cookie->name.at, cookie->name.len));
    FUZZ_CHECK(cookie_is_value(cookie->value.at, cookie->value.len));
    FUZZ_CHECK(cookie->path.len == 0 || cookie->path.at[0] == '/');
    check_inside(cookie->name, line, len);
    check_inside(cookie->value, line, len);
    check_inside(cookie->domain, line, len);
    check_inside(cookie->path, line, len);
    int64_t expires = cookie_expiry_ms(cookie, NOW_MS);
    FUZZ_CHECK(expires <= NOW_MS + COOKIE_AGE_MAX_S * 1000);
    cookie_keeps_promises(cookie->name, cookie->secure, false, cookie->path);
}

void fuzz_cookie(struct fuzz *f)
{
    size_t len;
    struct set_cookie cookie;
    int64_t seconds = 0;
    char *line = fuzz_rest(f, &len);
    if (cookie_parse(line, len, &cookie))
        check_cookie(&cookie, line, len);
    if (cookie_date_parse(line, len, &seconds))
        FUZZ_CHECK(seconds >= INT64_C(-11644473600)); /* the year 1601 */
    struct cookie_span path = cookie_default_path(line, len);
    FUZZ_CHECK(path.len > 0 && path.at[0] == '/');
    free(line);
}
