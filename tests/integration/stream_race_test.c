/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bodies that stream, where two threads meet: a response that is closed, freed or
 * abandoned by one thread while others send, wait or serve; a reader that does not come
 * back is late_stream_test.c's. Orders are forced with gates; what no gate reaches is
 * tried often.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/rig.h"
#include "support/heap.h"

extern CU_TestInfo stream_race_tests[];

/* --- origins --- */

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* Reads heads and chunked bodies to their end, and answers "hello". */
static void swallow(struct peer *peer, void *arg)
{
    char last[5] = "";

    (void)arg;
    while (peer_read_head(peer)) {
        do {
            memmove(last, last + 1, sizeof last - 1);
            if (!peer_read(peer, last + sizeof last - 1, 1))
                return;
        } while (memcmp(last, "0\r\n\r\n", sizeof last) != 0);
        if (!peer_say(peer, REPLY_HELLO))
            return;
        memset(last, 0, sizeof last);
    }
}

/* Answers with a head and a part of the body before the request's body is there. */
static void answer_early(struct peer *peer, void *arg)
{
    (void)arg;
    if (peer_read_head(peer) && peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"))
        while (peer_read(peer, &(char){0}, 1))
            continue;
}

/* --- beginnings --- */

static const struct feed_step short_body[] = {{FEED_TEXT, "body", 0}, {0}};

enum { MOMENTS_MAX = 64 };

struct moments {
    gofer_client *client;
    gofer_request *fed;
    gofer_request *other;
    gofer_future *futures[MOMENTS_MAX];
    unsigned n;
};

static void be_ready_and_queue_another(void *arg)
{
    struct moments *m = arg;

    gofer_request_body_ready(m->fed);
    if (m->n < MOMENTS_MAX)
        m->futures[m->n++] = gofer_submit(m->client, m->other);
}

static void expect_hello(gofer_future *future)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS, &response);
    struct outcome got = rig_outcome(status, response);

    rig_expect_answer(&got, 200, "hello");
    gofer_future_free(future);
}

/* A call that nobody has submitted yet is not to be queued, whoever wakes it: it would be queued
 * twice, and what stood between lost. Nobody serves until all are there. */
static void a_reader_may_be_ready_at_any_moment_of_a_submit(void)
{
    struct origin *origin = rig_origin(swallow, NULL);
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = short_body});
    struct moments m = {.client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS}),
                        .fed = feed->request,
                        .other = rig_request("POST", origin, "/")};

    EXPECT_STATUS(gofer_request_set_body(m.other, "0\r\n\r\n", 5), GOFER_OK);
    heap_watch(be_ready_and_queue_another, &m);
    gofer_future *future = gofer_submit(m.client, m.fed);
    heap_watch(NULL, NULL);
    EXPECT_AT_LEAST(m.n, 1);
    expect_hello(future);
    for (unsigned i = 0; i < m.n; i++)
        expect_hello(m.futures[i]);
    feed_end(feed);
}

/* --- ends --- */

static void pass(void *gate)
{
    gate_pass(gate);
}

/* The response is freed between a notice's sending and its turn. */
static void nobody_is_told_of_a_response_that_was_freed(void)
{
    struct gate *told = rig_gate();
    gofer_response *response = NULL;
    gofer_client *client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
    gofer_request *request = rig_request("GET", rig_script(hello), "/");
    char buf[8];

    EXPECT_STATUS(gofer_request_set_streaming(request, 1), GOFER_OK);
    EXPECT_STATUS(gofer_do(client, request, &response), GOFER_OK);
    EXPECT_STATUS(gofer_response_on_readable(response, pass, told), GOFER_OK);
    EXPECT_INT(gofer_response_read(response, buf, sizeof buf), 5);
    gofer_response_free(response);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    EXPECT_INT(gate_passes(told), 0);
}

static void nobody_is_told_after_a_response_was_freed(void)
{
    struct gate *told = rig_gate();
    gofer_response *response = NULL;
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", rig_origin(answer_early, NULL), "/");
    char buf[8];

    EXPECT_STATUS(gofer_request_set_streaming(request, 1), GOFER_OK);
    EXPECT_STATUS(gofer_do(client, request, &response), GOFER_OK);
    EXPECT_INT(gofer_response_read(response, buf, sizeof buf), 2);
    EXPECT_STATUS(gofer_response_on_readable(response, pass, told), GOFER_OK);
    gofer_response_free(response);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    EXPECT_INT(gate_passes(told), 0);
}

/* Fires a token at the first allocation after the origin has read a request: the response's. */
struct shot {
    gofer_cancel *token;
    struct origin *origin;
    bool fired;
};

static void shoot(void *arg)
{
    struct shot *shot = arg;

    if (shot->fired || origin_count(shot->origin, ORIGIN_REQUESTS) == 0)
        return;
    shot->fired = true;
    gofer_cancel_fire(shot->token);
}

/* In the moment between the head's arrival and the outcome. */
static void a_cancel_of_a_driven_stream_is_no_timeout(void)
{
    struct shot shot = {gofer_cancel_new(), rig_script(hello), false};
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 2});
    gofer_request *request = rig_request("GET", shot.origin, "/");
    gofer_response *response = NULL;

    EXPECT_STATUS(gofer_request_set_streaming(request, 1), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_cancel(request, shot.token), GOFER_OK);
    heap_watch(shoot, &shot);
    gofer_status status = gofer_do(client, request, &response);
    heap_watch(NULL, NULL);
    EXPECT(shot.fired);
    struct outcome got = rig_outcome(status, response);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    gofer_cancel_free(shot.token);
}

/* Every connection answers once all may. */
struct chorus {
    struct gate *go;
    struct gate *sung;
};

static void sing(struct peer *peer, void *arg)
{
    struct chorus *chorus = arg;

    if (peer_read_request(peer) && gate_wait(chorus->go, 1)) {
        peer_say(peer, REPLY_HELLO);
        gate_pass(chorus->sung);
        peer_sees_end(peer);
    }
}

/* How far the stack reaches where callbacks run. */
struct depths {
    unsigned n;
    const char *lowest;
    const char *highest;
};

static void note_depth(gofer_future *future, void *arg)
{
    struct depths *depths = arg;
    const char *here = __builtin_frame_address(0);

    (void)future;
    if (depths->n++ == 0)
        depths->lowest = depths->highest = here;
    depths->lowest = here < depths->lowest ? here : depths->lowest;
    depths->highest = here > depths->highest ? here : depths->highest;
}

/* The thread that serves closes what nobody took; if it served on meanwhile, and so the next, its
 * stack would be as deep as calls are abandoned. */
static void abandoned_streams_do_not_nest(void)
{
    enum { SINGERS = 8, STEP_BYTES = 16 * 1024 };
    struct chorus chorus = {rig_gate(), rig_gate()};
    struct origin *origin = rig_origin(sing, &chorus);
    gofer_client *client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
    gofer_request *request = rig_request("GET", origin, "/");
    struct depths depths = {.n = 0};

    EXPECT_STATUS(gofer_request_set_streaming(request, 1), GOFER_OK);
    for (int i = 0; i < SINGERS; i++) {
        gofer_future *future = gofer_submit(client, request);
        gofer_future_on_done(future, note_depth, &depths);
        gofer_future_free(future);
    }
    while (origin_count(origin, ORIGIN_REQUESTS) < SINGERS)
        gofer_worker_run_once(client, 1);
    gate_pass(chorus.go);
    EXPECT(gate_wait(chorus.sung, SINGERS));
    while (depths.n < SINGERS)
        gofer_worker_run_once(client, 1);
    EXPECT(depths.highest - depths.lowest < STEP_BYTES);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
}

static void *close_it(void *response)
{
    gofer_response_close(response);
    return NULL;
}

/* The response of a call that did not ask for a stream is closed like one. */
static void a_gathered_response_closed_by_another_thread_tells_why_reads_fail(void)
{
    gofer_client *client = rig_client(NULL);
    struct origin *origin = rig_origin(swallow, NULL);
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = short_body});
    struct outcome got = rig_call(client, feed->request);
    gofer_response *response = (gofer_response *)got.response;
    pthread_t closer;
    char buf[2];

    rig_expect_answer(&got, 200, "hello");
    REQUIRE(pthread_create(&closer, NULL, close_it, response) == 0);
    while (gofer_response_read(response, buf, sizeof buf) > 0)
        continue;
    pthread_join(closer, NULL);
    EXPECT_INT(gofer_response_read(response, buf, sizeof buf), -1);
    REQUIRE(gofer_response_error(response) != NULL);
    EXPECT_STATUS(gofer_response_error(response)->code, GOFER_ERR_CLOSED);
    feed_end(feed);
}

/* --- both ways at once --- */

enum { FLOOD_BYTES = 16 * 1024 * 1024 };

/* Sends without an end until the request's body is there. */
struct flood {
    struct peer *peer;
    atomic_size_t received;
};

static void *swallow_flood(void *arg)
{
    struct flood *flood = arg;
    char buf[16 * 1024];
    size_t n;

    for (size_t at = 0; at < FLOOD_BYTES; at += n) {
        n = FLOOD_BYTES - at < sizeof buf ? FLOOD_BYTES - at : sizeof buf;
        if (!peer_read(flood->peer, buf, n))
            break;
        atomic_fetch_add(&flood->received, n);
    }
    return NULL;
}

static void flood_both_ways(struct peer *peer, void *arg)
{
    static const char bytes[64 * 1024];
    struct flood *flood = arg;
    pthread_t receiver;

    if (!peer_read_head(peer) || !peer_say(peer, "HTTP/1.1 200 OK\r\n\r\n"))
        return;
    flood->peer = peer;
    if (pthread_create(&receiver, NULL, swallow_flood, flood) != 0)
        return;
    while (atomic_load(&flood->received) < FLOOD_BYTES && peer_send(peer, bytes, sizeof bytes))
        continue;
    peer_finish(peer);
    pthread_join(receiver, NULL);
}

/* A thread that always finds something to read must not keep the call from sending. */
static void expect_upload_beside_hasty_reader(int workers, int64_t wait_ms)
{
    /* One a call: the origin's threads may outlive it. */
    static struct flood floods[8];
    static unsigned floods_len;
    REQUIRE(floods_len < sizeof floods / sizeof *floods);
    struct flood *flood = &floods[floods_len++];
    gofer_client *client = rig_client(&(gofer_client_options){.workers = workers});
    gofer_request *request = rig_request("POST", rig_origin(flood_both_ways, flood), "/");
    gofer_response *response = NULL;
    char *body = calloc(1, FLOOD_BYTES), buf[4096];
    int64_t end = now_ms() + PATIENCE_MS / 2;
    ssize_t n = 1;

    REQUIRE(body != NULL);
    EXPECT_STATUS(gofer_request_set_body_ref(request, body, FLOOD_BYTES, free, body), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_streaming(request, 1), GOFER_OK);
    EXPECT_STATUS(gofer_do(client, request, &response), GOFER_OK);
    while ((n > 0 || n == GOFER_READ_PENDING) && now_ms() < end)
        n = gofer_response_read_for(response, buf, sizeof buf, wait_ms);
    EXPECT_INT(n, 0);
    EXPECT_INT(atomic_load(&flood->received), FLOOD_BYTES);
    gofer_response_free(response);
    rig_end_client(client); /* cuts the origin's threads off, where it failed */
}

static void an_upload_goes_on_beside_a_hasty_reader(void)
{
    expect_upload_beside_hasty_reader(2, -1);
    expect_upload_beside_hasty_reader(2, 0);
}

static void without_workers_an_upload_goes_on_beside_a_hasty_reader(void)
{
    expect_upload_beside_hasty_reader(GOFER_NO_WORKERS, -1);
    expect_upload_beside_hasty_reader(GOFER_NO_WORKERS, 0);
}

CU_TestInfo stream_race_tests[] = {
    {"a reader may be ready at any moment of a submit",
     a_reader_may_be_ready_at_any_moment_of_a_submit},
    {"nobody is told of a response that was freed", nobody_is_told_of_a_response_that_was_freed},
    {"nobody is told after a response was freed", nobody_is_told_after_a_response_was_freed},
    {"a cancel of a driven stream is no timeout", a_cancel_of_a_driven_stream_is_no_timeout},
    {"abandoned streams do not nest", abandoned_streams_do_not_nest},
    {"a gathered response closed by another thread tells why reads fail",
     a_gathered_response_closed_by_another_thread_tells_why_reads_fail},
    {"an upload goes on beside a hasty reader", an_upload_goes_on_beside_a_hasty_reader},
    {"without workers an upload goes on beside a hasty reader",
     without_workers_an_upload_goes_on_beside_a_hasty_reader},
    CU_TEST_INFO_NULL,
};
