/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Responses that are wrong. Each is an error of its own kind before any time
 * limit, while the origin keeps the connection open; the client closes it, and
 * other calls go on.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/scene.h"
#include "integration/tap.h"

extern CU_TestInfo fault_tests[];

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

/* The reply ends in `status`, the connection is closed by us, and the next call is answered. */
static void refused_then(const char *reply, size_t len, enum script_then then, gofer_status status)
{
    const struct route routes[] = {
        {.target = "/bad", .reply = reply, .len = len, .then = then},
        {.reply = REPLY_HELLO},
    };
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome bad = rig_get(client, origin, "/bad");

    rig_expect_error(&bad, status);
    if (bad.status != status)
        fprintf(stderr, "\n    reply: %.80s", reply);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    struct outcome good = rig_get(client, origin, "/good");
    rig_expect_answer(&good, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void refused(const char *reply)
{
    refused_then(reply, 0, THEN_HOLD, GOFER_ERR_PROTOCOL);
}

static void refused_head(const char *field)
{
    char reply[256];

    snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\n%s\r\n\r\nbody", field);
    refused(reply);
}

static void refused_chunks(const char *chunks)
{
    char reply[256];

    snprintf(reply, sizeof reply, CHUNKED "%s", chunks);
    refused(reply);
}

static void truncated(const char *reply)
{
    refused_then(reply, 0, THEN_CLOSE, GOFER_ERR_TRUNCATED);
}

static void lengths_that_differ(void)
{
    refused_head("Content-Length: 5\r\nContent-Length: 7");
    refused_head("Content-Length: 42,30");
    refused("HTTP/1.1 204 OK\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n");
}

static void lengths_that_are_none(void)
{
    static const char *const values[] = {
        "-6",  "+5", "0x20", "30s", "", "9223372036854775808", "18446744073709551621",
        "4 4", "4,", ",4"};
    char field[64];

    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        snprintf(field, sizeof field, "Content-Length: %s", values[i]);
        refused_head(field);
    }
}

static void transfer_codings_that_are_not_chunked(void)
{
    refused_head("Transfer-Encoding: chunked, identity");
    refused_head("Transfer-Encoding: identity, chunked");
    refused_head("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked");
    refused_head("Transfer-Encoding: xchunked");
    refused_head("Transfer-Encoding: gzip");
    refused_head("Transfer-Encoding:");
}

/* A head, and then the same text for ever. */
struct endless {
    const char *head;
    const char *text;
};

static void repeat(struct peer *peer, void *arg)
{
    const struct endless *endless = arg;

    if (!peer_read_request(peer))
        return;
    if (peer_asks(peer, "/good")) {
        peer_say(peer, REPLY_HELLO);
        peer_sees_end(peer);
        return;
    }
    peer_say(peer, endless->head);
    while (peer_say(peer, endless->text))
        continue;
}

static void endless_is(const char *head, const char *text, gofer_status status,
                       gofer_status or_status)
{
    struct endless endless = {head, text};
    struct origin *origin = rig_origin(repeat, &endless);
    gofer_client *client = rig_client(NULL);
    struct outcome bad = rig_get(client, origin, "/bad");

    if (bad.status != or_status)
        rig_expect_error(&bad, status);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    struct outcome good = rig_get(client, origin, "/good");
    rig_expect_answer(&good, 200, "hello");
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void endless_chunk_extensions(void)
{
    static char chunk[3000];

    memset(chunk, 'e', sizeof chunk - 1);
    memcpy(chunk, "1;", 2);
    strcpy(chunk + sizeof chunk - 6, "\r\nx\r\n");
    endless_is(CHUNKED, chunk, GOFER_ERR_PROTOCOL, GOFER_ERR_PROTOCOL);
    endless_is(CHUNKED "1;", "eeeeeeeeeeeeeeeeeeeeeeee", GOFER_ERR_PROTOCOL, GOFER_ERR_PROTOCOL);
}

static void chunk_sizes_that_are_none(void)
{
    static const char *const sizes[] = {
        "12345678123456789", "ffffffffffffffff", "-1", "0x5", "+5", "", "5 ", "g"};
    char chunks[64];

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        snprintf(chunks, sizeof chunks, "%s\r\nhello\r\n0\r\n\r\n", sizes[i]);
        if (strcmp(sizes[i], "ffffffffffffffff") != 0)
            refused_chunks(chunks);
    }
}

/* Either it is no size, or it is beyond max_body_bytes. */
static void a_chunk_size_of_2_64_minus_1(void)
{
    const struct route routes[] = {
        {.reply = CHUNKED "ffffffffffffffff\r\nhello\r\n0\r\n\r\n", .then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/");

    EXPECT(got.status == GOFER_ERR_PROTOCOL || got.status == GOFER_ERR_TOO_LARGE);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void bare_lf_after_a_chunk_size(void)
{
    refused_chunks("5\nhello\r\n0\r\n\r\n");
    refused_chunks("5;x\nhello\r\n0\r\n\r\n");
}

static void garbage_after_chunk_data(void)
{
    refused_chunks("5\r\nhello0\r\n\r\n");
    refused_chunks("5\r\nhello\n0\r\n\r\n");
    refused_chunks("5\r\nhelloXX0\r\n\r\n");
}

static void ends_before_the_body_does(void)
{
    truncated("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello");
    truncated("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n");
    truncated(CHUNKED "5\r\nhel");
    truncated(CHUNKED "5\r\nhello\r\n");
    truncated(CHUNKED "5\r\nhello\r\n0\r\n");
    truncated(CHUNKED "5");
    truncated(CHUNKED);
}

static void reset_inside_the_body(void)
{
    const struct route routes[] = {
        {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello", .then = THEN_RESET}};
    struct outcome got = rig_get(rig_client(NULL), rig_script(routes), "/");

    /* An RST may overtake the bytes before it; then no response began. */
    if (got.status != GOFER_ERR_BROKEN)
        rig_expect_error(&got, GOFER_ERR_TRUNCATED);
}

static void ends_inside_the_head(void)
{
    truncated("HTTP/1.1 301 Moved Permanently\r\nFoo: bar");
    truncated("HTTP/1.1 200 OK\r\n");
    truncated("HTTP/1.1 100 Continue\r\n\r\nH");
}

static void bad_trailers(void)
{
    refused_then(CHUNKED "0\r\nA: \0\r\n\r\n", sizeof CHUNKED - 1 + 11, THEN_HOLD,
                 GOFER_ERR_PROTOCOL);
    endless_is(CHUNKED "0\r\n", "X-Trailer: 0123456789012345678901234567890123456789\r\n",
               GOFER_ERR_TOO_LARGE, GOFER_ERR_PROTOCOL);
}

static void endless_heads(void)
{
    endless_is("HTTP/1.1 200 OK\r\n", "A: b\r\n", GOFER_ERR_TOO_LARGE, GOFER_ERR_TOO_LARGE);
    endless_is("HTTP/1.1 200 OK\r\nX: ", "0123456789012345678901234567890123456789012345678901234",
               GOFER_ERR_TOO_LARGE, GOFER_ERR_TOO_LARGE);
}

static void heads_beyond_the_limit(void)
{
    enum { LIMIT = 4096 };
    static char reply[2 * LIMIT];
    const struct route routes[] = {
        {.target = "/small", .reply = REPLY_HELLO},
        {.reply = reply, .then = THEN_HOLD},
    };

    memset(reply, 'x', sizeof reply);
    memcpy(reply, "HTTP/1.1 200 OK\r\nX: ", 20);
    strcpy(reply + sizeof reply - 24, "\r\nContent-Length: 0\r\n\r\n");
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(&(gofer_client_options){.max_response_header_bytes = LIMIT});
    struct outcome small = rig_get(client, origin, "/small");
    struct outcome large = rig_get(client, origin, "/large");
    rig_expect_answer(&small, 200, "hello");
    rig_expect_error(&large, GOFER_ERR_TOO_LARGE);
    EXPECT_HOLDS(large.error->message, "4096");
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void endless_interim_responses(void)
{
    static char padded[8192];

    endless_is("", "HTTP/1.1 100 Continue\r\n\r\n", GOFER_ERR_PROTOCOL, GOFER_ERR_TOO_LARGE);
    memset(padded, 'x', sizeof padded - 1);
    memcpy(padded, "HTTP/1.1 103 Hints\r\nX: ", 23);
    strcpy(padded + sizeof padded - 5, "\r\n\r\n");
    endless_is("", padded, GOFER_ERR_PROTOCOL, GOFER_ERR_TOO_LARGE);
}

static void interim_responses_count_for_the_limit(void)
{
    static char reply[2000];
    const struct route routes[] = {{.reply = reply, .then = THEN_HOLD}};
    size_t len = 0;

    for (int i = 0; i < 10; i++)
        len += (size_t)sprintf(reply + len, "HTTP/1.1 123 Hm\r\nX: %080d\r\n\r\n", i);
    strcpy(reply + len, REPLY_HELLO);
    struct origin *origin = rig_script(routes);
    struct outcome strict = rig_get(
        rig_client(&(gofer_client_options){.max_response_header_bytes = 1000}), origin, "/");
    rig_expect_error(&strict, GOFER_ERR_TOO_LARGE);
}

static void broken_fields(void)
{
    refused_head("no colon here");
    refused_head(": empty name");
    refused_head("Space : before colon");
    refused_head("Tab\t: before colon");
    refused("HTTP/1.1 200 OK\r\n Leading: space\r\n\r\n");
    refused("HTTP/1.1 200 OK\r\n\tLeading: tab\r\n\r\n");
}

static void folded_fields(void)
{
    refused_head("A: b\r\n c\r\nContent-Length: 4");
}

static void control_bytes(void)
{
    refused_head("A: b\rc");
    refused_head("A: b\x01");
    refused_head("A\x7f: b");
    refused("HTTP/1.1 200 O\rK\r\n\r\n");
    refused("HTTP/1.1 200 O\x02K\r\n\r\n");
    refused_then("HTTP/1.1 200 OK\r\nA: \0b\r\n\r\n", 26, THEN_HOLD, GOFER_ERR_PROTOCOL);
    refused_then("HTTP/1.1 200 O\0K\r\n\r\n", 20, THEN_HOLD, GOFER_ERR_PROTOCOL);
}

static void broken_status_lines(void)
{
    static const char *const lines[] = {
        "HTTP/1.1 20",
        "HTTP/1.1 2000 OK",
        "HTTP/1.1 abc OK",
        "HTTP/1.1 -1 OK",
        "HTTP/1.2 200 OK",
        "HTTP/2.0 200 OK",
        "HTTP/01.1 200 OK",
        "HTTP/1.1 000 OK",
        "HTTP/1.1 099 No",
        "HTTP/1 200 OK",
        "http/1.1 200 OK",
        "HTTP/1.1\t200 OK",
        "HTTP/1.1 0x1 OK",
        "HTTP/1.1",
        "ICY 200 OK",
        "HTTP/1.1 1111111111111111111111111111111111111111111111111111111111111111111111111"};
    char reply[256];

    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        snprintf(reply, sizeof reply, "%s\r\nFoo: bar\r\n\r\n", lines[i]);
        refused(reply);
    }
}

static void other_protocols(void)
{
    refused("SSH-2.0-OpenSSH_9.2\r\n");
    refused("\x15\x03\x01\x02\x02\x02\x28");
    refused("<html>hello</html>\n");
    refused("220 smtp.example ESMTP\r\n");
    refused("{");
}

static void switching_that_nobody_asked_for(void)
{
    refused("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n");
    refused("HTTP/1.1 101 Switching Protocols\r\nContent-Length: 3\r\n\r\nabc");
}

static void messages_do_not_repeat_wild_bytes(void)
{
    const struct route routes[] = {
        {.reply = "\x1b[2Jevil\r\n\"\xff\xfe bytes of a terminal attack\r\n\r\n",
         .then = THEN_HOLD}};
    struct outcome got = rig_get(rig_client(NULL), rig_script(routes), "/");

    rig_expect_error(&got, GOFER_ERR_PROTOCOL);
    REQUIRE(got.error != NULL);
    for (const char *at = got.error->message; *at != '\0'; at++)
        EXPECT(*at >= ' ' && *at < 0x7f);
    EXPECT(strlen(got.error->message) < 1024);
}

static void closed_before_a_byte(void)
{
    const struct route routes[] = {{.then = THEN_CLOSE}};
    struct origin *origin = rig_script(routes);
    struct outcome got = rig_get(rig_client(NULL), origin, "/");

    rig_expect_error(&got, GOFER_ERR_BROKEN);
    EXPECT_INT(got.error->sent, GOFER_SENT_ALL);
    EXPECT_INT(got.error->attempts, 1);
    EXPECT(!got.error->reused);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 1);
}

/* A server that goes on with the request has it: it is not sent again, reused as the connection is.
 */
static void closed_behind_a_100(void)
{
    const struct route routes[] = {
        {.target = "/bad", .reply = "HTTP/1.1 100 Continue\r\n\r\n", .then = THEN_CLOSE},
        {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome good = rig_get(client, origin, "/");
    struct outcome bad = rig_get(client, origin, "/bad");

    rig_expect_answer(&good, 200, "hello");
    rig_expect_error(&bad, GOFER_ERR_BROKEN);
    EXPECT(bad.error->reused);
    EXPECT_INT(bad.error->attempts, 1);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 2);
}

static void reset_before_a_byte(void)
{
    const struct route routes[] = {{.then = THEN_RESET}};
    struct origin *origin = rig_script(routes);
    struct outcome got = rig_get(rig_client(NULL), origin, "/");

    rig_expect_error(&got, GOFER_ERR_BROKEN);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 1);
}

static int refuse_connect(enum tap_call call, unsigned nth, void *arg)
{
    (void)nth;
    return call == TAP_CONNECT ? -*(const int *)arg : 0;
}

static void no_way_to_the_host(void)
{
    static const int errors[] = {EHOSTUNREACH, ENETUNREACH};
    static const struct route hello[] = {{.reply = REPLY_HELLO}};

    for (size_t i = 0; i < sizeof errors / sizeof *errors; i++) {
        struct origin *origin = rig_script(hello);
        gofer_client *client = scene_client(NULL);
        tap_open(refuse_connect, (void *)&errors[i]);
        struct outcome got = rig_get(client, origin, "/");
        rig_end_client(client);
        tap_close();
        rig_expect_error(&got, GOFER_ERR_CONNECT);
        EXPECT_INT(got.error->sys_errno, errors[i]);
        EXPECT_INT(got.error->phase, GOFER_PHASE_CONNECT);
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
        EXPECT(!got.error->timeout);
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    }
}

CU_TestInfo fault_tests[] = {
    {"H1-01 lengths that differ", lengths_that_differ},
    {"H1-03 F4 lengths that are none", lengths_that_are_none},
    {"H1-05 F4 transfer codings that are not exactly chunked",
     transfer_codings_that_are_not_chunked},
    {"H1-06 endless chunk extensions", endless_chunk_extensions},
    {"H1-07 chunk sizes that are none", chunk_sizes_that_are_none},
    {"H1-07 a chunk size of 2^64-1", a_chunk_size_of_2_64_minus_1},
    {"H1-08 bare LF after a chunk size", bare_lf_after_a_chunk_size},
    {"H1-09 garbage after chunk data", garbage_after_chunk_data},
    {"H1-10 the connection ends before the body does", ends_before_the_body_does},
    {"TCP-01 a reset inside the body", reset_inside_the_body},
    {"F2 the connection ends inside the head", ends_inside_the_head},
    {"H1-11 bad and endless trailers", bad_trailers},
    {"H1-12 endless heads", endless_heads},
    {"F7 heads beyond the limit", heads_beyond_the_limit},
    {"H1-13 endless interim responses", endless_interim_responses},
    {"F9 interim responses count for the limit", interim_responses_count_for_the_limit},
    {"H1-14 broken fields", broken_fields},
    {"H1-15 folded fields", folded_fields},
    {"H1-16 control bytes", control_bytes},
    {"H1-17 F2 broken status lines", broken_status_lines},
    {"H1-18 other protocols fail quickly", other_protocols},
    {"H1-19 a 101 that nobody asked for", switching_that_nobody_asked_for},
    {"INJ-12 messages do not repeat wild bytes", messages_do_not_repeat_wild_bytes},
    {"RU-07 closed before a byte: no retry", closed_before_a_byte},
    {"TCP-01 reset before a byte: no retry", reset_before_a_byte},
    {"RU-07 closed behind a 100: no retry", closed_behind_a_100},
    {"TCP-03 no way to the host is an error at once", no_way_to_the_host},
    CU_TEST_INFO_NULL};
