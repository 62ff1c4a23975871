/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What ends a streaming response before its body does: a cancel, a close from any
 * thread, the client's end, a peer that leaves while our body is still open. A
 * blocked read wakes at once; later ones say why.
 */
#include <CUnit/CUnit.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"

extern CU_TestInfo stream_end_tests[];

enum { QUICK_MS = 10000, BLOCK_MS = 20 };

static const struct route stalling[] = {{.target = "/fast", .reply = REPLY_HELLO},
                                        {.reply = FLOW_LENGTH(100) "12", .then = THEN_HOLD}};

static void expect_fast(gofer_client *client, struct origin *origin)
{
    struct outcome got = rig_get(client, origin, "/fast");

    rig_expect_answer(&got, 200, "hello");
}

/* --- a thread that reads --- */

struct reader {
    pthread_t thread;
    gofer_response *response;
    struct gate *began;
    size_t len;
    ssize_t last;
};

static void *read_all(void *arg)
{
    struct reader *reader = arg;
    char buf[4096];

    gate_pass(reader->began);
    while ((reader->last = gofer_response_read(reader->response, buf, sizeof buf)) > 0)
        reader->len += (size_t)reader->last;
    return NULL;
}

/* It may be blocked when this returns; what follows holds either way. */
static void reader_start(struct reader *reader, gofer_response *response)
{
    *reader = (struct reader){.response = response, .began = rig_gate()};
    REQUIRE(pthread_create(&reader->thread, NULL, read_all, reader) == 0);
    EXPECT(gate_wait(reader->began, 1));
    pass_ms(BLOCK_MS);
}

/* It woke soon after began_ms and its read failed so. */
static void reader_expect(struct reader *reader, gofer_status status, int64_t began_ms)
{
    pthread_join(reader->thread, NULL);
    EXPECT(now_ms() - began_ms < QUICK_MS);
    EXPECT_INT(reader->last, -1);
    flow_expect_failure(reader->response, status, GOFER_PHASE_BODY);
}

/* --- cancelling --- */

/* A stream whose request has a token, which is the caller's to free. */
static gofer_response *open_with_token(gofer_client *client, struct origin *origin,
                                       const char *path, gofer_cancel **token)
{
    gofer_request *request = flow_request("GET", origin, path);

    *token = gofer_cancel_new();
    gofer_request_set_cancel(request, *token);
    return flow_begin(client, request);
}

static void a_token_ends_a_blocked_read(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    gofer_cancel *token;
    struct reader reader;

    reader_start(&reader, open_with_token(client, origin, "/", &token));
    int64_t began = now_ms();
    gofer_cancel_fire(token);
    reader_expect(&reader, GOFER_ERR_CANCELED, began);
    EXPECT(flow_until_active(client, 0));
    EXPECT(flow_until_open(client, origin, 0));
    EXPECT_INT(rig_stats(client).calls_failed, 1);
    expect_fast(client, origin);
    gofer_cancel_free(token);
}

static void nothing_is_read_after_a_cancel(void)
{
    static const char *const paths[] = {"/length/" FLOW_ENDLESS, "/chunk/" FLOW_ENDLESS,
                                        "/end/" FLOW_ENDLESS};
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);

    for (unsigned i = 0; i < 3; i++) {
        gofer_cancel *token;
        gofer_response *response = open_with_token(client, origin, paths[i], &token);
        EXPECT(flow_take(response, 0, 30000));
        gofer_cancel_fire(token);
        flow_expect_failure(response, GOFER_ERR_CANCELED, GOFER_PHASE_BODY);
        EXPECT(flow_until_active(client, 0));
        EXPECT(gate_wait(broken, i + 1));
        gofer_cancel_free(token);
    }
}

static void a_cancelled_stream_ends_though_nobody_reads(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    gofer_cancel *token;
    gofer_response *response = open_with_token(client, origin, "/", &token);

    gofer_cancel_fire(token);
    gofer_cancel_free(token);
    EXPECT(flow_until_active(client, 0));
    EXPECT(flow_until_open(client, origin, 0));
    flow_expect_failure(response, GOFER_ERR_CANCELED, GOFER_PHASE_BODY);
}

/* A future whose stream was taken. */
static gofer_future *take_stream(gofer_client *client, const gofer_request *request,
                                 gofer_response **response)
{
    gofer_future *future = gofer_submit(client, request);

    *response = NULL;
    EXPECT_STATUS(gofer_future_wait(future, response), GOFER_OK);
    REQUIRE(*response != NULL);
    rig_keep(*response);
    return future;
}

static void a_future_cancels_behind_the_head(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    struct reader reader;
    gofer_response *response;
    gofer_future *future = take_stream(client, flow_request("GET", origin, "/"), &response);

    EXPECT(gofer_future_error(future) == NULL);
    reader_start(&reader, response);
    int64_t began = now_ms();
    gofer_future_cancel(future);
    reader_expect(&reader, GOFER_ERR_CANCELED, began);
    EXPECT_STATUS(gofer_future_wait(future, &response), GOFER_OK);
    EXPECT(response == NULL);
    EXPECT(gofer_future_error(future) != NULL);
    gofer_future_free(future);
    EXPECT(flow_until_active(client, 0));
}

static void cancelling_a_finished_stream_spares_the_next_call(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    struct route routes[] = {{.target = "/next", .reply = REPLY_HELLO, .seen = seen, .go = go},
                             {.reply = FLOW_LENGTH(4) "body"}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = flow_request("GET", origin, "/");
    gofer_response *response;
    struct caller next;

    gofer_request_set_cancel(request, token);
    gofer_future *future = take_stream(client, request, &response);
    flow_expect_text(response, 4, "body");
    caller_start(&next, client, rig_request("GET", origin, "/next"));
    EXPECT(gate_wait(seen, 1));
    gofer_cancel_fire(token);
    gofer_future_cancel(future);
    gofer_response_close(response);
    gate_pass(go);
    struct outcome got = caller_join(&next);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    EXPECT_INT(rig_stats(client).calls_failed, 0);
    gofer_future_free(future);
    gofer_cancel_free(token);
}

/* --- closing --- */

static void a_close_wakes_a_blocked_read(void)
{
    static const char *const replies[] = {FLOW_LENGTH(100) "12", FLOW_CHUNKED "2\r\n12",
                                          FLOW_TO_END "12"};

    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct route routes[] = {{.reply = replies[i], .then = THEN_HOLD}};
        struct origin *origin = rig_script(routes);
        gofer_client *client = rig_client(NULL);
        struct reader reader;

        reader_start(&reader, flow_open(client, origin, "/"));
        int64_t began = now_ms();
        gofer_response_close(reader.response);
        reader_expect(&reader, GOFER_ERR_CLOSED, began);
        EXPECT(flow_until_active(client, 0));
        EXPECT(flow_until_open(client, origin, 0));
        EXPECT_INT(rig_stats(client).calls_failed, 0);
        gofer_response_close(reader.response);
    }
}

static void a_close_ends_a_read_in_full_flow(void)
{
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);

    for (unsigned i = 0; i < 10; i++) {
        struct reader reader;
        reader_start(&reader, flow_open(client, origin, "/length/" FLOW_ENDLESS));
        int64_t began = now_ms();
        gofer_response_close(reader.response);
        reader_expect(&reader, GOFER_ERR_CLOSED, began);
        EXPECT(flow_until_passed(client, broken, i + 1));
    }
    EXPECT_INT(rig_stats(client).conns_idle, 0);
}

static void closing_an_endless_body_returns_at_once(void)
{
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, "/chunk/" FLOW_ENDLESS);

    EXPECT(flow_take(response, 0, 1000));
    int64_t began = now_ms();
    gofer_response_close(response);
    EXPECT(now_ms() - began < QUICK_MS);
    EXPECT(flow_until_passed(client, broken, 1));
    EXPECT(flow_until_active(client, 0));
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
}

static void a_read_after_the_close_is_an_error(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(4) "body"}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_response *responses[] = {flow_open(client, origin, "/"), flow_open(client, origin, "/"),
                                   flow_open(client, origin, "/"),
                                   flow_begin(client, flow_request("HEAD", origin, "/")),
                                   flow_begin(client, rig_request("GET", origin, "/"))};

    EXPECT_INT(gofer_response_read(responses[1], &(char){0}, 1), 1);
    flow_expect_text(responses[2], 10, "body");
    for (int i = 0; i < 5; i++) {
        EXPECT(gofer_response_error(responses[i]) == NULL);
        gofer_response_close(responses[i]);
        flow_expect_failure(responses[i], GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
        gofer_response_close(responses[i]);
        EXPECT_INT(gofer_response_status(responses[i]), 200);
    }
    EXPECT_TEXT(gofer_response_body(responses[4], NULL), "body");
    EXPECT(flow_until_active(client, 0));
    EXPECT_INT(rig_stats(client).calls_failed, 0);
    EXPECT_INT(rig_stats(client).calls_done, 5);
}

/* The first reason stays. */
static void a_close_after_a_failure_changes_nothing(void)
{
    struct route routes[] = {{.reply = FLOW_LENGTH(4) "bo", .then = THEN_CLOSE}};
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, rig_script(routes), "/");
    char buf[8];
    size_t len;

    EXPECT_INT(flow_read(response, 8, buf, 7, &len), -1);
    gofer_response_close(response);
    flow_expect_failure(response, GOFER_ERR_TRUNCATED, GOFER_PHASE_BODY);
}

/* --- the client's end --- */

static void a_read_after_the_client_fails(void)
{
    struct origin *origin = flow_origin(NULL, NULL), *other = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    gofer_response *endless = flow_open(client, origin, "/length/" FLOW_ENDLESS);
    gofer_response *stalled = flow_open(client, other, "/");
    gofer_response *finished = flow_open(client, origin, "/chunk/100");

    EXPECT(flow_take(endless, 0, 100));
    flow_expect_bytes(finished, 100, 0, 100);
    rig_end_client(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT(origin_wait(other, ORIGIN_OPEN, 0));
    flow_expect_failure(endless, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
    flow_expect_failure(stalled, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
    EXPECT_INT(gofer_response_read(finished, &(char){0}, 1), 0);
    EXPECT_INT(gofer_response_status(endless), 200);
    gofer_response_close(endless);
}

static void the_clients_end_wakes_a_blocked_read(void)
{
    struct origin *origin = rig_script(stalling);
    gofer_client *client = rig_client(NULL);
    struct reader reader;

    reader_start(&reader, flow_open(client, origin, "/"));
    int64_t began = now_ms();
    rig_end_client(client);
    reader_expect(&reader, GOFER_ERR_CLOSED, began);
}

static void the_client_ends_while_a_stream_is_drained(void)
{
    static const char *const pieces[] = {FLOW_LENGTH(4) "12", "34", NULL};
    struct origin *origin = flow_steps(pieces, rig_gate(), THEN_NEXT);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_open(client, origin, "/");

    gofer_response_close(response);
    rig_end_client(client);
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
}

/* --- our body still open --- */

static atomic_uint closed_readers;

static ssize_t never(void *arg, void *buf, size_t cap)
{
    (void)arg, (void)buf, (void)cap;
    return GOFER_BODY_LATER;
}

static void count_close(void *arg)
{
    (void)arg;
    atomic_fetch_add(&closed_readers, 1);
}

/* A streaming POST whose body does not come. */
static gofer_request *hanging_request(struct origin *origin, const char *path)
{
    gofer_body_reader reader = {.read = never, .close = count_close, .length = -1};
    gofer_request *request = flow_request("POST", origin, path);

    REQUIRE(gofer_request_set_body_reader(request, &reader) == GOFER_OK);
    return request;
}

static void a_response_is_read_while_the_request_hangs(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_begin(client, hanging_request(origin, "/chunk/100000"));

    flow_expect_bytes(response, 4096, 0, 100000);
    EXPECT(flow_until_active(client, 0));
    EXPECT(flow_until_open(client, origin, 0));
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    EXPECT_INT(rig_stats(client).calls_done, 1);
}

static void a_response_is_closed_while_the_request_hangs(void)
{
    struct gate *broken = rig_gate();
    struct origin *origin = flow_origin(NULL, broken);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_begin(client, hanging_request(origin, "/length/" FLOW_ENDLESS));

    EXPECT(flow_take(response, 0, 10000));
    gofer_response_close(response);
    EXPECT(flow_until_passed(client, broken, 1));
    EXPECT(flow_until_active(client, 0));
    flow_expect_failure(response, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
}

static void a_hanging_body_is_given_back(void)
{
    struct origin *origin = flow_origin(NULL, NULL);
    gofer_client *client = rig_client(NULL);
    gofer_body_reader reader = {.read = never, .close = count_close, .length = -1};
    char url[ORIGIN_URL_BYTES];
    gofer_request *request = gofer_request_new("POST", origin_url(origin, "/end/100", url));

    atomic_store(&closed_readers, 0);
    gofer_request_set_streaming(request, 1);
    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_OK);
    gofer_response *response = flow_begin(client, request);
    gofer_request_free(request);
    EXPECT_INT(atomic_load(&closed_readers), 0);
    flow_expect_bytes(response, 4096, 0, 100);
    EXPECT(flow_until_active(client, 0));
    EXPECT_INT(atomic_load(&closed_readers), 1);
}

static int64_t cpu_ms(void)
{
    struct timespec used;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
    return (int64_t)used.tv_sec * 1000 + used.tv_nsec / 1000000;
}

/* Serves the client for a while, which must be idle: a busy loop uses all of that time. */
static void expect_idle(gofer_client *client)
{
    enum { WHILE_MS = 200 };
    int64_t until = now_ms() + WHILE_MS, began = cpu_ms();
    unsigned turns = 0;

    while (now_ms() < until)
        turns += gofer_worker_run_once(client, 20) == GOFER_OK;
    EXPECT(turns < 20);
    EXPECT(cpu_ms() - began < WHILE_MS / 2);
}

/* Reads the head only, answers, half-closes, and keeps the rest until the gate opens. */
struct leaver {
    const char *reply;
    struct gate *go;
};

static void half_close(struct peer *peer, void *arg)
{
    const struct leaver *leaver = arg;

    if (!peer_read_head(peer))
        return;
    peer_say(peer, leaver->reply);
    peer_finish(peer);
    gate_wait(leaver->go, 1);
}

static void half_closed(const char *reply, gofer_request *(*ask)(struct origin *, const char *),
                        const char *body, ssize_t last)
{
    struct leaver leaver = {reply, rig_gate()};
    struct origin *origin = rig_origin_copy(half_close, &leaver, sizeof leaver);
    gofer_client *client = rig_client(NULL);
    gofer_response *response = flow_begin(client, ask(origin, "/"));
    char buf[64];
    size_t len;

    expect_idle(client);
    EXPECT_INT(rig_stats(client).calls_active, 1);
    EXPECT_INT(flow_read(response, 16, buf, sizeof buf - 1, &len), last);
    EXPECT_TEXT(buf, body);
    EXPECT(flow_until_active(client, 0));
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    gate_pass(leaver.go);
}

/* A body that fills the socket. */
static gofer_request *stuck_request(struct origin *origin, const char *path)
{
    static char body[16 * 1024 * 1024];
    gofer_request *request = flow_request("POST", origin, path);

    gofer_request_set_body_ref(request, body, sizeof body, NULL, NULL);
    return request;
}

static void a_half_close_makes_no_busy_loop(void)
{
    half_closed(FLOW_TO_END "hello", hanging_request, "hello", 0);
    half_closed(FLOW_LENGTH(9) "hello", hanging_request, "hello", -1);
    half_closed(FLOW_TO_END "hello", stuck_request, "hello", 0);
    half_closed(FLOW_LENGTH(9) "hello", stuck_request, "hello", -1);
}

CU_TestInfo stream_end_tests[] = {
    {"C14 a token ends a blocked read", a_token_ends_a_blocked_read},
    {"C14 nothing is read after a cancel", nothing_is_read_after_a_cancel},
    {"C14 a cancelled stream ends though nobody reads",
     a_cancelled_stream_ends_though_nobody_reads},
    {"C14 a future cancels behind the head", a_future_cancels_behind_the_head},
    {"C15 cancelling a finished stream spares the next call",
     cancelling_a_finished_stream_spares_the_next_call},
    {"C18 a close wakes a blocked read", a_close_wakes_a_blocked_read},
    {"C18 a close ends a read in full flow", a_close_ends_a_read_in_full_flow},
    {"C18 closing an endless body returns at once", closing_an_endless_body_returns_at_once},
    {"C20 a read after the close is an error", a_read_after_the_close_is_an_error},
    {"C20 a close after a failure changes nothing", a_close_after_a_failure_changes_nothing},
    {"a read after the client fails", a_read_after_the_client_fails},
    {"the client's end wakes a blocked read", the_clients_end_wakes_a_blocked_read},
    {"the client ends while a stream is drained", the_client_ends_while_a_stream_is_drained},
    {"F21 a response is read while the request hangs", a_response_is_read_while_the_request_hangs},
    {"F21 a response is closed while the request hangs",
     a_response_is_closed_while_the_request_hangs},
    {"F21 a hanging body is given back", a_hanging_body_is_given_back},
    {"H1-25 a half-close makes no busy loop", a_half_close_makes_no_busy_loop},
    CU_TEST_INFO_NULL};
