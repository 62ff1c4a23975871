/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A client's places for unfinished calls: what happens where all are taken, by either
 * policy, and what ends a submit that waits for one.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo queue_tests[];

static const struct route never[] = {{.then = THEN_HOLD}};

static void a_full_queue_rejects(void)
{
    enum { LIMIT = 3 };
    struct gate *go = rig_gate();
    const struct route routes[] = {{.target = "/", .reply = REPLY_HELLO, .go = go},
                                   {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(&(gofer_client_options){.max_queued = LIMIT});
    gofer_future *futures[LIMIT];
    struct outcome got;

    for (int i = 0; i < LIMIT; i++)
        futures[i] = rig_submit(client, origin);
    gofer_future *refused = rig_submit(client, origin);
    EXPECT(gofer_future_done(refused));
    got = rig_take(refused);
    rig_expect_error(&got, GOFER_ERR_QUEUE_FULL);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    EXPECT_INT(rig_stats(client).calls_active, LIMIT);
    gate_pass(go);
    for (int i = 0; i < LIMIT; i++) {
        got = rig_take(futures[i]);
        rig_expect_answer(&got, 200, "hello");
    }
    got = rig_take(rig_submit(client, origin));
    rig_expect_answer(&got, 200, "hello");
}

static void gofer_do_never_blocks_at_a_full_queue(void)
{
    struct gate *go = rig_gate();
    const struct route routes[] = {{.target = "/held", .reply = REPLY_HELLO, .go = go},
                                   {.reply = REPLY_HELLO}};
    struct origin *origin = rig_script(routes);
    gofer_client *client =
        rig_client(&(gofer_client_options){.max_queued = 1, .queue_full = GOFER_QUEUE_BLOCK});
    gofer_future *future = gofer_submit(client, rig_request("GET", origin, "/held"));
    gofer_response *response = NULL;

    gofer_status status = gofer_do(client, rig_request("GET", origin, "/"), &response);
    struct outcome got = rig_outcome(status, response);
    EXPECT(got.status == GOFER_OK || got.status == GOFER_ERR_QUEUE_FULL);
    gate_pass(go);
    got = rig_take(future);
    rig_expect_answer(&got, 200, "hello");
}

struct blocked {
    pthread_t thread;
    gofer_client *client;
    gofer_request *request;
    atomic_bool returned;
    gofer_future *future;
};

static void *submit_main(void *arg)
{
    struct blocked *blocked = arg;

    blocked->future = gofer_submit(blocked->client, blocked->request);
    atomic_store(&blocked->returned, true);
    return NULL;
}

static void a_full_queue_blocks_where_asked(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    const struct route routes[] = {{.reply = REPLY_HELLO, .seen = seen, .go = go}};
    struct origin *origin = rig_script(routes);
    gofer_client *client =
        rig_client(&(gofer_client_options){.max_queued = 1, .queue_full = GOFER_QUEUE_BLOCK});
    gofer_future *first = rig_submit(client, origin);
    struct blocked blocked = {.client = client, .request = rig_request("GET", origin, "/")};

    EXPECT(gate_wait(seen, 1));
    REQUIRE(pthread_create(&blocked.thread, NULL, submit_main, &blocked) == 0);
    pass_ms(30); /* long enough for a submit that does not block to show */
    EXPECT(!blocked.returned);
    gate_pass(go);
    pthread_join(blocked.thread, NULL);
    struct outcome got = rig_take(first);
    rig_expect_answer(&got, 200, "hello");
    got = rig_take(blocked.future);
    rig_expect_answer(&got, 200, "hello");
}

static void the_end_frees_a_blocked_submit(void)
{
    struct origin *origin = rig_script(never);
    gofer_client *client =
        rig_client(&(gofer_client_options){.max_queued = 1, .queue_full = GOFER_QUEUE_BLOCK});
    gofer_future *first = rig_submit(client, origin);
    struct blocked blocked = {.client = client, .request = rig_request("GET", origin, "/")};

    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 1));
    REQUIRE(pthread_create(&blocked.thread, NULL, submit_main, &blocked) == 0);
    pass_ms(20);
    rig_end_client(client);
    pthread_join(blocked.thread, NULL);
    struct outcome got = rig_take(first);
    rig_expect_error(&got, GOFER_ERR_CLOSED);
    got = rig_take(blocked.future);
    rig_expect_error(&got, GOFER_ERR_CLOSED);
}

/* A client of one place, which `first` has; and a submit that waits for it. */
struct full {
    struct origin *origin;
    gofer_client *client;
    gofer_future *first;
    struct gate *go;
};

static void fill(struct full *full, int workers)
{
    struct gate *seen = rig_gate();

    full->go = rig_gate();
    full->origin =
        rig_script((const struct route[]){{.reply = REPLY_HELLO, .seen = seen, .go = full->go}});
    full->client = rig_client(&(gofer_client_options){
        .workers = workers, .max_queued = 1, .queue_full = GOFER_QUEUE_BLOCK});
    full->first = rig_submit(full->client, full->origin);
    EXPECT(workers == GOFER_NO_WORKERS || gate_wait(seen, 1));
}

static void start_blocked(struct blocked *blocked, const struct full *full, gofer_cancel *token)
{
    *blocked =
        (struct blocked){.client = full->client, .request = rig_request("GET", full->origin, "/")};
    gofer_request_set_cancel(blocked->request, token);
    REQUIRE(pthread_create(&blocked->thread, NULL, submit_main, blocked) == 0);
}

static struct outcome end_blocked(struct blocked *blocked)
{
    pthread_join(blocked->thread, NULL);
    EXPECT(gofer_future_done(blocked->future));
    return rig_take(blocked->future);
}

static void expect_hello(gofer_future *future)
{
    struct outcome got = rig_take(future);

    rig_expect_answer(&got, 200, "hello");
}

/* The cancel finds it asleep, or on the way: the outcome is the same. Whoever waits behind it is
 * not kept from the place. */
static void cancel_blocked(int workers)
{
    gofer_cancel *token = gofer_cancel_new();
    struct full full;
    struct blocked cancelled, behind;

    fill(&full, workers);
    start_blocked(&cancelled, &full, token);
    pass_ms(20);
    start_blocked(&behind, &full, NULL);
    pass_ms(20);
    gofer_cancel_fire(token);
    struct outcome got = end_blocked(&cancelled);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    EXPECT_INT(got.error->phase, GOFER_PHASE_QUEUE);
    EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
    EXPECT_HOLDS(got.error->message, "canceled before there was a place in the queue");
    EXPECT(!atomic_load(&behind.returned));
    gate_pass(full.go);
    pthread_join(behind.thread, NULL);
    expect_hello(full.first);
    expect_hello(behind.future);
    gofer_cancel_free(token);
}

static void a_cancel_frees_a_blocked_submit(void)
{
    cancel_blocked(2);
    cancel_blocked(GOFER_NO_WORKERS);
}

/* One of a token that had fired before is not even sent where there is no place. */
static void a_cancelled_submit_does_not_block(void)
{
    gofer_cancel *token = gofer_cancel_new();
    struct full full;
    struct blocked blocked;

    fill(&full, 2);
    gofer_cancel_fire(token);
    start_blocked(&blocked, &full, token);
    struct outcome got = end_blocked(&blocked);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    gate_pass(full.go);
    expect_hello(full.first);
    gofer_cancel_free(token);
}

static void time_out_blocked(int workers, bool by_token)
{
    enum { SHORT_MS = 60 };
    int64_t began = now_ms();
    gofer_cancel *token = by_token ? gofer_cancel_new_deadline(gofer_now_ms() + SHORT_MS) : NULL;
    struct full full;
    struct blocked blocked = {0};

    fill(&full, workers);
    blocked.client = full.client;
    blocked.request = rig_request("GET", full.origin, "/");
    gofer_request_set_cancel(blocked.request, token);
    if (!by_token)
        gofer_request_set_timeout_ms(blocked.request, SHORT_MS);
    submit_main(&blocked);
    struct outcome got = rig_take(blocked.future);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT_INT(got.error->phase, GOFER_PHASE_QUEUE);
    EXPECT_AT_LEAST(now_ms() - began, SHORT_MS);
    gate_pass(full.go);
    expect_hello(full.first);
    gofer_cancel_free(token);
}

static void a_deadline_frees_a_blocked_submit(void)
{
    for (int i = 0; i < 4; i++)
        time_out_blocked(i < 2 ? 2 : GOFER_NO_WORKERS, i % 2 == 1);
}

CU_TestInfo queue_tests[] = {
    {"a full queue rejects", a_full_queue_rejects},
    {"gofer_do never blocks at a full queue", gofer_do_never_blocks_at_a_full_queue},
    {"a full queue blocks where asked", a_full_queue_blocks_where_asked},
    {"the client's end frees a blocked submit", the_end_frees_a_blocked_submit},
    {"a cancel frees a blocked submit", a_cancel_frees_a_blocked_submit},
    {"a cancelled submit does not block", a_cancelled_submit_does_not_block},
    {"a deadline frees a blocked submit", a_deadline_frees_a_blocked_submit},
    CU_TEST_INFO_NULL,
};
