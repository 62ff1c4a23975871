/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Streaming responses whose request's reader does not come back: who reads, waits for
 * input or closes the response is not held up by it. A gate stands in for what blocks.
 */
#include <CUnit/CUnit.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/rig.h"

extern CU_TestInfo late_stream_tests[];

/* Long enough for a call to come to its reader on a busy machine. */
enum { LIMIT_MS = 500 };

/* --- streams --- */

/* Answers with a head and a part of its body, and nothing more. */
static void begin_answer(struct peer *peer, void *arg)
{
    (void)arg;
    if (peer_read_head(peer) && peer_say(peer, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf"))
        while (peer_read(peer, &(char){0}, 1))
            continue;
}

static const struct feed_step later_blocks[] = {
    {FEED_LATER, NULL, 0}, {FEED_TEXT, "x", 0}, {FEED_BLOCK, NULL, 0}, {0}};

struct reading {
    gofer_response *response;
    struct gate *read;
    ssize_t n;
    pthread_t thread;
};

static void *read_main(void *arg)
{
    struct reading *reading = arg;
    char buf[16];

    if (gofer_response_read(reading->response, buf, sizeof buf) == 4)
        gate_pass(reading->read);
    reading->n = gofer_response_read(reading->response, buf, sizeof buf);
    return NULL;
}

static struct feed *begin_stream(gofer_client *client, struct reading *reading, int64_t timeout_ms)
{
    struct origin *origin = rig_origin(begin_answer, NULL);
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = later_blocks});

    gofer_request_set_streaming(feed->request, 1);
    gofer_request_set_timeout_ms(feed->request, timeout_ms);
    EXPECT_STATUS(gofer_do(client, feed->request, &reading->response), GOFER_OK);
    rig_keep(reading->response);
    EXPECT(gate_wait(feed->asked, 1));
    reading->read = rig_gate();
    return feed;
}

static void expect_read_timed_out(struct reading *reading)
{
    pthread_join(reading->thread, NULL);
    EXPECT_INT(reading->n, -1);
    REQUIRE(gofer_response_error(reading->response) != NULL);
    EXPECT_STATUS(gofer_response_error(reading->response)->code, GOFER_ERR_TIMEOUT);
}

static void a_read_that_waits_ends_at_the_deadline(void)
{
    struct reading reading = {0};
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 2});
    struct feed *feed = begin_stream(client, &reading, 2 * LIMIT_MS);

    REQUIRE(pthread_create(&reading.thread, NULL, read_main, &reading) == 0);
    EXPECT(gate_wait(reading.read, 1));
    feed_go_on(feed);
    EXPECT(gate_wait(feed->inside, 1));
    expect_read_timed_out(&reading);
    gate_pass(feed->go);
    EXPECT(rig_wait_active(client, 0));
    feed_end(feed);
}

static void a_read_that_comes_later_ends_at_the_deadline(void)
{
    struct reading reading = {0};
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 2});
    struct feed *feed = begin_stream(client, &reading, 2 * LIMIT_MS);

    feed_go_on(feed);
    EXPECT(gate_wait(feed->inside, 1));
    REQUIRE(pthread_create(&reading.thread, NULL, read_main, &reading) == 0);
    expect_read_timed_out(&reading);
    gate_pass(feed->go);
    EXPECT(rig_wait_active(client, 0));
    feed_end(feed);
}

static void a_response_is_closed_and_freed_meanwhile(void)
{
    for (int i = 0; i < 2; i++) {
        struct reading reading = {0};
        gofer_client *client = rig_client(&(gofer_client_options){.workers = 2});
        struct feed *feed = begin_stream(client, &reading, 2 * LIMIT_MS);
        char byte;
        feed_go_on(feed);
        EXPECT(gate_wait(feed->inside, 1));
        gofer_response_close(reading.response);
        EXPECT_INT(gofer_response_read(reading.response, &byte, 1), -1);
        gate_pass(feed->go);
        EXPECT(rig_wait_active(client, 0));
        feed_end(feed);
    }
}

static void pass_gate(void *gate)
{
    gate_pass(gate);
}

static void who_waits_for_input_is_called_at_the_deadline(void)
{
    struct reading reading = {0};
    struct gate *called = rig_gate();
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 2});
    struct feed *feed = begin_stream(client, &reading, 2 * LIMIT_MS);
    char buf[16];

    EXPECT_INT(gofer_response_read(reading.response, buf, sizeof buf), 4);
    EXPECT_STATUS(gofer_response_on_readable(reading.response, pass_gate, called), GOFER_OK);
    feed_go_on(feed);
    EXPECT(gate_wait(feed->inside, 1));
    EXPECT(gate_wait(called, 1));
    EXPECT_INT(gofer_response_read_for(reading.response, buf, sizeof buf, 0), -1);
    REQUIRE(gofer_response_error(reading.response) != NULL);
    EXPECT_STATUS(gofer_response_error(reading.response)->code, GOFER_ERR_TIMEOUT);
    feed_go_on(feed);
    gate_pass(feed->go);
    EXPECT(rig_wait_active(client, 0));
    EXPECT_INT(gate_passes(called), 1);
    feed_end(feed);
}

/* --- without a deadline --- */

/* A stream whose first bytes are read, beside a reader that does not come back. */
struct stuck {
    struct reading reading;
    gofer_client *client;
    struct feed *feed;
};

static void stick(struct stuck *stuck)
{
    char buf[16];

    *stuck = (struct stuck){.client = rig_client(&(gofer_client_options){.workers = 2})};
    stuck->feed = begin_stream(stuck->client, &stuck->reading, GOFER_NEVER);
    EXPECT_INT(gofer_response_read(stuck->reading.response, buf, sizeof buf), 4);
    feed_go_on(stuck->feed);
    EXPECT(gate_wait(stuck->feed->inside, 1));
}

static void unstick(struct stuck *stuck)
{
    gofer_response_close(stuck->reading.response);
    gate_pass(stuck->feed->go);
    EXPECT(rig_wait_active(stuck->client, 0));
    feed_end(stuck->feed);
}

static void a_read_waits_no_longer_than_it_may(void)
{
    struct stuck stuck;
    char byte;

    stick(&stuck);
    EXPECT_INT(gofer_response_read_for(stuck.reading.response, &byte, 1, 20), GOFER_READ_PENDING);
    EXPECT_INT(gofer_response_read_for(stuck.reading.response, &byte, 1, 0), GOFER_READ_PENDING);
    unstick(&stuck);
}

static void *read_one(void *arg)
{
    struct reading *reading = arg;
    char byte;

    reading->n = gofer_response_read(reading->response, &byte, 1);
    return NULL;
}

static void closing_ends_every_read(void)
{
    struct stuck stuck;
    struct reading readings[2];

    stick(&stuck);
    for (int i = 0; i < 2; i++) {
        readings[i].response = stuck.reading.response;
        REQUIRE(pthread_create(&readings[i].thread, NULL, read_one, &readings[i]) == 0);
    }
    pass_ms(20); /* they may be in any place; each is woken or does not sleep */
    gofer_response_close(stuck.reading.response);
    for (int i = 0; i < 2; i++) {
        pthread_join(readings[i].thread, NULL);
        EXPECT_INT(readings[i].n, -1);
    }
    REQUIRE(gofer_response_error(stuck.reading.response) != NULL);
    EXPECT_STATUS(gofer_response_error(stuck.reading.response)->code, GOFER_ERR_CLOSED);
    unstick(&stuck);
}

static void who_waits_for_input_is_called_at_a_close(void)
{
    struct stuck stuck;
    struct gate *called = rig_gate();

    stick(&stuck);
    EXPECT_STATUS(gofer_response_on_readable(stuck.reading.response, pass_gate, called), GOFER_OK);
    gofer_response_close(stuck.reading.response);
    EXPECT(gate_wait(called, 1));
    EXPECT_INT(gate_passes(called), 1);
    unstick(&stuck);
}

CU_TestInfo late_stream_tests[] = {
    {"a read that waits ends at the deadline", a_read_that_waits_ends_at_the_deadline},
    {"a read that comes later ends at the deadline", a_read_that_comes_later_ends_at_the_deadline},
    {"who waits for input is called at the deadline",
     who_waits_for_input_is_called_at_the_deadline},
    {"a read waits no longer than it may", a_read_waits_no_longer_than_it_may},
    {"closing ends every read", closing_ends_every_read},
    {"who waits for input is called at a close", who_waits_for_input_is_called_at_a_close},
    {"a response is closed meanwhile", a_response_is_closed_and_freed_meanwhile},
    CU_TEST_INFO_NULL,
};
