/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Trailers from the server: there at the end of the body and not before, declared
 * or not, without those that frame or route a message; gathered and streaming.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"

extern CU_TestInfo trailer_tests[];

#define DECLARED "HTTP/1.1 200 OK\r\nTrailer: X-A, X-B\r\nTransfer-Encoding: chunked\r\n\r\n"

/* The trailers are these "name=value;", in this order. */
static void expect_trailers(const gofer_response *response, const char *wanted)
{
    const char *name, *value;
    char text[1024] = "";

    for (size_t i = 0; gofer_response_trailer_at(response, i, &name, &value); i++)
        snprintf(text + strlen(text), sizeof text - strlen(text), "%s=%s;", name, value);
    EXPECT_TEXT(text, wanted);
    for (size_t i = 0; gofer_response_trailer_at(response, i, NULL, NULL); i++)
        EXPECT(i < gofer_response_trailer_count(response));
}

/* Both ways, over one connection; a piece at a time, and with the end in the last read. */
static void trailing(const char *reply, const char *body, const char *wanted)
{
    static const size_t pieces[] = {1, 2, 5, 1000};
    struct route routes[] = {{.reply = reply}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/");

    rig_expect_answer(&got, 200, body);
    expect_trailers(got.response, wanted);
    for (int i = 0; i < 4; i++) {
        gofer_response *response = flow_open(client, origin, "/");
        EXPECT_INT(gofer_response_trailer_count(response), 0);
        flow_expect_text(response, pieces[i], body);
        expect_trailers(response, wanted);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void declared_ones_are_there_at_the_end(void)
{
    trailing(DECLARED "2\r\nok\r\n0\r\nX-A: one\r\nX-B: two\r\n\r\n", "ok", "X-A=one;X-B=two;");
    trailing(DECLARED "0\r\nX-B:\r\nX-A: \t spaced out \t\r\n\r\n", "", "X-B=;X-A=spaced out;");
}

static void undeclared_ones_are_there_too(void)
{
    trailing(FLOW_CHUNKED "2\r\nok\r\n0\r\nX-New: yes\r\n\r\n", "ok", "X-New=yes;");
    trailing(DECLARED "2\r\nok\r\n0\r\nx-c: 3\r\nX-A: 1\r\nx-a: 2\r\n\r\n", "ok",
             "x-c=3;X-A=1;x-a=2;");
}

static void none_are_none(void)
{
    trailing(DECLARED "2\r\nok\r\n0\r\n\r\n", "ok", "");
    trailing("HTTP/1.1 200 OK\r\nTrailer: X-A\r\nContent-Length: 2\r\n\r\nok", "ok", "");
}

static void framing_ones_are_left_out(void)
{
    trailing(FLOW_CHUNKED "2\r\nok\r\n0\r\nContent-Length: 99\r\nX-A: 1\r\n"
                          "transfer-encoding: gzip\r\nHost: evil\r\nTrailer: X\r\n"
                          "Set-Cookie: a=b\r\nX-B: 2\r\nConnection: close\r\n"
                          "Authorization: x\r\nContent-Type: text/html\r\n\r\n",
             "ok", "X-A=1;X-B=2;");
    trailing(FLOW_CHUNKED "2\r\nok\r\n0\r\nContent-Length: 1\r\n\r\n", "ok", "");
}

/* The names can be seen in the head; the values come with the end, and the end after the flush. */
static void values_come_with_the_end(void)
{
    static const char *const pieces[] = {DECLARED "2\r\nok\r\n", "0\r\nX-A: 1\r\n",
                                         "X-B: 2\r\n\r\n", NULL};
    struct gate *go = rig_gate();
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, flow_steps(pieces, go, THEN_NEXT), "/");
    char buf[8];

    EXPECT_TEXT(gofer_response_header(response, "Trailer"), "X-A, X-B");
    EXPECT_INT(gofer_response_read(response, buf, 2), 2);
    EXPECT(gofer_response_trailer(response, "X-A") == NULL);
    gate_pass(go);
    EXPECT_INT(gofer_response_read_for(response, buf, 2, 20), GOFER_READ_PENDING);
    EXPECT(gofer_response_trailer(response, "X-A") == NULL);
    EXPECT_INT(gofer_response_trailer_count(response), 0);
    gate_pass(go);
    EXPECT_INT(gofer_response_read(response, buf, 2), 0);
    EXPECT_TEXT(gofer_response_trailer(response, "x-a"), "1");
    EXPECT_TEXT(gofer_response_trailer(response, "X-B"), "2");
    EXPECT(gofer_response_trailer(response, "X-C") == NULL);
    EXPECT_INT(rig_stats(client).conns_idle, 1);
}

static void they_outlive_the_client_and_the_close(void)
{
    struct route routes[] = {{.reply = DECLARED "2\r\nok\r\n0\r\nX-A: one\r\n\r\n"}};
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, rig_script(routes), "/");

    flow_expect_text(response, 10, "ok");
    gofer_response_close(response);
    rig_end_client(client);
    expect_trailers(response, "X-A=one;");
}

/* Closed early, the rest is drained and nobody's. */
static void a_close_loses_them(void)
{
    struct route routes[] = {{.reply = DECLARED "2\r\nok\r\n0\r\nX-A: one\r\n\r\n"}};
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, rig_script(routes), "/");

    gofer_response_close(response);
    EXPECT(flow_until_active(client, 0));
    EXPECT_INT(gofer_response_trailer_count(response), 0);
}

static void null_has_none(void)
{
    EXPECT(gofer_response_trailer(NULL, "A") == NULL);
    EXPECT_INT(gofer_response_trailer_count(NULL), 0);
    EXPECT_INT(gofer_response_trailer_at(NULL, 0, NULL, NULL), 0);
    struct route routes[] = {{.reply = REPLY_HELLO}};
    struct outcome got = rig_get(rig_client(NULL), rig_script(routes), "/");
    EXPECT(gofer_response_trailer(got.response, NULL) == NULL);
    EXPECT(gofer_response_trailer(got.response, "A") == NULL);
}

/* --- bad ones --- */

static void refused(const char *reply, size_t len, gofer_status status)
{
    struct route routes[] = {{.reply = reply, .len = len, .then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/");
    char buf[8];
    size_t n;

    rig_expect_error(&got, status);
    EXPECT_INT(gofer_response_trailer_count(got.response), 0);
    gofer_response *response = flow_open(client, origin, "/");
    EXPECT_INT(flow_read(response, 4, buf, 7, &n), -1);
    EXPECT_TEXT(buf, "ok");
    flow_expect_failure(response, status, GOFER_PHASE_BODY);
    EXPECT_INT(gofer_response_trailer_count(response), 0);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

#define BEGINNING FLOW_CHUNKED "2\r\nok\r\n0\r\n"

static void malformed_ones_are_errors(void)
{
    static const char nul[] = BEGINNING "A: b\0c\r\n\r\n";

    refused(nul, sizeof nul - 1, GOFER_ERR_PROTOCOL);
    refused(BEGINNING "no colon\r\n\r\n", 0, GOFER_ERR_PROTOCOL);
    refused(BEGINNING "A: b\r\n folded\r\n\r\n", 0, GOFER_ERR_PROTOCOL);
    refused(BEGINNING "A : b\r\n\r\n", 0, GOFER_ERR_PROTOCOL);
    refused(BEGINNING "A: b\n\r\n", 0, GOFER_ERR_PROTOCOL);
    refused(BEGINNING ": b\r\n\r\n", 0, GOFER_ERR_PROTOCOL);
}

static void too_large_ones_are_errors(void)
{
    enum { LEN = 70000 };
    char *reply = malloc(sizeof BEGINNING + LEN + 8);

    REQUIRE(reply != NULL);
    strcpy(reply, BEGINNING "A: ");
    memset(reply + strlen(reply), 'x', LEN);
    strcpy(reply + sizeof BEGINNING + 2 + LEN, "\r\n");
    refused(reply, sizeof BEGINNING + 4 + LEN, GOFER_ERR_PROTOCOL);
    free(reply);
}

/* Field after field, for ever. */
static void serve_endless_trailers(struct peer *peer, void *arg)
{
    (void)arg;
    if (!peer_read_request(peer))
        return;
    peer_say(peer, BEGINNING);
    while (peer_say(peer, "X-Field: with a value\r\nX-Other: with another\r\n"))
        continue;
}

static void endless_ones_are_errors(void)
{
    struct origin *origin = rig_origin(serve_endless_trailers, NULL);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/");
    char buf[8];
    size_t n;

    rig_expect_error(&got, GOFER_ERR_PROTOCOL);
    gofer_response *response = flow_open(client, origin, "/");
    EXPECT_INT(flow_read(response, 4, buf, 7, &n), -1);
    flow_expect_failure(response, GOFER_ERR_PROTOCOL, GOFER_PHASE_BODY);
    EXPECT(flow_until_open(client, origin, 0));
}

CU_TestInfo trailer_tests[] = {
    {"F16 declared trailers are there at the end", declared_ones_are_there_at_the_end},
    {"F16 undeclared trailers are there too", undeclared_ones_are_there_too},
    {"F16 no trailers are none", none_are_none},
    {"F16 H1-11 framing trailers are left out", framing_ones_are_left_out},
    {"F16 values come with the end", values_come_with_the_end},
    {"F16 trailers outlive the client and the close", they_outlive_the_client_and_the_close},
    {"F16 a close loses them", a_close_loses_them},
    {"F16 NULL has no trailers", null_has_none},
    {"H1-11 malformed trailers are errors", malformed_ones_are_errors},
    {"H1-11 trailers beyond 64 KiB are errors", too_large_ones_are_errors},
    {"H1-11 endless trailers are errors", endless_ones_are_errors},
    CU_TEST_INFO_NULL};
