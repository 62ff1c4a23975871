/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/url: references against a base (RFC 3986 section 5).
 */
#include <CUnit/CUnit.h>

#include "http/url.h"
#include "tests/unit/http/expect.h"

extern CU_TestInfo url_resolve_tests[];

/* The result with its fragment, or "!" and the message. Static. */
static const char *resolved(const char *base_text, const char *reference)
{
    static char line[1024];
    struct url base, u;
    struct buf out = BUF_INIT;
    CU_ASSERT_EQUAL_FATAL(url_parse(base_text, &base, &out), GOFER_OK);
    gofer_status status = url_resolve(&base, reference, &u, &out);
    if (status == GOFER_OK)
        url_write_masked(&u, &out);
    snprintf(line, sizeof line, "%s%.*s%s%s", status == GOFER_OK ? "" : "!", (int)out.len, out.data,
             u.fragment == NULL ? "" : "#", u.fragment == NULL ? "" : u.fragment);
    url_fini(&u);
    url_fini(&base);
    buf_fini(&out);
    return line;
}

struct row {
    const char *reference;
    const char *want;
};

static void check_rows(const char *base, const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        EXPECT(strcmp(resolved(base, rows[i].reference), rows[i].want) == 0, rows[i].reference);
}

#define CHECK_ROWS(base, rows) check_rows((base), (rows), sizeof(rows) / sizeof *(rows))

/* Section 5.4.1; "g:h" is a URL of a scheme that is refused. */
static void normal_examples(void)
{
    static const struct row rows[] = {
        {"g:h", "!unsupported protocol scheme \"g\""},
        {"g", "http://a/b/c/g"},
        {"./g", "http://a/b/c/g"},
        {"g/", "http://a/b/c/g/"},
        {"/g", "http://a/g"},
        {"//g", "http://g/"},
        {"?y", "http://a/b/c/d;p?y"},
        {"g?y", "http://a/b/c/g?y"},
        {"#s", "http://a/b/c/d;p?q#s"},
        {"g#s", "http://a/b/c/g#s"},
        {"g?y#s", "http://a/b/c/g?y#s"},
        {";x", "http://a/b/c/;x"},
        {"g;x", "http://a/b/c/g;x"},
        {"g;x?y#s", "http://a/b/c/g;x?y#s"},
        {"", "http://a/b/c/d;p?q"},
        {".", "http://a/b/c/"},
        {"./", "http://a/b/c/"},
        {"..", "http://a/b/"},
        {"../", "http://a/b/"},
        {"../g", "http://a/b/g"},
        {"../..", "http://a/"},
        {"../../", "http://a/"},
        {"../../g", "http://a/g"},
    };
    CHECK_ROWS("http://a/b/c/d;p?q", rows);
}

/* Section 5.4.2; "http:g" by the strict reading, which leaves no host. */
static void abnormal_examples(void)
{
    static const struct row rows[] = {
        {"../../../g", "http://a/g"},
        {"../../../../g", "http://a/g"},
        {"/./g", "http://a/g"},
        {"/../g", "http://a/g"},
        {"g.", "http://a/b/c/g."},
        {".g", "http://a/b/c/.g"},
        {"g..", "http://a/b/c/g.."},
        {"..g", "http://a/b/c/..g"},
        {"./../g", "http://a/b/g"},
        {"./g/.", "http://a/b/c/g/"},
        {"g/./h", "http://a/b/c/g/h"},
        {"g/../h", "http://a/b/c/h"},
        {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
        {"g;x=1/../y", "http://a/b/c/y"},
        {"g?y/./x", "http://a/b/c/g?y/./x"},
        {"g?y/../x", "http://a/b/c/g?y/../x"},
        {"g#s/./x", "http://a/b/c/g#s/./x"},
        {"g#s/../x", "http://a/b/c/g#s/../x"},
        {"http:g", "!no Host in request URL"},
    };
    CHECK_ROWS("http://a/b/c/d;p?q", rows);
}

static void what_servers_send(void)
{
    static const struct row rows[] = {
        {"https://other/x", "https://other/x"},
        {"//other:81/x", "https://other:81/x"},
        {"/caf\xc3\xa9 x", "https://u:***@b:8443/caf%C3%A9%20x"},
        {"?", "https://u:***@b:8443/p/q?"},
        {"a?b#c", "https://u:***@b:8443/p/a?b#c"},
        {"%zz", "https://u:***@b:8443/p/%25zz"},
        {"\\\\evil.com/x", "https://u:***@b:8443/p/%5C%5Cevil.com/x"},
        {"/\\evil.com/x", "https://u:***@b:8443/%5Cevil.com/x"},
        {"//good\\@evil.com/x", "!backslash in URL authority"},
        {"///x", "!no Host in request URL"},
        {"javascript:alert(1)", "!unsupported protocol scheme \"javascript\""},
        {"/x\r\nSet-Cookie: y", "!control byte in URL"},
        {"/..//evil.com/x", "https://u:***@b:8443//evil.com/x"},
        {"1:2", "https://u:***@b:8443/p/1:2"},
    };
    CHECK_ROWS("https://u:pw@b:8443/p/q?r#s", rows);
}

static void a_base_without_query_and_with_zone(void)
{
    static const struct row rows[] = {
        {"", "http://[fe80::1%25eth0]:81/"},
        {"x", "http://[fe80::1%25eth0]:81/x"},
        {"?y", "http://[fe80::1%25eth0]:81/?y"},
        {"//[fe80::1%25eth1]/", "http://[fe80::1%25eth1]/"},
    };
    CHECK_ROWS("http://[fe80::1%25eth0]:81", rows);
}

static void results_are_bounded(void)
{
    char *reference = malloc(50001);
    memset(reference, 'x', 50000);
    reference[50000] = '\0';
    struct url base, mid, end;
    struct buf why = BUF_INIT;
    CU_ASSERT_EQUAL(url_parse("http://a/", &base, &why), GOFER_OK);
    reference[40000] = '/';
    CU_ASSERT_EQUAL(url_resolve(&base, reference, &mid, &why), GOFER_OK);
    CU_ASSERT_EQUAL(url_resolve(&mid, reference, &end, &why), GOFER_ERR_INVALID);
    url_fini(&base);
    url_fini(&mid);
    buf_fini(&why);
    free(reference);
}

CU_TestInfo url_resolve_tests[] = {
    {"RFC 3986 section 5.4.1, normal examples", normal_examples},
    {"RFC 3986 section 5.4.2, abnormal examples", abnormal_examples},
    {"what servers send", what_servers_send},
    {"a base without query and with a zone", a_base_without_query_and_with_zone},
    {"URL-11 results are bounded", results_are_bounded},
    CU_TEST_INFO_NULL,
};
