/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/cookie_jar: table cookiejar_cases. A row's lines are set at its begin,
 * the jar's content is looked at 1001 ms later and each query 1001 ms after what
 * was before it, on a clock that stands still in between.
 */
#include <stdlib.h>

#include "base/clock.h"
#include "client/cookie_jar.h"
#include "unit/client/cookie_basic_rows.h"
#include "unit/client/cookie_chromium_rows.h"
#include "unit/client/cookie_step_rows.h"
#include "unit/http/expect.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

extern CU_TestInfo cookie_cases_tests[];

static const int64_t begin_ms = INT64_C(1357041600000); /* 2013-01-01 12:00:00 */
enum { STEP_MS = 1001 };

static int compare_texts(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All cookies as "name=value", sorted, with blanks between. */
static void content_of(gofer_cookie_jar *jar, char *out, size_t size)
{
    gofer_cookies *list;
    char *pairs[32];
    size_t at = 0;
    out[0] = '\0';
    CU_ASSERT_EQUAL_FATAL(gofer_cookie_jar_list(jar, NULL, &list), GOFER_OK);
    size_t n = gofer_cookies_len(list);
    CU_ASSERT_FATAL(n <= LENGTH(pairs));
    for (size_t i = 0; i < n; i++) {
        const gofer_cookie *c = gofer_cookies_at(list, i);
        CU_ASSERT_FATAL(asprintf(&pairs[i], "%s=%s", c->name, c->value) > 0);
    }
    qsort(pairs, n, sizeof pairs[0], compare_texts);
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(out + at, size - at, "%s%s", i == 0 ? "" : " ", pairs[i]);
        free(pairs[i]);
    }
    gofer_cookies_free(list);
}

/* What is sent, with blanks between, as the table has it. */
static void sent_to(gofer_cookie_jar *jar, const char *url, char *out)
{
    gofer_cookie_jar_get(jar, url, out, GOFER_COOKIE_HEADER_BYTES);
    for (char *semicolon; (semicolon = strstr(out, "; ")) != NULL;)
        memmove(semicolon, semicolon + 1, strlen(semicolon));
}

static void run_case(gofer_cookie_jar *jar, const struct cookie_case *row)
{
    char text[GOFER_COOKIE_HEADER_BYTES];
    int64_t now = begin_ms;
    clock_fake_wall(now);
    for (size_t i = 0; row->set[i] != NULL; i++)
        gofer_cookie_jar_set(jar, row->from, row->set[i]);
    clock_fake_wall(now += STEP_MS);
    content_of(jar, text, sizeof text);
    EXPECT(strcmp(text, row->content) == 0, row->name);
    for (size_t i = 0; row->queries[i].url != NULL; i++) {
        clock_fake_wall(now += STEP_MS);
        sent_to(jar, row->queries[i].url, text);
        EXPECT(strcmp(text, row->queries[i].want) == 0, row->name);
        EXPECT(strcmp(text, row->queries[i].want) == 0, row->queries[i].url);
    }
    clock_fake_wall(-1);
}

static void run_each_alone(const struct cookie_case *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gofer_cookie_jar *jar = gofer_cookie_jar_new();
        run_case(jar, &rows[i]);
        gofer_cookie_jar_free(jar);
    }
}

static void run_in_one_jar(const struct cookie_case *rows, size_t n)
{
    gofer_cookie_jar *jar = gofer_cookie_jar_new();
    for (size_t i = 0; i < n; i++)
        run_case(jar, &rows[i]);
    gofer_cookie_jar_free(jar);
}

static void basics(void)
{
    run_each_alone(basics_cases, LENGTH(basics_cases));
}

static void update_and_delete(void)
{
    run_in_one_jar(update_and_delete_cases, LENGTH(update_and_delete_cases));
}

static void expiration(void)
{
    run_each_alone(expiration_cases, LENGTH(expiration_cases));
}

static void chromium(void)
{
    run_each_alone(chromium_basics_cases, LENGTH(chromium_basics_cases));
    run_in_one_jar(chromium_domain_cases, LENGTH(chromium_domain_cases));
    run_in_one_jar(chromium_deletion_cases, LENGTH(chromium_deletion_cases));
}

static void domain_handling(void)
{
    run_each_alone(domain_handling_cases, LENGTH(domain_handling_cases));
}

CU_TestInfo cookie_cases_tests[] = {
    {"H3 table cookiejar_cases: basics", basics},
    {"H4 table cookiejar_cases: update and delete", update_and_delete},
    {"H5 table cookiejar_cases: expiry second by second", expiration},
    {"H6 table cookiejar_cases: Chromium's basics, domains and deletion", chromium},
    {"H7 table cookiejar_cases: domains", domain_handling},
    CU_TEST_INFO_NULL,
};
