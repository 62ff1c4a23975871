/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Futures: waits of every kind, cancels at every moment, and what may be done to
 * a future when.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo future_tests[];

enum { QUICK_MS = 10000, MANY = 1000 };

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* An origin that answers when the gate is open. */
struct held {
    struct gate *seen, *go;
    struct origin *origin;
    gofer_client *client;
};

static void held_init(struct held *held)
{
    held->seen = rig_gate();
    held->go = rig_gate();
    held->origin =
        rig_script((struct route[]){{.reply = REPLY_HELLO, .seen = held->seen, .go = held->go}});
    held->client = rig_client(NULL);
}

static gofer_future *submit(gofer_client *client, const struct origin *origin)
{
    return gofer_submit(client, rig_request("GET", origin, "/"));
}

/* Waits by gofer_future_wait_for. */
static struct outcome wait_for(gofer_future *future, int64_t timeout_ms)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait_for(future, timeout_ms, &response);

    return rig_outcome(status, response);
}

static struct outcome wait_by(gofer_future *future)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait(future, &response);

    return rig_outcome(status, response);
}

static void wait_takes_the_response(void)
{
    struct origin *origin = rig_script(hello);
    gofer_future *future = submit(rig_client(NULL), origin);
    gofer_response *response = (gofer_response *)&origin;

    struct outcome got = wait_by(future);
    rig_expect_answer(&got, 200, "hello");
    EXPECT(gofer_future_done(future));
    EXPECT(gofer_future_error(future) == NULL);
    EXPECT_STATUS(gofer_future_wait(future, &response), GOFER_OK);
    EXPECT(response == NULL);
    response = (gofer_response *)&origin;
    EXPECT_STATUS(gofer_future_wait_for(future, 0, &response), GOFER_OK);
    EXPECT(response == NULL);
    gofer_future_free(future);
}

static void a_later_wait_gets_the_same_error(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("BAD METHOD", origin, "/");
    gofer_future *future = gofer_submit(rig_client(NULL), request);
    gofer_response *response = NULL;

    EXPECT(future != NULL);
    EXPECT(gofer_future_done(future));
    struct outcome got = wait_by(future);
    rig_expect_error(&got, GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_future_wait(future, &response), GOFER_ERR_INVALID);
    EXPECT(response == NULL);
    REQUIRE(gofer_future_error(future) != NULL);
    EXPECT_STATUS(gofer_future_error(future)->code, GOFER_ERR_INVALID);
    gofer_future_free(future);
}

static void wait_for_gives_up_and_the_call_goes_on(void)
{
    struct held held;
    gofer_response *response;
    gofer_future *future;
    int64_t began;

    held_init(&held);
    future = submit(held.client, held.origin);
    response = (gofer_response *)&held;
    EXPECT_STATUS(gofer_future_wait_for(future, 0, &response), GOFER_PENDING);
    EXPECT(response == NULL);
    response = (gofer_response *)&held;
    began = now_ms();
    EXPECT_STATUS(gofer_future_wait_for(future, 40, &response), GOFER_PENDING);
    EXPECT_AT_LEAST(now_ms() - began, 40);
    EXPECT(response == NULL);
    EXPECT(!gofer_future_done(future));
    EXPECT(gofer_future_error(future) == NULL);
    gate_pass(held.go);
    struct outcome got = wait_for(future, PATIENCE_MS);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(held.origin, ORIGIN_REQUESTS), 1);
    gofer_future_free(future);
}

static void polls_until_it_is_done(void)
{
    gofer_client *client = rig_client(NULL);
    struct origin *origin = rig_script(hello);
    gofer_future *future = submit(client, origin);
    gofer_response *response = NULL;
    int64_t until = now_ms() + PATIENCE_MS;
    gofer_status status;

    while ((status = gofer_future_wait_for(future, 0, &response)) == GOFER_PENDING)
        EXPECT(response == NULL && now_ms() < until);
    struct outcome got = rig_outcome(status, response);
    rig_expect_answer(&got, 200, "hello");
    gofer_future_free(future);
}

static void wait_any_returns_the_lowest_that_is_done(void)
{
    struct held held;
    struct origin *origin = rig_script(hello);
    gofer_future *futures[5] = {NULL};
    struct outcome got;

    held_init(&held);
    futures[0] = submit(held.client, held.origin);
    futures[2] = submit(held.client, held.origin);
    futures[3] = submit(held.client, origin);
    futures[4] = submit(held.client, origin);
    got = wait_for(futures[4], -1);
    rig_expect_answer(&got, 200, "hello");
    got = wait_for(futures[3], -1);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(gofer_future_wait_any(futures, 5, -1), 3);
    EXPECT_INT(gofer_future_wait_any(futures, 3, 0), 3);
    EXPECT_INT(gofer_future_wait_any(futures, 3, 20), 3);
    EXPECT_INT(gofer_future_wait_any(futures, 0, -1), 0);
    EXPECT_INT(gofer_future_wait_any(futures + 1, 1, 20), 1);
    gate_pass(held.go);
    EXPECT(gofer_future_wait_any(futures, 3, -1) < 3);
    for (int i = 0; i < 5; i++)
        gofer_future_free(futures[i]);
}

static void wait_any_over_a_thousand(void)
{
    static gofer_future *futures[MANY];
    char url[ORIGIN_URL_BYTES];
    gofer_client *client = rig_client(NULL);
    size_t at;

    for (int i = 0; i < MANY - 1; i++)
        futures[i] = gofer_submit_get(client, rig_echo_url("never", 1, url));
    futures[MANY - 1] = gofer_submit_get(client, rig_echo_url("echo", 1, url));
    at = gofer_future_wait_any(futures, MANY, PATIENCE_MS);
    EXPECT_INT(at, MANY - 1);
    for (int i = 0; i < MANY; i++)
        gofer_future_free(futures[i]);
}

/* Of clients without workers only the waiting thread can make each go on. */
static void wait_any_over_several_clients(void)
{
    enum { CLIENTS = 3 };
    struct origin *origin = rig_script(hello);
    struct origin *silent = rig_script((const struct route[]){{.then = THEN_HOLD}});
    gofer_future *futures[CLIENTS + 1] = {NULL};

    for (int quick = 0; quick < CLIENTS; quick++) {
        for (int i = 0; i < CLIENTS; i++) {
            gofer_client *client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
            futures[i] = submit(client, i == quick ? origin : silent);
        }
        EXPECT_INT(gofer_future_wait_any(futures, CLIENTS + 1, PATIENCE_MS), quick);
        struct outcome got = wait_for(futures[quick], 0);
        rig_expect_answer(&got, 200, "hello");
        gofer_future_free(futures[quick]);
        futures[quick] = NULL;
        EXPECT_INT(gofer_future_wait_any(futures, CLIENTS + 1, 20), CLIENTS + 1);
        for (int i = 0; i < CLIENTS; i++)
            gofer_future_free(futures[i]);
    }
}

static void cancelled_at_once(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < 50; i++) {
        gofer_future *future = submit(client, origin);
        gofer_future_cancel(future);
        struct outcome got = wait_for(future, PATIENCE_MS);
        if (got.status != GOFER_OK)
            rig_expect_error(&got, GOFER_ERR_CANCELED);
        gofer_future_free(future);
    }
    EXPECT(rig_wait_active(client, 0));
}

static void cancelled_while_it_waits(void)
{
    struct held held;
    gofer_future *future;
    int64_t began;

    held_init(&held);
    future = submit(held.client, held.origin);
    EXPECT(gate_wait(held.seen, 1));
    began = now_ms();
    gofer_future_cancel(future);
    gofer_future_cancel(future);
    struct outcome got = wait_for(future, -1);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->sent, GOFER_SENT_ALL);
    EXPECT(now_ms() - began < QUICK_MS);
    gofer_future_cancel(future);
    gofer_future_free(future);
    gate_pass(held.go);
    EXPECT(origin_wait(held.origin, ORIGIN_OPEN, 0));
}

static void cancelled_when_it_is_done(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_future *future = submit(client, origin);
    gofer_future *futures[] = {future};

    EXPECT_INT(gofer_future_wait_any(futures, 1, -1), 0);
    gofer_future_cancel(future);
    struct outcome got = wait_by(future);
    rig_expect_answer(&got, 200, "hello");
    gofer_future_free(future);
    got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

struct waiting {
    pthread_t thread;
    gofer_future *future;
    gofer_status status;
    gofer_response *response;
};

static void *wait_main(void *arg)
{
    struct waiting *waiting = arg;

    waiting->status = gofer_future_wait(waiting->future, &waiting->response);
    return NULL;
}

static void cancelled_from_another_thread(void)
{
    struct held held;
    struct waiting waiting = {0};

    held_init(&held);
    waiting.future = submit(held.client, held.origin);
    REQUIRE(pthread_create(&waiting.thread, NULL, wait_main, &waiting) == 0);
    EXPECT(gate_wait(held.seen, 1));
    gofer_future_cancel(waiting.future);
    pthread_join(waiting.thread, NULL);
    struct outcome got = rig_outcome(waiting.status, waiting.response);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    gofer_future_free(waiting.future);
    gate_pass(held.go);
}

static void one_of_several_waiters_gets_the_response(void)
{
    enum { WAITERS = 8 };
    struct held held;
    struct waiting waiting[WAITERS] = {{0}};
    unsigned responses = 0;

    held_init(&held);
    gofer_future *future = submit(held.client, held.origin);
    for (int i = 0; i < WAITERS; i++) {
        waiting[i].future = future;
        REQUIRE(pthread_create(&waiting[i].thread, NULL, wait_main, &waiting[i]) == 0);
    }
    EXPECT(gate_wait(held.seen, 1));
    gate_pass(held.go);
    for (int i = 0; i < WAITERS; i++) {
        pthread_join(waiting[i].thread, NULL);
        EXPECT_STATUS(waiting[i].status, GOFER_OK);
        responses += waiting[i].response != NULL;
        gofer_response_free(waiting[i].response);
    }
    EXPECT_INT(responses, 1);
    gofer_future_free(future);
}

static void a_dropped_call_goes_on(void)
{
    struct held held;

    held_init(&held);
    gofer_future_free(submit(held.client, held.origin));
    EXPECT(gate_wait(held.seen, 1));
    gate_pass(held.go);
    EXPECT(rig_wait_active(held.client, 0));
    EXPECT_INT(rig_stats(held.client).calls_done, 1);
    EXPECT(rig_wait_idle(held.client, 1));
}

static void cancelled_and_dropped(void)
{
    struct held held;
    gofer_future *future;

    held_init(&held);
    future = submit(held.client, held.origin);
    EXPECT(gate_wait(held.seen, 1));
    gofer_future_cancel(future);
    gofer_future_free(future);
    EXPECT(rig_wait_active(held.client, 0));
    EXPECT_INT(rig_stats(held.client).calls_failed, 1);
    gate_pass(held.go);
}

static void dropped_without_a_wait(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_future *future = submit(client, origin);
    gofer_future *futures[] = {future};

    EXPECT_INT(gofer_future_wait_any(futures, 1, -1), 0);
    gofer_future_free(future);
    EXPECT_INT(rig_stats(client).calls_done, 1);
}

static void the_user_pointer_comes_back(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    int one, two;

    gofer_request_set_user(request, &one);
    gofer_future *first = gofer_submit(client, request);
    gofer_request_set_user(request, &two);
    gofer_future *second = gofer_submit(client, request);
    EXPECT(gofer_future_user(first) == &one);
    EXPECT(gofer_future_user(second) == &two);
    wait_for(first, -1);
    wait_for(second, -1);
    EXPECT(gofer_future_user(first) == &one);
    gofer_future_free(first);
    gofer_future_free(second);
}

static void a_setter_does_not_touch_calls_in_flight(void)
{
    struct gate *go = rig_gate();
    const struct route routes[] = {{.target = "/first", .reply = REPLY_EMPTY, .go = go},
                                   {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    gofer_request *request = rig_request("POST", origin, "/");
    gofer_future *first = gofer_submit(client, rig_request("GET", origin, "/first"));
    size_t len;

    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 1));
    gofer_request_set_header(request, "X-Version", "one");
    gofer_request_set_body(request, "body one", 8);
    gofer_future *second = gofer_submit(client, request);
    gofer_request_set_header(request, "X-Version", "two");
    gofer_request_set_body(request, "body two", 8);
    gate_pass(go);
    wait_for(first, -1);
    struct outcome got = wait_for(second, -1);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(origin_last_head(origin), "X-Version: one\r\n");
    EXPECT_TEXT(origin_last_body(origin, &len), "body one");
    got = rig_call(client, request);
    EXPECT_HOLDS(origin_last_head(origin), "X-Version: two\r\n");
    EXPECT_TEXT(origin_last_body(origin, &len), "body two");
    gofer_future_free(first);
    gofer_future_free(second);
}

struct submitter {
    pthread_t thread;
    gofer_client *client;
    const gofer_request *request;
    unsigned good;
};

static void *submit_main(void *arg)
{
    struct submitter *submitter = arg;

    for (int i = 0; i < 25; i++) {
        gofer_future *future = gofer_submit(submitter->client, submitter->request);
        gofer_response *response = NULL;
        submitter->good += gofer_future_wait(future, &response) == GOFER_OK &&
                           strcmp(gofer_response_body(response, NULL), "hello") == 0;
        gofer_response_free(response);
        gofer_future_free(future);
    }
    return NULL;
}

static void sixteen_threads_submit_one_request(void)
{
    enum { THREADS = 16 };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/");
    struct submitter submitters[THREADS];
    unsigned good = 0;

    gofer_request_set_body(request, "shared", 6);
    for (int i = 0; i < THREADS; i++) {
        submitters[i] = (struct submitter){.client = client, .request = request};
        REQUIRE(pthread_create(&submitters[i].thread, NULL, submit_main, &submitters[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(submitters[i].thread, NULL);
        good += submitters[i].good;
    }
    EXPECT_INT(good, THREADS * 25);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), THREADS * 25);
}

static void the_queue_phase_is_named(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS, .timeout_ms = 30});
    gofer_future *future = submit(client, origin);

    pass_ms(60);
    struct outcome got = wait_for(future, -1);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    REQUIRE(got.error != NULL);
    EXPECT_INT(got.error->phase, GOFER_PHASE_QUEUE);
    EXPECT_INT(got.error->attempts, 0);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    gofer_future_free(future);
}

static void stolen_calls_time_out_in_the_queue_too(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS, .timeout_ms = 30});
    gofer_future *future = submit(client, origin);

    pass_ms(60);
    struct outcome got = wait_by(future);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
    gofer_future_free(future);
}

static void note_null(gofer_future *future, void *noted)
{
    *(bool *)noted = future == NULL;
}

static void null_futures_are_reported(void)
{
    gofer_response *response = (gofer_response *)&response;
    bool noted = false;

    EXPECT_STATUS(gofer_future_wait(NULL, &response), GOFER_ERR_INVALID);
    EXPECT(response == NULL);
    response = (gofer_response *)&response;
    EXPECT_STATUS(gofer_future_wait_for(NULL, 10, &response), GOFER_ERR_INVALID);
    EXPECT(response == NULL);
    EXPECT_STATUS(gofer_future_wait(NULL, NULL), GOFER_ERR_INVALID);
    EXPECT_INT(gofer_future_wait_any(NULL, 0, -1), 0);
    gofer_future_done(NULL);
    gofer_future_on_done(NULL, NULL, NULL);
    gofer_future_on_done(NULL, note_null, &noted);
    EXPECT(noted);
    EXPECT_STATUS(gofer_response_error(NULL)->code, GOFER_ERR_NOMEM);
    gofer_future_cancel(NULL);
    gofer_future_free(NULL);
    EXPECT(gofer_future_error(NULL) == NULL || gofer_future_error(NULL)->code != GOFER_OK);
    EXPECT(gofer_future_user(NULL) == NULL);
    gofer_future_free(gofer_submit(NULL, NULL));
    gofer_future *future = gofer_submit(rig_client(NULL), NULL);
    EXPECT_STATUS(gofer_future_wait(future, NULL), GOFER_ERR_INVALID);
    gofer_future_free(future);
    future = gofer_submit_get(rig_client(NULL), NULL);
    EXPECT_STATUS(gofer_future_wait(future, NULL), GOFER_ERR_INVALID);
    gofer_future_free(future);
}

static void a_wait_may_leave_the_response(void)
{
    struct origin *origin = rig_script(hello);
    gofer_future *future = submit(rig_client(NULL), origin);

    EXPECT_STATUS(gofer_future_wait(future, NULL), GOFER_OK);
    gofer_future_free(future);
}

CU_TestInfo future_tests[] = {
    {"the first wait takes the response", wait_takes_the_response},
    {"a later wait gets the same error", a_later_wait_gets_the_same_error},
    {"wait_for gives up and the call goes on", wait_for_gives_up_and_the_call_goes_on},
    {"polling until it is done", polls_until_it_is_done},
    {"wait_any returns the lowest that is done", wait_any_returns_the_lowest_that_is_done},
    {"wait_any over a thousand futures", wait_any_over_a_thousand},
    {"wait_any over futures of several clients", wait_any_over_several_clients},
    {"cancelled at once", cancelled_at_once},
    {"cancelled while it waits, thrice", cancelled_while_it_waits},
    {"C15 cancelled when it is done", cancelled_when_it_is_done},
    {"cancelled from another thread", cancelled_from_another_thread},
    {"one of several waiters gets the response", one_of_several_waiters_gets_the_response},
    {"a dropped call goes on", a_dropped_call_goes_on},
    {"cancelled and dropped", cancelled_and_dropped},
    {"dropped without a wait", dropped_without_a_wait},
    {"the user pointer comes back", the_user_pointer_comes_back},
    {"a setter does not touch calls in flight", a_setter_does_not_touch_calls_in_flight},
    {"16 threads submit one request", sixteen_threads_submit_one_request},
    {"a timeout in the queue names it", the_queue_phase_is_named},
    {"stolen calls time out in the queue too", stolen_calls_time_out_in_the_queue_too},
    {"NULL futures are reported", null_futures_are_reported},
    {"a wait may leave the response", a_wait_may_leave_the_response},
    CU_TEST_INFO_NULL};
