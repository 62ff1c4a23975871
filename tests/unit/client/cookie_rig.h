/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the tests of cookie jars share: short names for setting and looking.
 */
#ifndef TESTS_UNIT_CLIENT_COOKIE_RIG_H
#define TESTS_UNIT_CLIENT_COOKIE_RIG_H

#include "base/clock.h"
#include "client/cookie_jar.h"
#include "support/heap.h"
#include "unit/http/expect.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* 2013-01-01 12:00:00 */
#define COOKIE_NOW INT64_C(1357041600000)

/* An empty jar, on that day; and its end, with the day of the system again. */
static inline gofer_cookie_jar *cookies_begin(void)
{
    heap_install();
    clock_fake_wall(COOKIE_NOW);
    return gofer_cookie_jar_new();
}

static inline void cookies_end(gofer_cookie_jar *jar)
{
    gofer_cookie_jar_free(jar);
    clock_fake_wall(-1);
}

/* One as a program would add it. */
static inline gofer_cookie cookie_of(const char *name, const char *domain)
{
    return (gofer_cookie){.name = name, .value = "v", .domain = domain};
}

/* How many cookies the jar has. */
static inline size_t cookie_count(gofer_cookie_jar *jar)
{
    gofer_cookies *list;
    CU_ASSERT_EQUAL_FATAL(gofer_cookie_jar_list(jar, NULL, &list), GOFER_OK);
    size_t n = gofer_cookies_len(list);
    gofer_cookies_free(list);
    return n;
}

/* What is sent to the URL. Static. */
static inline const char *cookies_sent(gofer_cookie_jar *jar, const char *url)
{
    static char text[GOFER_COOKIE_HEADER_BYTES];
    CU_ASSERT_EQUAL(gofer_cookie_jar_get(jar, url, text, sizeof text), GOFER_OK);
    return text;
}

/* Sets, and expects that it is kept, or refused. */
#define SET(jar, url, line) EXPECT(gofer_cookie_jar_set((jar), (url), (line)) == GOFER_OK, (line))
#define SET_NOT(jar, url, line)                                                                    \
    EXPECT(gofer_cookie_jar_set((jar), (url), (line)) == GOFER_ERR_INVALID, (line))

/* Expects what is sent to the URL. */
#define SENT(jar, url, want)                                                                       \
    EXPECT(strcmp(cookies_sent((jar), (url)), (want)) == 0, cookies_sent((jar), (url)))

#endif
