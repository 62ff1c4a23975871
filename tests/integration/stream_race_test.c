/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bodies that stream, where two threads meet: a reader that does not come back, a
 * response that is closed, freed or abandoned by one thread while others send,
 * wait or serve. Orders are forced with gates; what no gate reaches is tried often.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/heap.h"

extern CU_TestInfo stream_race_tests[];

/* --- a body reader with gates --- */

struct feed {
    const char *bytes;  /* given at once, then the end; NULL: nothing, ever */
    struct gate *asked; /* passed at each question */
    struct gate *go;    /* NULL, or waited for before the answer */
    unsigned patience;  /* answers GOFER_BODY_LATER so often first */
    atomic_uint times;
    bool given;
};

static ssize_t feed_read(void *arg, void *buf, size_t cap)
{
    struct feed *feed = arg;
    unsigned nth = atomic_fetch_add(&feed->times, 1);
    size_t len;

    if (feed->asked != NULL)
        gate_pass(feed->asked);
    if (feed->go != NULL)
        gate_wait(feed->go, 1);
    if (nth < feed->patience || feed->bytes == NULL)
        return GOFER_BODY_LATER;
    if (feed->given)
        return 0;
    len = strlen(feed->bytes);
    if (len > cap)
        return GOFER_BODY_ERROR;
    memcpy(buf, feed->bytes, len);
    feed->given = true;
    return (ssize_t)len;
}

static int feed_rewind(void *arg)
{
    struct feed *feed = arg;

    feed->given = false;
    return 0;
}

static gofer_request *fed_request(const struct origin *origin, const char *path, struct feed *feed)
{
    gofer_request *request = rig_request("POST", origin, path);
    const gofer_body_reader reader = {
        .read = feed_read, .rewind = feed_rewind, .arg = feed, .length = -1};

    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_OK);
    return request;
}

/* --- origins --- */

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

/* --- beginnings --- */

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
    struct feed feed = {.bytes = "body"};
    struct moments m = {.client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS}),
                        .fed = fed_request(origin, "/", &feed),
                        .other = rig_request("POST", origin, "/")};

    EXPECT_STATUS(gofer_request_set_body(m.other, "0\r\n\r\n", 5), GOFER_OK);
    heap_watch(be_ready_and_queue_another, &m);
    gofer_future *future = gofer_submit(m.client, m.fed);
    heap_watch(NULL, NULL);
    EXPECT_AT_LEAST(m.n, 1);
    expect_hello(future);
    for (unsigned i = 0; i < m.n; i++)
        expect_hello(m.futures[i]);
}

/* --- ends --- */

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
    struct feed feed = {.bytes = "body"};
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_call(client, fed_request(rig_origin(swallow, NULL), "/", &feed));
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
}

CU_TestInfo stream_race_tests[] = {
    {"a reader may be ready at any moment of a submit",
     a_reader_may_be_ready_at_any_moment_of_a_submit},
    {"abandoned streams do not nest", abandoned_streams_do_not_nest},
    {"a gathered response closed by another thread tells why reads fail",
     a_gathered_response_closed_by_another_thread_tells_why_reads_fail},
    CU_TEST_INFO_NULL,
};
