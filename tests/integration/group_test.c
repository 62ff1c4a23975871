/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Groups: futures in the order in which they complete, one deadline for all,
 * and their ends.
 */
#include <CUnit/CUnit.h>
#include <stdio.h>

#include "integration/expect.h"
#include "integration/rig.h"

extern CU_TestInfo group_tests[];

enum { MANY = 1000 };

static gofer_request *echo(const char *word, unsigned long n)
{
    char url[ORIGIN_URL_BYTES];

    return rig_request_to("GET", rig_echo_url(word, n, url));
}

/* Three calls, each held at its own gate; opened in another order than submitted. */
static void completion_decides_the_order(void)
{
    struct gate *gates[3] = {rig_gate(), rig_gate(), rig_gate()};
    const struct route routes[] = {{.target = "/0", .reply = REPLY_HELLO, .go = gates[0]},
                                   {.target = "/1", .reply = REPLY_HELLO, .go = gates[1]},
                                   {.reply = REPLY_HELLO, .go = gates[2]}};
    static const int order[] = {2, 0, 1};
    struct origin *origin = rig_script(routes);
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    int users[3];

    for (int i = 0; i < 3; i++) {
        gofer_request *request = rig_request("GET", origin, (const char *[]){"/0", "/1", "/2"}[i]);
        gofer_request_set_user(request, &users[i]);
        EXPECT_STATUS(gofer_group_submit(group, request), GOFER_OK);
    }
    EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 3));
    EXPECT(gofer_group_next(group, 0) == NULL);
    EXPECT_INT(gofer_group_pending(group), 3);
    for (int i = 0; i < 3; i++) {
        gate_pass(gates[order[i]]);
        gofer_future *future = gofer_group_next(group, -1);
        EXPECT(gofer_future_user(future) == &users[order[i]]);
        EXPECT(gofer_future_done(future));
        struct outcome got = rig_take(future);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(gofer_group_pending(group), 2 - i);
    }
    EXPECT(gofer_group_next(group, -1) == NULL);
    gofer_group_free(group);
}

static void a_thousand_calls_come_out_once_each(void)
{
    static int seen[MANY];
    static char marks[MANY];
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    gofer_future *future;
    unsigned n = 0;

    for (int i = 0; i < MANY; i++) {
        char url[ORIGIN_URL_BYTES];
        gofer_request *request =
            gofer_request_new("GET", rig_echo_url("echo", (unsigned long)i, url));
        gofer_request_set_user(request, &marks[i]);
        EXPECT_STATUS(gofer_group_submit(group, request), GOFER_OK);
        gofer_request_free(request);
        seen[i] = 0;
    }
    while ((future = gofer_group_next(group, PATIENCE_MS)) != NULL) {
        char body[ECHO_BODY_MAX + 1];
        long i = (char *)gofer_future_user(future) - marks;
        struct outcome got = rig_take(future);
        body[echo_body((unsigned long)i, body)] = '\0';
        rig_expect_answer(&got, 200, body);
        seen[i]++;
        n++;
    }
    EXPECT_INT(n, MANY);
    for (int i = 0; i < MANY; i++)
        EXPECT_INT(seen[i], 1);
    gofer_group_free(group);
}

static void futures_are_added_before_and_after_their_end(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    gofer_future *done = gofer_submit(client, echo("echo", 1));
    gofer_future *futures[] = {done};
    gofer_future *open = gofer_submit(client, echo("slow", 2));

    EXPECT_INT(gofer_future_wait_any(futures, 1, -1), 0);
    EXPECT_STATUS(gofer_group_add(group, done), GOFER_OK);
    EXPECT_STATUS(gofer_group_add(group, open), GOFER_OK);
    EXPECT_STATUS(gofer_group_add(group, done), GOFER_ERR_INVALID);
    EXPECT_INT(gofer_group_pending(group), 2);
    EXPECT(gofer_group_next(group, -1) == done);
    EXPECT(gofer_group_next(group, -1) == open);
    rig_take(done);
    rig_take(open);
    gofer_group_free(group);
}

static void a_future_is_in_one_group_once(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *one = gofer_group_new(client), *two = gofer_group_new(client);
    gofer_future *future = gofer_submit(client, echo("slow", 2));

    EXPECT_STATUS(gofer_group_add(one, future), GOFER_OK);
    EXPECT_STATUS(gofer_group_add(two, future), GOFER_ERR_INVALID);
    EXPECT_INT(gofer_group_pending(one), 1);
    EXPECT_INT(gofer_group_pending(two), 0);
    EXPECT(gofer_group_next(two, -1) == NULL);
    gofer_group_free(two);
    EXPECT(gofer_group_next(one, -1) == future);
    struct outcome got = rig_take(future);
    EXPECT_STATUS(got.status, GOFER_OK);
    gofer_group_free(one);
}

static void one_deadline_ends_all(void)
{
    enum { CALLS = 20, LIMIT_MS = 80 };
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    int64_t began = now_ms();
    gofer_future *future;
    unsigned n = 0;

    for (int i = 0; i < CALLS; i++)
        gofer_group_submit(group, echo("never", 1));
    EXPECT_STATUS(gofer_group_set_timeout_ms(group, LIMIT_MS), GOFER_OK);
    gofer_group_submit(group, echo("never", 1));
    while ((future = gofer_group_next(group, -1)) != NULL) {
        struct outcome got = rig_take(future);
        rig_expect_error(&got, GOFER_ERR_TIMEOUT);
        EXPECT_AT_LEAST(now_ms() - began, LIMIT_MS);
        n++;
    }
    EXPECT_INT(n, CALLS + 1);
    EXPECT(now_ms() - began < 10000);
    gofer_group_free(group);
}

static void the_deadline_moves_one_way(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    int64_t began = now_ms();

    gofer_group_submit(group, echo("never", 1));
    gofer_group_set_timeout_ms(group, 50);
    gofer_group_set_timeout_ms(group, 60000);
    struct outcome got = rig_take(gofer_group_next(group, -1));
    rig_expect_error(&got, GOFER_ERR_TIMEOUT);
    EXPECT(now_ms() - began < 10000);
    EXPECT_STATUS(gofer_group_set_timeout_ms(group, -2), GOFER_ERR_INVALID);
    gofer_group_free(group);
}

static void next_gives_up_in_time(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    int64_t began = now_ms();

    gofer_group_submit(group, echo("never", 1));
    EXPECT(gofer_group_next(group, 30) == NULL);
    EXPECT_AT_LEAST(now_ms() - began, 30);
    EXPECT_INT(gofer_group_pending(group), 1);
    gofer_group_free(group);
}

static void cancel_ends_the_rest(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    gofer_future *future;
    unsigned n = 0;

    gofer_group_submit(group, echo("echo", 1));
    struct outcome got = rig_take(gofer_group_next(group, -1));
    EXPECT_STATUS(got.status, GOFER_OK);
    for (int i = 0; i < 10; i++)
        gofer_group_submit(group, echo("never", 1));
    gofer_group_cancel(group);
    while ((future = gofer_group_next(group, -1)) != NULL) {
        got = rig_take(future);
        rig_expect_error(&got, GOFER_ERR_CANCELED);
        n++;
    }
    EXPECT_INT(n, 10);
    gofer_group_free(group);
}

static void freeing_cancels_the_rest(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);

    for (int i = 0; i < 10; i++)
        gofer_group_submit(group, echo(i % 2 ? "never" : "echo", 1));
    gofer_group_free(group);
    EXPECT(rig_wait_active(client, 0));
}

static void a_refused_submit_comes_out_as_a_future(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);

    EXPECT_STATUS(gofer_group_submit(group, rig_request_to("GET", "nonsense")), GOFER_OK);
    struct outcome got = rig_take(gofer_group_next(group, -1));
    rig_expect_error(&got, GOFER_ERR_INVALID);
    gofer_group_free(group);
}

struct adder {
    gofer_client *client;
    gofer_group *group;
    char url[ORIGIN_URL_BYTES];
};

static void *adder_main(void *arg)
{
    struct adder *adder = arg;

    for (int i = 0; i < 50; i++) {
        gofer_future *future = gofer_submit_get(adder->client, adder->url);
        gofer_group_add(adder->group, future);
    }
    return NULL;
}

static void any_thread_may_add(void)
{
    enum { THREADS = 8 };
    gofer_client *client = rig_client(NULL);
    struct adder adder = {.client = client, .group = gofer_group_new(client)};
    pthread_t threads[THREADS];
    unsigned n = 0;

    rig_echo_url("echo", 5, adder.url);
    for (int i = 0; i < THREADS; i++)
        REQUIRE(pthread_create(&threads[i], NULL, adder_main, &adder) == 0);
    while (n < THREADS * 50) {
        gofer_future *future = gofer_group_next(adder.group, 50);
        if (future == NULL)
            continue;
        gofer_future_free(future);
        n++;
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    EXPECT(gofer_group_next(adder.group, -1) == NULL);
    gofer_group_free(adder.group);
}

static void a_group_without_workers_runs_its_calls(void)
{
    gofer_client *client = rig_client(&(gofer_client_options){.workers = GOFER_NO_WORKERS});
    gofer_group *group = gofer_group_new(client);

    for (int i = 0; i < 20; i++)
        gofer_group_submit(group, echo("echo", 3));
    for (int i = 0; i < 20; i++) {
        gofer_future *future = gofer_group_next(group, -1);
        REQUIRE(future != NULL);
        struct outcome got = rig_take(future);
        EXPECT_STATUS(got.status, GOFER_OK);
    }
    gofer_group_free(group);
}

static void a_group_outlives_its_client(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    gofer_future *future;

    for (int i = 0; i < 5; i++)
        gofer_group_submit(group, echo("never", 1));
    rig_end_client(client);
    for (int i = 0; i < 5; i++) {
        future = gofer_group_next(group, -1);
        REQUIRE(future != NULL);
        struct outcome got = rig_take(future);
        rig_expect_error(&got, GOFER_ERR_CLOSED);
    }
    gofer_group_free(group);
}

static void null_groups_are_reported(void)
{
    gofer_client *client = rig_client(NULL);
    gofer_group *group = gofer_group_new(client);
    gofer_future *future = gofer_submit(client, echo("echo", 1));

    EXPECT(gofer_group_submit(NULL, NULL) != GOFER_OK);
    EXPECT(gofer_group_add(group, NULL) != GOFER_OK);
    EXPECT(gofer_group_set_timeout_ms(NULL, 1) != GOFER_OK);
    EXPECT(gofer_group_next(NULL, -1) == NULL);
    EXPECT_INT(gofer_group_pending(NULL), 0);
    gofer_group_cancel(NULL);
    gofer_group_free(NULL);
    EXPECT(gofer_group_next(group, -1) == NULL);
    rig_take(future);
    gofer_group_free(group);
}

CU_TestInfo group_tests[] = {
    {"completion decides the order", completion_decides_the_order},
    {"a thousand calls come out once each", a_thousand_calls_come_out_once_each},
    {"futures are added before and after their end", futures_are_added_before_and_after_their_end},
    {"a future is in one group, once", a_future_is_in_one_group_once},
    {"one deadline ends all, later ones included", one_deadline_ends_all},
    {"the deadline can be made earlier, not later", the_deadline_moves_one_way},
    {"next gives up in time", next_gives_up_in_time},
    {"cancel ends the rest", cancel_ends_the_rest},
    {"freeing cancels the rest", freeing_cancels_the_rest},
    {"a refused submit comes out as a future", a_refused_submit_comes_out_as_a_future},
    {"any thread may add", any_thread_may_add},
    {"a group without workers runs its calls", a_group_without_workers_runs_its_calls},
    {"a group outlives its client", a_group_outlives_its_client},
    {"NULL groups are reported", null_groups_are_reported},
    CU_TEST_INFO_NULL};
