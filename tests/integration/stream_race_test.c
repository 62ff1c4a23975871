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
#include "integration/tap.h"
#include "support/heap.h"

extern CU_TestInfo stream_race_tests[];

/* --- a body reader with gates --- */

/* Gives its bytes at once, then the end. Without bytes it has nothing yet; once it is stuck it does
 * not come back before the gate opens, and gives its bytes then. */
struct feed {
    const char *bytes;
    bool given;
    atomic_bool stuck;
    atomic_bool back;    /* before the gate opened */
    struct gate *inside; /* passed where it is stuck */
    struct gate *go;
};

static ssize_t feed_read(void *arg, void *buf, size_t cap)
{
    struct feed *feed = arg;
    size_t len;

    if (atomic_load(&feed->stuck)) {
        gate_pass(feed->inside);
        atomic_store(&feed->back, !gate_wait(feed->go, 1));
        feed->bytes = feed->bytes == NULL ? "body" : feed->bytes;
    }
    if (feed->bytes == NULL)
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

/* One that will be stuck. */
static struct feed feed_new(void)
{
    struct feed feed = {.inside = rig_gate(), .go = rig_gate()};

    return feed;
}

/* The reader's call asks it now, and it does not come back. */
static void feed_sticks(struct feed *feed, gofer_request *request)
{
    atomic_store(&feed->stuck, true);
    gofer_request_body_ready(request);
    EXPECT(gate_wait(feed->inside, 1));
}

/* Lets it come back, and waits until its call is over. */
static void feed_ends(struct feed *feed, gofer_client *client)
{
    gate_pass(feed->go);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
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

/* --- a callback that does not come back --- */

/* A streaming response to a request whose reader is stuck; its first bytes are read. */
struct stuck {
    struct feed feed;
    gofer_client *client;
    gofer_request *request;
    gofer_response *response;
};

static void stick(struct stuck *stuck, int64_t timeout_ms)
{
    gofer_response *response = NULL;
    char buf[5];

    stuck->feed = feed_new();
    stuck->client = rig_client(&(gofer_client_options){.workers = 2});
    stuck->request = fed_request(rig_origin(answer_early, NULL), "/", &stuck->feed);
    EXPECT_STATUS(gofer_request_set_streaming(stuck->request, 1), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_timeout_ms(stuck->request, timeout_ms), GOFER_OK);
    EXPECT_STATUS(gofer_do(stuck->client, stuck->request, &response), GOFER_OK);
    REQUIRE(response != NULL);
    stuck->response = response;
    rig_keep(response);
    EXPECT_INT(gofer_response_read(response, buf, 2), 2);
    feed_sticks(&stuck->feed, stuck->request);
}

static void unstick(struct stuck *stuck)
{
    EXPECT(!atomic_load(&stuck->feed.back));
    gofer_response_close(stuck->response);
    feed_ends(&stuck->feed, stuck->client);
}

static void a_read_beside_a_stuck_reader_waits_no_longer_than_it_may(void)
{
    struct stuck stuck;
    char byte;

    stick(&stuck, GOFER_NEVER);
    EXPECT_INT(gofer_response_read_for(stuck.response, &byte, 1, 20), GOFER_READ_PENDING);
    EXPECT_INT(gofer_response_read_for(stuck.response, &byte, 1, 0), GOFER_READ_PENDING);
    unstick(&stuck);
}

static void a_deadline_ends_a_read_beside_a_stuck_reader(void)
{
    struct stuck stuck;
    char byte;

    stick(&stuck, 300);
    EXPECT_INT(gofer_response_read(stuck.response, &byte, 1), -1);
    REQUIRE(gofer_response_error(stuck.response) != NULL);
    EXPECT_STATUS(gofer_response_error(stuck.response)->code, GOFER_ERR_TIMEOUT);
    unstick(&stuck);
}

struct reader {
    pthread_t thread;
    gofer_response *response;
    ssize_t got;
};

static void *read_one(void *arg)
{
    struct reader *reader = arg;
    char byte;

    reader->got = gofer_response_read(reader->response, &byte, 1);
    return NULL;
}

static void closing_ends_a_read_beside_a_stuck_reader(void)
{
    struct stuck stuck;
    struct reader readers[2];

    stick(&stuck, GOFER_NEVER);
    for (int i = 0; i < 2; i++) {
        readers[i].response = stuck.response;
        REQUIRE(pthread_create(&readers[i].thread, NULL, read_one, &readers[i]) == 0);
    }
    pass_ms(20); /* they may be in any place; each is woken or does not sleep */
    gofer_response_close(stuck.response);
    for (int i = 0; i < 2; i++) {
        pthread_join(readers[i].thread, NULL);
        EXPECT_INT(readers[i].got, -1);
    }
    REQUIRE(gofer_response_error(stuck.response) != NULL);
    EXPECT_STATUS(gofer_response_error(stuck.response)->code, GOFER_ERR_CLOSED);
    unstick(&stuck);
}

static void pass(void *gate)
{
    gate_pass(gate);
}

static void a_notice_tells_of_an_end_beside_a_stuck_reader(void)
{
    struct stuck stuck;
    struct gate *told = rig_gate();

    stick(&stuck, GOFER_NEVER);
    EXPECT_STATUS(gofer_response_on_readable(stuck.response, pass, told), GOFER_OK);
    gofer_response_close(stuck.response);
    EXPECT(gate_wait(told, 1));
    EXPECT_INT(gate_passes(told), 1);
    unstick(&stuck);
}

/* The only thread that serves is the one that does not come back. */
static void a_deadline_ends_a_wait_though_every_worker_is_stuck(void)
{
    struct feed feed = feed_new();
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 1});
    gofer_request *request = fed_request(rig_origin(swallow, NULL), "/", &feed);
    gofer_response *response = NULL;

    EXPECT_STATUS(gofer_request_set_timeout_ms(request, 1000), GOFER_OK);
    gofer_future *future = gofer_submit(client, request);
    feed_sticks(&feed, request);
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS / 2, &response);
    struct outcome got = rig_outcome(status, response);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    gofer_future_free(future);
    feed_ends(&feed, client);
}

/* What the group is told it is told once, by the one who publishes, or by who adds the future. */
static void a_group_learns_once_of_an_end_though_every_worker_is_stuck(void)
{
    struct feed feed = feed_new();
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 1});
    gofer_request *request = fed_request(rig_origin(swallow, NULL), "/", &feed);
    gofer_group *group = gofer_group_new(client);

    EXPECT_STATUS(gofer_request_set_timeout_ms(request, 1000), GOFER_OK);
    gofer_future *future = gofer_submit(client, request);
    feed_sticks(&feed, request);
    EXPECT_STATUS(gofer_future_wait_for(future, PATIENCE_MS / 2, NULL), GOFER_ERR_TIMEOUT);
    EXPECT_STATUS(gofer_group_add(group, future), GOFER_OK);
    gate_pass(feed.go);
    EXPECT(gofer_group_next(group, PATIENCE_MS) == future);
    EXPECT_INT(gofer_group_pending(group), 0);
    gofer_group_free(group);
    gofer_future_free(future);
    feed_ends(&feed, client);
}

static void stay(void *arg, int64_t sent, int64_t total)
{
    struct feed *feed = arg;

    (void)sent, (void)total;
    gate_pass(feed->inside);
    gate_wait(feed->go, 1);
}

/* A progress function is a callback like any other. */
static void a_deadline_ends_a_wait_beside_a_stuck_progress_function(void)
{
    struct feed feed = feed_new();
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 2});
    gofer_request *request = rig_request("POST", rig_origin(swallow, NULL), "/");
    gofer_response *response = NULL;
    size_t len = 8 * 1024 * 1024;
    char *bytes = calloc(1, len);

    REQUIRE(bytes != NULL);
    EXPECT_STATUS(gofer_request_set_body_ref(request, bytes, len, free, bytes), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_progress(request, stay, &feed), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_timeout_ms(request, 1000), GOFER_OK);
    gofer_future *future = gofer_submit(client, request);
    EXPECT(gate_wait(feed.inside, 1));
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS / 2, &response);
    struct outcome got = rig_outcome(status, response);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    gofer_future_free(future);
    feed_ends(&feed, client);
}

/* The source was slow, not the peer: the peer's time begins when the source has something. */
static void a_reader_that_was_late_is_asked_in_a_time_of_its_own(void)
{
    struct feed feed = feed_new();
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = 2, .stall_timeout_ms = 1600});
    gofer_request *request = fed_request(rig_origin(swallow, NULL), "/", &feed);

    gofer_future *future = gofer_submit(client, request);
    pass_ms(1000);
    feed_sticks(&feed, request);
    pass_ms(1000);
    gate_pass(feed.go);
    expect_hello(future);
}

/* Nor does it hold up for ever what its time ends: a timer that was armed for an earlier end is
 * armed once more, for the one that holds now. */
static void a_reader_that_was_late_has_no_more_time_than_others(void)
{
    struct feed feed = feed_new();
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = 2, .stall_timeout_ms = 400});
    gofer_request *request = fed_request(rig_origin(swallow, NULL), "/", &feed);
    gofer_response *response = NULL;

    EXPECT_STATUS(gofer_request_set_timeout_ms(request, GOFER_NEVER), GOFER_OK);
    gofer_future *future = gofer_submit(client, request);
    pass_ms(200);
    feed_sticks(&feed, request);
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS / 2, &response);
    struct outcome got = rig_outcome(status, response);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    gofer_future_free(future);
    feed_ends(&feed, client);
}

/* Fires its token at a worker's look at a reused connection, when the step's events are taken
 * already. */
struct late_shot {
    gofer_cancel *token;
    bool fired;
};

static int fire_at_the_check(enum tap_call call, unsigned nth, void *arg)
{
    struct late_shot *shot = arg;

    (void)nth;
    if (call == TAP_RECV && !shot->fired) {
        shot->fired = true;
        gofer_cancel_fire(shot->token);
    }
    return 0;
}

static void a_reader_is_not_asked_where_the_call_is_over(void)
{
    struct late_shot shot = {gofer_cancel_new(), false};
    struct origin *origin = rig_origin(swallow, NULL);
    struct feed feed = feed_new();
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = 1, .worker_start = tap_thread});
    gofer_request *first = rig_request("POST", origin, "/");
    gofer_request *request = fed_request(origin, "/", &feed);
    gofer_response *response = NULL;

    EXPECT_STATUS(gofer_request_set_body(first, "0\r\n\r\n", 5), GOFER_OK);
    expect_hello(gofer_submit(client, first));
    atomic_store(&feed.stuck, true);
    EXPECT_STATUS(gofer_request_set_cancel(request, shot.token), GOFER_OK);
    tap_open(fire_at_the_check, &shot);
    gofer_future *future = gofer_submit(client, request);
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS / 2, &response);
    struct outcome got = rig_outcome(status, response);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(gate_passes(feed.inside), 0);
    gofer_future_free(future);
    feed_ends(&feed, client);
    rig_end_client(client);
    tap_close();
    EXPECT(shot.fired);
    gofer_cancel_free(shot.token);
}

/* --- ends --- */

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
    {"a read beside a stuck reader waits no longer than it may",
     a_read_beside_a_stuck_reader_waits_no_longer_than_it_may},
    {"a deadline ends a read beside a stuck reader", a_deadline_ends_a_read_beside_a_stuck_reader},
    {"closing ends a read beside a stuck reader", closing_ends_a_read_beside_a_stuck_reader},
    {"a notice tells of an end beside a stuck reader",
     a_notice_tells_of_an_end_beside_a_stuck_reader},
    {"a deadline ends a wait though every worker is stuck",
     a_deadline_ends_a_wait_though_every_worker_is_stuck},
    {"a group learns once of an end though every worker is stuck",
     a_group_learns_once_of_an_end_though_every_worker_is_stuck},
    {"a deadline ends a wait beside a stuck progress function",
     a_deadline_ends_a_wait_beside_a_stuck_progress_function},
    {"a reader that was late is asked in a time of its own",
     a_reader_that_was_late_is_asked_in_a_time_of_its_own},
    {"a reader that was late has no more time than others",
     a_reader_that_was_late_has_no_more_time_than_others},
    {"a reader is not asked where the call is over", a_reader_is_not_asked_where_the_call_is_over},
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
