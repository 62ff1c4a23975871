/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The shape of the rows of table cookiejar_cases.
 */
#ifndef TESTS_UNIT_CLIENT_COOKIE_CASE_H
#define TESTS_UNIT_CLIENT_COOKIE_CASE_H

enum { COOKIE_CASE_LINES = 16, COOKIE_CASE_QUERIES = 13 };

struct cookie_query {
    const char *url; /* NULL: the end */
    const char *want;
};

struct cookie_case {
    const char *name;
    const char *from;                   /* the URL that sets */
    const char *set[COOKIE_CASE_LINES]; /* Set-Cookie lines, NULL behind the last */
    const char *content;                /* all of the jar, sorted */
    struct cookie_query queries[COOKIE_CASE_QUERIES];
};

#endif
