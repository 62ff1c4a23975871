/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/request_head: the checks before a dial, and the exact bytes on the wire.
 */
#include "http/request_head.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo request_head_tests[];

/* A request as a test writes it. Fields are "name", "value" pairs up to a NULL name; value NULL is
 * a "removed" mark. */
struct script {
    const char *method;
    const char *url;
    const char *const *fields;
    const char *const *defaults;
    const char *user_agent;
    bool has_body;
    int64_t body_len;
    bool close;
    bool absolute;
    const char *proxy_authorization;
    const char *const *proxy_fields;
};

static void fill(struct headers *h, const char *const *fields)
{
    for (; fields != NULL && fields[0] != NULL; fields += 2) {
        gofer_status status =
            fields[1] == NULL ? headers_remove(h, fields[0]) : headers_add(h, fields[0], fields[1]);
        CU_ASSERT_EQUAL(status, GOFER_OK);
    }
}

/* Checks, and writes where the checks pass. */
static gofer_status run(const struct script *s, struct buf *out, struct buf *why)
{
    struct url url;
    struct headers own = HEADERS_INIT, defaults = HEADERS_INIT, proxy_fields = HEADERS_INIT;
    CU_ASSERT_EQUAL_FATAL(url_parse(s->url, &url, why), GOFER_OK);
    fill(&own, s->fields);
    fill(&defaults, s->defaults);
    fill(&proxy_fields, s->proxy_fields);
    struct request_parts parts = {
        .method = s->method,
        .url = &url,
        .headers = &own,
        .defaults = s->defaults == NULL ? NULL : &defaults,
        .user_agent = s->user_agent,
        .has_body = s->has_body,
        .body_len = s->body_len,
        .close = s->close,
        .absolute = s->absolute,
        .proxy_authorization = s->proxy_authorization,
        .proxy_fields = s->proxy_fields == NULL ? NULL : &proxy_fields,
    };
    gofer_status status = GOFER_OK;
    for (size_t i = 0; i < own.len && status == GOFER_OK; i++)
        status = request_check_field(own.items[i].name, own.items[i].value, why);
    if (status == GOFER_OK)
        status = request_check(&parts, why);
    if (status == GOFER_OK)
        request_write_head(&parts, out);
    headers_fini(&own);
    headers_fini(&defaults);
    headers_fini(&proxy_fields);
    url_fini(&url);
    return status;
}

static void expect_head(struct script s, const char *want)
{
    struct buf out = BUF_INIT, why = BUF_INIT;
    CU_ASSERT_EQUAL(run(&s, &out, &why), GOFER_OK);
    CU_ASSERT(!buf_failed(&out));
    buf_append_char(&out, '\0');
    EXPECT(strcmp(out.data, want) == 0, out.data);
    buf_fini(&out);
    buf_fini(&why);
}

static void expect_refused(struct script s, const char *why_end)
{
    struct buf out = BUF_INIT, why = BUF_INIT;
    CU_ASSERT_EQUAL(run(&s, &out, &why), GOFER_ERR_INVALID);
    buf_append_char(&why, '\0');
    size_t len = strlen(why.data), end_len = strlen(why_end);
    EXPECT(len >= end_len && strcmp(why.data + len - end_len, why_end) == 0, why.data);
    CU_ASSERT_EQUAL(out.len, 0);
    buf_fini(&out);
    buf_fini(&why);
}

#define FIELDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void a_plain_get(void)
{
    expect_head((struct script){.method = "GET",
                                .url = "http://example.com/a?b#c",
                                .user_agent = "gofer/1"},
                "GET /a?b HTTP/1.1\r\nHost: example.com\r\nUser-Agent: gofer/1\r\n"
                "Accept: */*\r\n\r\n");
    expect_head((struct script){.method = "HEAD", .url = "https://[fe80::1%25en0]:81"},
                "HEAD / HTTP/1.1\r\nHost: [fe80::1]:81\r\nAccept: */*\r\n\r\n");
}

static void to_a_proxy_the_target_is_absolute(void)
{
    expect_head((struct script){.method = "GET",
                                .url = "http://www.techcrunch.com/",
                                .user_agent = "Fake",
                                .absolute = true},
                "GET http://www.techcrunch.com/ HTTP/1.1\r\nHost: www.techcrunch.com\r\n"
                "User-Agent: Fake\r\nAccept: */*\r\n\r\n");
    expect_head((struct script){.method = "GET",
                                .url = "http://u:p@[fe80::1%25en0]:81/a/../b?c#d",
                                .absolute = true},
                "GET http://[fe80::1]:81/b?c HTTP/1.1\r\nHost: [fe80::1]:81\r\n"
                "Authorization: Basic dTpw\r\nAccept: */*\r\n\r\n");
    expect_head((struct script){.method = "POST",
                                .url = "http://www.google.com/search",
                                .fields = FIELDS("Host", "other"),
                                .has_body = true,
                                .body_len = 6,
                                .close = true,
                                .absolute = true},
                "POST http://www.google.com/search HTTP/1.1\r\nHost: other\r\nAccept: */*\r\n"
                "Connection: close\r\nContent-Length: 6\r\n\r\n");
}

static void proxy_credentials_go_to_the_proxy_only(void)
{
    static const char to_proxy[] = "GET http://a/ HTTP/1.1\r\nHost: a\r\n"
                                   "Proxy-Authorization: Basic dTpw\r\nAccept: */*\r\n\r\n";
    static const char to_origin[] = "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    struct script script = {.method = "GET", .url = "http://a/", .absolute = true};
    script.proxy_authorization = "Basic dTpw";
    expect_head(script, to_proxy);
    script.fields = FIELDS("proxy-authorization", "Bearer own");
    script.defaults = FIELDS("Proxy-Authorization", "Bearer client");
    expect_head(script, to_proxy);
    script.absolute = false;
    expect_head(script, to_origin);
    script.proxy_authorization = NULL;
    expect_head(script, to_origin);
    script.absolute = true;
    expect_head(script, "GET http://a/ HTTP/1.1\r\nHost: a\r\nproxy-authorization: Bearer own\r\n"
                        "Accept: */*\r\n\r\n");
    script.fields = NULL;
    expect_head(script, "GET http://a/ HTTP/1.1\r\nHost: a\r\n"
                        "Proxy-Authorization: Bearer client\r\nAccept: */*\r\n\r\n");
    script.fields = FIELDS("Proxy-Authorization", NULL);
    expect_head(script, "GET http://a/ HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
}

static void a_proxys_fields_go_with_an_absolute_target_only(void)
{
    struct script script = {
        .method = "GET",
        .url = "http://a/",
        .absolute = true,
        .fields = FIELDS("X-Own", "1", "x-two", "own"),
        .proxy_fields = FIELDS("X-One", "p", "X-Two", "p", "Proxy-Authorization", "Bearer p")};
    expect_head(script, "GET http://a/ HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Bearer p\r\n"
                        "Accept: */*\r\nX-Own: 1\r\nx-two: own\r\nX-One: p\r\n\r\n");
    script.proxy_authorization = "Basic dTpw";
    script.fields = NULL;
    expect_head(script, "GET http://a/ HTTP/1.1\r\nHost: a\r\nProxy-Authorization: Basic dTpw\r\n"
                        "Accept: */*\r\nX-One: p\r\nX-Two: p\r\n\r\n");
    script.absolute = false;
    expect_head(script, "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
}

static void everything_in_its_order(void)
{
    expect_head(
        (struct script){.method = "PUT",
                        .url = "http://u:p@a/",
                        .user_agent = "gofer/1",
                        .has_body = true,
                        .body_len = 1234567890123,
                        .close = true,
                        .fields = FIELDS("X-First", "1", "accept", "text/plain", "Cookie", "c=d",
                                         "x-first", "2", "Content-Length", "1234567890123",
                                         "Accept", "text/html"),
                        .defaults = FIELDS("X-Client", "yes", "X-FIRST", "no", "X-Client", "two")},
        "PUT / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dTpw\r\nUser-Agent: gofer/1\r\n"
        "accept: text/plain\r\nAccept: text/html\r\nX-First: 1\r\nCookie: c=d\r\nx-first: 2\r\n"
        "X-Client: yes\r\nX-Client: two\r\nConnection: close\r\n"
        "Content-Length: 1234567890123\r\n\r\n");
}

static void lengths_without_a_body(void)
{
    static const char *const with_length[] = {"POST", "PUT", "PATCH"};
    static const char *const without[] = {"GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "post"};
    char want[128];
    for (size_t i = 0; i < sizeof with_length / sizeof *with_length; i++) {
        snprintf(want, sizeof want,
                 "%s / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nContent-Length: 0\r\n\r\n",
                 with_length[i]);
        expect_head((struct script){.method = with_length[i], .url = "http://a/"}, want);
    }
    for (size_t i = 0; i < sizeof without / sizeof *without; i++) {
        snprintf(want, sizeof want, "%s / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n", without[i]);
        expect_head((struct script){.method = without[i], .url = "http://a/"}, want);
    }
    expect_head((struct script){.method = "DELETE",
                                .url = "http://a/",
                                .fields = FIELDS("Content-Length", "0")},
                "DELETE / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nContent-Length: 0\r\n\r\n");
}

static void inj_06_any_method_frames_its_body(void)
{
    expect_head(
        (struct script){.method = "GET", .url = "http://a/", .has_body = true, .body_len = 3},
        "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nContent-Length: 3\r\n\r\n");
    expect_head(
        (struct script){.method = "QUERY", .url = "http://a/", .has_body = true, .body_len = 0},
        "QUERY / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nContent-Length: 0\r\n\r\n");
    expect_refused(
        (struct script){.method = "TRACE", .url = "http://a/", .has_body = true, .body_len = 3},
        "TRACE request with a body");
    expect_head(
        (struct script){.method = "GET", .url = "http://a/", .has_body = true, .body_len = -1},
        "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nTransfer-Encoding: chunked\r\n\r\n");
}

static void m7_basic_credentials(void)
{
    expect_head((struct script){.method = "GET", .url = "http://My%20User:My%20Pass@a/"},
                "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic TXkgVXNlcjpNeSBQYXNz\r\n"
                "Accept: */*\r\n\r\n");
    expect_head((struct script){.method = "GET", .url = "http://user:@a/"},
                "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dXNlcjo=\r\n"
                "Accept: */*\r\n\r\n");
    expect_head((struct script){.method = "GET", .url = "http://user@a/"},
                "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dXNlcjo=\r\n"
                "Accept: */*\r\n\r\n");
    expect_head((struct script){.method = "GET",
                                .url = "http://u:p@a/",
                                .fields = FIELDS("X", "y", "authorization", "Bearer t"),
                                .defaults = FIELDS("Authorization", "no")},
                "GET / HTTP/1.1\r\nHost: a\r\nauthorization: Bearer t\r\n"
                "Accept: */*\r\nX: y\r\n\r\n");
    expect_head((struct script){.method = "GET",
                                .url = "http://u:p@a/",
                                .defaults = FIELDS("Authorization", "no")},
                "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic dTpw\r\nAccept: */*\r\n\r\n");
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .defaults = FIELDS("Authorization", "Bearer t")},
                "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer t\r\nAccept: */*\r\n\r\n");
}

static void removed_marks_keep_defaults_away(void)
{
    expect_head((struct script){.method = "GET",
                                .url = "http://u:p@a/",
                                .user_agent = "gofer/1",
                                .fields = FIELDS("Accept", NULL, "User-Agent", NULL,
                                                 "Authorization", NULL, "X-Client", NULL),
                                .defaults = FIELDS("x-client", "yes", "accept", "b")},
                "GET / HTTP/1.1\r\nHost: a\r\n\r\n");
    expect_head((struct script){.method = "POST",
                                .url = "http://a/",
                                .fields = FIELDS("Host", NULL, "Content-Length", NULL)},
                "POST / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nContent-Length: 0\r\n\r\n");
}

static void e13_user_agents(void)
{
    static const char none[] = "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    static const char own[] = "GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: x\r\nAccept: */*\r\n\r\n";
    expect_head((struct script){.method = "GET", .url = "http://a/", .user_agent = ""}, none);
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .user_agent = "gofer/1",
                                .fields = FIELDS("user-agent", "")},
                none);
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .user_agent = "gofer/1",
                                .fields = FIELDS("user-agent", "x", "User-Agent", "y")},
                own);
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .user_agent = "gofer/1",
                                .defaults = FIELDS("User-Agent", "x")},
                own);
}

static void hosts(void)
{
    expect_head((struct script){.method = "GET",
                                .url = "http://a:81/",
                                .fields = FIELDS("X", "y", "host", "B\xc3\xbc:82")},
                "GET / HTTP/1.1\r\nHost: xn--b-eha:82\r\nAccept: */*\r\nX: y\r\n\r\n");
    expect_head(
        (struct script){.method = "GET", .url = "http://a:81/", .defaults = FIELDS("Host", "b")},
        "GET / HTTP/1.1\r\nHost: a:81\r\nAccept: */*\r\n\r\n");
}

static void connection_close_is_written_once(void)
{
    static const char close[] =
        "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nConnection: close\r\n\r\n";
    static const char keep[] = "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n";
    expect_head((struct script){.method = "GET", .url = "http://a/", .close = true}, close);
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .fields = FIELDS("connection", "Close")},
                close);
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .close = true,
                                .fields = FIELDS("Connection", "keep-alive")},
                close);
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .fields = FIELDS("Connection", "keep-alive")},
                keep);
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .defaults = FIELDS("Connection", "close")},
                close);
    expect_head((struct script){.method = "GET",
                                .url = "http://a/",
                                .fields = FIELDS("Connection", "keep-alive"),
                                .defaults = FIELDS("Connection", "close")},
                keep);
}

static void empty_values_are_sent(void)
{
    expect_head(
        (struct script){.method = "GET", .url = "http://a/", .fields = FIELDS("k", "", "l", " v ")},
        "GET / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nk:\r\nl: v\r\n\r\n");
}

/* Table request_header_validation, and rows 3 and 4 of invalid_requests_close_body. */
static void table_request_header_validation(void)
{
    static const struct {
        const char *name;
        const char *value;
        bool good;
    } rows[] = {
        {"Foo", "capital-key", true},
        {"Foo", "two\nlines", false},
        {"bogus\nkey", "v", false},
        {"A space", "v", false},
        {"\xd0\xb8\xd0\xbc\xd1\x8f", "v", false},
        {"name", "\xd0\xb2\xd0\xb0\xd0\xbb\xd1\x8e", true},
        {"", "v", false},
        {"k", "", true},
        {"\xf0\x9f\x92\xa1", "emoji", false},
        {"key", "\x19", false},
        {":path", "/", false},
        {"a:", "v", false},
    };
    struct buf why = BUF_INIT;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT(request_check_field(rows[i].name, rows[i].value, &why) ==
                   (rows[i].good ? GOFER_OK : GOFER_ERR_INVALID),
               rows[i].name);
    buf_fini(&why);
    /* The row "foo\0bar" cannot be a C string: the rule itself. */
    CU_ASSERT_FALSE(header_is_value("foo\0bar", 7));
}

static void inj_03_every_control_byte_in_name_and_value(void)
{
    struct buf why = BUF_INIT;
    for (int c = 1; c < 0x80; c++) {
        char text[] = "a.b";
        text[1] = (char)c;
        if (c >= 0x20 && c != 0x7f)
            continue;
        CU_ASSERT_EQUAL(request_check_field(text, "v", &why), GOFER_ERR_INVALID);
        CU_ASSERT_EQUAL(request_check_field("n", text, &why),
                        c == '\t' ? GOFER_OK : GOFER_ERR_INVALID);
    }
    buf_fini(&why);
}

static void messages_say_what_and_never_the_value(void)
{
    expect_refused((struct script){.method = "GET",
                                   .url = "http://a/",
                                   .fields = FIELDS("\xf0\x9f\x92\xa1", "e")},
                   "invalid header field name \"\\xf0\\x9f\\x92\\xa1\"");
    expect_refused(
        (struct script){.method = "GET", .url = "http://a/", .fields = FIELDS("key", "s3cr3t\x19")},
        "invalid header field value for \"key\"");
    expect_refused(
        (struct script){.method = "GET", .url = "http://a/", .fields = FIELDS("Host", "s3 cr3t")},
        "invalid Host header");
    expect_refused((struct script){.method = "GET",
                                   .url = "http://a/",
                                   .fields = FIELDS("Content-Length", "s3")},
                   "invalid Content-Length header");
}

/* Row 1 of table invalid_requests_close_body. An empty method becomes GET in gofer_request_new;
 * here it is none. */
static void inj_04_methods(void)
{
    static const char *const bad[] = {"",     "G ET",       "GET\r\n", "GET\n", "G(T",
                                      "GET/", "G\xc3\xa9T", "G:T",     "\x7f",  "GET /"};
    expect_refused((struct script){.method = " ", .url = "http://a/"}, "invalid method \" \"");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused((struct script){.method = bad[i], .url = "http://a/"}, "\"");
    expect_refused((struct script){.method = "CONNECT", .url = "http://a/"},
                   "unsupported method \"CONNECT\"");
    expect_head((struct script){.method = "M-SEARCH", .url = "http://a/"},
                "M-SEARCH / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\n\r\n");
}

static void inj_07_framing_is_the_librarys(void)
{
    static const char *const bad[][4] = {
        {"Transfer-Encoding", "chunked"},
        {"transfer-encoding", "identity"},
        {"Expect", "200-ok"},
        {"Expect", "100-continue", "expect", "100-continue"},
        {"Connection", "close, upgrade"},
        {"Upgrade", "web socket"},
        {"Upgrade", "a", "upgrade", "b"},
        {"Trailer", "X"},
        {"Upgrade", "websocket"},
        {"Connection", "upgrade"},
        {"Connection", "close, X-Hop"},
        {"Connection", "close, keep-alive"},
        {"Connection", ""},
        {"Connection", ","},
        {"Content-Length", ""},
        {"Content-Length", "-3"},
        {"Content-Length", "+3"},
        {"Content-Length", "3,3"},
        {"Content-Length", "0x3"},
        {"Content-Length", "4"},
        {"Content-Length", "9223372036854775808"},
        {"Content-Length", "3", "content-length", "3"},
        {"Host", "a", "host", "a"},
        {"Connection", "close", "connection", "close"},
        {"Host", ""},
        {"Host", "a\r\nX: y"},
        {"Host", "a/b"},
        {"Host", "u@a"},
    };
    struct buf why = BUF_INIT;
    CU_ASSERT_EQUAL(request_check_field("Content-Length", "9223372036854775807", &why), GOFER_OK);
    CU_ASSERT_EQUAL(request_check_field("Content-Length", "18446744073709551619", &why),
                    GOFER_ERR_INVALID);
    buf_fini(&why);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_refused(
            (struct script){.method = "POST",
                            .url = "http://a/",
                            .has_body = true,
                            .body_len = 3,
                            .fields = FIELDS(bad[i][0], bad[i][1], bad[i][2], bad[i][3])},
            "");
    expect_refused((struct script){.method = "GET",
                                   .url = "http://a/",
                                   .fields = FIELDS("Content-Length", "3")},
                   "Content-Length header that is not the body's length");
    expect_head((struct script){.method = "POST",
                                .url = "http://a/",
                                .has_body = true,
                                .body_len = 3,
                                .fields = FIELDS("content-length", "3")},
                "POST / HTTP/1.1\r\nHost: a\r\nAccept: */*\r\nContent-Length: 3\r\n\r\n");
}

static void the_default_agent_is_checked(void)
{
    expect_refused(
        (struct script){.method = "GET", .url = "http://a/", .user_agent = "x\r\nEvil: 1"},
        "invalid header field value for \"User-Agent\"");
}

/* Table request_replayable, but for what a body does. */
static void table_request_replayable(void)
{
    static const struct {
        const char *method;
        const char *key;
        const char *value;
        bool want;
    } rows[] = {
        {"GET", NULL, NULL, true},
        {"HEAD", NULL, NULL, true},
        {"OPTIONS", NULL, NULL, true},
        {"TRACE", NULL, NULL, true},
        {"POST", NULL, NULL, false},
        {"PUT", NULL, NULL, false},
        {"get", NULL, NULL, false},
        {"POST", "Idempotency-Key", "x", true},
        {"POST", "x-idempotency-key", "x", true},
        {"POST", "Idempotency-Key", NULL, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct headers h = HEADERS_INIT;
        fill(&h, FIELDS(rows[i].key, rows[i].value));
        EXPECT(request_is_replayable(rows[i].method, &h) == rows[i].want, rows[i].method);
        headers_fini(&h);
    }
    CU_ASSERT(request_method_is_head("HEAD"));
    CU_ASSERT_FALSE(request_method_is_head("head"));
}

static gofer_status write_everything(void)
{
    static const char *const fields[] = {"Host", "b:81", "X", "y", NULL};
    struct url url;
    struct headers own = HEADERS_INIT;
    struct buf out = BUF_INIT, why = BUF_INIT;
    gofer_status status = url_parse("http://user:pass@a/", &url, &why);
    for (size_t i = 0; status == GOFER_OK && fields[i] != NULL; i += 2)
        status = headers_add(&own, fields[i], fields[i + 1]);
    if (status == GOFER_OK)
        status = request_check_field("Host", "b:81", &why);
    if (status == GOFER_OK) {
        struct request_parts parts = {.method = "GET", .url = &url, .headers = &own};
        request_write_head(&parts, &out);
        status = buf_failed(&out) ? GOFER_ERR_NOMEM : GOFER_OK;
    }
    buf_fini(&out);
    buf_fini(&why);
    headers_fini(&own);
    url_fini(&url);
    return status;
}

static void without_memory_the_buffer_says_so(void)
{
    scarce_run(write_everything);
}

CU_TestInfo request_head_tests[] = {
    {"a plain GET", a_plain_get},
    {"E20 I1 to a proxy the target is absolute", to_a_proxy_the_target_is_absolute},
    {"a proxy's fields go with an absolute target only",
     a_proxys_fields_go_with_an_absolute_target_only},
    {"I3 PX-05 proxy credentials go to the proxy only", proxy_credentials_go_to_the_proxy_only},
    {"everything in its order", everything_in_its_order},
    {"Content-Length: 0 for POST, PUT and PATCH", lengths_without_a_body},
    {"INJ-06 any method frames its body", inj_06_any_method_frames_its_body},
    {"M7 Basic credentials from the URL; the caller's win", m7_basic_credentials},
    {"removed marks keep defaults away", removed_marks_keep_defaults_away},
    {"E13 agents: default, own, first of several, none", e13_user_agents},
    {"M4 a Host override is sent normalised", hosts},
    {"E5 Connection: close is written once", connection_close_is_written_once},
    {"empty values are sent", empty_values_are_sent},
    {"M2 INJ-03 table request_header_validation", table_request_header_validation},
    {"INJ-03 every control byte in name and value", inj_03_every_control_byte_in_name_and_value},
    {"M1 INJ-12 messages say what, never the value", messages_say_what_and_never_the_value},
    {"M1 M5 INJ-04 methods are tokens", inj_04_methods},
    {"INJ-07 framing is the library's", inj_07_framing_is_the_librarys},
    {"the default agent is checked", the_default_agent_is_checked},
    {"table request_replayable", table_request_replayable},
    {"without memory the buffer says so", without_memory_the_buffer_says_so},
    CU_TEST_INFO_NULL,
};
