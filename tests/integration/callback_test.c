/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * on_done: when it runs, how often, on which threads, and what it may do.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdio.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo callback_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* What a callback saw; written by it before the gate passes. */
struct seen {
    struct gate *ran;
    atomic_int times;
    gofer_future *future;
    gofer_client *client;
    gofer_group *group;
    gofer_future *pending;
    pthread_t thread;
    gofer_status status;
    gofer_response *response;
    unsigned long wrong; /* a bit for each call that should have been refused */
};

static gofer_future *submit(gofer_client *client, const struct origin *origin)
{
    return gofer_submit(client, rig_request("GET", origin, "/"));
}

static void note(gofer_future *future, void *arg)
{
    struct seen *seen = arg;

    seen->future = future;
    seen->thread = pthread_self();
    atomic_fetch_add(&seen->times, 1);
    gate_pass(seen->ran);
}

static void runs_once_before_waits_return(void)
{
    struct gate *go = rig_gate();
    const struct route routes[] = {{.reply = REPLY_HELLO, .go = go}};
    struct origin *origin = rig_script(routes);
    gofer_future *future = submit(rig_client(NULL), origin);
    struct seen seen = {.ran = rig_gate()};
    gofer_response *response = NULL;

    gofer_future_on_done(future, note, &seen);
    EXPECT_INT(seen.times, 0);
    gate_pass(go);
    gofer_status status = gofer_future_wait_for(future, -1, &response);
    EXPECT_INT(seen.times, 1);
    EXPECT(seen.future == future);
    EXPECT(!pthread_equal(seen.thread, pthread_self()));
    struct outcome got = rig_outcome(status, response);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(seen.times, 1);
    gofer_future_free(future);
}

static void runs_at_once_where_the_outcome_is_there(void)
{
    struct origin *origin = rig_script(hello);
    gofer_future *future = submit(rig_client(NULL), origin);
    struct seen seen = {.ran = rig_gate()};
    gofer_future *futures[] = {future};

    EXPECT_INT(gofer_future_wait_any(futures, 1, -1), 0);
    gofer_future_on_done(future, note, &seen);
    EXPECT_INT(seen.times, 1);
    EXPECT(pthread_equal(seen.thread, pthread_self()));
    gofer_future_free(future);
}

static void a_second_one_replaces_the_first(void)
{
    struct gate *go = rig_gate();
    const struct route routes[] = {{.reply = REPLY_HELLO, .go = go}};
    gofer_future *future = submit(rig_client(NULL), rig_script(routes));
    struct seen first = {.ran = rig_gate()}, second = {.ran = rig_gate()};

    gofer_future_on_done(future, note, &first);
    gofer_future_on_done(future, note, &second);
    gate_pass(go);
    EXPECT(gate_wait(second.ran, 1));
    EXPECT_STATUS(gofer_future_wait(future, NULL), GOFER_OK);
    EXPECT_INT(first.times, 0);
    EXPECT_INT(second.times, 1);
    gofer_future_free(future);
}

static void take_and_free(gofer_future *future, void *arg)
{
    struct seen *seen = arg;

    seen->status = gofer_future_wait(future, &seen->response);
    gofer_future_free(future);
    atomic_fetch_add(&seen->times, 1);
    gate_pass(seen->ran);
}

static void it_may_take_the_response_and_free_the_future(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < 50; i++) {
        struct seen seen = {.ran = rig_gate()};
        gofer_future_on_done(submit(client, origin), take_and_free, &seen);
        EXPECT(gate_wait(seen.ran, 1));
        struct outcome got = rig_outcome(seen.status, seen.response);
        rig_expect_answer(&got, 200, "hello");
    }
}

static void just_free(gofer_future *future, void *arg)
{
    gofer_future_free(future);
    gate_pass(((struct seen *)arg)->ran);
}

static void it_may_free_an_outcome_nobody_took(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    struct seen seen = {.ran = rig_gate()};

    for (unsigned i = 0; i < 20; i++)
        gofer_future_on_done(submit(client, origin), just_free, &seen);
    EXPECT(gate_wait(seen.ran, 20));
}

static void cancel_and_timeout_call_it_too(void)
{
    static const struct route routes[] = {{.then = THEN_HOLD}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct seen canceled = {.ran = rig_gate()}, late = {.ran = rig_gate()};
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_future *future = gofer_submit(client, request);

    gofer_future_on_done(future, take_and_free, &canceled);
    gofer_future_cancel(future);
    EXPECT(gate_wait(canceled.ran, 1));
    struct outcome got = rig_outcome(canceled.status, canceled.response);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    gofer_request_set_timeout_ms(request, 30);
    gofer_future_on_done(gofer_submit(client, request), take_and_free, &late);
    EXPECT(gate_wait(late.ran, 1));
    got = rig_outcome(late.status, late.response);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
}

static void cancel_itself(gofer_future *future, void *arg)
{
    gofer_future_cancel(future);
    take_and_free(future, arg);
}

static void cancelling_in_it_is_too_late(void)
{
    struct seen seen = {.ran = rig_gate()};
    gofer_future_on_done(submit(rig_client(NULL), rig_script(hello)), cancel_itself, &seen);

    EXPECT(gate_wait(seen.ran, 1));
    struct outcome got = rig_outcome(seen.status, seen.response);
    rig_expect_answer(&got, 200, "hello");
}

static bool is_refused(gofer_status status, gofer_response *response)
{
    gofer_response_free(response);
    return status == GOFER_ERR_INVALID;
}

/* Every function that could block. */
static void try_to_block(gofer_future *future, void *arg)
{
    struct seen *seen = arg;
    gofer_response *response = NULL;
    gofer_client *client = seen->client;
    gofer_status status;

    (void)future;
    status = gofer_get(client, "http://127.0.0.1:1/", &response);
    seen->wrong |= (unsigned long)!is_refused(status, response) << 0;
    response = NULL;
    status = gofer_future_wait(seen->pending, &response);
    seen->wrong |= (unsigned long)(status != GOFER_ERR_INVALID || response != NULL) << 1;
    status = gofer_future_wait_for(seen->pending, 1000, &response);
    seen->wrong |= (unsigned long)(status != GOFER_ERR_INVALID || response != NULL) << 2;
    seen->wrong |= (unsigned long)(gofer_future_wait_any(&seen->pending, 1, -1) != 1) << 3;
    seen->wrong |= (unsigned long)(gofer_group_next(seen->group, -1) != NULL) << 4;
    seen->wrong |= (unsigned long)(gofer_client_drain(client, -1) != GOFER_ERR_INVALID) << 5;
    seen->wrong |= (unsigned long)(gofer_worker_run(client) != GOFER_ERR_INVALID) << 6;
    seen->wrong |= (unsigned long)(gofer_worker_run_once(client, -1) != GOFER_ERR_INVALID) << 7;
    atomic_fetch_add(&seen->times, 1);
    gate_pass(seen->ran);
}

static void blocking_in_it_is_refused(void)
{
    static const struct route never[] = {{.then = THEN_HOLD}};
    struct origin *origin = rig_script(hello), *silent = rig_script(never);
    gofer_client *client = rig_client(NULL);
    struct seen seen = {.ran = rig_gate(), .client = client};
    gofer_future *future = submit(client, origin);
    gofer_future *futures[] = {future};

    seen.pending = submit(client, silent);
    seen.group = gofer_group_new(client);
    gofer_group_submit(seen.group, rig_request("GET", silent, "/"));
    gofer_future_on_done(future, try_to_block, &seen);
    EXPECT(gate_wait(seen.ran, 1));
    EXPECT_INT(seen.wrong, 0);
    EXPECT_INT(gofer_future_wait_any(futures, 1, -1), 0);
    gofer_future_free(future);
    future = submit(client, origin);
    futures[0] = future;
    EXPECT_INT(gofer_future_wait_any(futures, 1, -1), 0);
    gofer_future_on_done(future, try_to_block, &seen);
    EXPECT(gate_wait(seen.ran, 2));
    EXPECT_INT(seen.wrong, 0);
    gofer_future_free(future);
    gofer_future_free(seen.pending);
    gofer_group_free(seen.group);
}

/* A chain: each callback submits the next call. */
struct chain {
    gofer_client *client;
    const gofer_request *request;
    struct gate *ended;
    atomic_int left;
    atomic_int good;
};

static void submit_next(gofer_future *future, void *arg)
{
    struct chain *chain = arg;

    if (gofer_future_wait(future, NULL) == GOFER_OK)
        atomic_fetch_add(&chain->good, 1);
    gofer_future_free(future);
    if (atomic_fetch_sub(&chain->left, 1) == 1) {
        gate_pass(chain->ended);
        return;
    }
    gofer_future_on_done(gofer_submit(chain->client, chain->request), submit_next, chain);
}

static void it_may_submit(void)
{
    enum { LINKS = 200 };
    struct origin *origin = rig_script(hello);
    struct chain chain = {.client = rig_client(NULL),
                          .request = rig_request("GET", origin, "/"),
                          .ended = rig_gate(),
                          .left = LINKS};

    gofer_future_on_done(gofer_submit(chain.client, chain.request), submit_next, &chain);
    EXPECT(gate_wait(chain.ended, 1));
    EXPECT_INT(chain.good, LINKS);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), LINKS);
}

static void free_the_client(gofer_future *future, void *arg)
{
    struct seen *seen = arg;

    gofer_client_free(seen->client);
    seen->status = gofer_future_wait(future, &seen->response);
    gofer_future_free(future);
    gate_pass(seen->ran);
}

/* Not the rig's client: the callback frees it. */
static void it_may_free_the_client(void)
{
    struct origin *origin = rig_script(hello);
    struct seen seen = {.ran = rig_gate()};

    seen.client = gofer_client_new(&(gofer_client_options){.workers = 2});
    gofer_future_on_done(submit(seen.client, origin), free_the_client, &seen);
    EXPECT(gate_wait(seen.ran, 1));
    struct outcome got = rig_outcome(seen.status, seen.response);
    rig_expect_answer(&got, 200, "hello");
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void it_may_free_the_client_with_calls_in_flight(void)
{
    enum { CALLS = 20 };
    static const struct route never[] = {{.then = THEN_HOLD}};
    struct origin *origin = rig_script(hello), *silent = rig_script(never);
    struct seen seen = {.ran = rig_gate()};
    gofer_future *futures[CALLS];

    seen.client = gofer_client_new(&(gofer_client_options){.workers = 2});
    for (int i = 0; i < CALLS; i++)
        futures[i] = submit(seen.client, silent);
    EXPECT(origin_wait(silent, ORIGIN_REQUESTS, CALLS));
    gofer_future_on_done(submit(seen.client, origin), free_the_client, &seen);
    EXPECT(gate_wait(seen.ran, 1));
    gofer_response_free(seen.response);
    for (int i = 0; i < CALLS; i++) {
        gofer_response *response = NULL;
        gofer_status status = gofer_future_wait(futures[i], &response);
        struct outcome got = rig_outcome(status, response);
        rig_expect_error(&got, GOFER_ERR_CLOSED);
        gofer_future_free(futures[i]);
    }
}

/* --- beside others --- */

/* A callback that waits until it may go on. */
struct stop {
    struct gate *reached;
    struct gate *go_on;
    bool went_on;
};

static void stop_here(gofer_future *future, void *arg)
{
    struct stop *stop = arg;

    (void)future;
    gate_pass(stop->reached);
    stop->went_on = gate_wait(stop->go_on, 1);
}

/* The first answer is there before the second; then the worker goes on. */
struct hurry {
    struct gate *answers[2];
    struct gate *worker;
};

static void *hurry_up(void *arg)
{
    const struct hurry *hurry = arg;

    pass_ms(20);
    for (int i = 0; i < 2; i++) {
        gate_pass(hurry->answers[i]);
        pass_ms(20);
    }
    gate_pass(hurry->worker);
    return NULL;
}

/* One worker finds both calls done. Whoever waits for the first one is told before the second one's
 * callback runs, which waits for that. */
static void it_may_wait_for_who_was_told_before(void)
{
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 1});
    struct hurry hurry = {.answers = {rig_gate(), rig_gate()}, .worker = rig_gate()};
    struct stop hold = {.reached = rig_gate(), .go_on = hurry.worker};
    struct stop second = {.reached = rig_gate(), .go_on = rig_gate()};
    gofer_future *futures[2];
    pthread_t thread;

    for (int i = 0; i < 2; i++) {
        const struct route routes[] = {{.reply = REPLY_HELLO, .go = hurry.answers[i]}};
        struct origin *origin = rig_script(routes);
        futures[i] = submit(client, origin);
        EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 1));
    }
    gofer_future_on_done(futures[1], stop_here, &second);
    gofer_future *first = submit(client, rig_script(hello));
    gofer_future_on_done(first, stop_here, &hold);
    EXPECT(gate_wait(hold.reached, 1));
    pthread_create(&thread, NULL, hurry_up, &hurry);
    EXPECT_STATUS(gofer_future_wait_for(futures[0], -1, NULL), GOFER_OK);
    gate_pass(second.go_on);
    EXPECT_STATUS(gofer_future_wait_for(futures[1], -1, NULL), GOFER_OK);
    EXPECT(second.went_on);
    pthread_join(thread, NULL);
    EXPECT_STATUS(gofer_future_wait_for(first, -1, NULL), GOFER_OK);
    EXPECT(hold.went_on);
    gofer_future_free(first);
    gofer_future_free(futures[0]);
    gofer_future_free(futures[1]);
}

static void without_workers_the_waiting_thread_runs_it(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
    gofer_future *future = submit(client, origin);
    struct seen seen = {.ran = rig_gate()};

    gofer_future_on_done(future, note, &seen);
    EXPECT_STATUS(gofer_future_wait(future, NULL), GOFER_OK);
    EXPECT_INT(seen.times, 1);
    EXPECT(pthread_equal(seen.thread, pthread_self()));
    gofer_future_free(future);
}

CU_TestInfo callback_tests[] = {
    {"runs once, before waits return", runs_once_before_waits_return},
    {"runs at once where the outcome is there", runs_at_once_where_the_outcome_is_there},
    {"a second one replaces the first", a_second_one_replaces_the_first},
    {"it may take the response and free the future", it_may_take_the_response_and_free_the_future},
    {"it may free an outcome that nobody took", it_may_free_an_outcome_nobody_took},
    {"cancel and timeout call it too", cancel_and_timeout_call_it_too},
    {"cancelling in it is too late", cancelling_in_it_is_too_late},
    {"RES-10 blocking in it is refused", blocking_in_it_is_refused},
    {"it may submit", it_may_submit},
    {"RES-10 it may free the client", it_may_free_the_client},
    {"RES-10 it may free the client with calls in flight",
     it_may_free_the_client_with_calls_in_flight},
    {"it may wait for who was told before", it_may_wait_for_who_was_told_before},
    {"without workers the waiting thread runs it", without_workers_the_waiting_thread_runs_it},
    CU_TEST_INFO_NULL};
