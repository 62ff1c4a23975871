/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/cookie_jar: what may take whose place, the system's date, fork, memory. The
 * program's own cookies are in cookie_own_test.c, limits in cookie_limits_test.c,
 * threads in cookie_threads_test.c.
 */
#include "client/cookie_jar.h"

#include <sys/wait.h>
#include <unistd.h>

#include "support/heap.h"
#include "support/leaks.h"
#include "unit/client/cookie_rig.h"
#include "unit/http/scarce.h"

extern CU_TestInfo cookie_jar_tests[];

static gofer_cookie_jar *jar;

/* --- what is refused, and what is left alone --- */

static void promises_are_kept_at_the_door(void)
{
    static const struct {
        const char *url, *line;
        bool kept;
    } rows[] = {
        {"https://a.test/", "__Host-a=1; Secure; Path=/", true},
        {"https://a.test/", "__HOST-b=1; Secure; Path=/", true},
        {"https://a.test/", "__Host-c=1; Secure; Path=/; Domain=a.test", false},
        {"https://a.test/", "__Host-d=1; Secure; Path=/d", false},
        {"https://a.test/", "__Host-e=1; Secure", false},
        {"https://a.test/", "__Host-f=1; Path=/", false},
        {"https://a.test/", "__hoSt-g=1; Path=/", false},
        {"http://a.test/", "__Host-h=1; Secure; Path=/", false},
        {"https://a.test/", "__Secure-i=1; Secure; Domain=a.test", true},
        {"https://a.test/", "__Secure-j=1", false},
        {"http://a.test/", "__Secure-k=1; Secure", false},
        {"http://a.test/", "__sECURE-l=1", false},
        {"http://localhost/", "__Host-m=1; Secure; Path=/", true},
    };
    jar = cookies_begin();
    for (size_t i = 0; i < LENGTH(rows); i++)
        EXPECT(gofer_cookie_jar_set(jar, rows[i].url, rows[i].line) ==
                   (rows[i].kept ? GOFER_OK : GOFER_ERR_INVALID),
               rows[i].line);
    SENT(jar, "https://a.test/", "__Host-a=1; __HOST-b=1; __Secure-i=1");
    cookies_end(jar);
}

static void http_leaves_secure_cookies_alone(void)
{
    jar = cookies_begin();
    SET(jar, "https://www.a.test/", "s=1; Secure; Path=/login; Domain=a.test");
    SET_NOT(jar, "http://www.a.test/", "s=2; Path=/login; Domain=a.test");
    SET_NOT(jar, "http://www.a.test/", "s=2; Path=/login");
    SET_NOT(jar, "http://a.test/", "s=2; Path=/login/x");
    SET_NOT(jar, "http://x.www.a.test/", "s=2; Path=/login");
    SET_NOT(jar, "http://www.a.test/", "s=; Path=/login; Max-Age=0; Domain=a.test");
    SET_NOT(jar, "http://www.a.test/", "s=2; Secure; Path=/login; Domain=a.test");
    SENT(jar, "https://www.a.test/login", "s=1");
    /* What does not hide it is free. */
    SET(jar, "http://www.a.test/", "s=3; Path=/");
    SET(jar, "http://www.a.test/", "s=4; Path=/log");
    SET(jar, "http://www.a.test/", "t=5; Path=/login");
    SET(jar, "http://www.b.test/", "s=6; Path=/login");
    SENT(jar, "https://www.a.test/login", "s=1; t=5; s=3");
    /* https may do all of it. */
    SET(jar, "https://www.a.test/", "s=7; Path=/login; Domain=a.test");
    SENT(jar, "http://www.a.test/login", "s=7; t=5; s=3");
    cookies_end(jar);
}

static void a_name_below_a_secure_one_is_hidden_too(void)
{
    jar = cookies_begin();
    SET(jar, "https://deep.a.test/", "s=1; Secure");
    SET_NOT(jar, "http://a.test/", "s=2; Domain=a.test"); /* the new domain is above the old one */
    SET_NOT(jar, "http://x.deep.a.test/", "s=2");
    SET(jar, "http://other.a.test/", "s=2");
    cookies_end(jar);
}

static void an_expired_secure_cookie_protects_nothing(void)
{
    jar = cookies_begin();
    SET(jar, "https://a.test/", "s=1; Secure; Max-Age=5");
    clock_fake_wall(COOKIE_NOW + 4999);
    SET_NOT(jar, "http://a.test/", "s=2");
    clock_fake_wall(COOKIE_NOW + 5000);
    SET(jar, "http://a.test/", "s=2");
    SENT(jar, "http://a.test/", "s=2");
    cookies_end(jar);
}

static void any_byte_that_is_no_text_is_refused(void)
{
    struct cookie_scope scope = {.host = {.name = "a.test"}, .path = {"/", 1}};
    jar = cookies_begin();
    CU_ASSERT_EQUAL(cookie_jar_set_line(jar, &scope, "a=b\0c", 5), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(cookie_jar_set_line(jar, &scope, "a\0=b", 4), GOFER_ERR_INVALID);
    SET_NOT(jar, "http://a.test/", "a=b\r\nSet-Cookie: c=d");
    SET_NOT(jar, "http://a.test/", "a\r=b");
    SET_NOT(jar, "http://a.test/", "a=b\x7f");
    SET_NOT(jar, "http://a.test/", "a=\tb\tc");
    CU_ASSERT_EQUAL(cookie_count(jar), 0);
    cookies_end(jar);
}

static void urls_that_have_no_cookies(void)
{
    static const char *const urls[] = {"http://",    "http://.",         "http://..",
                                       "http://...", "ftp://a.test/",    "a.test",
                                       "",           "http://a.test:x/", "http://1.1.1.300/"};
    char out[16] = "before";
    gofer_cookies *list = NULL;
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1");
    for (size_t i = 0; i < LENGTH(urls); i++) {
        EXPECT(gofer_cookie_jar_set(jar, urls[i], "a=1") == GOFER_ERR_INVALID, urls[i]);
        EXPECT(gofer_cookie_jar_get(jar, urls[i], out, sizeof out) == GOFER_ERR_INVALID, urls[i]);
        EXPECT(out[0] == '\0', urls[i]);
        EXPECT(gofer_cookie_jar_list(jar, urls[i], &list) == GOFER_ERR_INVALID, urls[i]);
        EXPECT(list == NULL, urls[i]);
    }
    CU_ASSERT_EQUAL(cookie_count(jar), 1);
    cookies_end(jar);
}

/* --- whose place --- */

static void host_and_domain_cookies_live_side_by_side(void)
{
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=host");
    SET(jar, "http://a.test/", "a=domain; Domain=a.test");
    SENT(jar, "http://a.test/", "a=host; a=domain");
    SENT(jar, "http://b.a.test/", "a=domain");
    SET(jar, "http://a.test/", "a=; Max-Age=0");
    SENT(jar, "http://a.test/", "a=domain");
    cookies_end(jar);
}

static void a_cookie_keeps_its_place_when_it_is_set_again(void)
{
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1");
    SET(jar, "http://a.test/", "b=2");
    SET(jar, "http://a.test/", "c=3");
    SET(jar, "http://a.test/", "a=4; HttpOnly; Max-Age=9");
    SENT(jar, "http://a.test/", "a=4; b=2; c=3");
    gofer_cookies *list;
    CU_ASSERT_EQUAL_FATAL(gofer_cookie_jar_list(jar, NULL, &list), GOFER_OK);
    CU_ASSERT_STRING_EQUAL(gofer_cookies_at(list, 0)->name, "a");
    CU_ASSERT_STRING_EQUAL(gofer_cookies_at(list, 2)->name, "c");
    gofer_cookies_free(list);
    SET(jar, "http://a.test/", "a=; Max-Age=0");
    SET(jar, "http://a.test/", "a=5");
    SENT(jar, "http://a.test/", "b=2; c=3; a=5");
    cookies_end(jar);
}

static void hosts_with_a_final_dot_are_others(void)
{
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1; Domain=a.test");
    SET(jar, "http://a.test./", "b=2");
    SET_NOT(jar, "http://a.test./", "c=3; Domain=a.test");
    SENT(jar, "http://a.test/", "a=1");
    SENT(jar, "http://A.TEST./", "b=2");
    cookies_end(jar);
}

static void zones_are_part_of_an_address(void)
{
    jar = cookies_begin();
    SET(jar, "http://[fe80::1%25eth0]/", "a=1");
    SENT(jar, "http://[fe80:0::1%25eth0]:81/", "a=1");
    SENT(jar, "http://[fe80::1%25eth1]/", "");
    SENT(jar, "http://[fe80::1]/", "");
    cookies_end(jar);
}

static void paths_are_those_of_the_parsed_url(void)
{
    jar = cookies_begin();
    SET(jar, "http://a.test/x/../foo/bar", "a=1");
    SET(jar, "http://a.test/", "b=2; Path=/foobar");
    SET(jar, "http://a.test/q", "c=3; Path=/a/../b");
    SET(jar, "http://a.test/", "d=4; Path=\"/foo\"");
    SET(jar, "http://a.test?query", "e=5");
    SENT(jar, "http://a.test/foo", "a=1; d=4; e=5");
    SENT(jar, "http://a.test/foo/x", "a=1; d=4; e=5");
    SENT(jar, "http://a.test/foobar", "b=2; d=4; e=5");
    SENT(jar, "http://a.test/a/../b", "d=4; e=5");
    SENT(jar, "http://a.test/x?/foo", "d=4; e=5");
    cookies_end(jar);
}

/* --- time --- */

#define YEAR_MS (INT64_C(365) * 86400 * 1000)

static void expiry_follows_the_systems_date(void)
{
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1; Max-Age=864000");
    SET(jar, "http://a.test/", "b=2");
    clock_fake_wall(COOKIE_NOW - YEAR_MS);
    SENT(jar, "http://a.test/", "a=1; b=2");
    clock_fake_wall(COOKIE_NOW + YEAR_MS);
    SENT(jar, "http://a.test/", "b=2");
    clock_fake_wall(COOKIE_NOW);
    SENT(jar, "http://a.test/", "b=2"); /* gone is gone */
    cookies_end(jar);
}

static void no_server_is_remembered_for_more_than_400_days(void)
{
    int64_t last = COOKIE_NOW + COOKIE_AGE_MAX_S * 1000;
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1; Max-Age=9223372036854775807");
    SET(jar, "http://a.test/", "b=2; Expires=Fri, 31 Dec 9999 23:59:59 GMT");
    clock_fake_wall(last - 1);
    SENT(jar, "http://a.test/", "a=1; b=2");
    clock_fake_wall(last);
    SENT(jar, "http://a.test/", "");
    cookies_end(jar);
}

/* --- buffers, NULL, fork, life --- */

static void a_buffer_that_is_too_small_is_told(void)
{
    char out[8];
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=12345");
    CU_ASSERT_EQUAL(gofer_cookie_jar_get(jar, "http://a.test/", out, 8), GOFER_OK);
    CU_ASSERT_STRING_EQUAL(out, "a=12345");
    CU_ASSERT_EQUAL(gofer_cookie_jar_get(jar, "http://a.test/", out, 7), GOFER_ERR_TOO_LARGE);
    CU_ASSERT_STRING_EQUAL(out, "");
    CU_ASSERT_EQUAL(gofer_cookie_jar_get(jar, "http://b.test/", out, 1), GOFER_OK);
    CU_ASSERT_STRING_EQUAL(out, "");
    CU_ASSERT_EQUAL(gofer_cookie_jar_get(jar, "http://a.test/", out, 0), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_cookie_jar_get(jar, "http://a.test/", NULL, 8), GOFER_ERR_INVALID);
    cookies_end(jar);
}

/* What every function says of a jar. */
static void expect_all(gofer_cookie_jar *given, gofer_status status)
{
    char out[8];
    gofer_cookies *list;
    gofer_cookie c = cookie_of("a", "a.test");
    CU_ASSERT_EQUAL(gofer_cookie_jar_set(given, "http://a.test/", "a=1"), status);
    CU_ASSERT_EQUAL(gofer_cookie_jar_get(given, "http://a.test/", out, sizeof out), status);
    CU_ASSERT_EQUAL(gofer_cookie_jar_add(given, &c), status);
    CU_ASSERT_EQUAL(gofer_cookie_jar_remove(given, "a.test", "/", "a"), status);
    CU_ASSERT_EQUAL(gofer_cookie_jar_clear(given), status);
    CU_ASSERT_EQUAL(gofer_cookie_jar_clear_session(given), status);
    CU_ASSERT_EQUAL(gofer_cookie_jar_list(given, NULL, &list), status);
    CU_ASSERT_EQUAL(gofer_cookie_jar_load(given, "/nonexistent"), status);
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(given, "/nonexistent/file"), status);
}

static void null_is_reported(void)
{
    jar = cookies_begin();
    expect_all(NULL, GOFER_ERR_INVALID);
    gofer_cookie_jar_free(NULL);
    gofer_cookies_free(NULL);
    cookie_jar_ref(NULL);
    cookie_jar_unref(NULL);
    CU_ASSERT_EQUAL(gofer_cookies_len(NULL), 0);
    CU_ASSERT_PTR_NULL(gofer_cookies_at(NULL, 0));
    CU_ASSERT_EQUAL(gofer_cookie_jar_set(jar, NULL, "a=1"), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_cookie_jar_set(jar, "http://a.test/", NULL), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_cookie_jar_list(jar, NULL, NULL), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_cookie_jar_load(jar, NULL), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(gofer_cookie_jar_save(jar, NULL), GOFER_ERR_INVALID);
    cookies_end(jar);
}

/* The child was forked while another thread held the lock: it would wait for ever. */
static void a_child_process_gets_an_error(void)
{
    jar = cookies_begin();
    unsigned failures = CU_get_number_of_failures();
    lock_take(&jar->lock);
    pid_t child = fork();
    if (child == 0) {
        alarm(20);
        expect_all(jar, GOFER_ERR_FORKED);
        gofer_cookie_jar_free(jar);
        _exit(CU_get_number_of_failures() == failures ? 0 : 1);
    }
    int state = -1;
    waitpid(child, &state, 0);
    lock_drop(&jar->lock);
    CU_ASSERT_EQUAL(state, 0);
    cookies_end(jar);
}

static void a_holder_keeps_the_jar_that_its_maker_freed(void)
{
    struct leaks before;
    heap_install();
    leaks_count(&before);
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1");
    cookie_jar_ref(jar);
    gofer_cookie_jar_free(jar);
    SENT(jar, "http://a.test/", "a=1");
    cookie_jar_unref(jar);
    clock_fake_wall(-1);
    CU_ASSERT(leaks_none(&before));
}

/* --- memory --- */

static gofer_status use_a_jar(void)
{
    gofer_cookie c = cookie_of("c", "c.test");
    gofer_cookies *list = NULL;
    char out[64];
    gofer_cookie_jar *made = gofer_cookie_jar_new();
    gofer_status status = made == NULL ? GOFER_ERR_NOMEM : GOFER_OK;
    if (status == GOFER_OK)
        status = gofer_cookie_jar_set(made, "https://a.b.test/p", "a=1; Domain=b.test; Secure");
    if (status == GOFER_OK)
        status = gofer_cookie_jar_set(made, "https://a.b.test/p", "a=2; Domain=b.test");
    if (status == GOFER_OK)
        status = gofer_cookie_jar_add(made, &c);
    if (status == GOFER_OK)
        status = gofer_cookie_jar_list(made, "http://a.b.test/", &list);
    if (status == GOFER_OK)
        status = gofer_cookie_jar_get(made, "http://a.b.test/", out, sizeof out);
    if (status == GOFER_OK)
        status = gofer_cookie_jar_remove(made, "c.test", "/", "c");
    gofer_cookies_free(list);
    gofer_cookie_jar_free(made);
    return status;
}

static void out_of_memory(void)
{
    scarce_run(use_a_jar);
}

/* Each allocation of a set fails once: what was there is there. */
static void a_set_that_fails_leaves_the_jar_as_it_was(void)
{
    static const char *const lines[] = {"a=2; Max-Age=0", "a=2", "b=2"};
    static const char *const urls[] = {"http://a.test/", "http://a.test/", "http://b.test/"};
    jar = cookies_begin();
    SET(jar, "http://a.test/", "a=1");
    for (size_t i = 0; i < LENGTH(lines); i++) {
        gofer_status status = GOFER_ERR_NOMEM;
        for (long n = 1; status != GOFER_OK && n < 100; n++) {
            heap_fail_at(n);
            status = gofer_cookie_jar_set(jar, urls[i], lines[i]);
            heap_fail_at(0);
            if (status == GOFER_OK)
                break;
            CU_ASSERT_EQUAL(status, GOFER_ERR_NOMEM);
            CU_ASSERT_EQUAL(cookie_count(jar), 1);
            SENT(jar, "http://a.test/", "a=1");
        }
        CU_ASSERT_EQUAL(status, GOFER_OK);
        gofer_cookie_jar_clear(jar);
        SET(jar, "http://a.test/", "a=1");
    }
    cookies_end(jar);
}

CU_TestInfo cookie_jar_tests[] = {
    {"CK-04 __Host- and __Secure- cookies that break their promise are refused",
     promises_are_kept_at_the_door},
    {"CK-05 http leaves Secure cookies alone", http_leaves_secure_cookies_alone},
    {"CK-05 domains above and below a Secure cookie's are left alone too",
     a_name_below_a_secure_one_is_hidden_too},
    {"CK-05 an expired Secure cookie protects nothing", an_expired_secure_cookie_protects_nothing},
    {"CK-06 CTL, NUL, CR, LF are refused", any_byte_that_is_no_text_is_refused},
    {"H9 URLs without a host have no cookies", urls_that_have_no_cookies},
    {"host and domain cookies live side by side", host_and_domain_cookies_live_side_by_side},
    {"a cookie keeps its place when it is set again",
     a_cookie_keeps_its_place_when_it_is_set_again},
    {"URL-12 hosts with a final dot are others", hosts_with_a_final_dot_are_others},
    {"CK-02 zones are part of an address", zones_are_part_of_an_address},
    {"CK-09 paths are those of the parsed URL", paths_are_those_of_the_parsed_url},
    {"RES-06 expiry follows the system's date", expiry_follows_the_systems_date},
    {"CK-10 no server is remembered for more than 400 days",
     no_server_is_remembered_for_more_than_400_days},
    {"a buffer that is too small is told", a_buffer_that_is_too_small_is_told},
    {"NULL is reported", null_is_reported},
    {"RES-05 a child process gets an error", a_child_process_gets_an_error},
    {"a holder keeps the jar that its maker freed", a_holder_keeps_the_jar_that_its_maker_freed},
    {"out of memory is an error like any other", out_of_memory},
    {"a set that fails leaves the jar as it was", a_set_that_fails_leaves_the_jar_as_it_was},
    CU_TEST_INFO_NULL,
};
