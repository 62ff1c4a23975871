/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What becomes of the connection of a streaming response: it is free at the end
 * of the body and not before; closed early it is drained, where little is left,
 * or closed; with bytes behind the body it never serves again.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"

extern CU_TestInfo stream_reuse_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* --- the end of the body --- */

static void read_to_the_end(const char *path, uint64_t len)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < 3; i++) {
        gofer_response *response = flow_open(client, origin, path);
        flow_expect_bytes(response, 4096, 0, len);
        EXPECT_INT(rig_stats(client).conns_idle, 1);
        EXPECT_INT(rig_stats(client).calls_active, 0);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(rig_stats(client).conns_reused, 2);
    EXPECT_INT(rig_stats(client).calls_done, 3);
}

static void a_body_read_to_its_end_frees_the_connection(void)
{
    read_to_the_end("/length/10000", 10000);
    read_to_the_end("/chunk/10000", 10000);
}

/* The end came with the last bytes: nobody has to ask for it. */
static void the_last_bytes_free_the_connection(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    char buf[5];

    for (int i = 0; i < 3; i++) {
        gofer_response *response = flow_open(client, origin, "/");
        for (size_t got = 0; got < sizeof buf;) {
            ssize_t n = gofer_response_read(response, buf + got, sizeof buf - got);
            REQUIRE(n > 0);
            got += (size_t)n;
        }
        EXPECT_INT(rig_stats(client).conns_idle, 1);
        EXPECT_INT(gofer_response_read(response, buf, sizeof buf), 0);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static void an_unfinished_stream_keeps_its_connection(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(4) "12", "34", NULL};
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(pieces, go, THEN_NEXT);
    gofer_client *client = rig_client(NULL);
    gofer_response *first = flow_open(client, origin, "/");
    gofer_response *second = flow_open(client, origin, "/");

    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    EXPECT_INT(rig_stats(client).conns_in_use, 2);
    gate_pass(go);
    flow_expect_text(second, 100, "1234");
    flow_expect_text(first, 100, "1234");
    EXPECT_INT(rig_stats(client).conns_idle, 2);
    flow_expect_text(flow_open(client, origin, "/"), 100, "1234");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

static void the_only_slot_comes_free_at_the_end(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(4) "12", "3", "4", NULL};
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(pieces, go, THEN_NEXT);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    gofer_response *first = flow_open(client, origin, "/");
    struct caller second;
    char buf[4];
    size_t got = 0;

    caller_start(&second, client, rig_request("GET", origin, "/"));
    EXPECT(flow_until_waiting(client, 1));
    gate_pass(go);
    while (got < 3) {
        ssize_t n = gofer_response_read(first, buf + got, sizeof buf - got);
        REQUIRE(n > 0);
        got += (size_t)n;
    }
    EXPECT_INT(rig_stats(client).calls_waiting, 1);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 1);
    gate_pass(go);
    flow_expect_text(first, 100, "4");
    struct outcome outcome = caller_join(&second);
    rig_expect_answer(&outcome, 200, "1234");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(rig_stats(client).conns_reused, 1);
}

static void a_stream_closed_early_frees_the_only_slot(void)
{
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    gofer_response *first = flow_open(client, origin, "/chunk/" FLOW_ENDLESS);
    struct caller second;

    caller_start(&second, client, rig_request("GET", origin, "/length/10"));
    EXPECT(flow_until_waiting(client, 1));
    gofer_response_close(first);
    struct outcome outcome = caller_join(&second);
    EXPECT_STATUS(outcome.status, GOFER_OK);
    EXPECT(gate_wait(broken, 1));
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
}

static void close_in_the_head_is_obeyed(void)
{
    struct route routes[] = {{.reply = "HTTP/1.1 200 OK\r\nConnection: close\r\n"
                                       "Content-Length: 2\r\n\r\nok",
                              .then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    flow_expect_text(flow_open(client, origin, "/"), 100, "ok");
    EXPECT(flow_until_open(client, origin, 0));
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

/* --- closed unread --- */

/* The table body_close_drain_reuse. Pauses between requests are waits for the drain's end. */
static const struct drain_row {
    const char *name, *method, *path;
    bool body_waits; /* for longer than a drain does */
    bool wait;       /* for the drain's end before the next request */
    bool reuse;
} drain_rows[] = {
    {"unconsumed body within drain limit", "GET", "/chunk/204800", false, true, true},
    {"unconsumed body within drain limit with known length", "GET", "/length/204800", false, true,
     true},
    {"unconsumed body larger than drain limit", "GET", "/chunk/512000", false, true, false},
    {"unconsumed body larger than drain limit with known length", "GET", "/length/512000", false,
     true, false},
    {"new requests start before drain for old requests are finished", "GET", "/chunk/204800", true,
     false, false},
    {"unconsumed body larger than drain limit for HEAD request", "HEAD", "/length/512000", false,
     true, true},
};

enum { DRAIN_ROWS = sizeof drain_rows / sizeof *drain_rows, REQUESTS = 10, TRIES = 10 };

/* How many connections the row's requests took. */
static unsigned play_drain_row(const struct drain_row *row)
{
    struct gate *go = row->body_waits ? rig_gate() : NULL;
    struct origin *origin = flow_origin(go, NULL);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < REQUESTS; i++) {
        gofer_response *response = flow_begin(client, flow_request(row->method, origin, row->path));
        gofer_response_close(response);
        rig_free(response);
        if (row->wait)
            EXPECT(flow_until_active(client, 0));
    }
    unsigned conns = origin_count(origin, ORIGIN_ACCEPTED);
    EXPECT_INT(rig_stats(client).conns_opened, conns);
    EXPECT_INT(rig_stats(client).calls_failed, 0);
    if (go != NULL)
        gate_pass(go);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    return conns;
}

/* Where 50 ms were not enough once for a machine under load, they are another time. */
static void little_is_drained_and_much_is_closed(void)
{
    for (int i = 0; i < DRAIN_ROWS; i++) {
        const struct drain_row *row = &drain_rows[i];
        unsigned conns = play_drain_row(row);

        for (int n = 1; row->reuse && conns > 1 && n < TRIES; n++)
            conns = play_drain_row(row);
        if (!EXPECT_INT(conns, row->reuse ? 1 : REQUESTS))
            fprintf(stderr, " in \"%s\"", row->name);
    }
}

static void an_end_that_does_not_come_is_not_waited_for(void)
{
    static const char *const pieces[] = {FLOW_CHUNKED "2\r\nok\r\n", "0\r\n\r\n", NULL};
    struct origin *origin = flow_steps(pieces, rig_gate(), THEN_NEXT);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, "/");
    int64_t began = now_ms();

    gofer_response_close(response);
    EXPECT(flow_until_active(client, 0));
    EXPECT(now_ms() - began < 5000);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
}

static void a_drained_connection_with_more_behind_is_closed(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(5) "hello" REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    gofer_response_close(flow_open(client, origin, "/"));
    EXPECT(flow_until_active(client, 0));
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    EXPECT_INT(rig_stats(client).closed_talking, 1);
}

static void cancelling_after_the_close_does_no_harm(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    unsigned conns = 2;

    for (int n = 0; conns > 1 && n < TRIES; n++) {
        gofer_cancel *token = gofer_cancel_new();
        gofer_request *request = flow_request("GET", origin, "/length/100000");
        unsigned before = origin_count(origin, ORIGIN_ACCEPTED);

        gofer_request_set_cancel(request, token);
        for (int i = 0; i < 2; i++) {
            gofer_response_close(flow_begin(client, request));
            if (i == 1)
                gofer_cancel_fire(token);
            EXPECT(flow_until_active(client, 0));
        }
        conns = rig_stats(client).conns_idle == 1
                    ? origin_count(origin, ORIGIN_ACCEPTED) - before + (n > 0)
                    : 2;
        gofer_cancel_free(token);
    }
    EXPECT_INT(conns, 1);
    EXPECT_INT(rig_stats(client).calls_failed, 0);
}

struct hold {
    struct gate *answer, *held, *go;
};

static void hold_the_worker(gofer_future *future, void *arg)
{
    const struct hold *hold = arg;

    (void)future;
    gate_pass(hold->held);
    gate_wait(hold->go, 1);
}

/* The only worker hears of the close and of the cancel at once. How many connections are kept. */
static uint64_t cancel_beside_the_close(void)
{
    struct hold hold = {rig_gate(), rig_gate(), rig_gate()};
    struct route routes[] = {{.reply = REPLY_HELLO, .go = hold.answer}};
    struct origin *origin = flow_origin(NULL, NULL), *other = rig_script(routes);
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 1});
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = flow_request("GET", origin, "/length/1000");

    gofer_request_set_cancel(request, token);
    gofer_response *response = flow_begin(client, request);
    EXPECT(flow_take(response, 0, 10));
    gofer_future *future = gofer_submit(client, rig_request("GET", other, "/"));
    gofer_future_on_done(future, hold_the_worker, &hold);
    gate_pass(hold.answer);
    EXPECT(gate_wait(hold.held, 1));
    gofer_response_close(response);
    gofer_cancel_fire(token);
    gofer_cancel_free(token);
    gate_pass(hold.go);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    EXPECT_INT(rig_stats(client).calls_failed, 0);
    gofer_future_free(future);
    return rig_stats(client).conns_idle;
}

/* Where the drain's 50 ms were over before the worker came to it, another time. */
static void a_cancel_beside_the_close_does_no_harm(void)
{
    uint64_t kept = 0;

    for (int n = 0; kept != 2 && n < TRIES; n++)
        kept = cancel_beside_the_close();
    EXPECT_INT(kept, 2);
}

/* --- nobody reads --- */

static void unread_streams_block_no_worker(void)
{
    enum { STREAMS = 8 };
    struct gate *broken = rig_gate();
    struct origin *endless = flow_origin(NULL, broken), *other = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_response *streams[STREAMS];

    for (int i = 0; i < STREAMS; i++)
        streams[i] =
            flow_open(client, endless, i % 2 ? "/chunk/" FLOW_ENDLESS : "/end/" FLOW_ENDLESS);
    for (int i = 0; i < 20; i++)
        rig_get_hello(client, other);
    EXPECT_INT(rig_stats(client).calls_active, STREAMS);
    for (int i = 0; i < STREAMS; i++)
        rig_free(streams[i]);
    EXPECT(flow_until_passed(client, broken, STREAMS));
    EXPECT(flow_until_active(client, 0));
    rig_get_hello(client, other);
}

static void a_response_freed_unread_is_drained_or_closed(void)
{
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);

    for (int n = 0; rig_stats(client).conns_idle == 0 && n < TRIES; n++) {
        rig_free(flow_open(client, origin, "/length/1000"));
        EXPECT(flow_until_active(client, 0));
    }
    EXPECT_INT(rig_stats(client).conns_idle, 1);
    rig_free(flow_open(client, origin, "/length/" FLOW_ENDLESS));
    EXPECT(flow_until_passed(client, broken, 1));
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

/* A future freed before its outcome, and after; a group with such; gofer_do() without a place for
 * the response. */
static void a_stream_that_nobody_takes_is_closed(void)
{
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = flow_request("GET", origin, "/length/" FLOW_ENDLESS);
    gofer_future *future = gofer_submit(client, request);

    gofer_future_free(future);
    EXPECT(flow_until_passed(client, broken, 1));
    future = gofer_submit(client, request);
    EXPECT_INT(gofer_future_wait_any(&future, 1, -1), 0);
    gofer_future_free(future);
    EXPECT(flow_until_passed(client, broken, 2));
    gofer_group *group = gofer_group_new(client);
    gofer_group_submit(group, request);
    gofer_group_add(group, gofer_submit(client, request));
    EXPECT((future = gofer_group_next(group, -1)) != NULL);
    gofer_future_free(future);
    /* Earlier, its dial would run on without it, into the pool. */
    EXPECT(flow_until_asked(client, origin, 4));
    gofer_group_free(group);
    EXPECT(flow_until_active(client, 0));
    EXPECT_STATUS(gofer_do(client, request, NULL), GOFER_OK);
    EXPECT(flow_until_active(client, 0));
    EXPECT(flow_until_open(client, origin, 0));
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
}

static void a_small_stream_that_nobody_takes_is_drained(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = flow_request("GET", origin, "/chunk/1000");

    for (int n = 0; rig_stats(client).conns_idle == 0 && n < TRIES; n++) {
        gofer_future *future = gofer_submit(client, request);
        EXPECT_INT(gofer_future_wait_any(&future, 1, -1), 0);
        gofer_future_free(future);
        EXPECT(flow_until_active(client, 0));
    }
    EXPECT_INT(rig_stats(client).conns_idle, 1);
}

/* --- bytes behind the body --- */

/* `piece` is how much is asked for at a time: as much as the body has, or more, or less. */
static void spoiled(const char *reply, const char *body, size_t piece)
{
    struct route routes[] = {{.target = "/", .reply = reply}, {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    flow_expect_text(flow_open(client, origin, "/"), piece, body);
    struct outcome got = rig_get(client, origin, "/other");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    EXPECT_INT(rig_stats(client).closed_talking, 1);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    EXPECT_INT(rig_stats(client).origin_bans, 1);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void bytes_behind_a_stream_spoil_its_connection(void)
{
    static const char length[] = FLOW_LENGTH(4) "body" REPLY_EMPTY;
    static const char chunks[] = FLOW_CHUNKED "4\r\nbody\r\n0\r\n\r\n" REPLY_EMPTY;
    static const char one[] = FLOW_LENGTH(4) "body!";

    for (size_t piece = 1; piece <= 5; piece++) {
        spoiled(length, "body", piece);
        spoiled(chunks, "body", piece);
        spoiled(one, "body", piece);
    }
    spoiled(length, "body", 4096);
    spoiled(chunks, "body", 4096);
    spoiled(one, "body", 4096);
}

static void bytes_behind_an_answer_without_body_spoil_it(void)
{
    spoiled("HTTP/1.1 204 No Content\r\n\r\nx", "", 10);
    spoiled(FLOW_LENGTH(0) REPLY_HELLO, "", 10);
}

/* The second bytes come when the body has been read, and before the next call. */
static void bytes_that_come_later_are_found(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(4) "body", REPLY_HELLO, NULL};
    struct gate *go = rig_gate();
    struct origin *origin = flow_steps(pieces, go, THEN_HOLD);
    gofer_client *client = rig_client(NULL);

    flow_expect_text(flow_open(client, origin, "/"), 100, "body");
    EXPECT_INT(rig_stats(client).conns_idle, 1);
    gate_pass(go);
    EXPECT(flow_until_open(client, origin, 0));
    EXPECT_INT(rig_stats(client).closed_talking, 1);
    EXPECT_INT(rig_stats(client).origin_bans, 1);
    struct outcome got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "body");
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

CU_TestInfo stream_reuse_tests[] = {
    {"A11 a body read to its end frees the connection",
     a_body_read_to_its_end_frees_the_connection},
    {"A11 the last bytes free the connection", the_last_bytes_free_the_connection},
    {"A3 an unfinished stream keeps its connection", an_unfinished_stream_keeps_its_connection},
    {"A3 max_conns_per_host: the only slot comes free at the end",
     the_only_slot_comes_free_at_the_end},
    {"A3 max_conns_per_host: a stream closed early frees the only slot",
     a_stream_closed_early_frees_the_only_slot},
    {"Connection: close is obeyed", close_in_the_head_is_obeyed},
    {"A12 table body_close_drain_reuse: little is drained, much is closed",
     little_is_drained_and_much_is_closed},
    {"A12 an end that does not come is not waited for",
     an_end_that_does_not_come_is_not_waited_for},
    {"A12 RU-01 a drained connection with more behind is closed",
     a_drained_connection_with_more_behind_is_closed},
    {"A12 cancelling after the close does no harm", cancelling_after_the_close_does_no_harm},
    {"A12 a cancel beside the close does no harm", a_cancel_beside_the_close_does_no_harm},
    {"RU-21 unread streams block no worker", unread_streams_block_no_worker},
    {"RU-21 a response freed unread is drained or closed",
     a_response_freed_unread_is_drained_or_closed},
    {"RU-21 a stream that nobody takes is closed", a_stream_that_nobody_takes_is_closed},
    {"RU-21 a small stream that nobody takes is drained",
     a_small_stream_that_nobody_takes_is_drained},
    {"RU-01 RU-20 bytes behind a stream spoil its connection",
     bytes_behind_a_stream_spoil_its_connection},
    {"RU-01 RU-20 bytes behind an answer without body spoil it",
     bytes_behind_an_answer_without_body_spoil_it},
    {"RU-02 RU-20 bytes that come later are found", bytes_that_come_later_are_found},
    CU_TEST_INFO_NULL};
