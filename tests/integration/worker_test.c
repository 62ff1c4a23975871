/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Who serves a client: its own workers and their hooks, lent threads, an event
 * loop, and callers when there is nobody else.
 */
#include <CUnit/CUnit.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo worker_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static gofer_client *unattended(void)
{
    return rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
}

static struct outcome take(gofer_future *future)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait_for(future, -1, &response);

    gofer_future_free(future);
    return rig_outcome(status, response);
}

struct hooks {
    atomic_int started, stopped, blocked_signals;
    struct gate *gate;
};

static void on_start(void *arg)
{
    struct hooks *hooks = arg;
    sigset_t mask;

    pthread_sigmask(SIG_SETMASK, NULL, &mask);
    if (sigismember(&mask, SIGINT) && sigismember(&mask, SIGALRM) && sigismember(&mask, SIGTERM))
        atomic_fetch_add(&hooks->blocked_signals, 1);
    atomic_fetch_add(&hooks->started, 1);
    gate_pass(hooks->gate);
}

static void on_stop(void *arg)
{
    atomic_fetch_add(&((struct hooks *)arg)->stopped, 1);
}

static void hooks_run_once_on_each_worker(void)
{
    enum { WORKERS = 5 };
    struct hooks hooks = {.gate = rig_gate()};
    gofer_client *client = rig_client(&(gofer_client_options){.workers = WORKERS,
                                                              .worker_start = on_start,
                                                              .worker_stop = on_stop,
                                                              .worker_arg = &hooks});
    struct origin *origin = rig_script(hello);

    EXPECT(gate_wait(hooks.gate, WORKERS));
    for (int i = 0; i < 20; i++) {
        struct outcome got = take(rig_submit(client, origin));
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(hooks.stopped, 0);
    rig_end_client(client);
    EXPECT_INT(hooks.started, WORKERS);
    EXPECT_INT(hooks.stopped, WORKERS);
    EXPECT_INT(hooks.blocked_signals, WORKERS);
}

static void *worker_main(void *arg)
{
    return (void *)(intptr_t)gofer_worker_run(arg);
}

static void lent_threads_serve_until_the_end(int workers)
{
    enum { LENT = 3 };
    gofer_client *client = rig_client(&(gofer_client_options){.workers = workers});
    struct origin *origin = rig_script(hello);
    pthread_t threads[LENT];
    void *status;

    for (int i = 0; i < LENT; i++)
        REQUIRE(pthread_create(&threads[i], NULL, worker_main, client) == 0);
    for (int i = 0; i < 50; i++) {
        struct outcome got = take(rig_submit(client, origin));
        rig_expect_answer(&got, 200, "hello");
    }
    rig_end_client(client);
    for (int i = 0; i < LENT; i++) {
        pthread_join(threads[i], &status);
        EXPECT_STATUS((gofer_status)(intptr_t)status, GOFER_ERR_CLOSED);
    }
}

static void lent_threads_serve(void)
{
    lent_threads_serve_until_the_end(GOFER_NO_WORKERS);
    lent_threads_serve_until_the_end(2);
}

static void run_once_does_what_is_due(void)
{
    gofer_client *client = unattended();
    struct origin *origin = rig_script(hello);
    int64_t began = now_ms();
    gofer_future *future;

    EXPECT_STATUS(gofer_worker_run_once(client, 0), GOFER_PENDING);
    EXPECT_STATUS(gofer_worker_run_once(client, 30), GOFER_PENDING);
    EXPECT_AT_LEAST(now_ms() - began, 30);
    future = rig_submit(client, origin);
    while (!gofer_future_done(future) && now_ms() - began < PATIENCE_MS)
        EXPECT(gofer_worker_run_once(client, 1000) != GOFER_ERR_CLOSED);
    struct outcome got = take(future);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_STATUS(gofer_worker_run_once(NULL, 0), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_worker_run(NULL), GOFER_ERR_INVALID);
}

static void an_event_loop_can_serve(void)
{
    enum { CALLS = 50 };
    gofer_client *client = unattended();
    struct pollfd ready = {.fd = gofer_client_fd(client), .events = POLLIN};
    gofer_future *futures[CALLS];
    char url[ORIGIN_URL_BYTES];
    int64_t until = now_ms() + PATIENCE_MS;

    EXPECT(ready.fd >= 0);
    EXPECT_INT(gofer_client_fd(NULL), -1);
    EXPECT_INT(poll(&ready, 1, 0), 0);
    for (unsigned i = 0; i < CALLS; i++)
        futures[i] = gofer_submit_get(client, rig_echo_url("slow", i, url));
    while (rig_stats(client).calls_active > 0 && now_ms() < until) {
        EXPECT_INT(poll(&ready, 1, PATIENCE_MS), 1);
        while (gofer_worker_run_once(client, 0) == GOFER_OK)
            continue;
    }
    for (int i = 0; i < CALLS; i++) {
        EXPECT(gofer_future_done(futures[i]));
        struct outcome got = take(futures[i]);
        EXPECT_STATUS(got.status, GOFER_OK);
    }
    EXPECT_INT(poll(&ready, 1, 0), 0);
}

static void timeouts_reach_an_event_loop(void)
{
    static const struct route never[] = {{.then = THEN_HOLD}};
    gofer_client *client =
        rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS, .timeout_ms = 50});
    struct pollfd ready = {.fd = gofer_client_fd(client), .events = POLLIN};
    gofer_future *future = rig_submit(client, rig_script(never));
    int64_t began = now_ms();

    while (!gofer_future_done(future) && now_ms() - began < PATIENCE_MS) {
        EXPECT_INT(poll(&ready, 1, PATIENCE_MS), 1);
        while (gofer_worker_run_once(client, 0) == GOFER_OK)
            continue;
    }
    struct outcome got = take(future);
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
}

struct doer {
    pthread_t thread;
    gofer_client *client;
    unsigned number;
    bool submits;
    unsigned good;
};

static gofer_status call(const struct doer *doer, const char *url, gofer_response **response)
{
    gofer_future *future;
    gofer_status status;

    if (!doer->submits)
        return gofer_get(doer->client, url, response);
    future = gofer_submit_get(doer->client, url);
    status = gofer_future_wait_for(future, -1, response);
    gofer_future_free(future);
    return status;
}

static void *do_main(void *arg)
{
    struct doer *doer = arg;

    for (unsigned i = 0; i < 40; i++) {
        char url[ORIGIN_URL_BYTES], body[ECHO_BODY_MAX + 1];
        unsigned long n = doer->number * 1000 + i;
        gofer_response *response = NULL;
        body[echo_body(n, body)] = '\0';
        rig_echo_url(i % 4 ? "echo" : "slow", n, url);
        doer->good += call(doer, url, &response) == GOFER_OK &&
                      strcmp(gofer_response_body(response, NULL), body) == 0;
        gofer_response_free(response);
    }
    return NULL;
}

static void callers_share_an_unattended_client(gofer_client_options options, unsigned threads)
{
    struct doer doers[16];
    gofer_client *client = rig_client(&options);
    unsigned good = 0;

    for (unsigned i = 0; i < threads; i++) {
        doers[i] = (struct doer){.client = client, .number = i, .submits = i % 2};
        REQUIRE(pthread_create(&doers[i].thread, NULL, do_main, &doers[i]) == 0);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(doers[i].thread, NULL);
        good += doers[i].good;
    }
    EXPECT_INT(good, threads * 40);
    EXPECT_INT(rig_stats(client).calls_active, 0);
    rig_end_client(client);
}

static void eight_callers_without_workers(void)
{
    callers_share_an_unattended_client((gofer_client_options){.workers = GOFER_NO_WORKERS}, 8);
}

static void callers_without_workers_share_one_connection(void)
{
    callers_share_an_unattended_client(
        (gofer_client_options){.workers = GOFER_NO_WORKERS, .max_conns_per_host = 1}, 8);
}

static void callers_and_workers_share_two_connections(void)
{
    callers_share_an_unattended_client(
        (gofer_client_options){.workers = 2, .max_conns_per_host = 2}, 16);
}

static void one_worker_is_enough(void)
{
    callers_share_an_unattended_client((gofer_client_options){.workers = 1}, 8);
}

CU_TestInfo worker_tests[] = {
    {"hooks run once on each worker, signals blocked", hooks_run_once_on_each_worker},
    {"lent threads serve until the client's end", lent_threads_serve},
    {"run_once does what is due", run_once_does_what_is_due},
    {"an event loop can serve", an_event_loop_can_serve},
    {"timeouts reach an event loop", timeouts_reach_an_event_loop},
    {"8 callers without workers", eight_callers_without_workers},
    {"8 callers without workers share one connection",
     callers_without_workers_share_one_connection},
    {"16 callers and 2 workers share two connections", callers_and_workers_share_two_connections},
    {"one worker is enough", one_worker_is_enough},
    CU_TEST_INFO_NULL};
