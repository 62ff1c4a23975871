/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Tests over texts and the URLs that they parse to, one line each.
 */
#ifndef TESTS_UNIT_HTTP_URL_ROWS_H
#define TESTS_UNIT_HTTP_URL_ROWS_H

#include "http/url.h"
#include "tests/unit/http/expect.h"

/* What a text parses to, as one line: scheme|user|password|host|zone|port|target|fragment, "-" for
 * NULL; or "!" and the message. Static. */
static inline const char *parsed(const char *text)
{
    static char line[2048];
    struct url u;
    struct buf why = BUF_INIT;
    gofer_status status = url_parse(text, &u, &why);
    if (status != GOFER_OK) {
        CU_ASSERT(status == GOFER_ERR_INVALID && u.host == NULL && u.target == NULL);
        CU_ASSERT(why.len > 0 && why.len < 400);
        snprintf(line, sizeof line, "!%.*s", (int)why.len, why.data);
        buf_fini(&why);
        return line;
    }
    CU_ASSERT_EQUAL(why.len, 0);
#define OR_DASH(s) ((s) == NULL ? "-" : (s))
    snprintf(line, sizeof line, "%s|%s|%s|%s|%s|%d%s|%s|%s", u.scheme, OR_DASH(u.user),
             OR_DASH(u.password), u.host, OR_DASH(u.zone), u.port, u.port_given ? "!" : "",
             u.target, OR_DASH(u.fragment));
    url_fini(&u);
    CU_ASSERT_PTR_NULL(u.host);
    return line;
}

struct row {
    const char *in;
    const char *want;
};

static inline void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = parsed(rows[i].in);
        if (strcmp(got, rows[i].want) == 0) {
            CU_PASS("");
            continue;
        }
        char both[1024];
        snprintf(both, sizeof both, "%.200s: %.300s", rows[i].in, got);
        EXPECT(!"parsed as wanted", both);
    }
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof *(rows))

/* Refused, whatever the words. */
static inline bool refused(const char *text)
{
    return parsed(text)[0] == '!';
}

/* head, n times unit, tail; to be freed. */
static inline char *repeated(const char *head, const char *unit, size_t n, const char *tail)
{
    size_t unit_len = strlen(unit);
    char *text = malloc(strlen(head) + n * unit_len + strlen(tail) + 1);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, unit);
    strcpy(at, tail);
    return text;
}

#endif
