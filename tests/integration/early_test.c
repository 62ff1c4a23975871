/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Answers that come before the request is written: they are delivered, whatever
 * becomes of the rest of the upload, and the connection is not used again.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/payload.h"
#include "integration/rig.h"
#include "integration/scene.h"

extern CU_TestInfo early_tests[];

/* More than the buffers between client and server take while nobody reads. */
enum { LONG_LEN = 6 * 1024 * 1024 };

static gofer_client *client;
static struct origin *origin;

/* Few bytes fit into a connection that is not read. */
static void narrow(struct peer *peer)
{
    int small = 4096;

    setsockopt(peer_fd(peer), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

/* --- keep-alive --- */

/* Answers each head at once, and does not read on before the client has closed. */
static void answer_and_hold(struct peer *peer, void *arg)
{
    struct gate *go = arg;

    narrow(peer);
    if (peer_read_head(peer) && peer_say(peer, REPLY_HELLO))
        gate_wait(go, 1);
}

static void is_answered_early(enum payload kind)
{
    struct gate *go = rig_gate();

    client = rig_client(NULL);
    origin = rig_origin(answer_and_hold, go);
    struct outcome got = rig_call(client, payload_request("POST", origin, "/", kind, LONG_LEN));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    got = rig_get(client, origin, "/next");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    gate_pass(go);
}

static void an_early_answer_is_delivered_and_ends_the_connection(void)
{
    payload_each(is_answered_early);
}

static void an_answer_is_delivered_while_the_source_has_nothing(void)
{
    static const struct feed_step steps[] = {{FEED_TEXT, "x", 0}, {FEED_NEVER, NULL, 0}};
    struct gate *go = rig_gate();

    client = rig_client(NULL);
    origin = rig_origin(answer_and_hold, go);
    for (int sized = 0; sized < 2; sized++) {
        struct feed *feed = feed_new(
            "POST", origin, "/", &(struct feed_plan){.steps = steps, .sized = sized, .length = 9});
        struct outcome got = rig_call(client, feed->request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(rig_stats(client).conns_idle, 0);
        feed_end(feed);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2);
    gate_pass(go);
}

/* --- and the end --- */

static const char *const refusals[] = {
    "HTTP/1.1 400 Bad\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 401 Who\r\nContent-Length: 2\r\n\r\nno",
    "HTTP/1.1 413 Large\r\nContent-Length: 2\r\n\r\nno",
};
enum { REFUSALS = sizeof refusals / sizeof *refusals };

/* The bytes that it has not read make the close a reset. */
static void refuse_and_close(struct peer *peer, void *arg)
{
    (void)arg;
    if (peer_read_head(peer))
        peer_say(peer, refusals[peer_number(peer) % REFUSALS]);
}

static void a_refusal_wins_over_the_broken_upload_each_time(void)
{
    enum { ROUNDS = 102, LEN = 1024 * 1024 };

    /* A connection that was kept would be reset under the next call, which is no upload's matter.
     */
    client = rig_client(&(gofer_client_options){.disable_keep_alives = true});
    origin = rig_origin(refuse_and_close, NULL);
    for (unsigned i = 1; i <= ROUNDS; i++) {
        enum payload kind = (enum payload)(i % PAYLOADS);
        char url[ORIGIN_URL_BYTES];
        gofer_request *request = gofer_request_new("POST", origin_url(origin, "/", url));
        payload_set(request, kind, LEN);
        struct outcome got = rig_call(client, request);
        gofer_request_free(request);
        rig_expect_answer(&got, atoi(refusals[i % REFUSALS] + 9), "no");
    }
    EXPECT_INT(rig_stats(client).calls_done, ROUNDS);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), ROUNDS);
}

/* --- between two system calls --- */

/* The server answers and resets right before the client's second send; over TLS two flights of the
 * handshake are sent before the first. */
static struct {
    struct gate *cue, *done;
    const char *answer;
    atomic_uint sends;
} cut;

static void answer_on_cue(struct peer *peer, void *arg)
{
    (void)arg;
    narrow(peer);
    if (!peer_read_head(peer) || !gate_wait(cut.cue, 1))
        return;
    peer_say(peer, cut.answer);
    peer_reset(peer);
    gate_pass(cut.done);
}

static int cut_second_send(enum tap_call call, unsigned nth, void *arg)
{
    unsigned second = rig_is_tls() ? 3 : 1;

    (void)nth, (void)arg;
    if ((call == TAP_SEND || call == TAP_SENDFILE) && atomic_fetch_add(&cut.sends, 1) == second) {
        gate_pass(cut.cue);
        gate_wait(cut.done, 1);
    }
    return 0;
}

static struct outcome call_that_is_cut(enum payload kind, const char *answer)
{
    client = scene_client(NULL);
    cut.cue = rig_gate();
    cut.done = rig_gate();
    cut.answer = answer;
    atomic_store(&cut.sends, 0);
    origin = rig_origin(answer_on_cue, NULL);
    tap_open(cut_second_send, NULL);
    struct outcome got = rig_call(client, payload_request("POST", origin, "/", kind, LONG_LEN));
    rig_end_client(client);
    tap_close();
    return got;
}

static void whole_answer_behind_a_reset(enum payload kind)
{
    struct outcome got = call_that_is_cut(kind, refusals[2]);

    rig_expect_answer(&got, 413, "no");
}

static void a_whole_answer_behind_a_reset_is_delivered(void)
{
    payload_each(whole_answer_behind_a_reset);
}

static void half_an_answer_behind_a_reset(enum payload kind)
{
    struct outcome got =
        call_that_is_cut(kind, "HTTP/1.1 413 Large\r\nContent-Length: 20\r\n\r\nno");

    rig_expect_error(&got, GOFER_ERR_TRUNCATED);
    got = call_that_is_cut(kind, "");
    rig_expect_error(&got, GOFER_ERR_BROKEN);
    EXPECT_INT(got.error->sent, GOFER_SENT_SOME);
    EXPECT_INT(got.error->phase, GOFER_PHASE_SEND);
}

static void without_a_whole_answer_the_break_is_told(void)
{
    payload_each(half_an_answer_behind_a_reset);
}

/* --- the upload fails beside the answer --- */

static const struct feed_step fails[] = {
    {FEED_TEXT, "x", 0}, {FEED_LATER, NULL, 0}, {FEED_FAIL, NULL, EIO}};

static void a_source_that_fails_ends_the_stream(void)
{
    gofer_response *response = NULL;
    struct gate *go = rig_gate();
    char buf[16];

    client = rig_client(NULL);
    origin = rig_origin(answer_and_hold, go);
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = fails});
    gofer_request_set_streaming(feed->request, 1);
    EXPECT_STATUS(gofer_do(client, feed->request, &response), GOFER_OK);
    EXPECT_INT(gofer_response_status(response), 200);
    feed_go_on(feed);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    EXPECT_INT(gofer_response_read(response, buf, sizeof buf), -1);
    REQUIRE(gofer_response_error(response) != NULL);
    EXPECT_STATUS(gofer_response_error(response)->code, GOFER_ERR_BODY);
    EXPECT_INT(gofer_response_error(response)->sys_errno, EIO);
    gofer_response_free(response);
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    feed_end(feed);
    gate_pass(go);
}

static void an_answer_beside_a_failing_source_leaves_nothing(void)
{
    enum { ROUNDS = 30 };
    struct gate *go = rig_gate();

    client = rig_client(NULL);
    origin = rig_origin(answer_and_hold, go);
    for (int i = 0; i < ROUNDS; i++) {
        struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = fails});
        struct caller caller;
        caller_start(&caller, client, feed->request);
        EXPECT(gate_wait(feed->asked, 1));
        feed_go_on(feed);
        struct outcome got = caller_join(&caller);
        if (got.status == GOFER_OK)
            rig_expect_answer(&got, 200, "hello");
        else
            rig_expect_error(&got, GOFER_ERR_BODY);
        feed_end(feed);
    }
    EXPECT(rig_wait_active(client, 0));
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    EXPECT_INT(rig_stats(client).conns_idle, 0);
    gate_pass(go);
}

/* --- many at once --- */

static void abort_somewhere(struct peer *peer, void *arg)
{
    char piece[4096];
    unsigned pieces = peer_number(peer) * 37 % 200;

    (void)arg;
    if (!peer_read_head(peer))
        return;
    while (pieces-- > 0 && peer_read(peer, piece, sizeof piece))
        continue;
    if (peer_number(peer) % 2 == 0)
        peer_reset(peer);
}

static void servers_that_abort_hurt_nobody(void)
{
    enum { CALLS = 24 };
    struct caller callers[CALLS];

    client = rig_client(NULL);
    origin = rig_origin(abort_somewhere, NULL);
    char *bytes = malloc(LONG_LEN);
    REQUIRE(bytes != NULL);
    feed_fill(bytes, 0, LONG_LEN);
    for (int i = 0; i < CALLS; i++) {
        gofer_request *request = rig_request("POST", origin, "/");
        gofer_request_set_body_ref(request, bytes, LONG_LEN, NULL, NULL);
        caller_start(&callers[i], client, request);
    }
    for (int i = 0; i < CALLS; i++) {
        struct outcome got = caller_join(&callers[i]);
        rig_expect_error(&got, GOFER_ERR_BROKEN);
        /* Where the socket buffers are large, all of it was on its way. */
        EXPECT(got.error->sent != GOFER_SENT_NOTHING);
    }
    free(bytes);
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    EXPECT_INT(rig_stats(client).calls_failed, CALLS);
}

CU_TestInfo early_tests[] = {
    {"E10 RU-04 an early answer is delivered and ends the connection",
     an_early_answer_is_delivered_and_ends_the_connection},
    {"E10 an answer is delivered while the source has nothing",
     an_answer_is_delivered_while_the_source_has_nothing},
    {"E11 TCP-10 a refusal wins over the broken upload each time",
     a_refusal_wins_over_the_broken_upload_each_time},
    {"TCP-02 a whole answer behind a reset is delivered",
     a_whole_answer_behind_a_reset_is_delivered},
    {"TCP-02 without a whole answer the break is told", without_a_whole_answer_the_break_is_told},
    {"C16 a source that fails ends the stream", a_source_that_fails_ends_the_stream},
    {"C16 an answer beside a failing source leaves nothing",
     an_answer_beside_a_failing_source_leaves_nothing},
    {"N2 servers that abort hurt nobody", servers_that_abort_hurt_nobody},
    CU_TEST_INFO_NULL};
