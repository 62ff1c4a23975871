/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Callbacks that do not come back: the deadline, a cancel and the client's end
 * resolve the call all the same, once; when the callback is back at last nothing
 * is left of it. A gate stands in for what blocks. Traces are late_trace_test.c,
 * streams late_stream_test.c.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/feed.h"
#include "integration/intake.h"
#include "integration/rig.h"

extern CU_TestInfo late_tests[];

/* Long enough for a call to come to its reader on a busy machine. */
enum { LIMIT_MS = 500 };

static const struct feed_step blocks[] = {
    {FEED_TEXT, "bo", 0}, {FEED_BLOCK, NULL, 0}, {FEED_TEXT, "dy", 0}, {0}};

/* A call whose reader is inside. */
struct stuck {
    gofer_client *client;
    struct origin *origin;
    struct feed *feed;
    gofer_future *future;
    struct gate *told;
    atomic_int times;
};

static void note(gofer_future *future, void *arg)
{
    struct stuck *stuck = arg;

    (void)future;
    atomic_fetch_add(&stuck->times, 1);
    gate_pass(stuck->told);
}

static void prepare(struct stuck *stuck, const gofer_client_options *options)
{
    gofer_client_options copy = options != NULL ? *options : (gofer_client_options){0};

    if (copy.workers == 0)
        copy.workers = 2;
    *stuck = (struct stuck){.client = rig_client(&copy), .told = rig_gate()};
    stuck->origin = intake_plain();
    stuck->feed = feed_new("POST", stuck->origin, "/", &(struct feed_plan){.steps = blocks});
}

static void submit(struct stuck *stuck)
{
    stuck->future = gofer_submit(stuck->client, stuck->feed->request);
    gofer_future_on_done(stuck->future, note, stuck);
    EXPECT(gate_wait(stuck->feed->inside, 1));
    EXPECT_INT(atomic_load(&stuck->times), 0);
}

static struct outcome await(struct stuck *stuck)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait_for(stuck->future, -1, &response);

    return rig_outcome(status, response);
}

/* The call is resolved and its reader still inside. */
static void expect_stuck(struct stuck *stuck)
{
    EXPECT_INT(atomic_load(&stuck->times), 1);
    EXPECT_INT(atomic_load(&stuck->feed->closes), 0);
    EXPECT_INT(rig_stats(stuck->client).calls_active, 1);
}

/* The reader comes back. */
static void let_go(struct stuck *stuck)
{
    gate_pass(stuck->feed->go);
    EXPECT(rig_wait_active(stuck->client, 0));
    EXPECT_INT(atomic_load(&stuck->times), 1);
    gofer_future_free(stuck->future);
    feed_end(stuck->feed);
    EXPECT(origin_wait(stuck->origin, ORIGIN_OPEN, 0));
    EXPECT_INT(rig_stats(stuck->client).conns_in_use, 0);
    EXPECT_INT(rig_stats(stuck->client).conns_idle, 0);
    EXPECT_INT(rig_stats(stuck->client).calls_failed, 1);
    struct outcome got = rig_get(stuck->client, stuck->origin, "/");
    rig_expect_answer(&got, 200, intake_answer(0));
}

static void the_deadline_passes(void)
{
    struct stuck stuck;
    int64_t began = now_ms();

    prepare(&stuck, &(gofer_client_options){.timeout_ms = LIMIT_MS});
    submit(&stuck);
    struct outcome got = await(&stuck);
    got.took_ms = now_ms() - began;
    rig_expect_timeout(&got, GOFER_PHASE_SEND, LIMIT_MS);
    EXPECT_INT(got.error->sent, GOFER_SENT_SOME);
    EXPECT_HOLDS(got.error->message, "after 500 ms");
    expect_stuck(&stuck);
    let_go(&stuck);
}

static void the_stall_limit_passes(void)
{
    struct stuck stuck;
    int64_t began = now_ms();

    prepare(&stuck, &(gofer_client_options){.stall_timeout_ms = LIMIT_MS});
    submit(&stuck);
    struct outcome got = await(&stuck);
    got.took_ms = now_ms() - began;
    rig_expect_timeout(&got, GOFER_PHASE_SEND, LIMIT_MS);
    EXPECT_LACKS(got.error->message, "30000");
    EXPECT_HOLDS(got.error->message, " 500 ms");
    expect_stuck(&stuck);
    let_go(&stuck);
}

static void the_future_is_cancelled(void)
{
    struct stuck stuck;

    prepare(&stuck, NULL);
    submit(&stuck);
    gofer_future_cancel(stuck.future);
    gofer_future_cancel(stuck.future);
    struct outcome got = await(&stuck);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_SEND);
    expect_stuck(&stuck);
    gofer_future_cancel(stuck.future);
    let_go(&stuck);
}

static void the_token_is_fired(void)
{
    struct stuck stuck;
    gofer_cancel *token = gofer_cancel_new();

    prepare(&stuck, NULL);
    gofer_request_set_cancel(stuck.feed->request, token);
    submit(&stuck);
    gofer_cancel_fire(token);
    gofer_cancel_free(token);
    EXPECT(gate_wait(stuck.told, 1));
    struct outcome got = await(&stuck);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    expect_stuck(&stuck);
    let_go(&stuck);
}

static void *free_client(void *client)
{
    gofer_client_free(client);
    return NULL;
}

static void the_client_is_freed(void)
{
    struct stuck stuck;
    pthread_t thread;

    prepare(&stuck, NULL);
    gofer_client *client = gofer_client_new(&(gofer_client_options){.workers = 2});
    stuck.client = client;
    submit(&stuck);
    REQUIRE(pthread_create(&thread, NULL, free_client, client) == 0);
    struct outcome got = await(&stuck);
    rig_expect_error(&got, GOFER_ERR_CLOSED);
    EXPECT_INT(atomic_load(&stuck.times), 1);
    EXPECT_INT(atomic_load(&stuck.feed->closes), 0);
    gate_pass(stuck.feed->go);
    pthread_join(thread, NULL);
    EXPECT_INT(atomic_load(&stuck.times), 1);
    gofer_future_free(stuck.future);
    feed_end(stuck.feed);
}

static void every_way_to_wait_ends(void)
{
    struct stuck stuck;

    prepare(&stuck, &(gofer_client_options){.timeout_ms = LIMIT_MS});
    gofer_group *group = gofer_group_new(stuck.client);
    submit(&stuck);
    EXPECT_INT(gofer_future_wait_any(&stuck.future, 1, -1), 0);
    EXPECT(gofer_future_done(stuck.future));
    EXPECT_STATUS(gofer_group_add(group, stuck.future), GOFER_OK);
    EXPECT(gofer_group_next(group, -1) == stuck.future);
    REQUIRE(gofer_future_error(stuck.future) != NULL);
    EXPECT_STATUS(gofer_future_error(stuck.future)->code, GOFER_ERR_TIMEOUT);
    gofer_group_free(group);
    let_go(&stuck);
}

/* --- gofer_do --- */

static void a_caller_beside_workers_returns_in_time(void)
{
    struct stuck stuck;
    gofer_response *response = NULL;
    int64_t began = now_ms();

    prepare(&stuck, &(gofer_client_options){.timeout_ms = LIMIT_MS});
    gofer_status status = gofer_do(stuck.client, stuck.feed->request, &response);
    struct outcome got = rig_outcome(status, response);
    got.took_ms = now_ms() - began;
    rig_expect_timeout(&got, GOFER_PHASE_SEND, LIMIT_MS);
    EXPECT_INT(gate_passes(stuck.feed->inside), 1);
    atomic_store(&stuck.times, 1);
    expect_stuck(&stuck);
    let_go(&stuck);
}

static void *call_main(void *arg)
{
    struct caller *caller = arg;

    caller->status = gofer_do(caller->client, caller->request, &caller->response);
    return NULL;
}

/* The thread that would resolve the call is the one inside. */
static void a_caller_alone_returns_when_its_reader_does(void)
{
    struct stuck stuck;

    prepare(&stuck, &(gofer_client_options){.workers = GOFER_NO_WORKERS, .timeout_ms = LIMIT_MS});
    struct caller caller = {.client = stuck.client, .request = stuck.feed->request};
    REQUIRE(pthread_create(&caller.thread, NULL, call_main, &caller) == 0);
    EXPECT(gate_wait(stuck.feed->inside, 1));
    pass_ms(2 * LIMIT_MS);
    gate_pass(stuck.feed->go);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_INT(got.error->phase, GOFER_PHASE_SEND);
    atomic_store(&stuck.times, 1);
    let_go(&stuck);
}

static void *wait_main(void *future)
{
    gofer_future_wait_for(future, -1, NULL);
    return NULL;
}

static bool is_resolved(void *future)
{
    return gofer_future_wait_for(future, 0, NULL) != GOFER_PENDING;
}

/* Without workers the thread that waits runs turns, and goes into the reader. */
static void a_thread_that_polls_resolves(void)
{
    struct stuck stuck;
    pthread_t thread;

    prepare(&stuck, &(gofer_client_options){.workers = GOFER_NO_WORKERS, .timeout_ms = LIMIT_MS});
    stuck.future = gofer_submit(stuck.client, stuck.feed->request);
    gofer_future_on_done(stuck.future, note, &stuck);
    REQUIRE(pthread_create(&thread, NULL, wait_main, stuck.future) == 0);
    EXPECT(gate_wait(stuck.feed->inside, 1));
    EXPECT(eventually(is_resolved, stuck.future));
    REQUIRE(gofer_future_error(stuck.future) != NULL);
    EXPECT_STATUS(gofer_future_error(stuck.future)->code, GOFER_ERR_TIMEOUT);
    expect_stuck(&stuck);
    gate_pass(stuck.feed->go);
    pthread_join(thread, NULL);
    let_go(&stuck);
}

static void *serve(void *client)
{
    gofer_worker_run(client);
    return NULL;
}

static void a_lent_thread_resolves(void)
{
    struct stuck stuck;
    pthread_t threads[2];

    prepare(&stuck, &(gofer_client_options){.workers = GOFER_NO_WORKERS, .timeout_ms = LIMIT_MS});
    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&threads[i], NULL, serve, stuck.client) == 0);
    submit(&stuck);
    struct outcome got = await(&stuck);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    expect_stuck(&stuck);
    let_go(&stuck);
    rig_end_client(stuck.client);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
}

/* --- what it comes back with --- */

static ssize_t block(struct feed *feed, void *buf, size_t cap)
{
    memset(buf, 'x', cap);
    gate_pass(feed->inside);
    gate_wait(feed->go, 1);
    return *(const ssize_t *)feed->plan.call_arg;
}

static void whatever_it_comes_back_with_is_dropped(void)
{
    static const struct feed_step steps[] = {{FEED_CALL, NULL, 0}, {0}};
    static const ssize_t answers[] = {0, 1, GOFER_BODY_LATER, GOFER_BODY_ERROR, -7, 1 << 30};

    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct stuck stuck;
        prepare(&stuck, &(gofer_client_options){.timeout_ms = LIMIT_MS});
        feed_end(stuck.feed);
        stuck.feed = feed_new(
            "POST", stuck.origin, "/",
            &(struct feed_plan){.steps = steps, .call = block, .call_arg = (void *)&answers[i]});
        submit(&stuck);
        struct outcome got = await(&stuck);
        rig_expect_error(&got, GOFER_ERR_TIMEOUT);
        expect_stuck(&stuck);
        let_go(&stuck);
    }
}

/* --- other callbacks --- */

struct door_keeper {
    struct gate *inside, *go;
};

static void block_progress(void *arg, int64_t sent, int64_t total)
{
    const struct door_keeper *keeper = arg;

    (void)sent, (void)total;
    gate_pass(keeper->inside);
    gate_wait(keeper->go, 1);
}

static void block_the_progress_of(size_t len)
{
    struct door_keeper keeper = {rig_gate(), rig_gate()};
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = 2, .timeout_ms = LIMIT_MS});
    gofer_request *request = rig_request("POST", intake_plain(), "/");
    gofer_response *response = NULL;
    char *body = calloc(1, len);

    REQUIRE(body != NULL);
    gofer_request_set_body_ref(request, body, len, free, body);
    gofer_request_set_progress(request, block_progress, &keeper);
    gofer_future *future = gofer_submit(client, request);
    EXPECT(gate_wait(keeper.inside, 1));
    gofer_status status = gofer_future_wait_for(future, PATIENCE_MS, &response);
    gate_pass(keeper.go);
    struct outcome got = rig_outcome(status, response);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    gofer_future_free(future);
    EXPECT(rig_wait_active(client, 0));
}

/* Behind the last byte, and between others. */
static void a_progress_that_blocks_holds_up_no_deadline(void)
{
    block_the_progress_of(4);
    block_the_progress_of((size_t)8 * 1024 * 1024);
}

static void *wait_unbounded(void *future)
{
    gofer_future_wait(future, NULL);
    return NULL;
}

/* An unbounded wait would run the call itself. */
static void a_progress_that_blocks_holds_up_no_other_waiter(void)
{
    struct door_keeper keeper = {rig_gate(), rig_gate()};
    gofer_client *client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
    gofer_request *request = rig_request("POST", intake_plain(), "/");
    pthread_t thread;

    gofer_request_set_body(request, "body", 4);
    gofer_request_set_progress(request, block_progress, &keeper);
    gofer_future *future = gofer_submit(client, request);
    REQUIRE(pthread_create(&thread, NULL, wait_unbounded, future) == 0);
    EXPECT(gate_wait(keeper.inside, 1));
    gofer_future_cancel(future);
    EXPECT(eventually(is_resolved, future));
    gate_pass(keeper.go);
    pthread_join(thread, NULL);
    REQUIRE(gofer_future_error(future) != NULL);
    EXPECT_STATUS(gofer_future_error(future)->code, GOFER_ERR_CANCELED);
    gofer_future_free(future);
    EXPECT(rig_wait_active(client, 0));
}

/* --- at the same time --- */

static ssize_t nearly_late(struct feed *feed, void *buf, size_t cap)
{
    (void)cap;
    pass_ms(2);
    memcpy(buf, "body", 4);
    gate_pass(feed->inside);
    return 4;
}

static void the_callback_comes_back_as_the_deadline_passes(void)
{
    enum { ROUNDS = 100 };
    struct gate *told = rig_gate();
    static const struct feed_step steps[] = {{FEED_CALL, NULL, 0}, {0}};
    gofer_client *client = rig_client(&(gofer_client_options){.workers = 3});
    struct origin *origin = intake_plain();
    unsigned late = 0;

    for (int i = 0; i < ROUNDS; i++) {
        struct stuck stuck = {.client = client, .origin = origin, .told = told};
        stuck.feed =
            feed_new("POST", origin, "/", &(struct feed_plan){.steps = steps, .call = nearly_late});
        gofer_request_set_timeout_ms(stuck.feed->request, 1 + i % 4);
        stuck.future = gofer_submit(client, stuck.feed->request);
        gofer_future_on_done(stuck.future, note, &stuck);
        struct outcome got = await(&stuck);
        if (got.status != GOFER_OK)
            rig_expect_error(&got, GOFER_ERR_TIMEOUT);
        late += got.status != GOFER_OK;
        feed_end(stuck.feed);
        EXPECT(rig_wait_active(client, 0));
        EXPECT_INT(atomic_load(&stuck.times), 1);
        gofer_future_free(stuck.future);
    }
    EXPECT_AT_LEAST(late, 1);
}

CU_TestInfo late_tests[] = {
    {"the deadline passes while the reader blocks", the_deadline_passes},
    {"the stall limit passes while the reader blocks", the_stall_limit_passes},
    {"the future is cancelled while the reader blocks", the_future_is_cancelled},
    {"the token is fired while the reader blocks", the_token_is_fired},
    {"the client is freed while the reader blocks", the_client_is_freed},
    {"every way to wait ends while the reader blocks", every_way_to_wait_ends},
    {"a caller beside workers returns in time", a_caller_beside_workers_returns_in_time},
    {"a caller alone returns when its reader does", a_caller_alone_returns_when_its_reader_does},
    {"a thread that polls resolves", a_thread_that_polls_resolves},
    {"a lent thread resolves", a_lent_thread_resolves},
    {"whatever the reader comes back with is dropped", whatever_it_comes_back_with_is_dropped},
    {"a progress that blocks holds up no deadline", a_progress_that_blocks_holds_up_no_deadline},
    {"nor does it hold up who else waits", a_progress_that_blocks_holds_up_no_other_waiter},
    {"the callback comes back as the deadline passes",
     the_callback_comes_back_as_the_deadline_passes},
    CU_TEST_INFO_NULL,
};
