/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Who asks: credentials from the URL, a request or the client, and which of them
 * wins; fields that keep their order, spelling and number; a request that is set
 * anew.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo auth_tests[];

#define ROWS(rows) (sizeof(rows) / sizeof *(rows))

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* A GET with this userinfo. */
static gofer_request *ask(struct origin *origin, const char *userinfo)
{
    char url[ORIGIN_URL_BYTES];
    snprintf(url, sizeof url, "%s://%s%s127.0.0.1:%u/", rig_scheme(), userinfo,
             *userinfo != '\0' ? "@" : "", origin_port(origin));
    return rig_request_to("GET", url);
}

/* The request is sent with this Authorization field alone; NULL: none. */
static void expect_sent(gofer_client *client, gofer_request *request, struct origin *origin,
                        const char *wanted)
{
    char line[256];
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    const char *head = origin_last_head(origin);
    const char *first = strstr(head, "\r\nAuthorization: ");
    if (wanted == NULL) {
        EXPECT_LACKS(head, "\r\nAuthorization");
        return;
    }
    snprintf(line, sizeof line, "\r\nAuthorization: %s\r\n", wanted);
    EXPECT_HOLDS(head, line);
    EXPECT(first == NULL || strstr(first + 2, "\r\nAuthorization: ") == NULL);
}

static void userinfo_is_basic(void)
{
    static const struct {
        const char *userinfo, *wanted;
    } rows[] = {{"ali:sesame", "Basic YWxpOnNlc2FtZQ=="},
                {"My%20User:My%25Pass", "Basic TXkgVXNlcjpNeSVQYXNz"},
                {"user:", "Basic dXNlcjo="},
                {"user", "Basic dXNlcjo="},
                {"", NULL}};
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    for (size_t i = 0; i < ROWS(rows); i++)
        expect_sent(client, ask(origin, rows[i].userinfo), origin, rows[i].wanted);
}

static void the_nearest_credentials_win(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client =
        rig_client(&(gofer_client_options){.username = "all", .password = "pass"});
    gofer_request *request = ask(origin, "");
    expect_sent(client, request, origin, "Basic YWxsOnBhc3M=");
    expect_sent(client, ask(origin, "ali:sesame"), origin, "Basic YWxpOnNlc2FtZQ==");
    request = ask(origin, "ali:sesame");
    gofer_request_set_header(request, "authorization", "Own x");
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nauthorization: Own x\r\n");
    EXPECT_LACKS(origin_last_head(origin), "Basic");
    gofer_request_set_basic_auth(request, "me", "secret");
    got = rig_call(client, request);
    EXPECT_HOLDS(origin_last_head(origin), ": Basic bWU6c2VjcmV0\r\n");
    EXPECT_LACKS(origin_last_head(origin), "Own");
    gofer_request_remove_header(request, "Authorization");
    expect_sent(client, request, origin, NULL);
}

static void setters_make_basic_and_bearer(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = ask(origin, "");
    EXPECT_STATUS(gofer_request_set_basic_auth(request, "Aladdin", "open sesame"), GOFER_OK);
    expect_sent(client, request, origin, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
    EXPECT_STATUS(gofer_request_set_basic_auth(request, "u", NULL), GOFER_OK);
    expect_sent(client, request, origin, "Basic dTo=");
    EXPECT_STATUS(gofer_request_set_basic_auth(request, "test", "123\xc2\xa3"), GOFER_OK);
    expect_sent(client, request, origin, "Basic dGVzdDoxMjPCow==");
    EXPECT_STATUS(gofer_request_set_bearer_token(request, "mF_9.B5f-4.1JqM"), GOFER_OK);
    expect_sent(client, request, origin, "Bearer mF_9.B5f-4.1JqM");
    EXPECT_STATUS(gofer_request_set_bearer_token(request, NULL), GOFER_OK);
    expect_sent(client, request, origin, NULL);
    EXPECT_STATUS(gofer_request_set_basic_auth(NULL, "u", "p"), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_bearer_token(NULL, "t"), GOFER_ERR_INVALID);
}

static void bad_credentials_are_refused(void)
{
    static const char *const users[] = {"a:b", "a\nb", "a\x7f"};
    static const char *const tokens[] = {"", "a b", "a\r\nX: y", "a\xc3\xa9"};
    struct origin *origin = rig_script(hello);
    for (size_t i = 0; i < ROWS(users); i++)
        EXPECT_STATUS(gofer_request_set_basic_auth(ask(origin, ""), users[i], "p"),
                      GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_basic_auth(ask(origin, ""), "u", "p\r"), GOFER_ERR_INVALID);
    for (size_t i = 0; i < ROWS(tokens); i++) {
        gofer_request *request = ask(origin, "");
        EXPECT_STATUS(gofer_request_set_bearer_token(request, tokens[i]), GOFER_ERR_INVALID);
        struct outcome got = rig_call(rig_client(NULL), request);
        rig_expect_error(&got, GOFER_ERR_INVALID);
    }
    const gofer_header own[] = {{"Authorization", "x"}};
    const gofer_client_options bad[] = {{.username = "a:b"},
                                        {.password = "p"},
                                        {.bearer_token = "a b"},
                                        {.username = "u", .headers = own, .headers_len = 1}};
    for (size_t i = 0; i < ROWS(bad); i++)
        EXPECT(gofer_client_new(&bad[i]) == NULL);
}

static void a_client_may_have_a_token(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.bearer_token = "t0k3n"});
    expect_sent(client, ask(origin, ""), origin, "Bearer t0k3n");
    expect_sent(client, ask(origin, "u:p"), origin, "Basic dTpw");
}

static void fields_keep_order_spelling_and_number(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = ask(origin, "");
    gofer_request_add_header(request, "X-b", "1");
    gofer_request_add_header(request, "x-A", "2");
    gofer_request_add_header(request, "X-B", "3");
    gofer_request_add_header(request, "COOKIE", "a=1");
    gofer_request_add_header(request, "x-a", "4");
    gofer_request_remove_header(request, "User-Agent");
    gofer_request_remove_header(request, "Accept");
    gofer_request_remove_header(request, "Accept-Encoding");
    gofer_request_set_header(request, "Host", "other.test");
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(origin_last_head(origin), "GET / HTTP/1.1\r\nHost: other.test\r\nX-b: 1\r\n"
                                           "x-A: 2\r\nX-B: 3\r\nCOOKIE: a=1\r\nx-a: 4\r\n");
    EXPECT_LACKS(origin_last_head(origin), "User-Agent");
    EXPECT_LACKS(origin_last_head(origin), "\r\nAccept:");
}

/* Everything that a request was given is taken back; it is sent as a new one is. */
static void nothing_of_a_request_set_anew_survives(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *used = ask(origin, "");
    gofer_request_set_basic_auth(used, "u", "p");
    gofer_request_set_header(used, "Referer", "http://secret/");
    gofer_request_set_header(used, "Cookie", "a=b");
    gofer_request_set_header(used, "Host", "other.test");
    gofer_request_set_body(used, "secret", 6);
    struct outcome got = rig_call(client, used);
    rig_expect_answer(&got, 200, "hello");
    gofer_request_set_bearer_token(used, NULL);
    gofer_request_remove_header(used, "Referer");
    gofer_request_remove_header(used, "Cookie");
    gofer_request_remove_header(used, "Host");
    gofer_request_set_body(used, NULL, 0);
    got = rig_call(client, used);
    rig_expect_answer(&got, 200, "hello");
    char after[ORIGIN_HEAD_BYTES];
    snprintf(after, sizeof after, "%s", origin_last_head(origin));
    got = rig_call(client, ask(origin, ""));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(after, origin_last_head(origin));
}

CU_TestInfo auth_tests[] = {
    {"M7 userinfo is Basic, decoded; an empty password too", userinfo_is_basic},
    {"M7 the nearest credentials win, an explicit field first", the_nearest_credentials_win},
    {"M7 setters make Basic and Bearer", setters_make_basic_and_bearer},
    {"INJ-03 bad credentials are refused", bad_credentials_are_refused},
    {"a client may have a token", a_client_may_have_a_token},
    {"fields keep order, spelling and number; defaults go; Host is the caller's",
     fields_keep_order_spelling_and_number},
    {"RU-17 nothing of a request that was set anew survives",
     nothing_of_a_request_set_anew_survives},
    CU_TEST_INFO_NULL,
};
