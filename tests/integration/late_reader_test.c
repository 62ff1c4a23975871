/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A body reader that comes late: its call has other limits meanwhile than its peer's,
 * and ends in time though the reader does not come back, be there a thread to spare or
 * not. What else such a reader holds up, and what not, is late_test.c.
 */
#include <CUnit/CUnit.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/rig.h"
#include "integration/tap.h"

extern CU_TestInfo late_reader_tests[];

/* It has nothing until feed_go_on(), and does not come back then before its gate opens. */
static const struct feed_step sticks[] = {
    {FEED_LATER, NULL, 0}, {FEED_BLOCK, NULL, 0}, {FEED_TEXT, "body", 0}, {0}};

static struct feed *feed_that_sticks(void)
{
    return feed_new("POST", intake_plain(), "/", &(struct feed_plan){.steps = sticks});
}

static void stick(struct feed *feed)
{
    feed_go_on(feed);
    EXPECT(gate_wait(feed->inside, 1));
}

/* Lets it come back, and waits until its call is over. */
static void let_go(struct feed *feed, gofer_client *client)
{
    gate_pass(feed->go);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    feed_end(feed);
}

static void expect_end(gofer_future *future, gofer_status wanted)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS / 2, &response);
    struct outcome got = rig_outcome(status, response);

    rig_expect_error(&got, wanted);
    gofer_future_free(future);
}

/* The only thread that serves is the one that does not come back. */
static void a_deadline_ends_a_wait_though_every_worker_is_stuck(void)
{
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 1});
    struct feed *feed = feed_that_sticks();

    EXPECT_STATUS(gofer_request_set_timeout_ms(feed->request, 1000), GOFER_OK);
    gofer_future *future = gofer_submit(client, feed->request);
    stick(feed);
    expect_end(future, GOFER_ERR_TIMEOUT);
    let_go(feed, client);
}

/* What the group is told it is told once, by the one who publishes, or by who adds the future. */
static void a_group_learns_once_of_an_end_though_every_worker_is_stuck(void)
{
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 1});
    struct feed *feed = feed_that_sticks();
    gofer_group *group = gofer_group_new(client);

    EXPECT_STATUS(gofer_request_set_timeout_ms(feed->request, 1000), GOFER_OK);
    gofer_future *future = gofer_submit(client, feed->request);
    stick(feed);
    EXPECT_STATUS(gofer_future_wait_for(future, PATIENCE_MS / 2, NULL), GOFER_ERR_TIMEOUT);
    EXPECT_STATUS(gofer_group_add(group, future), GOFER_OK);
    gate_pass(feed->go);
    EXPECT(gofer_group_next(group, PATIENCE_MS) == future);
    EXPECT_INT(gofer_group_pending(group), 0);
    gofer_group_free(group);
    gofer_future_free(future);
    let_go(feed, client);
}

/* The source was slow, not the peer: the peer's time begins when the source has something. */
static void a_reader_that_was_late_is_asked_in_a_time_of_its_own(void)
{
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = 2, .stall_timeout_ms = 1600});
    struct feed *feed = feed_that_sticks();

    gofer_future *future = gofer_submit(client, feed->request);
    pass_ms(1000);
    stick(feed);
    pass_ms(1000);
    gate_pass(feed->go);
    struct outcome got = rig_take(future);
    rig_expect_answer(&got, 200, intake_answer_to("body", 4));
    let_go(feed, client);
}

/* Nor does it hold up for ever what its time ends: a timer that was armed for an earlier end is
 * armed once more, for the one that holds now. */
static void a_reader_that_was_late_has_no_more_time_than_others(void)
{
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = 2, .stall_timeout_ms = 400});
    struct feed *feed = feed_that_sticks();

    EXPECT_STATUS(gofer_request_set_timeout_ms(feed->request, GOFER_NEVER), GOFER_OK);
    gofer_future *future = gofer_submit(client, feed->request);
    pass_ms(200);
    stick(feed);
    expect_end(future, GOFER_ERR_TIMEOUT);
    let_go(feed, client);
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
    struct origin *origin = intake_plain();
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = sticks + 1});
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = 1, .worker_start = tap_thread});
    gofer_request *first = rig_request("POST", origin, "/");

    EXPECT_STATUS(gofer_request_set_body(first, "body", 4), GOFER_OK);
    struct outcome got = rig_take(gofer_submit(client, first));
    rig_expect_answer(&got, 200, intake_answer_to("body", 4));
    EXPECT_STATUS(gofer_request_set_cancel(feed->request, shot.token), GOFER_OK);
    tap_open(fire_at_the_check, &shot);
    expect_end(gofer_submit(client, feed->request), GOFER_ERR_CANCELED);
    EXPECT_INT(gate_passes(feed->inside), 0);
    let_go(feed, client);
    rig_end_client(client);
    tap_close();
    EXPECT(shot.fired);
    gofer_cancel_free(shot.token);
}

CU_TestInfo late_reader_tests[] = {
    {"a deadline ends a wait though every worker is stuck",
     a_deadline_ends_a_wait_though_every_worker_is_stuck},
    {"a group learns once of an end though every worker is stuck",
     a_group_learns_once_of_an_end_though_every_worker_is_stuck},
    {"a reader that was late is asked in a time of its own",
     a_reader_that_was_late_is_asked_in_a_time_of_its_own},
    {"a reader that was late has no more time than others",
     a_reader_that_was_late_has_no_more_time_than_others},
    {"a reader is not asked where the call is over", a_reader_is_not_asked_where_the_call_is_over},
    CU_TEST_INFO_NULL,
};
