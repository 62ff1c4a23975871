/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/cookie_jar: the program's own cookies, which it adds, lists and removes.
 */
#include "client/cookie_jar.h"

#include "unit/client/cookie_rig.h"

extern CU_TestInfo cookie_own_tests[];

static gofer_cookie_jar *jar;

/* --- the program's own --- */

static void a_program_adds_cookies(void)
{
    jar = cookies_begin();
    gofer_cookie c = cookie_of("a", ".WWW.A.test");
    CU_ASSERT_EQUAL(gofer_cookie_jar_add(jar, &c), GOFER_OK);
    SENT(jar, "http://www.a.test/x", "a=v");
    SENT(jar, "http://b.www.a.test/", "");
    c.name = "b";
    c.include_subdomains = true;
    c.path = "/p";
    c.secure = true;
    CU_ASSERT_EQUAL(gofer_cookie_jar_add(jar, &c), GOFER_OK);
    SENT(jar, "https://b.www.a.test/p/q", "b=v");
    SENT(jar, "http://b.www.a.test/p/q", "");
    c.value = "w"; /* a program may replace what is secure */
    c.secure = false;
    CU_ASSERT_EQUAL(gofer_cookie_jar_add(jar, &c), GOFER_OK);
    SENT(jar, "http://b.www.a.test/p/q", "b=w");
    c.expires_ms = COOKIE_NOW;
    CU_ASSERT_EQUAL(gofer_cookie_jar_add(jar, &c), GOFER_OK);
    SENT(jar, "http://b.www.a.test/p/q", "");
    c = cookie_of("six", "2001:DB8::1");
    CU_ASSERT_EQUAL(gofer_cookie_jar_add(jar, &c), GOFER_OK);
    SENT(jar, "http://[2001:db8:0::1]/", "six=v");
    cookies_end(jar);
}

static void what_no_server_could_set_cannot_be_added(void)
{
    static char big[5000];
    memset(big, 'x', sizeof big - 1);
    const gofer_cookie rows[] = {
        {.value = "v", .domain = "a.test"},
        {.name = "n", .domain = "a.test"},
        {.name = "n", .value = "v"},
        {.name = "", .value = "v", .domain = "a.test"},
        {.name = "n=m", .value = "v", .domain = "a.test"},
        {.name = " n", .value = "v", .domain = "a.test"},
        {.name = "n", .value = "v ", .domain = "a.test"},
        {.name = "n", .value = "v;w", .domain = "a.test"},
        {.name = "n", .value = "v\nw", .domain = "a.test"},
        {.name = "n", .value = "v\tw", .domain = "a.test"},
        {.name = "n\x01", .value = "v", .domain = "a.test"},
        {.name = "n", .value = big, .domain = "a.test"},
        {.name = "n", .value = "v", .domain = "a.test", .path = big},
        {.name = "n", .value = "v", .domain = "a.test", .path = "p"},
        {.name = "n", .value = "v", .domain = "a.test", .path = ""},
        {.name = "n", .value = "v", .domain = "a.test", .path = "/p;q"},
        {.name = "n", .value = "v", .domain = "a.test", .path = "/p\tq"},
        {.name = "n", .value = "v", .domain = ""},
        {.name = "n", .value = "v", .domain = "..a.test"},
        {.name = "n", .value = "v", .domain = "a.test:80"},
        {.name = "n", .value = "v", .domain = "127.1"},
        {.name = "n", .value = "v", .domain = "co.uk", .include_subdomains = true},
        {.name = "n", .value = "v", .domain = "1.2.3.4", .include_subdomains = true},
        {.name = "n", .value = "v", .domain = "a.test.", .include_subdomains = true},
        {.name = "__Secure-n", .value = "v", .domain = "a.test"},
        {.name = "__host-n", .value = "v", .domain = "a.test", .secure = true, .path = "/p"},
        {.name = "__host-n",
         .value = "v",
         .domain = "a.test",
         .secure = true,
         .include_subdomains = true},
    };
    jar = cookies_begin();
    for (size_t i = 0; i < LENGTH(rows); i++)
        EXPECT(gofer_cookie_jar_add(jar, &rows[i]) == GOFER_ERR_INVALID,
               rows[i].domain == NULL ? "no domain" : rows[i].domain);
    CU_ASSERT_EQUAL(cookie_count(jar), 0);
    CU_ASSERT_EQUAL(gofer_cookie_jar_add(jar, NULL), GOFER_ERR_INVALID);
    cookies_end(jar);
}

/* A program compiled with an earlier, shorter struct. */
static void members_that_a_caller_does_not_know_are_zero(void)
{
    gofer_cookie c = cookie_of("a", "a.test");
    c.secure = c.include_subdomains = true;
    jar = cookies_begin();
    CU_ASSERT_EQUAL(gofer_cookie_jar_add_sized(jar, &c, offsetof(gofer_cookie, include_subdomains)),
                    GOFER_OK);
    SENT(jar, "http://a.test/", "a=v");
    SENT(jar, "http://b.a.test/", "");
    cookies_end(jar);
}

static void copies_tell_everything_and_live_on(void)
{
    gofer_cookies *list;
    jar = cookies_begin();
    SET(jar, "https://www.a.test/x/y",
        "a=\"1\"; Secure; HttpOnly; SameSite=Lax; Max-Age=10; "
        "Domain=A.test");
    SET(jar, "http://[::1]/", "b=");
    CU_ASSERT_EQUAL_FATAL(gofer_cookie_jar_list(jar, NULL, &list), GOFER_OK);
    gofer_cookie_jar_clear(jar);
    cookies_end(jar);
    CU_ASSERT_EQUAL_FATAL(gofer_cookies_len(list), 2);
    const gofer_cookie *a = gofer_cookies_at(list, 0), *b = gofer_cookies_at(list, 1);
    CU_ASSERT_STRING_EQUAL(a->name, "a");
    CU_ASSERT_STRING_EQUAL(a->value, "\"1\"");
    CU_ASSERT_STRING_EQUAL(a->domain, "a.test");
    CU_ASSERT_STRING_EQUAL(a->path, "/x");
    CU_ASSERT_EQUAL(a->expires_ms, COOKIE_NOW + 10000);
    CU_ASSERT(a->include_subdomains && a->secure && a->http_only);
    CU_ASSERT_EQUAL(a->same_site, GOFER_SAME_SITE_LAX);
    CU_ASSERT_STRING_EQUAL(b->name, "b");
    CU_ASSERT_STRING_EQUAL(b->value, "");
    CU_ASSERT_STRING_EQUAL(b->domain, "::1");
    CU_ASSERT_STRING_EQUAL(b->path, "/");
    CU_ASSERT_EQUAL(b->expires_ms, 0);
    CU_ASSERT_FALSE(b->include_subdomains || b->secure || b->http_only);
    CU_ASSERT_EQUAL(b->same_site, GOFER_SAME_SITE_DEFAULT);
    CU_ASSERT_PTR_NULL(gofer_cookies_at(list, 2));
    gofer_cookies_free(list);
}

static void a_list_may_be_of_one_url(void)
{
    gofer_cookies *list;
    jar = cookies_begin();
    SET(jar, "https://a.test/", "a=1; Secure");
    SET(jar, "https://a.test/", "b=2; Path=/p");
    SET(jar, "https://a.test/", "c=3");
    SET(jar, "https://b.test/", "d=4");
    CU_ASSERT_EQUAL_FATAL(gofer_cookie_jar_list(jar, "http://a.test/p", &list), GOFER_OK);
    CU_ASSERT_EQUAL_FATAL(gofer_cookies_len(list), 2);
    CU_ASSERT_STRING_EQUAL(gofer_cookies_at(list, 0)->name, "b");
    CU_ASSERT_STRING_EQUAL(gofer_cookies_at(list, 1)->name, "c");
    gofer_cookies_free(list);
    CU_ASSERT_EQUAL_FATAL(gofer_cookie_jar_list(jar, "http://c.test/", &list), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_cookies_len(list), 0);
    CU_ASSERT_PTR_NULL(gofer_cookies_at(list, 0));
    gofer_cookies_free(list);
    cookies_end(jar);
}

static void one_is_removed(void)
{
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1");
    SET(jar, "http://a.test/", "a=2; Domain=a.test");
    SET(jar, "http://a.test/", "a=3; Path=/p");
    SET(jar, "http://a.test/", "b=4");
    SET(jar, "http://b.a.test/", "a=5");
    CU_ASSERT_EQUAL(gofer_cookie_jar_remove(jar, ".A.test", "/", "a"), GOFER_OK);
    SENT(jar, "http://a.test/p", "a=3; b=4");
    SENT(jar, "http://b.a.test/p", "a=5");
    CU_ASSERT_EQUAL(gofer_cookie_jar_remove(jar, "a.test", "/", "a"), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_cookie_jar_remove(jar, "nobody.test", "/", "a"), GOFER_OK);
    CU_ASSERT_EQUAL(gofer_cookie_jar_remove(jar, "", "/", "a"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_cookie_jar_remove(jar, NULL, "/", "a"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_cookie_jar_remove(jar, "a.test", NULL, "a"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_cookie_jar_remove(jar, "a.test", "/", NULL), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(cookie_count(jar), 3);
    cookies_end(jar);
}

static void all_are_removed_or_those_of_the_session(void)
{
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1");
    SET(jar, "http://a.test/", "b=2; Max-Age=5");
    SET(jar, "http://b.test/", "c=3");
    CU_ASSERT_EQUAL(gofer_cookie_jar_clear_session(jar), GOFER_OK);
    SENT(jar, "http://a.test/", "b=2");
    CU_ASSERT_EQUAL(cookie_count(jar), 1);
    CU_ASSERT_EQUAL(gofer_cookie_jar_clear(jar), GOFER_OK);
    CU_ASSERT_EQUAL(cookie_count(jar), 0);
    SET(jar, "http://a.test/", "d=4");
    SENT(jar, "http://a.test/", "d=4");
    cookies_end(jar);
}

CU_TestInfo cookie_own_tests[] = {
    {"a program adds cookies", a_program_adds_cookies},
    {"what no server could set cannot be added", what_no_server_could_set_cannot_be_added},
    {"members that a caller does not know are zero", members_that_a_caller_does_not_know_are_zero},
    {"CK-12 copies tell everything and live on", copies_tell_everything_and_live_on},
    {"a list may be of one URL", a_list_may_be_of_one_url},
    {"one is removed", one_is_removed},
    {"all are removed, or those of the session", all_are_removed_or_those_of_the_session},
    CU_TEST_INFO_NULL,
};
