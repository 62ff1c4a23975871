/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The wire options of requests: what is sent otherwise than usual, what is read
 * otherwise, and the bytes that a trace is told.
 */
#include <CUnit/CUnit.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"

extern CU_TestInfo raw_tests[];

static struct outcome call_with(struct origin *origin, const char *path,
                                const gofer_wire_options *options)
{
    gofer_request *request = rig_request("GET", origin, path);

    EXPECT_STATUS(gofer_request_set_wire(request, options), GOFER_OK);
    return rig_call(rig_client(NULL), request);
}

static struct origin *origin_that_says(const char *reply, enum script_then then)
{
    struct route routes[] = {{.reply = reply, .then = then}};

    return rig_script(routes);
}

/* --- sent ------------------------------------------------------------------ */

static void target_and_version_are_sent(void)
{
    struct origin *origin = origin_that_says(REPLY_HELLO, THEN_NEXT);
    struct outcome got =
        call_with(origin, "/x", &(gofer_wire_options){.target = "*", .http_1_0 = true});

    rig_expect_answer(&got, 200, "hello");
    EXPECT(strncmp(origin_last_head(origin), "GET * HTTP/1.0\r\nHost: ", 22) == 0);
}

static void a_path_is_sent_as_it_is(void)
{
    struct origin *origin = origin_that_says(REPLY_HELLO, THEN_NEXT);
    struct outcome got = call_with(origin, "/b", &(gofer_wire_options){.path = "/a/../b"});

    rig_expect_answer(&got, 200, "hello");
    EXPECT(strncmp(origin_last_head(origin), "GET /a/../b HTTP/1.1\r\n", 22) == 0);
}

static void a_path_is_not_for_redirects(void)
{
    struct route routes[] = {
        {.target = "/./a",
         .reply = "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"},
        {.target = "/b", .reply = REPLY_HELLO},
        {.reply = "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n"}};
    struct origin *origin = rig_script(routes);
    struct outcome got = call_with(origin, "/a", &(gofer_wire_options){.path = "/./a"});

    rig_expect_answer(&got, 200, "hello");
}

/* The head of a GET of "/" with "X-A: b". Valid until the test is over. */
static const char *head_with_field(const gofer_wire_options *wire)
{
    struct origin *origin = origin_that_says(REPLY_HELLO, THEN_NEXT);
    gofer_request *request = rig_request("GET", origin, "/");

    gofer_request_set_header(request, "X-A", "b");
    gofer_request_set_wire(request, wire);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    return origin_last_head(origin);
}

static void fields_are_sent_in_order(void)
{
    static const char *const order[] = {"X-A", "User-Agent", "*"};
    const char *head =
        head_with_field(&(gofer_wire_options){.field_order = order, .field_order_len = 3});

    EXPECT(strncmp(head, "GET / HTTP/1.1\r\nX-A: b\r\nUser-Agent: ", 36) == 0);
}

static void fields_are_spelled_as_given(void)
{
    static const char *const lines[] = {"x-a:b"};

    EXPECT_HOLDS(head_with_field(&(gofer_wire_options){.field_lines = lines, .field_lines_len = 1}),
                 "\r\nx-a:b\r\n");
}

static void a_zero_length_can_be_left_out(void)
{
    struct origin *origin = origin_that_says(REPLY_HELLO, THEN_NEXT);
    gofer_request *request = rig_request("POST", origin, "/");

    gofer_request_set_wire(request, &(gofer_wire_options){.omit_zero_length = true});
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT(strstr(origin_last_head(origin), "Content-Length") == NULL);
}

static void what_is_no_target_sticks_to_the_request(void)
{
    gofer_request *request = rig_request_to("GET", "http://127.0.0.1:1/");

    EXPECT_STATUS(gofer_request_set_wire(request, &(gofer_wire_options){.target = "/a\r\nX: y"}),
                  GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_status(request), GOFER_ERR_INVALID);
    request = rig_request_to("GET", "http://127.0.0.1:1/");
    EXPECT_STATUS(gofer_request_set_wire(request, &(gofer_wire_options){.path = "a"}),
                  GOFER_ERR_INVALID);
    static const char *const lines[] = {"A: b\r\nC: d"};
    request = rig_request_to("GET", "http://127.0.0.1:1/");
    EXPECT_STATUS(gofer_request_set_wire(
                      request, &(gofer_wire_options){.field_lines = lines, .field_lines_len = 1}),
                  GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_wire(NULL, NULL), GOFER_ERR_INVALID);
}

static void options_can_be_taken_back(void)
{
    struct origin *origin = origin_that_says(REPLY_HELLO, THEN_NEXT);
    gofer_request *request = rig_request("GET", origin, "/x");

    gofer_request_set_wire(request, &(gofer_wire_options){.target = "*"});
    EXPECT_STATUS(gofer_request_set_wire(request, NULL), GOFER_OK);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT(strncmp(origin_last_head(origin), "GET /x HTTP/1.1\r\n", 17) == 0);
}

static ssize_t give_nothing(void *arg, void *buf, size_t cap)
{
    (void)arg, (void)buf, (void)cap;
    return 0;
}

static void http_1_0_has_no_chunks(void)
{
    gofer_request *request = rig_request_to("POST", "http://127.0.0.1:1/");

    gofer_request_set_body_reader(request,
                                  &(gofer_body_reader){.read = give_nothing, .length = -1});
    gofer_request_set_wire(request, &(gofer_wire_options){.http_1_0 = true});
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_error(&got, GOFER_ERR_INVALID);
}

/* --- read ------------------------------------------------------------------ */

static void http_0_9_is_read_where_it_is_allowed(void)
{
    static const char body[] = "no head, but a body of some length\n";
    struct origin *origin = origin_that_says(body, THEN_CLOSE);
    struct outcome got = call_with(origin, "/", &(gofer_wire_options){.accept_http_0_9 = true});

    rig_expect_answer(&got, 200, body);
    EXPECT_INT(gofer_response_http_minor(got.response), 9);
    EXPECT_INT(gofer_response_header_count(got.response), 0);
    got = rig_get(rig_client(NULL), origin, "/");
    rig_expect_error(&got, GOFER_ERR_PROTOCOL);
}

static void http_0_9_streams(void)
{
    static const char body[] = "no head, but a body of some length\n";
    struct origin *origin = origin_that_says(body, THEN_CLOSE);
    gofer_request *request = flow_request("GET", origin, "/");

    gofer_request_set_wire(request, &(gofer_wire_options){.accept_http_0_9 = true});
    flow_expect_text(flow_begin(rig_client(NULL), request), 7, body);
}

static void chunks_are_kept(void)
{
    static const char chunks[] = "5\r\nhello\r\n6;x\r\n world\r\n0\r\nT: u\r\n\r\n";
    struct route routes[] = {{.reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                                       "5\r\nhello\r\n6;x\r\n world\r\n0\r\nT: u\r\n\r\n"}};
    struct origin *origin = rig_script(routes);
    struct outcome got = call_with(origin, "/", &(gofer_wire_options){.keep_chunks = true});

    rig_expect_answer(&got, 200, chunks);
    for (size_t piece = 1; piece < 60; piece += 9) {
        gofer_request *request = flow_request("GET", origin, "/");

        gofer_request_set_wire(request, &(gofer_wire_options){.keep_chunks = true});
        flow_expect_text(flow_begin(rig_client(NULL), request), piece, chunks);
    }
}

static void content_length_is_ignored(void)
{
    struct origin *origin =
        origin_that_says("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nlonger", THEN_CLOSE);
    struct outcome got =
        call_with(origin, "/", &(gofer_wire_options){.ignore_content_length = true});

    rig_expect_answer(&got, 200, "longer");
}

/* --- told ------------------------------------------------------------------ */

struct told {
    char sent[512], body[512], heads[512];
    char kinds[64]; /* a letter for each: h(ead), b(ody), H(ead that came) */
    size_t received, head_bytes;
    unsigned ports[2]; /* whom the connection goes to, and where from */
};

static void append(char *to, const gofer_trace_event *event)
{
    size_t len = strlen(to);

    snprintf(to + len, 512 - len, "%.*s", (int)event->data_len, event->data);
}

static unsigned port_of(const gofer_address *address)
{
    const struct sockaddr_in *in = address != NULL ? (const void *)address->addr : NULL;

    return in != NULL && in->sin_family == AF_INET ? ntohs(in->sin_port) : 0;
}

static void note(const gofer_trace_event *event, void *arg)
{
    struct told *told = arg;

    strcat(told->kinds, event->kind == GOFER_TRACE_SENT_HEAD   ? "h"
                        : event->kind == GOFER_TRACE_SENT_BODY ? "b"
                        : event->kind == GOFER_TRACE_GOT_HEAD  ? "H"
                                                               : "");
    if (event->kind == GOFER_TRACE_SENT_HEAD) {
        append(told->sent, event);
        told->head_bytes = event->head_bytes;
    } else if (event->kind == GOFER_TRACE_GOT_CONN) {
        told->ports[0] = port_of(event->addresses);
        told->ports[1] = port_of(event->local);
    } else if (event->kind == GOFER_TRACE_SENT_BODY)
        append(told->body, event);
    else if (event->kind == GOFER_TRACE_GOT_HEAD)
        append(told->heads, event);
    else if (event->kind == GOFER_TRACE_RECEIVED)
        told->received += event->data_len;
}

static struct told told_of_a_post(bool asked)
{
    static const char reply[] = "HTTP/1.1 103 Early\r\n\r\n" REPLY_HELLO;
    struct told told = {.received = 0};
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin_that_says(reply, THEN_NEXT), "/");

    gofer_request_set_body(request, "body", 4);
    gofer_request_set_basic_auth(request, "me", "secret");
    gofer_request_set_wire(request, &(gofer_wire_options){.trace_bytes = asked});
    gofer_request_set_trace(request, note, &told, NULL);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    rig_end_client(client);
    return told;
}

static void a_trace_is_told_the_bytes(void)
{
    struct told told = told_of_a_post(true);

    EXPECT(strncmp(told.sent, "POST / HTTP/1.1\r\nHost: ", 23) == 0);
    EXPECT_HOLDS(told.sent, "\r\nAuthorization: ***\r\n");
    EXPECT_HOLDS(told.sent, "\r\n\r\n");
    EXPECT_TEXT(told.body, "body");
    EXPECT_TEXT(told.kinds, "hbHH");
    EXPECT_TEXT(told.heads,
                "HTTP/1.1 103 Early\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n");
    EXPECT_INT(told.received, strlen(told.heads) + 5);
    EXPECT_INT(told.head_bytes, strlen(told.sent) + strlen("Basic bWU6c2VjcmV0") - strlen("***"));
    EXPECT(told.ports[0] != 0 && told.ports[1] != 0 && told.ports[0] != told.ports[1]);
}

static void a_trace_that_did_not_ask_is_not(void)
{
    struct told told = told_of_a_post(false);

    EXPECT_TEXT(told.sent, "");
    EXPECT_TEXT(told.heads, "");
    EXPECT_INT(told.received, 0);
}

CU_TestInfo raw_tests[] = {
    {"target and version are sent", target_and_version_are_sent},
    {"a path is sent as it is", a_path_is_sent_as_it_is},
    {"a path is not for redirects", a_path_is_not_for_redirects},
    {"fields are sent in the order asked for", fields_are_sent_in_order},
    {"fields are spelled as given", fields_are_spelled_as_given},
    {"a zero length can be left out", a_zero_length_can_be_left_out},
    {"what is no target sticks to the request", what_is_no_target_sticks_to_the_request},
    {"wire options can be taken back", options_can_be_taken_back},
    {"HTTP/1.0 has no chunks", http_1_0_has_no_chunks},
    {"HTTP/0.9 is read only where it is allowed", http_0_9_is_read_where_it_is_allowed},
    {"HTTP/0.9 streams", http_0_9_streams},
    {"chunks are kept where that is asked for", chunks_are_kept},
    {"Content-Length can be ignored", content_length_is_ignored},
    {"a trace that asked is told the bytes, without secrets", a_trace_is_told_the_bytes},
    {"a trace that did not ask is not", a_trace_that_did_not_ask_is_not},
    CU_TEST_INFO_NULL};
