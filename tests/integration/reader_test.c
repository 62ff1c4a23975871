/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A body reader and the calls that use it: one at a time, one after the other,
 * with nothing to give for a while or for ever, and what it may do itself.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/rig.h"

extern CU_TestInfo reader_tests[];

static const struct feed_step text[] = {{FEED_TEXT, "body", 0}, {0}};
static const struct feed_step later[] = {
    {FEED_LATER, NULL, 0}, {FEED_TEXT, "bo", 0}, {FEED_LATER, NULL, 0}, {FEED_TEXT, "dy", 0}, {0}};
static const struct feed_step never[] = {{FEED_TEXT, "bo", 0}, {FEED_NEVER, NULL, 0}};

static void expect_sent(const struct outcome *got)
{
    rig_expect_answer(got, 200, intake_answer_to("body", 4));
}

/* --- how many calls --- */

static void a_second_call_meanwhile_is_refused(void)
{
    struct intake *intake = intake_new();
    struct origin *origin = intake_origin(intake);
    gofer_client *client = rig_client(NULL);
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = later});
    struct caller caller;

    caller_start(&caller, client, feed->request);
    EXPECT(gate_wait(feed->asked, 1));
    struct outcome second = rig_call(client, feed->request);
    rig_expect_error(&second, GOFER_ERR_INVALID);
    EXPECT_INT(second.error->sent, GOFER_SENT_NOTHING);
    feed_go_on(feed);
    EXPECT(gate_wait(feed->asked, 2));
    feed_go_on(feed);
    struct outcome got = caller_join(&caller);
    expect_sent(&got);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 1);
    feed_end(feed);
}

static void a_later_call_begins_again_where_it_can(void)
{
    struct origin *origin = intake_plain();
    gofer_client *client = rig_client(NULL);
    struct feed *feed =
        feed_new("POST", origin, "/", &(struct feed_plan){.steps = text, .rewind = FEED_REWINDS});

    for (unsigned i = 0; i < 3; i++) {
        struct outcome got = rig_call(client, feed->request);
        expect_sent(&got);
        EXPECT_INT(atomic_load(&feed->rewinds), i);
    }
    feed_end(feed);
}

static void a_reader_that_cannot_begin_again_serves_once(void)
{
    struct origin *origin = intake_plain();
    gofer_client *client = rig_client(NULL);
    const struct feed_plan plans[] = {{.steps = text},
                                      {.steps = text, .rewind = FEED_REWIND_FAILS}};

    for (unsigned i = 0; i < 2; i++) {
        struct feed *feed = feed_new("POST", origin, "/", &plans[i]);
        struct outcome got = rig_call(client, feed->request);
        expect_sent(&got);
        got = rig_call(client, feed->request);
        rig_expect_error(&got, GOFER_ERR_BODY);
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
        EXPECT_INT(atomic_load(&feed->rewinds), i);
        EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), i + 1);
        feed_end(feed);
    }
}

static void a_reader_that_was_not_asked_is_as_new(void)
{
    struct origin *origin = intake_plain();
    gofer_client *client = rig_client(NULL);
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = text});
    gofer_cancel *token = gofer_cancel_new();

    gofer_cancel_fire(token);
    gofer_request_set_cancel(feed->request, token);
    struct outcome got = rig_call(client, feed->request);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(atomic_load(&feed->reads), 0);
    gofer_request_set_cancel(feed->request, NULL);
    gofer_cancel_free(token);
    got = rig_call(client, feed->request);
    expect_sent(&got);
    feed_end(feed);
}

/* A part was sent in vain. */
static void a_half_read_reader_begins_again(void)
{
    static const struct feed_step steps[] = {
        {FEED_TEXT, "bo", 0}, {FEED_LATER, NULL, 0}, {FEED_TEXT, "dy", 0}, {0}};
    struct origin *origin = intake_plain();
    gofer_client *client = rig_client(NULL);
    struct feed *feed =
        feed_new("POST", origin, "/", &(struct feed_plan){.steps = steps, .rewind = FEED_REWINDS});

    struct outcome got = rig_limited_call(client, feed->request, GOFER_PHASE_SEND);
    feed_go_on(feed);
    gofer_request_set_timeout_ms(feed->request, 0);
    got = rig_call(client, feed->request);
    expect_sent(&got);
    EXPECT_INT(atomic_load(&feed->rewinds), 1);
    feed_end(feed);
}

/* --- later --- */

struct speaker {
    struct feed *feed;
    atomic_bool over;
};

static void *speak(void *arg)
{
    struct speaker *speaker = arg;

    while (!atomic_load(&speaker->over)) {
        gofer_request_body_ready(speaker->feed->request);
        pass_ms(1);
    }
    return NULL;
}

static void ready_may_be_said_at_any_time(void)
{
    struct origin *origin = intake_plain();
    gofer_client *client = rig_client(NULL);
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = later});
    struct speaker speaker = {.feed = feed};
    struct caller caller;
    pthread_t threads[2];

    gofer_request_body_ready(NULL);
    gofer_request_body_ready(rig_request("GET", origin, "/"));
    for (int i = 0; i < 10; i++)
        gofer_request_body_ready(feed->request);
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, speak, &speaker) == 0);
    caller_start(&caller, client, feed->request);
    for (unsigned i = 1; i <= 2; i++) {
        EXPECT(gate_wait(feed->asked, 3 * i));
        feed_go_on(feed);
    }
    struct outcome got = caller_join(&caller);
    expect_sent(&got);
    pass_ms(5);
    atomic_store(&speaker.over, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    feed_end(feed);
}

static void a_step_that_was_released_early_is_not_waited_for(void)
{
    struct origin *origin = intake_plain();
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = later});

    feed_go_on(feed);
    feed_go_on(feed);
    struct outcome got = rig_call(rig_client(NULL), feed->request);
    expect_sent(&got);
    EXPECT_INT(gate_passes(feed->asked), 0);
    feed_end(feed);
}

/* "Ready" comes before the "later" that it answers has been returned. */
static ssize_t ready_from_inside(struct feed *feed, void *buf, size_t cap)
{
    (void)buf, (void)cap;
    gofer_request_body_ready(feed->request);
    return GOFER_BODY_LATER;
}

static void a_reader_may_say_ready_itself(void)
{
    static const struct feed_step steps[] = {{FEED_CALL, NULL, 0}, {FEED_TEXT, "body", 0}, {0}};
    struct origin *origin = intake_plain();
    struct feed *feed = feed_new("POST", origin, "/",
                                 &(struct feed_plan){.steps = steps, .call = ready_from_inside});
    struct outcome got = rig_call(rig_client(NULL), feed->request);

    expect_sent(&got);
    feed_end(feed);
}

struct endless {
    bool sized;
    struct origin *origin;
};

static struct outcome never_ready(int64_t limit_ms, void *arg)
{
    struct endless *endless = arg;
    gofer_client *client = rig_client(&(gofer_client_options){.timeout_ms = limit_ms});

    endless->origin = intake_plain();
    struct feed *feed =
        feed_new("POST", endless->origin, "/",
                 &(struct feed_plan){.steps = never, .sized = endless->sized, .length = 4});
    struct outcome got = rig_call(client, feed->request);
    feed_end(feed);
    return got;
}

static void later_for_ever_ends_at_the_deadline(void)
{
    for (int sized = 0; sized < 2; sized++) {
        struct endless endless = {.sized = sized};
        struct outcome got = rig_limited(never_ready, &endless, GOFER_PHASE_SEND);
        EXPECT_INT(got.error->sent, GOFER_SENT_SOME);
        EXPECT(origin_wait(endless.origin, ORIGIN_REQUESTS, 1));
        EXPECT(origin_wait(endless.origin, ORIGIN_OPEN, 0));
    }
}

/* A slow source is nobody's fault but the caller's, who has a deadline. */
static struct outcome comes_late(int64_t limit_ms)
{
    gofer_client *client = rig_client(&(gofer_client_options){.stall_timeout_ms = limit_ms,
                                                              .min_rate_bytes_per_s = 1000,
                                                              .min_rate_window_ms = limit_ms});
    struct feed *feed = feed_new("POST", intake_plain(), "/", &(struct feed_plan){.steps = later});
    struct caller caller;

    caller_start(&caller, client, feed->request);
    for (unsigned i = 1; i <= 2; i++) {
        EXPECT(gate_wait(feed->asked, i));
        pass_ms(2 * limit_ms);
        feed_go_on(feed);
    }
    struct outcome got = caller_join(&caller);
    feed_end(feed);
    return got;
}

/* Nor is the peer's, but on a busy machine it takes longer than the first limits. */
static void later_is_no_stall(void)
{
    struct outcome got = {.status = GOFER_ERR_TIMEOUT};

    for (int64_t ms = 80; ms < 4000 && got.status == GOFER_ERR_TIMEOUT; ms *= 4)
        got = comes_late(ms);
    expect_sent(&got);
}

static void a_cancel_ends_a_call_whose_reader_has_nothing(void)
{
    struct origin *origin = intake_plain();
    gofer_cancel *token = gofer_cancel_new();
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = never});
    struct caller caller;

    gofer_request_set_cancel(feed->request, token);
    caller_start(&caller, rig_client(NULL), feed->request);
    EXPECT(gate_wait(feed->asked, 1));
    gofer_cancel_fire(token);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_SEND);
    gofer_cancel_free(token);
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 1));
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    feed_end(feed);
}

/* --- what a reader may do --- */

struct guest {
    gofer_client *client;
    gofer_request *other;
    gofer_status status, waited;
    gofer_future *future;
};

static ssize_t make_calls(struct feed *feed, void *buf, size_t cap)
{
    struct guest *guest = feed->plan.call_arg;

    (void)cap;
    guest->status = gofer_do(guest->client, guest->other, NULL);
    guest->future = gofer_submit(guest->client, guest->other);
    guest->waited = gofer_future_wait(guest->future, NULL);
    memcpy(buf, "body", 4);
    return 4;
}

static void a_reader_may_submit_and_may_not_block(void)
{
    static const struct feed_step steps[] = {{FEED_CALL, NULL, 0}, {0}};
    struct origin *origin = intake_plain();
    struct guest guest = {.client = rig_client(NULL), .other = rig_request("GET", origin, "/")};
    struct feed *feed =
        feed_new("POST", origin, "/",
                 &(struct feed_plan){.steps = steps, .call = make_calls, .call_arg = &guest});
    struct outcome got = rig_call(guest.client, feed->request);

    expect_sent(&got);
    EXPECT_STATUS(guest.status, GOFER_ERR_INVALID);
    EXPECT_STATUS(guest.waited, GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_future_wait(guest.future, NULL), GOFER_OK);
    gofer_future_free(guest.future);
    feed_end(feed);
}

static void the_request_may_change_while_its_reader_serves(void)
{
    struct origin *origin = intake_plain();
    gofer_client *client = rig_client(NULL);
    struct feed *feed = feed_new("POST", origin, "/", &(struct feed_plan){.steps = text});
    gofer_future *future = gofer_submit(client, feed->request);
    gofer_response *response = NULL;

    gofer_request_set_body(feed->request, "other", 5);
    gofer_request_set_header(feed->request, "X-New", "1");
    gofer_status status = gofer_future_wait_for(future, -1, &response);
    struct outcome got = rig_outcome(status, response);
    gofer_future_free(future);
    expect_sent(&got);
    EXPECT_LACKS(origin_last_head(origin), "X-New");
    EXPECT(rig_wait_active(client, 0));
    EXPECT_INT(atomic_load(&feed->closes), 1);
    got = rig_call(client, feed->request);
    rig_expect_answer(&got, 200, intake_answer_to("other", 5));
    feed_end(feed);
}

/* --- the setter --- */

static void readers_that_are_none_are_refused(void)
{
    gofer_request *request = rig_request_to("POST", "http://127.0.0.1/");
    gofer_body_reader reader;
    struct feed *feed = feed_loose(&(struct feed_plan){.steps = text}, &reader);

    EXPECT_STATUS(gofer_request_set_body_reader(request, NULL), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_body_reader(NULL, &reader), GOFER_ERR_INVALID);
    feed_end(feed);
    feed = feed_loose(&(struct feed_plan){.steps = text, .sized = true, .length = -2}, &reader);
    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_ERR_INVALID);
    feed_end(feed);
    feed = feed_loose(&(struct feed_plan){.steps = text}, &reader);
    reader.read = NULL;
    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_ERR_INVALID);
    feed_end(feed);
    EXPECT_STATUS(gofer_request_status(request), GOFER_OK);
}

static void a_replaced_reader_is_closed(void)
{
    gofer_request *request = rig_request_to("POST", "http://127.0.0.1/");
    gofer_body_reader reader;
    struct feed *first = feed_loose(&(struct feed_plan){.steps = text}, &reader);

    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_OK);
    EXPECT_INT(atomic_load(&first->closes), 0);
    struct feed *second = feed_loose(&(struct feed_plan){.steps = text}, &reader);
    EXPECT_STATUS(gofer_request_set_body_reader(request, &reader), GOFER_OK);
    feed_end(first);
    gofer_request_set_body(request, NULL, 0);
    feed_end(second);
}

CU_TestInfo reader_tests[] = {
    {"a second call meanwhile is refused", a_second_call_meanwhile_is_refused},
    {"a later call begins again where it can", a_later_call_begins_again_where_it_can},
    {"a reader that cannot begin again serves once", a_reader_that_cannot_begin_again_serves_once},
    {"a reader that was not asked is as new", a_reader_that_was_not_asked_is_as_new},
    {"D12 a half-read reader begins again", a_half_read_reader_begins_again},
    {"ready may be said at any time, by any thread", ready_may_be_said_at_any_time},
    {"ready said early counts", a_step_that_was_released_early_is_not_waited_for},
    {"a reader may say ready itself", a_reader_may_say_ready_itself},
    {"later for ever ends at the deadline", later_for_ever_ends_at_the_deadline},
    {"later is no stall", later_is_no_stall},
    {"C12 a cancel ends a call whose reader has nothing",
     a_cancel_ends_a_call_whose_reader_has_nothing},
    {"a reader may submit and may not block", a_reader_may_submit_and_may_not_block},
    {"the request may change while its reader serves",
     the_request_may_change_while_its_reader_serves},
    {"readers that are none are refused, and closed", readers_that_are_none_are_refused},
    {"a replaced reader is closed", a_replaced_reader_is_closed},
    CU_TEST_INFO_NULL};
