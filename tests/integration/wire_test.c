/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A request as the origin sees it: exact bytes, the order of header fields, and
 * that a small request is one send.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo wire_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* Makes the call and returns the head as the origin saw it. */
static const char *head_of(gofer_client *client, struct origin *origin, gofer_request *request)
{
    struct outcome got = rig_call(client, request);

    rig_expect_answer(&got, 200, "hello");
    return origin_last_head(origin);
}

static gofer_request *request_with_userinfo(const char *method, const struct origin *origin,
                                            const char *userinfo)
{
    char url[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "%s://%s@127.0.0.1:%u/", rig_scheme(), userinfo, origin_port(origin));
    return rig_request_to(method, url);
}

static void a_plain_get_has_exactly_these_bytes(void)
{
    struct origin *origin = rig_script(hello);
    char wanted[512];

    snprintf(wanted, sizeof wanted,
             "GET /a?b=c HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUser-Agent: gofer/%s\r\n"
             "Accept: */*\r\nAccept-Encoding: %s\r\n\r\n",
             origin_port(origin), gofer_version(), gofer_content_codings());
    EXPECT_TEXT(head_of(rig_client(NULL), origin, rig_request("GET", origin, "/a?b=c")), wanted);
}

static void fields_stand_in_the_promised_order(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(
        &(gofer_client_options){.headers = &(gofer_header){"X-Default", "d"}, .headers_len = 1});
    gofer_request *request = request_with_userinfo("POST", origin, "Aladdin:open%20sesame");
    char wanted[512];

    gofer_request_set_header(request, "zeta", "1");
    gofer_request_add_header(request, "Alpha", "2");
    gofer_request_add_header(request, "zeta", "3");
    gofer_request_set_body(request, "abc", 3);
    snprintf(
        wanted, sizeof wanted,
        "POST / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n"
        "Authorization: Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==\r\nUser-Agent: gofer/%s\r\n"
        "Accept: */*\r\nAccept-Encoding: %s\r\nzeta: 1\r\nAlpha: 2\r\nzeta: 3\r\nX-Default: d\r\n"
        "Content-Length: 3\r\n\r\n",
        origin_port(origin), gofer_version(), gofer_content_codings());
    EXPECT_TEXT(head_of(client, origin, request), wanted);
}

static void small_requests_are_one_send(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/");
    static char body[12 * 1024];

    if (rig_is_tls()) /* the first request comes behind the segments of the handshake */
        head_of(client, origin, rig_request("GET", origin, "/"));
    head_of(client, origin, rig_request("GET", origin, "/"));
    EXPECT_INT(origin_last_segments(origin), 1);
    gofer_request_set_body(request, "a=1&b=2", 7);
    head_of(client, origin, request);
    EXPECT_INT(origin_last_segments(origin), 1);
    memset(body, 'b', sizeof body);
    gofer_request_set_body(request, body, sizeof body);
    head_of(client, origin, request);
    EXPECT_INT(origin_last_segments(origin), 1);
}

static void lengths_are_sent_where_they_mean_something(void)
{
    static const struct {
        const char *method;
        bool zero;
    } rows[] = {{"POST", true},  {"PUT", true},     {"PATCH", true},   {"GET", false},
                {"HEAD", false}, {"DELETE", false}, {"OPTIONS", false}};
    static const struct route routes[] = {{.reply = REPLY_EMPTY}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct outcome got = rig_call(client, rig_request(rows[i].method, origin, "/"));
        rig_expect_answer(&got, 204, "");
        if (rows[i].zero)
            EXPECT_HOLDS(origin_last_head(origin), "\r\nContent-Length: 0\r\n");
        else
            EXPECT_LACKS(origin_last_head(origin), "Content-Length");
        EXPECT_LACKS(origin_last_head(origin), "Transfer-Encoding");
    }
}

static void the_agent_can_be_named_or_left_out(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *named = rig_client(&(gofer_client_options){.user_agent = "mine/1"});
    gofer_client *silent = rig_client(&(gofer_client_options){.user_agent = ""});
    gofer_request *request = rig_request("GET", origin, "/");

    EXPECT_HOLDS(head_of(named, origin, request), "\r\nUser-Agent: mine/1\r\n");
    EXPECT_LACKS(head_of(silent, origin, request), "User-Agent");
    gofer_request_set_header(request, "User-Agent", "theirs");
    EXPECT_HOLDS(head_of(named, origin, request), "\r\nUser-Agent: theirs\r\n");
    EXPECT_LACKS(head_of(named, origin, request), "mine/1");
    gofer_request_remove_header(request, "User-Agent");
    gofer_request_remove_header(request, "Accept");
    EXPECT_LACKS(head_of(named, origin, request), "mine/1");
    EXPECT_LACKS(head_of(named, origin, request), "Accept:");
}

static void client_wide_headers_give_way(void)
{
    static const gofer_header headers[] = {{"X-Tenant", "all"}, {"X-Trace", "on"}};
    struct origin *origin = rig_script(hello);
    gofer_client *client =
        rig_client(&(gofer_client_options){.headers = headers, .headers_len = 2});
    gofer_request *request = rig_request("GET", origin, "/");

    EXPECT_HOLDS(head_of(client, origin, request), "\r\nX-Tenant: all\r\nX-Trace: on\r\n");
    gofer_request_set_header(request, "x-tenant", "one");
    gofer_request_remove_header(request, "x-trace");
    EXPECT_HOLDS(head_of(client, origin, request), "\r\nx-tenant: one\r\n");
    EXPECT_LACKS(head_of(client, origin, request), "all");
    EXPECT_LACKS(head_of(client, origin, request), "X-Trace");
}

static void userinfo_becomes_basic_credentials(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    EXPECT_HOLDS(head_of(client, origin, request_with_userinfo("GET", origin, "user")),
                 "\r\nAuthorization: Basic dXNlcjo=\r\n");
    EXPECT_HOLDS(
        head_of(client, origin, request_with_userinfo("GET", origin, "My%20User:My%20Pass")),
        "\r\nAuthorization: Basic TXkgVXNlcjpNeSBQYXNz\r\n");
    EXPECT_HOLDS(head_of(client, origin, request_with_userinfo("GET", origin, "user:p@ss")),
                 "\r\nAuthorization: Basic dXNlcjpwQHNz\r\n");
}

static void an_own_authorization_wins(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = request_with_userinfo("GET", origin, "user:pass");

    gofer_request_set_header(request, "Authorization", "Bearer t");
    EXPECT_HOLDS(head_of(client, origin, request), "\r\nAuthorization: Bearer t\r\n");
    EXPECT_LACKS(origin_last_head(origin), "Basic");
    gofer_request_remove_header(request, "Authorization");
    EXPECT_LACKS(head_of(client, origin, request), "Authorization");
}

static void host_can_be_overridden(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("GET", origin, "/");
    const char *head;

    gofer_request_set_header(request, "Host", "example.org:8080");
    head = head_of(rig_client(NULL), origin, request);
    EXPECT_HOLDS(head, "GET / HTTP/1.1\r\nHost: example.org:8080\r\n");
    EXPECT_LACKS(head, "127.0.0.1");
}

static void targets_are_escaped(void)
{
    static const struct {
        const char *path, *line;
    } rows[] = {
        {"", "GET / HTTP/1.1\r\n"},
        {"?q=1", "GET /?q=1 HTTP/1.1\r\n"},
        {"/a b?c d", "GET /a%20b?c%20d HTTP/1.1\r\n"},
        {"/\xc3\xbc", "GET /%C3%BC HTTP/1.1\r\n"},
        {"/%2f%41", "GET /%2f%41 HTTP/1.1\r\n"},
        {"/x#frag", "GET /x HTTP/1.1\r\n"},
        {"#@evil.example/", "GET / HTTP/1.1\r\n"},
    };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT_HOLDS(head_of(client, origin, rig_request("GET", origin, rows[i].path)),
                     rows[i].line);
}

static void a_missing_method_is_get(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    EXPECT_HOLDS(head_of(client, origin, rig_request("", origin, "/")), "GET / HTTP/1.1\r\n");
    EXPECT_HOLDS(head_of(client, origin, rig_request(NULL, origin, "/")), "GET / HTTP/1.1\r\n");
    EXPECT_HOLDS(head_of(client, origin, rig_request("get", origin, "/")), "get / HTTP/1.1\r\n");
}

static void an_equal_length_of_the_callers_is_sent_once(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("POST", origin, "/");
    const char *head, *first;

    gofer_request_set_body(request, "abc", 3);
    EXPECT_STATUS(gofer_request_set_header(request, "Content-Length", "3"), GOFER_OK);
    head = head_of(rig_client(NULL), origin, request);
    first = strstr(head, "Content-Length: 3\r\n");
    REQUIRE(first != NULL);
    EXPECT(strstr(first + 1, "Content-Length") == NULL);
}

CU_TestInfo wire_tests[] = {
    {"a plain GET has exactly these bytes", a_plain_get_has_exactly_these_bytes},
    {"fields stand in the promised order", fields_stand_in_the_promised_order},
    {"E1 small requests are one send", small_requests_are_one_send},
    {"E15 lengths are sent where they mean something", lengths_are_sent_where_they_mean_something},
    {"E13 the agent can be named or left out", the_agent_can_be_named_or_left_out},
    {"client-wide headers give way to the request's", client_wide_headers_give_way},
    {"M7 URL-07 userinfo becomes Basic credentials", userinfo_becomes_basic_credentials},
    {"M7 an own Authorization wins", an_own_authorization_wins},
    {"Host can be overridden", host_can_be_overridden},
    {"URL-01 INJ-01 targets are escaped, fragments stay here", targets_are_escaped},
    {"M5 a missing method is GET", a_missing_method_is_get},
    {"INJ-07 an equal length of the caller's is sent once",
     an_equal_length_of_the_callers_is_sent_once},
    CU_TEST_INFO_NULL};
