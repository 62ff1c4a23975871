/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The client as a whole: its end in every situation, draining, options,
 * statistics.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <limits.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo client_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};
static const struct route never[] = {{.then = THEN_HOLD}};

static void free_without_a_call(void)
{
    gofer_client_free(NULL);
    for (int i = 0; i < 20; i++)
        rig_end_client(rig_client(NULL));
    for (int i = 0; i < 20; i++)
        rig_end_client(rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS}));
}

enum { CALLS_IN_FLIGHT = 5000, SPARE_DESCRIPTORS = 200 };

/* As many as this process and the echo origin have descriptors for. */
static int calls_in_flight(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur <= 2 * SPARE_DESCRIPTORS)
        return SPARE_DESCRIPTORS;
    rlim_t most = limit.rlim_cur - SPARE_DESCRIPTORS;
    return most < CALLS_IN_FLIGHT ? (int)most : CALLS_IN_FLIGHT;
}

static void free_with_calls(int workers, bool wait)
{
    static gofer_future *futures[CALLS_IN_FLIGHT];
    /* Five minutes: so many dials are slow beside valgrind. */
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = workers, .timeout_ms = 300000});
    char url[ORIGIN_URL_BYTES];
    int calls = calls_in_flight();

    for (int i = 0; i < calls; i++)
        futures[i] = gofer_submit_get(client, rig_echo_url("never", 1, url));
    if (wait) {
        gofer_future *done = gofer_submit_get(client, rig_echo_url("echo", 1, url));
        EXPECT_STATUS(gofer_future_wait_for(done, -1, NULL), GOFER_OK);
        gofer_future_free(done);
    }
    rig_end_client(client);
    for (int i = 0; i < calls; i++) {
        EXPECT(gofer_future_done(futures[i]));
        struct outcome got = rig_take(futures[i]);
        rig_expect_error(&got, GOFER_ERR_CLOSED);
    }
}

static void free_with_five_thousand_calls_in_flight(void)
{
    free_with_calls(2, true);
    free_with_calls(2, false);
}

static void free_with_five_thousand_calls_and_no_worker(void)
{
    free_with_calls(GOFER_NO_WORKERS, false);
    free_with_calls(GOFER_NO_WORKERS, true);
}

struct doer {
    pthread_t thread;
    gofer_client *client;
    const char *url;
    gofer_status status;
    gofer_response *response;
};

static void *do_main(void *arg)
{
    struct doer *doer = arg;

    doer->status = gofer_get(doer->client, doer->url, &doer->response);
    return NULL;
}

static void free_with_callers_inside(int workers)
{
    enum { CALLERS = 8 };
    struct origin *origin = rig_script(never);
    gofer_client *client = rig_client(&(gofer_client_options){.workers = workers});
    struct doer doers[CALLERS];
    char url[ORIGIN_URL_BYTES];

    origin_url(origin, "/", url);
    for (int i = 0; i < CALLERS; i++) {
        doers[i] = (struct doer){.client = client, .url = url};
        REQUIRE(pthread_create(&doers[i].thread, NULL, do_main, &doers[i]) == 0);
    }
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, CALLERS));
    rig_end_client(client);
    for (int i = 0; i < CALLERS; i++) {
        pthread_join(doers[i].thread, NULL);
        struct outcome got = rig_outcome(doers[i].status, doers[i].response);
        rig_expect_error(&got, GOFER_ERR_CLOSED);
    }
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
}

static void free_with_threads_in_gofer_do(void)
{
    free_with_callers_inside(2);
    free_with_callers_inside(GOFER_NO_WORKERS);
}

static void *next_main(void *arg)
{
    gofer_future *future = gofer_group_next(arg, -1);
    gofer_status status = gofer_future_wait(future, NULL);

    gofer_future_free(future);
    return (void *)(intptr_t)status;
}

static void free_with_a_thread_in_group_next(void)
{
    struct origin *origin = rig_script(never);
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    pthread_t thread;
    void *status;

    gofer_group_submit(group, rig_request("GET", origin, "/"));
    REQUIRE(pthread_create(&thread, NULL, next_main, group) == 0);
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 1));
    rig_end_client(client);
    pthread_join(thread, &status);
    EXPECT_STATUS((gofer_status)(intptr_t)status, GOFER_ERR_CLOSED);
    gofer_group_free(group);
}

static void futures_outlive_the_client(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_future *futures[] = {rig_submit(client, origin)};

    EXPECT_INT(gofer_future_wait_any(futures, 1, -1), 0);
    rig_end_client(client);
    EXPECT_INT(gofer_future_wait_any(futures, 1, -1), 0);
    gofer_future_cancel(futures[0]);
    struct outcome got = rig_take(futures[0]);
    rig_expect_answer(&got, 200, "hello");
}

static void drain_waits_for_the_last_call(void)
{
    struct gate *seen = rig_gate(), *go = rig_gate();
    const struct route routes[] = {{.reply = REPLY_HELLO, .seen = seen, .go = go}};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_future *future;
    int64_t began;

    EXPECT_STATUS(gofer_client_drain(client, -1), GOFER_OK);
    future = rig_submit(client, origin);
    EXPECT(gate_wait(seen, 1));
    EXPECT_STATUS(gofer_client_drain(client, 0), GOFER_PENDING);
    began = now_ms();
    EXPECT_STATUS(gofer_client_drain(client, 30), GOFER_PENDING);
    EXPECT_AT_LEAST(now_ms() - began, 30);
    gate_pass(go);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    EXPECT(gofer_future_done(future));
    EXPECT_INT(rig_stats(client).calls_active, 0);
    struct outcome got = rig_take(future);
    rig_expect_answer(&got, 200, "hello");
    future = rig_submit(client, origin);
    got = rig_take(future);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_STATUS(gofer_client_drain(NULL, 0), GOFER_ERR_INVALID);
}

static void drain_without_workers_runs_the_calls(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
    gofer_future *futures[10];

    for (int i = 0; i < 10; i++)
        futures[i] = rig_submit(client, origin);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    for (int i = 0; i < 10; i++) {
        EXPECT(gofer_future_done(futures[i]));
        struct outcome got = rig_take(futures[i]);
        rig_expect_answer(&got, 200, "hello");
    }
}

static void options_out_of_range_are_refused(void)
{
    const gofer_header bad_name = {"bad name", "v"}, bad_value = {"A", "v\r\nB: c"};
    const gofer_client_options rows[] = {
        {.timeout_ms = -2},
        {.stall_timeout_ms = -2},
        {.connect_timeout_ms = INT64_MIN},
        {.response_header_timeout_ms = -2},
        {.idle_conn_timeout_ms = -2},
        {.conn_max_age_ms = -2},
        {.keepalive_ms = -2},
        {.workers = -2},
        {.workers = INT_MIN},
        {.max_queued = -2},
        {.queue_full = (gofer_queue_full)7},
        {.max_idle_conns = -2},
        {.max_idle_conns_per_host = -2},
        {.max_conns_per_host = -2},
        {.max_response_header_bytes = -2},
        {.max_body_bytes = -2},
        {.user_agent = "evil\r\nX: y"},
        {.headers = &bad_name, .headers_len = 1},
        {.headers = &bad_value, .headers_len = 1},
        {.headers = NULL, .headers_len = 1},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        errno = 0;
        gofer_client *client = gofer_client_new(&rows[i]);
        if (!EXPECT(client == NULL))
            fprintf(stderr, "\n    row %zu", i);
        EXPECT_INT(errno, EINVAL);
        gofer_client_free(client);
    }
}

static void no_limits_at_all_are_fine(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(&(gofer_client_options){.timeout_ms = GOFER_NEVER,
                                                              .stall_timeout_ms = GOFER_NEVER,
                                                              .connect_timeout_ms = GOFER_NEVER,
                                                              .idle_conn_timeout_ms = GOFER_NEVER,
                                                              .keepalive_ms = GOFER_NEVER,
                                                              .max_queued = GOFER_NEVER,
                                                              .max_idle_conns = GOFER_NEVER,
                                                              .max_conns_per_host = GOFER_NEVER,
                                                              .max_body_bytes = GOFER_NEVER});
    struct outcome got = rig_take(rig_submit(client, origin));

    rig_expect_answer(&got, 200, "hello");
}

static void strings_of_the_options_are_copied(void)
{
    struct origin *origin = rig_script(hello);
    char agent[] = "agent/1", name[] = "X-A", value[] = "b";
    gofer_header header = {name, value};
    gofer_client *client = rig_client(
        &(gofer_client_options){.user_agent = agent, .headers = &header, .headers_len = 1});

    memset(agent, 'x', sizeof agent - 1);
    memset(name, 'x', sizeof name - 1);
    memset(value, 'x', sizeof value - 1);
    memset(&header, 0, sizeof header);
    struct outcome got = rig_take(rig_submit(client, origin));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nUser-Agent: agent/1\r\n");
    EXPECT_HOLDS(origin_last_head(origin), "\r\nX-A: b\r\n");
}

static void an_older_programs_options_are_understood(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client_options options;
    gofer_client *client;
    gofer_stats stats;
    char url[ORIGIN_URL_BYTES];

    memset(&options, 0xff, sizeof options);
    options.timeout_ms = 5000;
    options.stall_timeout_ms = 5000;
    client =
        gofer_client_new_sized(&options, offsetof(gofer_client_options, connect_timeout_ms), 0);
    REQUIRE(client != NULL);
    EXPECT_STATUS(gofer_get(client, origin_url(origin, "/", url), NULL), GOFER_OK);
    memset(&stats, 0x5a, sizeof stats);
    gofer_client_stats_sized(client, &stats, offsetof(gofer_stats, conns_reused));
    EXPECT_INT(stats.conns_opened, 1);
    EXPECT(stats.conns_reused == UINT64_C(0x5a5a5a5a5a5a5a5a));
    gofer_client_free(client);
}

static void statistics_count(void)
{
    static const struct route routes[] = {
        {.target = "/hello", .reply = REPLY_HELLO},
        {.target = "/bad", .reply = "nonsense\r\n\r\n", .then = THEN_HOLD},
        {.then = THEN_HOLD},
    };
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_future *future;
    gofer_stats stats = rig_stats(client);

    EXPECT_INT(stats.conns_opened + stats.calls_done + stats.calls_active, 0);
    rig_take(gofer_submit(client, rig_request("GET", origin, "/hello")));
    rig_take(gofer_submit(client, rig_request("GET", origin, "/hello")));
    rig_take(gofer_submit(client, rig_request("GET", origin, "/bad")));
    future = gofer_submit(client, rig_request("GET", origin, "/never"));
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 4));
    stats = rig_stats(client);
    EXPECT_INT(stats.calls_active, 1);
    EXPECT_INT(stats.calls_done, 2);
    EXPECT_INT(stats.calls_failed, 1);
    EXPECT_INT(stats.conns_opened, 2);
    EXPECT_INT(stats.conns_reused, 2);
    EXPECT_INT(stats.conns_idle, 0);
    EXPECT_INT(stats.conns_dialing, 0);
    gofer_future_cancel(future);
    rig_take(future);
    EXPECT(rig_wait_active(client, 0));
    EXPECT_INT(rig_stats(client).calls_failed, 2);
    gofer_client_stats(NULL, &stats);
    gofer_client_close_idle(NULL);
}

static void words_exist_for_every_value(void)
{
    for (int i = -1; i <= GOFER_ERR_CERTIFICATE + 1; i++) {
        EXPECT(gofer_strerror((gofer_status)i)[0] != '\0');
        EXPECT(gofer_status_name((gofer_status)i)[0] != '\0');
    }
    for (int i = -1; i <= GOFER_PHASE_REDIRECT + 1; i++)
        EXPECT(gofer_phase_name((gofer_phase)i) != NULL);
    EXPECT_TEXT(gofer_status_name(GOFER_ERR_TIMEOUT), "GOFER_ERR_TIMEOUT");
    EXPECT_TEXT(gofer_strerror(GOFER_ERR_TIMEOUT), "timed out");
    EXPECT_TEXT(gofer_phase_name(GOFER_PHASE_WAIT), "waiting for response headers");
    EXPECT(gofer_version()[0] != '\0');
    EXPECT_HOLDS(gofer_libraries(), "OpenSSL/3.");
    EXPECT_HOLDS(gofer_libraries(), " c-ares/1.");
    EXPECT(gofer_now_ms() > 0);
}

CU_TestInfo client_tests[] = {
    {"free without a call", free_without_a_call},
    {"RES-08 7.13 free with 5,000 calls in flight", free_with_five_thousand_calls_in_flight},
    {"RES-08 7.13 free with 5,000 calls and no worker",
     free_with_five_thousand_calls_and_no_worker},
    {"RES-08 free with threads in gofer_do", free_with_threads_in_gofer_do},
    {"RES-08 free with a thread in gofer_group_next", free_with_a_thread_in_group_next},
    {"futures outlive the client", futures_outlive_the_client},
    {"drain waits for the last call", drain_waits_for_the_last_call},
    {"drain without workers runs the calls", drain_without_workers_runs_the_calls},
    {"options out of range are refused", options_out_of_range_are_refused},
    {"no limits at all are fine", no_limits_at_all_are_fine},
    {"strings of the options are copied", strings_of_the_options_are_copied},
    {"an older program's options are understood", an_older_programs_options_are_understood},
    {"statistics count", statistics_count},
    {"words exist for every value", words_exist_for_every_value},
    CU_TEST_INFO_NULL,
};
