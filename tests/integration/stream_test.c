/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading a streaming response: the same bytes and the same end however the body
 * is framed, cut by the network or asked for; nothing waits for what is at hand;
 * a body that ends early or wrongly is an error behind the bytes that came.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"

extern CU_TestInfo stream_tests[];

static const size_t pieces[] = {1, 3, 11, 4096};

enum { PIECES = sizeof pieces / sizeof *pieces };

/* --- whole bodies --- */

static void generated(const char *path, uint64_t len, size_t piece)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, path);
    size_t body_len = 1;

    EXPECT_INT(gofer_response_status(response), 200);
    EXPECT_TEXT(gofer_response_body(response, &body_len), "");
    EXPECT_INT(body_len, 0);
    flow_expect_bytes(response, piece, 0, len);
    EXPECT_INT(gofer_response_read(response, &body_len, 1), 0);
    EXPECT_TEXT(gofer_response_body(response, NULL), "");
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void bodies_come_whole_however_framed(void)
{
    generated("/length/1000", 1000, 1);
    generated("/chunk/1000", 1000, 1);
    generated("/end/1000", 1000, 1);
    generated("/length/300000", 300000, 999);
    generated("/chunk/300000", 300000, 999);
    generated("/end/300000", 300000, 999);
    generated("/length/3000000", 3000000, 65536);
    generated("/chunk/3000000", 3000000, 65536);
    generated("/end/3000000", 3000000, 65536);
}

static void empty_bodies_end_at_once(void)
{
    generated("/length/0", 0, 10);
    generated("/chunk/0", 0, 10);
    generated("/end/0", 0, 10);
}

static void the_head_is_there_before_the_body(void)
{
    static const char *const steps[] = {
        "HTTP/1.1 404 Not Here\r\nX-A: b\r\nContent-Length: 2\r\n\r\n", "no", NULL};
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(steps, go, THEN_NEXT);
    gofer_response *response = flow_open(rig_client(NULL), origin, "/");

    EXPECT_INT(gofer_response_status(response), 404);
    EXPECT_TEXT(gofer_response_reason(response), "Not Here");
    EXPECT_TEXT(gofer_response_header(response, "x-a"), "b");
    EXPECT_INT(gofer_response_content_length(response), 2);
    EXPECT(gofer_response_error(response) == NULL);
    gate_pass(go);
    flow_expect_text(response, 10, "no");
}

static void interim_responses_come_before_the_stream(void)
{
    struct route routes[] = {{.reply = "HTTP/1.1 100 Continue\r\n\r\n"
                                       "HTTP/1.1 103 Hints\r\nLink: x\r\n\r\n" FLOW_CHUNKED
                                       "5\r\nhello\r\n0\r\n\r\n"}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    flow_expect_text(flow_open(client, origin, "/"), 100, "hello");
    flow_expect_text(flow_open(client, origin, "/"), 1, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static void max_body_bytes_is_for_gathered_bodies(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(&(gofer_client_options){.max_body_bytes = 100});

    flow_expect_bytes(flow_open(client, origin, "/length/5000"), 4096, 0, 5000);
    flow_expect_bytes(flow_open(client, origin, "/chunk/5000"), 4096, 0, 5000);
    flow_expect_bytes(flow_open(client, origin, "/end/5000"), 4096, 0, 5000);
}

/* --- cuts --- */

static const struct cut_reply {
    const char *reply, *body;
    bool to_end;
} cut_replies[] = {
    {"HTTP/1.1 200 OK\r\nContent-Length: 11\r\nX-A: b\r\n\r\nhello world", "hello world", false},
    {"HTTP/1.1 103 Hint\r\nA: b\r\n\r\n" FLOW_CHUNKED
     "5;x=y\r\nhello\r\n1\r\n \r\n05\r\nworld\r\n0\r\nT: 1\r\n\r\n",
     "hello world", false},
    {FLOW_TO_END "hello world", "hello world", true},
};

enum { CUT_REPLIES = sizeof cut_replies / sizeof *cut_replies };

static void byte_by_byte_gives_the_same(void)
{
    for (int i = 0; i < CUT_REPLIES; i++) {
        const struct cut_reply *cut = &cut_replies[i];
        struct route routes[] = {
            {.reply = cut->reply, .dribble = true, .then = cut->to_end ? THEN_CLOSE : THEN_NEXT}};
        struct origin *origin = rig_script(routes);
        gofer_client *client = rig_client(NULL);

        for (int p = 0; p < PIECES; p++)
            flow_expect_text(flow_open(client, origin, "/"), pieces[p], cut->body);
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), cut->to_end ? PIECES : 1);
        rig_end_client(client);
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    }
}

/* The path is the place of the cut. The second part goes out once the gate was passed as often as
 * there were requests: the first one was read alone. */
struct cutter {
    const struct cut_reply *cut;
    struct gate *go;
};

static void cut_in_two(struct peer *peer, void *arg)
{
    const struct cutter *cutter = arg;
    const char *reply = cutter->cut->reply;
    unsigned at;

    while (peer_read_request(peer) && sscanf(peer_head(peer), "GET /%u", &at) == 1) {
        peer_send(peer, reply, at);
        if (at > 0 && !gate_wait(cutter->go, at))
            return;
        peer_say(peer, reply + at);
        if (cutter->cut->to_end)
            return;
    }
}

/* With what of the body there is read before the rest is sent. */
static void cut_at(gofer_client *client, struct origin *origin, struct cutter *cutter, unsigned at)
{
    const struct cut_reply *cut = cutter->cut;
    size_t head_len = (size_t)(strstr(strstr(cut->reply, "200 OK"), "\r\n\r\n") + 4 - cut->reply);
    char path[32], buf[64];
    size_t have = 0, len;
    ssize_t n;

    snprintf(path, sizeof path, "/%u", at);
    if (at < head_len)
        gate_pass(cutter->go);
    gofer_response *response = flow_open(client, origin, path);
    if (at >= head_len) {
        while ((n = gofer_response_read_for(response, buf + have, 4, 0)) > 0)
            have += (size_t)n;
        gate_pass(cutter->go);
    }
    EXPECT_INT(flow_read(response, 4, buf + have, sizeof buf - 1 - have, &len), 0);
    EXPECT_TEXT(buf, cut->body);
    rig_free(response);
}

static void every_split_point_gives_the_same(void)
{
    for (int i = 0; i < CUT_REPLIES; i++) {
        struct cutter cutter = {&cut_replies[i], rig_gate()};
        struct origin *origin = rig_origin(cut_in_two, &cutter);
        gofer_client *client = rig_client(NULL);

        for (unsigned at = 1; at < strlen(cutter.cut->reply); at++)
            cut_at(client, origin, &cutter, at);
        if (!cutter.cut->to_end)
            EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
        rig_end_client(client);
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    }
}

/* --- at once --- */

/* Each piece's data is read before the next piece is sent; the last one is the end. */
static void piece_by_piece(const char *const *steps, const char *const *data, enum script_then then)
{
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(steps, go, then);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, "/");
    char buf[64];

    for (int i = 0; data[i] != NULL; i++) {
        if (i > 0)
            gate_pass(go);
        size_t want = strlen(data[i]), got = 0;
        while (got < want) {
            ssize_t n = gofer_response_read(response, buf + got, sizeof buf - got);
            REQUIRE(n > 0 && got + (size_t)n <= want);
            got += (size_t)n;
        }
        EXPECT(memcmp(buf, data[i], want) == 0);
        if (steps[i + 1] != NULL)
            EXPECT_INT(gofer_response_read_for(response, buf, sizeof buf, 0), GOFER_READ_PENDING);
    }
    gate_pass(go);
    EXPECT_INT(gofer_response_read(response, buf, sizeof buf), 0);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void each_flushed_write_is_readable_at_once(void)
{
    static const char *const length[] = {FLOW_LENGTH(8) "one", "two", "22", NULL};
    static const char *const chunks[] = {FLOW_CHUNKED "3\r\none\r\n", "3\r\ntwo\r\n", "2\r\n22\r\n",
                                         "0\r\n\r\n", NULL};
    static const char *const to_end[] = {FLOW_TO_END "one", "two", "22", NULL};
    static const char *const data[] = {"one", "two", "22", NULL};

    piece_by_piece(length, data, THEN_NEXT);
    piece_by_piece(chunks, data, THEN_NEXT);
    piece_by_piece(to_end, data, THEN_CLOSE);
}

static void a_part_of_a_chunk_is_readable_at_once(void)
{
    static const char *const steps[] = {
        FLOW_CHUNKED "a;x\r\nhello", " wor", "l\r\n2\r", "\nd!\r\n1;long",
        "er\r\n?\r\n0\r\n",          "\r\n", NULL};
    static const char *const data[] = {"hello", " wor", "l", "d!", "?", NULL};

    piece_by_piece(steps, data, THEN_NEXT);
}

/* Less is asked for than there is: what is left is not waited for. */
static void bytes_at_hand_are_given_without_waiting(void)
{
    static const char *const steps[] = {FLOW_CHUNKED "6\r\nabcdef\r\n4\r\nghij\r\n", "0\r\n\r\n",
                                        NULL};
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(steps, go, THEN_NEXT);
    gofer_response *response = flow_open(rig_client(NULL), origin, "/");
    char buf[16];
    size_t got = 0;

    while (got < 10) {
        ssize_t n = gofer_response_read_for(response, buf + got, 4, 10000);
        REQUIRE(n > 0);
        got += (size_t)n;
    }
    EXPECT(memcmp(buf, "abcdefghij", 10) == 0);
    EXPECT_INT(gofer_response_read_for(response, buf, 4, 1), GOFER_READ_PENDING);
    gate_pass(go);
    EXPECT_INT(gofer_response_read_for(response, buf, 4, -1), 0);
}

static void a_wait_of_its_own_leaves_the_call_alone(void)
{
    static const char *const steps[] = {FLOW_LENGTH(2), "ok", NULL};
    struct gate *go = rig_gate();
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, flow_steps(steps, go, THEN_NEXT), "/");
    char buf[16];

    EXPECT_INT(gofer_response_read_for(response, buf, sizeof buf, 0), GOFER_READ_PENDING);
    int64_t began = now_ms();
    EXPECT_INT(gofer_response_read_for(response, buf, sizeof buf, 40), GOFER_READ_PENDING);
    EXPECT_AT_LEAST(now_ms() - began, 40);
    EXPECT(gofer_response_error(response) == NULL);
    EXPECT_INT(rig_stats(client).calls_active, 1);
    gate_pass(go);
    flow_expect_text(response, 10, "ok");
    EXPECT_INT(rig_stats(client).calls_active, 0);
    EXPECT_INT(rig_stats(client).calls_done, 1);
}

/* --- bodies that end early or wrongly --- */

static void failing(const char *reply, enum script_then then, const char *data, gofer_status status)
{
    struct route routes[] = {{.reply = reply, .then = then}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    for (int p = 0; p < PIECES; p++) {
        gofer_response *response = flow_open(client, origin, "/");
        char buf[256];
        size_t len;

        EXPECT_INT(flow_read(response, pieces[p], buf, sizeof buf - 1, &len), -1);
        EXPECT_TEXT(buf, data);
        flow_expect_failure(response, status, GOFER_PHASE_BODY);
        EXPECT_INT(gofer_response_trailer_count(response), 0);
    }
    EXPECT_INT(rig_stats(client).calls_failed, PIECES);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), PIECES);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void bodies_that_end_early_are_truncated(void)
{
    failing(FLOW_LENGTH(5) "hell", THEN_CLOSE, "hell", GOFER_ERR_TRUNCATED);
    failing(FLOW_LENGTH(5), THEN_CLOSE, "", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "", THEN_CLOSE, "", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5", THEN_CLOSE, "", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5;x", THEN_CLOSE, "", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5\r", THEN_CLOSE, "", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5\r\nhel", THEN_CLOSE, "hel", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5\r\nhello", THEN_CLOSE, "hello", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5\r\nhello\r", THEN_CLOSE, "hello", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5\r\nhello\r\n", THEN_CLOSE, "hello", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5\r\nhello\r\n0\r\n", THEN_CLOSE, "hello", GOFER_ERR_TRUNCATED);
    failing(FLOW_CHUNKED "5\r\nhello\r\n0\r\nT: v\r\n\r", THEN_CLOSE, "hello", GOFER_ERR_TRUNCATED);
}

/* What came before the reset may be lost with it: the kernel's business. */
static void a_reset_is_no_end(void)
{
    static const char *const to_end[] = {FLOW_TO_END "hello", "", NULL};
    static const char *const length[] = {FLOW_LENGTH(9) "hello", "", NULL};
    static const char *const *const steps[] = {to_end, length};

    for (int i = 0; i < 2; i++) {
        struct gate *go = rig_gate();
        struct origin *origin = flow_steps(steps[i], go, THEN_RESET);
        gofer_response *response = flow_open(rig_client(NULL), origin, "/");
        char buf[16];

        for (size_t got = 0; got < 5;) {
            ssize_t n = gofer_response_read(response, buf, 5 - got);
            REQUIRE(n > 0);
            got += (size_t)n;
        }
        gate_pass(go);
        flow_expect_failure(response, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY);
        EXPECT_INT(gofer_response_error(response)->sys_errno, ECONNRESET);
        EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    }
}

static void chunks_that_are_wrong_are_errors(void)
{
    failing(FLOW_CHUNKED "2\r\nok\r\nx\r\n", THEN_HOLD, "ok", GOFER_ERR_PROTOCOL);
    failing(FLOW_CHUNKED "2\nok\r\n0\r\n\r\n", THEN_HOLD, "", GOFER_ERR_PROTOCOL);
    failing(FLOW_CHUNKED "2\r\nok!\r\n0\r\n\r\n", THEN_HOLD, "ok", GOFER_ERR_PROTOCOL);
    failing(FLOW_CHUNKED "2\r\nok\r\n10000000000000000\r\n", THEN_HOLD, "ok", GOFER_ERR_PROTOCOL);
    failing(FLOW_CHUNKED "2\r\nok\r\n0\r\nbad trailer\r\n\r\n", THEN_HOLD, "ok",
            GOFER_ERR_PROTOCOL);
}

/* --- answers without a body --- */

/* The connection is idle before anything is read. */
static void bodiless(const char *method, const char *reply, int status)
{
    struct route routes[] = {{.reply = reply}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    char byte;

    for (int i = 0; i < 4; i++) {
        gofer_response *response = flow_begin(client, flow_request(method, origin, "/"));
        EXPECT_INT(gofer_response_status(response), status);
        EXPECT_INT(rig_stats(client).conns_idle, 1);
        EXPECT_INT(rig_stats(client).calls_active, 0);
        if (i % 2 == 0)
            EXPECT_INT(gofer_response_read(response, &byte, 1), 0);
        if (i % 3 == 0)
            gofer_response_close(response);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void head_is_complete_at_once(void)
{
    bodiless("HEAD", FLOW_LENGTH(123), 200);
    bodiless("HEAD", FLOW_CHUNKED, 200);
    bodiless("HEAD", FLOW_TO_END, 200);
}

static void a_204_is_complete_at_once(void)
{
    bodiless("GET", REPLY_EMPTY, 204);
}

static void a_304_is_complete_at_once(void)
{
    bodiless("GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304);
    bodiless("GET", FLOW_LENGTH(0), 200);
}

/* --- arguments --- */

static void bad_arguments_are_refused(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(2) "ok"}};
    gofer_response *response = flow_open(rig_client(NULL), rig_script(routes), "/");
    char buf[4];

    errno = 0;
    EXPECT_INT(gofer_response_read(NULL, buf, 4), -1);
    EXPECT_INT(errno, EINVAL);
    errno = 0;
    EXPECT_INT(gofer_response_read(response, NULL, 4), -1);
    EXPECT_INT(errno, EINVAL);
    errno = 0;
    EXPECT_INT(gofer_response_read_for(response, buf, 4, -2), -1);
    EXPECT_INT(errno, EINVAL);
    EXPECT_INT(gofer_response_read(response, buf, 0), 0);
    EXPECT_INT(gofer_response_read(response, NULL, 0), 0);
    EXPECT(gofer_response_error(response) == NULL);
    gofer_response_close(NULL);
    flow_expect_text(response, 4, "ok");
    EXPECT_INT(gofer_response_read(response, buf, 0), 0);
}

CU_TestInfo stream_tests[] = {
    {"F1 A11 bodies come whole however framed", bodies_come_whole_however_framed},
    {"F1 empty bodies end at once", empty_bodies_end_at_once},
    {"the head is there before the body", the_head_is_there_before_the_body},
    {"F12 interim responses come before the stream", interim_responses_come_before_the_stream},
    {"max_body_bytes is for gathered bodies", max_body_bytes_is_for_gathered_bodies},
    {"H1-24 byte by byte gives the same", byte_by_byte_gives_the_same},
    {"H1-24 every split point gives the same", every_split_point_gives_the_same},
    {"F17 each flushed write is readable at once", each_flushed_write_is_readable_at_once},
    {"F18 a part of a chunk is readable at once", a_part_of_a_chunk_is_readable_at_once},
    {"F18 bytes at hand are given without waiting", bytes_at_hand_are_given_without_waiting},
    {"a read's own wait leaves the call alone", a_wait_of_its_own_leaves_the_call_alone},
    {"F3 F18 H1-10 bodies that end early are truncated", bodies_that_end_early_are_truncated},
    {"F3 H1-10 a reset is no end", a_reset_is_no_end},
    {"F18 chunks that are wrong are errors", chunks_that_are_wrong_are_errors},
    {"A13 A15 HEAD is complete at once", head_is_complete_at_once},
    {"A13 A16 204 is complete at once, closed or not", a_204_is_complete_at_once},
    {"A13 304 and a length of 0 are complete at once", a_304_is_complete_at_once},
    {"bad arguments are refused", bad_arguments_are_refused},
    CU_TEST_INFO_NULL};
