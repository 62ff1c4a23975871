/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Which fields a redirect takes along, as servers see them: secrets, userinfo, Host,
 * Referer; and that no password is in an error.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/trail.h"

extern CU_TestInfo redirect_field_tests[];

#define ROWS(rows) (sizeof(rows) / sizeof *(rows))

/* --- fields --- */

static void add_secrets(gofer_request *request)
{
    gofer_request_set_header(request, "User-Agent", "ua/1");
    gofer_request_set_header(request, "X-Foo", "bar");
    gofer_request_set_header(request, "Cookie", "foo=bar");
    gofer_request_set_header(request, "Authorization", "secretpassword");
    gofer_request_set_header(request, "X-Api-Key", "key");
    gofer_request_mark_secret(request, "X-API-Key");
}

static void expect_no_secrets(const char *head)
{
    EXPECT_HOLDS(head, "\r\nUser-Agent: ua/1\r\n");
    EXPECT_HOLDS(head, "\r\nX-Foo: bar\r\n");
    EXPECT_WITHOUT(head, "Cookie");
    EXPECT_WITHOUT(head, "Authorization");
    EXPECT_WITHOUT(head, "X-Api-Key");
}

static void secrets_do_not_leave_their_origin(void)
{
    struct trail *a = trail_begin(), *b = trail_begin();
    const gofer_header headers[] = {{"Authorization", "Bearer for-all"}, {"X-All", "1"}};
    gofer_client *client =
        rig_client(&(gofer_client_options){.headers = headers, .headers_len = 2});
    gofer_request *request = trail_request("GET", a, "/");
    char line[ORIGIN_URL_BYTES + 16];
    trail_redirect(a, "/", 302, trail_url(b, "/"));
    add_secrets(request);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(trail_head(a, 1), "\r\nAuthorization: secretpassword\r\n");
    EXPECT_HOLDS(trail_head(a, 1), "\r\nCookie: foo=bar\r\n");
    EXPECT_WITHOUT(trail_head(a, 1), "Referer");
    expect_no_secrets(trail_head(b, 1));
    EXPECT_HOLDS(trail_head(b, 1), "\r\nX-All: 1\r\n");
    snprintf(line, sizeof line, "\r\nReferer: %s\r\n", trail_url(a, "/"));
    EXPECT_HOLDS(trail_head(b, 1), line);
    got = trail_get(client, a, "/");
    EXPECT_HOLDS(trail_head(a, 2), "\r\nAuthorization: Bearer for-all\r\n");
    EXPECT_WITHOUT(trail_head(b, 2), "Authorization");
}

static void what_was_dropped_stays_away(void)
{
    struct trail *a = trail_begin(), *b = trail_begin();
    gofer_client *client = rig_client(NULL);
    gofer_request *request = trail_request("GET", a, "/");
    trail_redirect(a, "/", 302, trail_url(b, "/"));
    trail_redirect(b, "/", 302, "/x");
    trail_redirect(b, "/x", 302, trail_url(a, "/y"));
    add_secrets(request);
    for (unsigned i = 0; i < 2; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_HOLDS(trail_head(a, 2 * i + 1), "\r\nAuthorization: secretpassword\r\n");
        expect_no_secrets(trail_head(b, 2 * i + 1));
        expect_no_secrets(trail_head(b, 2 * i + 2));
        expect_no_secrets(trail_head(a, 2 * i + 2));
    }
}

static void secrets_stay_within_their_origin(void)
{
    struct trail *a = trail_begin();
    gofer_request *request = trail_request("GET", a, "/?code=301&next=302");
    add_secrets(request);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(trail_head(a, 3), "\r\nAuthorization: secretpassword\r\n");
    EXPECT_HOLDS(trail_head(a, 3), "\r\nCookie: foo=bar\r\n");
    EXPECT_HOLDS(trail_head(a, 3), "\r\nX-Api-Key: key\r\n");
}

static void trusted_redirects_take_them_along(void)
{
    struct trail *a = trail_begin(), *b = trail_begin();
    gofer_client *client = rig_client(&(gofer_client_options){.trust_redirects = true});
    gofer_request *request = trail_request("GET", a, "/");
    trail_redirect(a, "/", 302, trail_url(b, "/"));
    add_secrets(request);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(trail_head(b, 1), "\r\nAuthorization: secretpassword\r\n");
    EXPECT_HOLDS(trail_head(b, 1), "\r\nX-Api-Key: key\r\n");
}

/* "http://user:sesame@127.0.0.1:1/x". */
static gofer_request *ask_with_password(const struct trail *trail, const char *target)
{
    char url[ORIGIN_URL_BYTES];
    snprintf(url, sizeof url, "%s://user:sesame@127.0.0.1:%u%s", rig_scheme(),
             origin_port(trail->origin), target);
    return rig_request_to("GET", url);
}

static void userinfo_is_no_referer_and_no_text(void)
{
    struct trail *a = trail_begin(), *b = trail_begin();
    gofer_client *client = rig_client(NULL);
    trail_redirect(a, "/", 302, "/same");
    trail_redirect(a, "/same", 302, trail_url(b, "/?code=302"));
    struct outcome got = rig_call(client, ask_with_password(a, "/"));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(trail_head(a, 2), "\r\nAuthorization: Basic dXNlcjpzZXNhbWU=\r\n");
    EXPECT_WITHOUT(trail_head(b, 1), "Authorization");
    EXPECT_HOLDS(trail_head(b, 1), "\r\nReferer: ");
    EXPECT_LACKS(trail_head(b, 1), "user");
    for (size_t i = 0; i < gofer_response_redirect_count(got.response); i++) {
        const char *url = NULL;
        gofer_response_redirect_at(got.response, i, NULL, &url);
        EXPECT_LACKS(url, "sesame");
    }
}

static void host_is_kept_over_relative_redirects(void)
{
    struct trail *trail = trail_begin();
    gofer_client *client = rig_client(NULL);
    trail_redirect(trail, "/a", 302, "/b");
    trail_redirect(trail, "/b", 302, trail_url(trail, "/c"));
    gofer_request *request = trail_request("GET", trail, "/a");
    char host[64];
    gofer_request_set_header(request, "Host", "other.test");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(trail_head(trail, 1), "\r\nHost: other.test\r\n");
    EXPECT_HOLDS(trail_head(trail, 2), "\r\nHost: other.test\r\n");
    snprintf(host, sizeof host, "\r\nHost: 127.0.0.1:%u\r\n", origin_port(trail->origin));
    EXPECT_HOLDS(trail_head(trail, 3), host);
}

static void passwords_are_not_in_errors(void)
{
    static const struct {
        const char *url, *shown;
    } rows[] = {
        {"http://user:password@dummy.faketld/", "GET \"http://user:***@dummy.faketld/\": "},
        {"http://user:password@password.faketld/", "GET \"http://user:***@password.faketld/\": "},
        {"http://user:password@dummy.faketld/password",
         "GET \"http://user:***@dummy.faketld/password\": "},
        {"http://user:pa%2Fssword@dummy.faketld/", "GET \"http://user:***@dummy.faketld/\": "}};
    static const char *const resolve[] = {"*:80:127.0.0.1"};
    gofer_client *client = rig_client(&(gofer_client_options){
        .address_filter = gofer_deny_private, .resolve = resolve, .resolve_len = 1});
    for (size_t i = 0; i < ROWS(rows); i++) {
        struct outcome got = rig_get_url(client, rows[i].url);
        rig_expect_error(&got, GOFER_ERR_CONNECT);
        EXPECT(strncmp(got.error->message, rows[i].shown, strlen(rows[i].shown)) == 0);
    }
}

CU_TestInfo redirect_field_tests[] = {
    {"G10 RD-04 secrets do not leave their origin", secrets_do_not_leave_their_origin},
    {"G12 RD-05 what was dropped stays away", what_was_dropped_stays_away},
    {"G10 secrets stay within their origin", secrets_stay_within_their_origin},
    {"trusted redirects take them along", trusted_redirects_take_them_along},
    {"G9 RD-07 userinfo is no Referer and no text", userinfo_is_no_referer_and_no_text},
    {"G14 Host is kept over relative redirects", host_is_kept_over_relative_redirects},
    {"G18 table strip_password_in_errors", passwords_are_not_in_errors},
    CU_TEST_INFO_NULL,
};
