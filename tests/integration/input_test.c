/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Requests that must not be sent: wrong URLs, methods, header fields. The call
 * ends with GOFER_ERR_INVALID, nothing reaches the origin, not even a connection,
 * and the message names what is wrong without the password.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo input_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* Calls of the request fail, and the origin sees nothing. */
static void refused(struct origin *origin, gofer_request *request)
{
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_call(client, request);

    rig_expect_error(&got, GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_status(request), GOFER_ERR_INVALID);
    if (got.error != NULL) {
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
        EXPECT_INT(got.error->attempts, 0);
        EXPECT_LACKS(got.error->message, "sesame");
        EXPECT(strlen(got.error->message) < 1024);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    EXPECT_INT(rig_stats(client).conns_opened, 0);
    rig_end_client(client);
}

/* A URL of the origin; %s in the format is its host and port. */
static void refused_url(const char *format)
{
    struct origin *origin = rig_script(hello);
    char host[32], url[ORIGIN_URL_BYTES];
    const char *at = strstr(format, "%s");

    snprintf(host, sizeof host, "127.0.0.1:%u", origin_port(origin));
    if (at == NULL)
        snprintf(url, sizeof url, "%s", format);
    else
        snprintf(url, sizeof url, "%.*s%s%s", (int)(at - format), format, host, at + 2);
    gofer_request *request = rig_request_to("GET", url);
    refused(origin, request);
    if (gofer_request_status(request) != GOFER_ERR_INVALID)
        fprintf(stderr, "\n    URL: %s", url);
}

static void control_bytes_in_urls(void)
{
    refused_url("http://%s/a\r\nX-Evil: 1");
    refused_url("http://%s/a\nb");
    refused_url("http://%s/a\x01");
    refused_url("http://%s/a\x7f");
    refused_url("http://%s/?q=\r\n");
    refused_url("http://%s/?q=\t");
}

static void line_ends_in_hosts(void)
{
    refused_url("http://127.0.0.1\r\nX-Evil: 1:%s/");
    refused_url("http://exa\nmple.com/");
    refused_url("http://exa mple.com/");
    refused_url("http://exa%0d%0ample.com/");
}

static void refused_host(const char *host)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("GET", origin, "/");

    EXPECT_STATUS(gofer_request_set_header(request, "Host", host), GOFER_ERR_INVALID);
    refused(origin, request);
}

static void host_overrides_that_are_none(void)
{
    refused_host("evil.example\r\nX-Evil: 1");
    refused_host("evil.example/path");
    refused_host("two words");
    refused_host("user@host");
    refused_host("host:port");
}

static void refused_field(const char *name, const char *value)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("GET", origin, "/");

    if (!EXPECT_STATUS(gofer_request_add_header(request, name, value), GOFER_ERR_INVALID))
        fprintf(stderr, "\n    field: %s: %s", name, value);
    refused(origin, request);
    gofer_request *other = rig_request("GET", origin, "/");
    EXPECT_STATUS(gofer_request_set_header(other, name, value), GOFER_ERR_INVALID);
    refused(origin, other);
}

static void wrong_field_names(void)
{
    refused_field("", "v");
    refused_field("bogus\nkey", "v");
    refused_field("A space", "v");
    refused_field("colon:", "v");
    refused_field("\xd0\xb8\xd0\xbc\xd1\x8f", "v");
    refused_field("\xf0\x9f\x92\xa1", "emoji");
    refused_field(NULL, "v");
}

static void wrong_field_values(void)
{
    refused_field("Foo", "two\nlines");
    refused_field("Foo", "cr\ronly");
    refused_field("Foo", "smuggled\r\nX-Evil: 1");
    refused_field("Foo", "\x19");
    refused_field("Foo", "\x7f");
    refused_field("Foo", NULL);
}

static void fields_that_are_fine(void)
{
    static const struct {
        const char *name, *value, *line;
    } rows[] = {
        {"Foo", "capital-key", "\r\nFoo: capital-key\r\n"},
        {"name", "\xd0\xb2\xd0\xb0", "\r\nname: \xd0\xb2\xd0\xb0\r\n"},
        {"k", "", "\r\nk:"},
        {"tab", "a\tb", "\r\ntab: a\tb\r\n"},
    };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gofer_request *request = rig_request("GET", origin, "/");
        EXPECT_STATUS(gofer_request_add_header(request, rows[i].name, rows[i].value), GOFER_OK);
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_HOLDS(origin_last_head(origin), rows[i].line);
    }
}

static void framing_fields_are_the_librarys(void)
{
    refused_field("Transfer-Encoding", "chunked");
    refused_field("transfer-encoding", "identity");
    refused_field("Expect", "200-ok");
    refused_field("Connection", "close, upgrade");
    refused_field("Connection", "close, x-secret");
    refused_field("Upgrade", "web socket");
    refused_field("Trailer", "X");
    refused_field("Content-Length", "abc");
    refused_field("Content-Length", "-1");
    refused_field("Content-Length", "18446744073709551617");
}

static void lengths_that_are_not_the_bodys(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("POST", origin, "/");
    struct outcome got;

    gofer_request_set_header(request, "Content-Length", "4");
    gofer_request_set_body(request, "abc", 3);
    got = rig_call(rig_client(NULL), request);
    rig_expect_error(&got, GOFER_ERR_INVALID);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
}

static void fields_that_may_stand_once(void)
{
    struct origin *origin = rig_script(hello);
    static const struct {
        const char *name, *one, *two;
    } rows[] = {{"Host", "a.example", "b.example"},
                {"Content-Length", "3", "4"},
                {"Host", "a.example", "a.example"}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gofer_request *request = rig_request("POST", origin, "/");
        gofer_request_set_body(request, "abc", 3);
        gofer_request_add_header(request, rows[i].name, rows[i].one);
        gofer_request_add_header(request, rows[i].name, rows[i].two);
        struct outcome got = rig_call(rig_client(NULL), request);
        rig_expect_error(&got, GOFER_ERR_INVALID);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
}

static void methods_that_are_none(void)
{
    static const char *const methods[] = {
        " ", "GE T", "GET\r\nX-Evil: 1", "GET/", "G\xc3\x89T", "GET HTTP", "(GET)", "CONNECT"};
    struct origin *origin = rig_script(hello);

    for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
        refused(origin, rig_request(methods[i], origin, "/"));
}

static void urls_without_a_host(void)
{
    refused_url("http://:80/");
    refused_url("http:///x");
    refused_url("http://");
    refused_url("http:");
    refused_url("/path/only");
    refused_url("127.0.0.1");
    refused_url("http://user:sesame@/");
    refused_url("");
}

static void other_schemes(void)
{
    refused_url("faux://127.0.0.1/");
    refused_url("file:///etc/passwd");
    refused_url("ftp://127.0.0.1/");
    refused_url("javascript:alert(1)");
}

static void no_url_at_all(void)
{
    struct origin *origin = rig_script(hello);

    refused(origin, rig_request_to("GET", NULL));
}

static void encoded_delimiters_in_hosts(void)
{
    refused_url("http://example.com%2F10.0.0.1/");
    refused_url("http://example.com%40evil.com/");
    refused_url("http://example.com%3A80/");
    refused_url("http://127.0.0.1%00.example.com/");
}

static void ports_that_are_none(void)
{
    refused_url("http://127.0.0.1:abc/");
    refused_url("http://127.0.0.1:123foo/");
    refused_url("http://127.0.0.1:65536/");
    refused_url("http://127.0.0.1:+80/");
    refused_url("http://127.0.0.1:-1/");
    refused_url("http://127.0.0.1:99999999999999999999/");
    refused_url("http://127.0.0.1:80:80/");
}

static void brackets_that_hold_no_address(void)
{
    refused_url("http://[::1/");
    refused_url("http://[example.com]/");
    refused_url("http://[::1]evil/");
    refused_url("http://[v1.x]/");
    refused_url("http://[127.0.0.1]/");
    refused_url("http://[]/");
    refused_url("http://::1/");
}

static void punycode_that_decodes_to_ascii(void)
{
    refused_url("http://xn--example-.com/");
}

static void names_that_no_resolver_may_see(void)
{
    static char url[70 * 1024];

    refused_url("http://a..b.example/");
    refused_url("http://0123456789012345678901234567890123456789012345678901234567890123/");
    memset(url, 'h', sizeof url);
    memcpy(url, "http://", 7);
    strcpy(url + 64 * 1024, ".example/");
    refused(rig_script(hello), rig_request_to("GET", url));
}

static void a_path_of_dots_is_bounded(void)
{
    enum { LEN = 1024 * 1024 };
    struct origin *origin = rig_script(hello);
    char *url = malloc(LEN + 64);
    size_t len;

    REQUIRE(url != NULL);
    len = (size_t)sprintf(url, "http://127.0.0.1:%u/", origin_port(origin));
    for (size_t i = 0; i + 3 < LEN; i += 3)
        memcpy(url + len + i, "../", 4);
    struct outcome got = rig_get_url(rig_client(NULL), url);
    EXPECT(got.took_ms < 10000);
    EXPECT(got.error == NULL || strlen(got.error->message) < 1024);
    free(url);
}

static void passwords_stay_out_of_messages(void)
{
    struct origin *origin = origin_start(script_serve, (void *)(uintptr_t)hello);
    unsigned port = origin_port(origin);
    char url[ORIGIN_URL_BYTES];

    origin_stop(origin);
    snprintf(url, sizeof url, "http://ali:open%%20sesame@127.0.0.1:%u/x", port);
    struct outcome got = rig_get_url(rig_client(NULL), url);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_LACKS(got.error->message, "sesame");
    EXPECT_HOLDS(got.error->message, "127.0.0.1");
    EXPECT_LACKS(gofer_response_url(got.response), "sesame");
    refused_url("http://ali:sesame@127.0.0.1:99999/");
    refused_url("http://ali:sesame@[::1/");
    refused_url("faux://ali:sesame@127.0.0.1/");
}

static void response_urls_have_no_password(void)
{
    struct origin *origin = rig_script(hello);
    char url[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "%s://ali:sesame@127.0.0.1:%u/x", rig_scheme(), origin_port(origin));
    struct outcome got = rig_get_url(rig_client(NULL), url);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_LACKS(gofer_response_url(got.response), "sesame");
}

static void header_values_stay_out_of_messages(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("GET", origin, "/");

    gofer_request_set_header(request, "Authorization", "Bearer sesame\n");
    refused(origin, request);
}

static void the_first_mistake_sticks(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("GET", origin, "/");

    EXPECT_STATUS(gofer_request_status(request), GOFER_OK);
    gofer_request_set_header(request, "bad name", "v");
    gofer_request_set_header(request, "Good", "v");
    gofer_request_set_timeout_ms(request, -5);
    refused(origin, request);
    struct outcome got = rig_call(rig_client(NULL), request);
    EXPECT_HOLDS(got.error->message, "bad name");
}

static void null_requests_are_reported(void)
{
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_call(client, NULL);

    rig_expect_error(&got, GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_header(NULL, "A", "b"), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_add_header(NULL, "A", "b"), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_remove_header(NULL, "A"), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_body(NULL, "a", 1), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_timeout_ms(NULL, 1), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_cancel(NULL, NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_idempotent(NULL, 1), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_user(NULL, NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_status(NULL), GOFER_ERR_INVALID);
    gofer_request_free(NULL);
}

static void null_clients_are_reported(void)
{
    gofer_response *response = NULL;
    gofer_request *request = rig_request_to("GET", "http://127.0.0.1/");

    EXPECT_STATUS(gofer_do(NULL, request, &response), GOFER_ERR_INVALID);
    gofer_response_free(response);
    EXPECT_STATUS(gofer_get(NULL, "http://127.0.0.1/", &response), GOFER_ERR_INVALID);
    gofer_response_free(response);
    EXPECT_STATUS(gofer_get(rig_client(NULL), NULL, &response), GOFER_ERR_INVALID);
    gofer_response_free(response);
}

CU_TestInfo input_tests[] = {
    {"INJ-01 control bytes in URLs", control_bytes_in_urls},
    {"INJ-02 M4 line ends in hosts", line_ends_in_hosts},
    {"INJ-02 M4 Host overrides that are none", host_overrides_that_are_none},
    {"INJ-03 M1 M2 wrong field names", wrong_field_names},
    {"INJ-03 M1 M2 wrong field values", wrong_field_values},
    {"M2 fields that are fine", fields_that_are_fine},
    {"INJ-07 framing fields are the library's", framing_fields_are_the_librarys},
    {"INJ-07 lengths that are not the body's", lengths_that_are_not_the_bodys},
    {"INJ-07 fields that may stand once", fields_that_may_stand_once},
    {"INJ-04 M1 methods that are none", methods_that_are_none},
    {"URL-03 M1 M5 URLs without a host", urls_without_a_host},
    {"M1 other schemes", other_schemes},
    {"M1 no URL at all", no_url_at_all},
    {"URL-02 encoded delimiters in hosts", encoded_delimiters_in_hosts},
    {"URL-04 M5 ports that are none", ports_that_are_none},
    {"URL-05 brackets that hold no address", brackets_that_hold_no_address},
    {"URL-08 punycode that decodes to ASCII", punycode_that_decodes_to_ascii},
    {"URL-11 DNS-11 names that no resolver may see", names_that_no_resolver_may_see},
    {"URL-11 a path of 1 MiB of dots is bounded", a_path_of_dots_is_bounded},
    {"INJ-12 passwords stay out of messages", passwords_stay_out_of_messages},
    {"INJ-12 response URLs have no password", response_urls_have_no_password},
    {"INJ-12 header values stay out of messages", header_values_stay_out_of_messages},
    {"the first mistake sticks", the_first_mistake_sticks},
    {"NULL requests are reported", null_requests_are_reported},
    {"NULL clients are reported", null_clients_are_reported},
    CU_TEST_INFO_NULL};
