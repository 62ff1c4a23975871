/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the pool must not keep: records of origins without a connection, anything
 * of calls that are over; and what must not disturb a call: the idle time, a
 * neighbour. Which connection a request goes out on is in reuse_test.c, who waits
 * for what in binding_test.c, how many there may be in limit_test.c.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/door.h"
#include "integration/expect.h"
#include "integration/rig.h"
#include "support/heap.h"
#include "support/leaks.h"

extern CU_TestInfo pool_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* --- records of origins --- */

static void an_origin_has_a_record_while_it_has_a_connection(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_origin_stats seen[2];
    char name[64];

    EXPECT_INT(gofer_client_origins(client, NULL, 0), 0);
    rig_get_hello(client, origin);
    REQUIRE(gofer_client_origins(client, seen, 2) == 1);
    snprintf(name, sizeof name, "%s://127.0.0.1:%u", rig_scheme(), origin_port(origin));
    EXPECT_TEXT(seen[0].origin, name);
    EXPECT_INT(seen[0].conns_opened, 1);
    EXPECT_INT(seen[0].conns_idle, 1);
    EXPECT_INT(seen[0].conns_in_use, 0);
    EXPECT(!seen[0].banned);
    gofer_client_close_idle(client);
    EXPECT_INT(gofer_client_origins(client, NULL, 0), 0);
    EXPECT_INT(rig_stats(client).closed_asked, 1);
}

static void many_origins_leave_no_record(void)
{
    enum { ORIGINS = 20 };
    static const bool without_keep_alive[] = {false, true};
    struct origin *origins[ORIGINS];

    for (int i = 0; i < ORIGINS; i++)
        origins[i] = rig_script(hello);
    for (int mode = 0; mode < 2; mode++) {
        gofer_client *client =
            rig_client(&(gofer_client_options){.disable_keep_alives = without_keep_alive[mode]});
        for (int i = 0; i < ORIGINS; i++)
            rig_get_hello(client, origins[i]);
        EXPECT_INT(gofer_client_origins(client, NULL, 0), mode == 0 ? ORIGINS : 0);
        gofer_client_close_idle(client);
        EXPECT_INT(gofer_client_origins(client, NULL, 0), 0);
        EXPECT_INT(rig_stats(client).calls_waiting, 0);
    }
}

/* --- what is left of calls that are over --- */

/* The server's threads end a moment after their connections. */
static bool is_back(void *arg)
{
    const struct leaks *before = arg;
    struct leaks now;

    leaks_count(&now);
    return now.fds == before->fds && now.threads <= before->threads;
}

static void calls_at_once_leave_nothing_in_use(void)
{
    enum { CALLERS = 25 };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    struct caller callers[CALLERS];
    struct leaks before;

    leaks_count(&before);
    for (int i = 0; i < CALLERS; i++)
        caller_start(&callers[i], client, rig_request("GET", origin, "/"));
    for (int i = 0; i < CALLERS; i++)
        caller_joins_hello(&callers[i]);
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    EXPECT_INT(rig_stats(client).calls_active, 0);
    EXPECT(door_dials_end(client));
    gofer_client_close_idle(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT(eventually(is_back, &before));
}

static void killed_connections_leave_nothing(void)
{
    enum { CALLS = 20 };
    static const struct route routes[] = {
        {.target = "/first", .reply = REPLY_HELLO},
        {.reply = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort", .then = THEN_CLOSE}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    struct outcome got = rig_get(client, origin, "/first");
    struct leaks before;

    rig_expect_answer(&got, 200, "hello");
    gofer_client_close_idle(client);
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    leaks_count(&before);
    for (int i = 0; i < CALLS; i++) {
        gofer_request *post = rig_request("POST", origin, "/");
        gofer_request_set_body(post, "some body", 9);
        got = rig_call(client, post);
        rig_expect_error(&got, GOFER_ERR_TRUNCATED);
    }
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    EXPECT(eventually(is_back, &before));
    EXPECT_INT(rig_stats(client).conns_in_use, 0);
    EXPECT_INT(rig_stats(client).closed_spent, CALLS);
}

static void count_free(void *arg)
{
    atomic_fetch_add((atomic_uint *)arg, 1);
}

static gofer_status post_once(gofer_client *client, const struct origin *origin, atomic_uint *freed)
{
    char url[ORIGIN_URL_BYTES];
    gofer_request *request = gofer_request_new("POST", origin_url(origin, "/", url));
    gofer_status status;

    gofer_request_set_body_ref(request, "body", 4, count_free, freed);
    status = gofer_do(client, request, NULL);
    gofer_request_free(request);
    return status;
}

static void an_idle_connection_holds_nothing_of_its_calls(void)
{
    enum { POSTS = 64 };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.max_conns_per_host = 1});
    atomic_uint freed = 0;
    long blocks = 0;

    for (unsigned i = 1; i <= POSTS; i++) {
        EXPECT_STATUS(post_once(client, origin, &freed), GOFER_OK);
        EXPECT_INT(atomic_load(&freed), i);
        if (i == 2)
            blocks = heap_live();
    }
    /* What was kept of the host's lookup may go meanwhile. */
    EXPECT_AT_LEAST(blocks, heap_live());
    EXPECT_INT(rig_stats(client).conns_idle, 1);
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

/* --- requests and answers --- */

static void a_request_may_be_sent_again(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("POST", origin, "/again");
    size_t len;

    gofer_request_set_body(request, "same", 4);
    for (unsigned i = 1; i <= 3; i++) {
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), i);
        EXPECT_TEXT(origin_last_body(origin, &len), "same");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
}

static void a_chunked_204_has_no_body(void)
{
    static const struct route routes[] = {
        {.reply = "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);

    for (int i = 0; i < 4; i++) {
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 204, "");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 4);
}

/* A thread that makes calls in a row and counts answers that are not its own. */
struct asker {
    pthread_t thread;
    gofer_client *client;
    unsigned long first;
    unsigned wrong;
};

enum { ASKERS = 32, ASKS = 16 };

static void *ask(void *arg)
{
    struct asker *asker = arg;
    char body[ECHO_BODY_MAX], url[ORIGIN_URL_BYTES];

    for (unsigned long i = asker->first; i < asker->first + ASKS; i++) {
        gofer_response *response = NULL;
        gofer_status status = gofer_get(asker->client, rig_echo_url("echo", i, url), &response);
        size_t len, wanted = echo_body(i, body);
        const void *got = gofer_response_body(response, &len);
        asker->wrong += status != GOFER_OK || len != wanted || memcmp(got, body, len) != 0;
        gofer_response_free(response);
    }
    return NULL;
}

static void each_of_many_gets_its_own_answer(void)
{
    static struct asker askers[ASKERS];
    gofer_client *client = rig_client(NULL);

    for (unsigned i = 0; i < ASKERS; i++) {
        askers[i] = (struct asker){.client = client, .first = i * 1000UL};
        REQUIRE(pthread_create(&askers[i].thread, NULL, ask, &askers[i]) == 0);
    }
    for (unsigned i = 0; i < ASKERS; i++) {
        pthread_join(askers[i].thread, NULL);
        EXPECT_INT(askers[i].wrong, 0);
    }
    EXPECT_INT(rig_stats(client).calls_done, ASKERS * ASKS);
    EXPECT_INT(rig_stats(client).calls_failed, 0);
}

/* --- the idle time against a call --- */

static void the_idle_time_never_costs_a_call(void)
{
    enum { ROUNDS = 200 };
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.idle_conn_timeout_ms = 1});
    gofer_request *post = rig_request("POST", origin, "/");

    for (int i = 0; i < ROUNDS; i++) {
        struct outcome got = rig_call(client, post);
        rig_expect_answer(&got, 200, "hello");
        pass_ms(i % 2);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), ROUNDS);
    EXPECT_INT(rig_stats(client).calls_retried, 0);
    EXPECT_AT_LEAST(rig_stats(client).conns_opened, 2);
    EXPECT(rig_wait_idle(client, 0));
    EXPECT_INT(rig_stats(client).closed_expired, rig_stats(client).conns_opened);
}

/* --- a call that hangs in its completion --- */

static void hang_until(gofer_future *future, void *arg)
{
    struct gate **gates = arg;

    (void)future;
    gate_pass(gates[0]);
    gate_wait(gates[1], 1);
}

static void a_cancel_on_the_shared_connection_harms_nobody(void)
{
    struct gate *gates[2] = {rig_gate(), rig_gate()}, *seen = rig_gate();
    const struct route routes[] = {
        {.target = "/held", .seen = seen, .then = THEN_HOLD},
        {.reply = REPLY_HELLO},
    };
    struct origin *origin = rig_script(routes);
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = 3, .max_conns_per_host = 1});
    gofer_future *first = gofer_submit(client, rig_request("GET", origin, "/")), *second;
    gofer_response *response = NULL;

    gofer_future_on_done(first, hang_until, gates);
    EXPECT(gate_wait(gates[0], 1));
    second = gofer_submit(client, rig_request("GET", origin, "/held"));
    EXPECT(gate_wait(seen, 1));
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    gofer_future_cancel(second);
    EXPECT_STATUS(gofer_future_wait(second, NULL), GOFER_ERR_CANCELED);
    gate_pass(gates[1]);
    EXPECT_STATUS(gofer_future_wait(first, &response), GOFER_OK);
    EXPECT_TEXT(gofer_response_body(response, NULL), "hello");
    gofer_response_free(response);
    gofer_future_free(first);
    gofer_future_free(second);
}

CU_TestInfo pool_tests[] = {
    {"A10 an origin has a record while it has a connection",
     an_origin_has_a_record_while_it_has_a_connection},
    {"A27 many origins leave no record", many_origins_leave_no_record},
    {"A25 calls at once leave nothing in use", calls_at_once_leave_nothing_in_use},
    {"A25 killed connections leave nothing", killed_connections_leave_nothing},
    {"A26 A28 an idle connection holds nothing of its calls",
     an_idle_connection_holds_nothing_of_its_calls},
    {"A29 a request may be sent again", a_request_may_be_sent_again},
    {"A16 a chunked 204 has no body", a_chunked_204_has_no_body},
    {"A30 each of many gets its own answer", each_of_many_gets_its_own_answer},
    {"A21 RU-11 the idle time never costs a call", the_idle_time_never_costs_a_call},
    {"B6 a cancel on the shared connection harms nobody",
     a_cancel_on_the_shared_connection_harms_nobody},
    CU_TEST_INFO_NULL};
