/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/cookie_store through its jar: how much a response, a domain, a jar and a
 * request may hold, who goes first where it is too much, and responses as a whole.
 */
#include <stdlib.h>

#include "unit/client/cookie_rig.h"
#include "unit/http/scarce.h"

extern CU_TestInfo cookie_limits_tests[];

static gofer_cookie_jar *jar;

/* Sets NAME<number>=NUMBER with attributes behind. */
static void set_numbered(const char *url, const char *name, int number, const char *attributes)
{
    char line[200];
    snprintf(line, sizeof line, "%s%d=%d%s", name, number, number, attributes);
    SET(jar, url, line);
}

static bool has(const char *name)
{
    gofer_cookies *list;
    bool found = false;
    CU_ASSERT_EQUAL_FATAL(gofer_cookie_jar_list(jar, NULL, &list), GOFER_OK);
    for (size_t i = 0; i < gofer_cookies_len(list); i++)
        found = found || strcmp(gofer_cookies_at(list, i)->name, name) == 0;
    gofer_cookies_free(list);
    return found;
}

/* --- a domain --- */

static void of_a_domain_the_least_used_goes(void)
{
    jar = cookies_begin();
    for (int i = 0; i < COOKIE_DOMAIN_MAX; i++)
        set_numbered("http://a.test/", "c", i, i == 0 ? "; Path=/used" : "");
    set_numbered("http://b.a.test/", "other", 1, "");
    cookies_sent(jar, "http://a.test/used/x"); /* c0 comes first there, c1 next */
    set_numbered("http://a.test/", "new", 0, "");
    CU_ASSERT_EQUAL(cookie_count(jar), COOKIE_DOMAIN_MAX + 1);
    CU_ASSERT_FALSE(has("c0"));
    CU_ASSERT(has("c1"));
    cookies_end(jar);
}

static void use_moves_a_cookie_to_the_end(void)
{
    jar = cookies_begin();
    for (int i = 0; i < COOKIE_DOMAIN_MAX; i++)
        set_numbered("http://a.test/", "c", i, i < 2 ? "; Path=/used" : "; Path=/idle");
    SENT(jar, "http://a.test/used", "c0=0; c1=1");
    set_numbered("http://a.test/", "c", 2, "; Path=/idle"); /* setting again is a use, too */
    set_numbered("http://a.test/", "new", 0, "");
    CU_ASSERT(has("c0") && has("c1") && has("c2") && !has("c3") && has("c4"));
    cookies_end(jar);
}

static void of_a_domain_those_not_secure_go_first(void)
{
    jar = cookies_begin();
    for (int i = 0; i < COOKIE_DOMAIN_MAX; i++)
        set_numbered("https://a.test/", "c", i, i == 30 ? "" : "; Secure");
    set_numbered("https://a.test/", "s", 0, "; Secure");
    CU_ASSERT(has("c0") && !has("c30") && has("s0"));
    /* Now all are secure: one that is not does not push any out. */
    set_numbered("http://a.test/", "plain", 0, "");
    CU_ASSERT(has("c0") && !has("plain0"));
    set_numbered("https://a.test/", "s", 1, "; Secure");
    CU_ASSERT(!has("c0") && has("s1"));
    CU_ASSERT_EQUAL(cookie_count(jar), COOKIE_DOMAIN_MAX);
    cookies_end(jar);
}

static void of_a_domain_expired_ones_go_before_all(void)
{
    jar = cookies_begin();
    for (int i = 0; i < COOKIE_DOMAIN_MAX; i++)
        set_numbered("https://a.test/", "c", i, i == 30 ? "; Secure; Max-Age=1" : "");
    clock_fake_wall(COOKIE_NOW + 1000);
    set_numbered("https://a.test/", "new", 0, "");
    CU_ASSERT(has("c0") && !has("c30") && has("new0"));
    cookies_end(jar);
}

static void setting_again_is_no_growth(void)
{
    jar = cookies_begin();
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < COOKIE_DOMAIN_MAX; i++)
            set_numbered("http://a.test/", "c", i, "");
    CU_ASSERT_EQUAL(cookie_count(jar), COOKIE_DOMAIN_MAX);
    CU_ASSERT(has("c0") && has("c49"));
    cookies_end(jar);
}

/* --- the jar --- */

static void fill(void)
{
    for (int i = 0; i < COOKIE_STORE_MAX; i++) {
        char url[40];
        snprintf(url, sizeof url, "https://h%d.test/", i / 10);
        set_numbered(url, "c", i, i < 5 ? "; Secure" : i == 2000 ? "; Max-Age=1" : "");
    }
}

static void of_a_jar_the_least_used_goes(void)
{
    jar = cookies_begin();
    fill();
    CU_ASSERT_EQUAL(cookie_count(jar), COOKIE_STORE_MAX);
    cookies_sent(jar, "http://h0.test/"); /* not the five that are secure */
    set_numbered("http://new.test/", "n", 0, "");
    CU_ASSERT_EQUAL(cookie_count(jar), COOKIE_STORE_MAX);
    CU_ASSERT(!has("c0") && has("c1") && has("n0"));
    for (int i = 1; i < 7; i++)
        set_numbered("http://new.test/", "n", i, "");
    CU_ASSERT(!has("c4") && has("c5") && has("c9") && !has("c10") && !has("c11") && has("c12"));
    cookies_end(jar);
}

static void of_a_jar_expired_ones_go_before_all(void)
{
    jar = cookies_begin();
    fill();
    clock_fake_wall(COOKIE_NOW + 1000);
    set_numbered("http://new.test/", "n", 0, "");
    CU_ASSERT_EQUAL(cookie_count(jar), COOKIE_STORE_MAX);
    CU_ASSERT(has("c0") && !has("c2000") && has("n0"));
    cookies_end(jar);
}

static void many_hosts_of_one_site_cannot_outgrow_the_jar(void)
{
    jar = cookies_begin();
    for (int i = 0; i < 100; i++) {
        char url[40];
        snprintf(url, sizeof url, "http://h%d.site.test/", i);
        for (int k = 0; k < 60; k++)
            set_numbered(url, "c", k, "");
    }
    CU_ASSERT_EQUAL(cookie_count(jar), COOKIE_STORE_MAX);
    SENT(jar, "http://h0.site.test/", "");
    cookies_end(jar);
}

/* --- a request --- */

static void a_request_carries_150_cookies(void)
{
    static const char *const domains[] = {"a.b.c.site.test", "b.c.site.test", "c.site.test",
                                          "site.test"};
    size_t n = 0;
    jar = cookies_begin();
    for (size_t d = 0; d < LENGTH(domains); d++)
        for (int i = 0; i < COOKIE_DOMAIN_MAX; i++) {
            char attributes[60];
            snprintf(attributes, sizeof attributes, "; Domain=%s%s", domains[d],
                     i == 7 ? "; Path=/long" : "");
            set_numbered("http://a.b.c.site.test/", "c", i, attributes);
        }
    CU_ASSERT_EQUAL(cookie_count(jar), 4 * COOKIE_DOMAIN_MAX);
    const char *sent = cookies_sent(jar, "http://a.b.c.site.test/long");
    CU_ASSERT(strncmp(sent, "c7=7; c7=7; c7=7; c7=7; c0=0; c1=1", 34) == 0);
    for (const char *at = sent; at != NULL; at = strchr(at + 1, ';'))
        n++;
    CU_ASSERT_EQUAL(n, COOKIE_HEADER_MAX_COOKIES);
    cookies_end(jar);
}

static void a_request_carries_8190_bytes(void)
{
    static char line[4200];
    jar = cookies_begin();
    memset(line, 'x', sizeof line - 1);
    for (int i = 0; i < 4; i++) {
        line[0] = (char)('a' + i);
        line[1] = '=';
        line[4000 + 2] = '\0';
        SET(jar, "http://a.test/", line);
    }
    SET(jar, "http://a.test/", "small=1"); /* fits behind two of 4002 */
    const char *sent = cookies_sent(jar, "http://a.test/");
    CU_ASSERT_EQUAL(strlen(sent), 4002 + 2 + 4002 + 2 + 7);
    CU_ASSERT_STRING_EQUAL(sent + 4002 + 2 + 4002, "; small=1");
    cookies_end(jar);
}

/* --- a response --- */

enum { FIELDS_MORE = 8 }; /* the head's own, and those of a `line` that is several */

/* A head of n times the same field line, taken by the jar as a response to `url`. */
static gofer_status take_repeated(const char *url_text, const char *line, size_t n)
{
    struct buf head = BUF_INIT, why = BUF_INIT;
    struct head_field *fields = malloc((n + FIELDS_MORE) * sizeof *fields);
    struct response_head parsed;
    struct url url;
    buf_append_str(&head, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n");
    for (size_t i = 0; i < n; i++) {
        buf_append_str(&head, line);
        buf_append_str(&head, "\r\n");
    }
    buf_append_str(&head, "\r\n");
    CU_ASSERT_EQUAL_FATAL(
        head_parse(head.data, head.len, ASKED_PLAIN, &parsed, fields, n + FIELDS_MORE), GOFER_OK);
    CU_ASSERT_EQUAL_FATAL(url_parse(url_text, &url, &why), GOFER_OK);
    gofer_status status = cookie_jar_take(jar, &url, head.data, fields, parsed.fields_len);
    url_fini(&url);
    buf_fini(&head);
    free(fields);
    return status;
}

static void a_response_sets_3000_cookies_or_none(void)
{
    jar = cookies_begin();
    CU_ASSERT_EQUAL(take_repeated("http://a.test/", "Set-Cookie: a=", 3001), GOFER_OK);
    CU_ASSERT_EQUAL(cookie_count(jar), 0);
    CU_ASSERT_EQUAL(take_repeated("http://a.test/", "Set-Cookie: a=", 10000), GOFER_OK);
    CU_ASSERT_EQUAL(cookie_count(jar), 0);
    CU_ASSERT_EQUAL(take_repeated("http://a.test/", "Set-Cookie: a=", 3000), GOFER_OK);
    SENT(jar, "http://a.test/", "a=");
    cookies_end(jar);
}

static void all_fields_of_a_response_are_taken(void)
{
    jar = cookies_begin();
    CU_ASSERT_EQUAL(take_repeated("http://a.test/p/q",
                                  "set-cookie: a=1\r\n"
                                  "SET-COOKIE:  b=2; Path=/ \r\n"
                                  "Set-Cookie: refused\r\n"
                                  "Set-Cookie2: c=3\r\n"
                                  "X-Set-Cookie: d=4\r\n"
                                  "Set-Cookie: \r\n"
                                  "Set-Cookie: e=5, f=6",
                                  1),
                    GOFER_OK);
    SENT(jar, "http://a.test/p/x", "a=1; e=5, f=6; b=2");
    CU_ASSERT_EQUAL(take_repeated("http://a.test/", "X: y", 1), GOFER_OK);
    CU_ASSERT_EQUAL(cookie_count(jar), 3);
    cookies_end(jar);
}

static gofer_status take_with_little_memory(void)
{
    static const char head[] = "Set-Cookie: a=1";
    static const struct head_field field = {0, 10, 12, 3};
    struct url url = {.scheme = "http", .host = "a.test", .target = "/"};
    jar = gofer_cookie_jar_new();
    gofer_status status =
        jar == NULL ? GOFER_ERR_NOMEM : cookie_jar_take(jar, &url, head, &field, 1);
    struct buf out = BUF_INIT;
    if (status == GOFER_OK)
        status = cookie_jar_write(jar, &url, &out);
    buf_fini(&out);
    gofer_cookie_jar_free(jar);
    return status;
}

static void out_of_memory(void)
{
    scarce_run(take_with_little_memory);
}

CU_TestInfo cookie_limits_tests[] = {
    {"CK-08 of a domain the least used goes", of_a_domain_the_least_used_goes},
    {"CK-08 use moves a cookie to the end", use_moves_a_cookie_to_the_end},
    {"CK-08 of a domain those not Secure go first", of_a_domain_those_not_secure_go_first},
    {"CK-08 of a domain expired ones go before all", of_a_domain_expired_ones_go_before_all},
    {"CK-08 setting again is no growth", setting_again_is_no_growth},
    {"CK-08 of a jar the least used goes", of_a_jar_the_least_used_goes},
    {"CK-08 of a jar expired ones go before all", of_a_jar_expired_ones_go_before_all},
    {"CK-08 many hosts of one site cannot outgrow the jar",
     many_hosts_of_one_site_cannot_outgrow_the_jar},
    {"CK-08 a request carries 150 cookies", a_request_carries_150_cookies},
    {"CK-08 a request carries 8,190 bytes", a_request_carries_8190_bytes},
    {"CK-08 H10 table cookie_read_set_cookies: a response sets 3,000 cookies or none",
     a_response_sets_3000_cookies_or_none},
    {"H1 all fields of a response are taken", all_fields_of_a_response_are_taken},
    {"out of memory is an error like any other", out_of_memory},
    CU_TEST_INFO_NULL,
};
