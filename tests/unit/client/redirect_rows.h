/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The tables redirect_methods, redirect_sensitive_headers and referer, as data.
 * Facts from Go's tests; where gofer is stricter the row says what holds here.
 */
#ifndef TESTS_UNIT_CLIENT_REDIRECT_ROWS_H
#define TESTS_UNIT_CLIENT_REDIRECT_ROWS_H

#include <stdbool.h>

/* The method of the next request, none of which has a body. */
static const struct method_row {
    const char *method;
    int status;
    const char *wanted;
} method_rows[] = {
    {"POST", 301, "GET"},
    {"POST", 302, "GET"},
    {"POST", 303, "GET"},
    {"POST", 307, "POST"},
    {"POST", 308, "POST"},
    {"HEAD", 301, "HEAD"},
    {"HEAD", 302, "HEAD"},
    {"HEAD", 303, "HEAD"},
    {"HEAD", 307, "HEAD"},
    {"HEAD", 308, "HEAD"},
    {"GET", 301, "GET"},
    {"GET", 302, "GET"},
    {"GET", 303, "GET"},
    {"GET", 307, "GET"},
    {"GET", 308, "GET"},
    {"DELETE", 301, "GET"},
    {"DELETE", 302, "GET"},
    {"DELETE", 303, "GET"},
    {"DELETE", 307, "DELETE"},
    {"DELETE", 308, "DELETE"},
    {"PUT", 301, "GET"},
    {"PUT", 302, "GET"},
    {"PUT", 303, "GET"},
    {"PUT", 307, "PUT"},
    {"PUT", 308, "PUT"},
    {"MADEUPMETHOD", 301, "GET"},
    {"MADEUPMETHOD", 302, "GET"},
    {"MADEUPMETHOD", 303, "GET"},
    {"MADEUPMETHOD", 307, "MADEUPMETHOD"},
    {"MADEUPMETHOD", 308, "MADEUPMETHOD"},
};

/* Whether credentials stay; `go` is Go's answer where ours differs: another port or scheme, or a
 * name below, is another origin. */
static const struct origin_row {
    const char *from, *to;
    bool keeps;
    bool go;
} origin_rows[] = {
    {"http://foo.com/", "http://bar.com/", false, false},
    {"http://foo.com/", "http://bar.com/", false, false},
    {"http://foo.com/", "http://bar.com/", false, false},
    {"http://foo.com/", "https://foo.com/", false, true},
    {"http://foo.com:1234/", "http://foo.com:4321/", false, true},
    {"http://foo.com/", "http://bar.com/", false, false},
    {"http://foo.com/", "http://[::1%25.foo.com]/", false, false},
    {"http://foo.com/", "http://foo.com/", true, true},
    {"http://foo.com/", "http://sub.foo.com/", false, true},
    {"http://foo.com/", "http://notfoo.com/", false, false},
    {"http://foo.com/", "https://foo.com/", false, true},
    {"http://foo.com:80/", "http://foo.com/", true, true},
    {"http://foo.com:80/", "http://sub.foo.com/", false, true},
    {"http://foo.com:443/", "https://foo.com/", false, true},
    {"http://foo.com:443/", "https://sub.foo.com/", false, true},
    {"http://foo.com:1234/", "http://foo.com/", false, true},
    {"http://foo.com/", "http://foo.com/", true, true},
    {"http://foo.com/", "http://sub.foo.com/", false, true},
    {"http://foo.com/", "http://notfoo.com/", false, false},
    {"http://foo.com/", "https://foo.com/", false, true},
    {"http://foo.com:80/", "http://foo.com/", true, true},
    {"http://foo.com:80/", "http://sub.foo.com/", false, true},
    {"http://foo.com:443/", "https://foo.com/", false, true},
    {"http://foo.com:443/", "https://sub.foo.com/", false, true},
    {"http://foo.com:1234/", "http://foo.com/", false, true},
    {"http://foobar.com/", "http://fooBAR.com/", true, true},
    {"http://example.com/",
     "http://evil\xe3\x80\x82"
     "example.com/",
     false, false},
    /* A full-width letter and a capital are the same host by UTS 46, for dialling, Host and here.
     */
    {"http://example.com/", "http://\xef\xbd\x85xample.com/", true, false},
    {"http://s\xc3\xbc"
     "b.example.com/",
     "http://s\xc3\x9c"
     "b.example.com/",
     true, false},
};

static const struct referer_row {
    const char *last, *next, *given, *wanted; /* wanted NULL: none is sent */
} referer_rows[] = {
    {"http://gopher@test.com/", "http://link.com/", NULL, "http://test.com/"},
    {"https://gopher@test.com/", "https://link.com/", NULL, "https://test.com/"},
    {"http://gopher:go@test.com/", "http://link.com/", NULL, "http://test.com/"},
    {"https://gopher:go@test.com/", "https://link.com/", NULL, "https://test.com/"},
    {"http://test.com/", "http://link.com/", NULL, "http://test.com/"},
    {"https://test.com/", "https://link.com/", NULL, "https://test.com/"},
    {"https://test.com/", "http://link.com/", NULL, NULL},
    {"https://gopher:go@test.com/", "http://link.com/", NULL, NULL},
    {"https://test.com/", "http://link.com/", "https://foo.com", NULL},
    {"https://gopher:go@test.com/", "http://link.com/", "https://foo.com", NULL},
    {"https://test.com/", "https://link.com/", "https://foo.com", "https://foo.com"},
    {"https://gopher:go@test.com/", "https://link.com/", "https://foo.com", "https://foo.com"},
};

#endif
