/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/token: which calls a token cancels, its deadline, and firing while calls
 * come and go. The calls are held (held.h): a cancelled one has EV_CANCEL pending.
 */
#include "client/token.h"

#include <pthread.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "client/core.h"
#include "support/heap.h"
#include "support/leaks.h"
#include "unit/client/held.h"
#include "unit/engine/seed.h"

extern CU_TestInfo token_tests[];

static gofer_client *client;
static gofer_request *request;
static gofer_cancel *token;
static struct leaks before;

static void begin(gofer_cancel *made)
{
    token = made;
    client = held_client(GOFER_NO_WORKERS);
    request = held_request();
    CU_ASSERT_EQUAL(gofer_request_set_cancel(request, token), GOFER_OK);
}

static void end(void)
{
    gofer_cancel_free(token);
    gofer_request_free(request);
    gofer_client_free(client);
}

static bool is_cancelled(const gofer_future *future)
{
    return (held_events(future) & EV_CANCEL) != 0;
}

static void finish(gofer_future *future, gofer_status expected)
{
    CU_ASSERT_EQUAL(held_resolve(call_of(future), GOFER_OK), expected);
    gofer_future_free(future);
}

static void firing_cancels_every_call_that_was_begun_with_it(void)
{
    leaks_count(&before);
    begin(gofer_cancel_new());
    gofer_request *plain = held_request();
    gofer_future *with[3], *without = held_submit(client, plain);
    for (int i = 0; i < 3; i++)
        with[i] = held_submit(client, request);
    finish(with[1], GOFER_OK); /* gone before */
    gofer_cancel_fire(token);
    gofer_cancel_fire(token);
    CU_ASSERT(is_cancelled(with[0]));
    CU_ASSERT(is_cancelled(with[2]));
    CU_ASSERT_FALSE(is_cancelled(without));
    finish(with[0], GOFER_ERR_CANCELED);
    finish(with[2], GOFER_ERR_CANCELED);
    finish(without, GOFER_OK);
    gofer_request_free(plain);
    end();
    CU_ASSERT(leaks_none(&before));
}

static void a_call_that_begins_with_a_fired_token_is_cancelled(void)
{
    begin(gofer_cancel_new());
    gofer_cancel_fire(token);
    gofer_future *f = held_submit(client, request);
    CU_ASSERT(is_cancelled(f));
    finish(f, GOFER_ERR_CANCELED);
    end();
}

static void the_request_keeps_the_token_that_its_owner_freed(void)
{
    leaks_count(&before);
    begin(gofer_cancel_new());
    gofer_cancel_free(token);
    gofer_future *f = held_submit(client, request);
    gofer_request_free(request);
    gofer_cancel_fire(token); /* the call holds it now */
    CU_ASSERT(is_cancelled(f));
    finish(f, GOFER_ERR_CANCELED);
    gofer_client_free(client);
    CU_ASSERT(leaks_none(&before));
}

static void freeing_does_not_fire(void)
{
    begin(gofer_cancel_new());
    gofer_future *f = held_submit(client, request);
    gofer_cancel_free(token);
    CU_ASSERT_FALSE(is_cancelled(f));
    finish(f, GOFER_OK);
    token = NULL;
    end();
}

static void the_nearer_of_two_deadlines_holds(void)
{
    static const int64_t own[] = {GOFER_NEVER, 5000, 500};
    clock_fake(100000 * CLOCK_MS);
    begin(gofer_cancel_new_deadline(101000));
    CU_ASSERT_EQUAL(token_deadline(token), 101000 * CLOCK_MS);
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(gofer_request_set_timeout_ms(request, own[i]), GOFER_OK);
        gofer_future *f = held_submit(client, request);
        CU_ASSERT_EQUAL(call_of(f)->total_at, (own[i] == 500 ? 100500 : 101000) * CLOCK_MS);
        finish(f, GOFER_OK);
    }
    clock_fake(-1);
    end();
}

static void deadlines_at_the_edges(void)
{
    static const struct {
        int64_t ms;
        int64_t ns;
    } rows[] = {{0, 0}, {-5, 0}, {1, CLOCK_MS}, {INT64_MAX, CLOCK_NEVER}};
    for (int i = 0; i < 4; i++) {
        gofer_cancel *t = gofer_cancel_new_deadline(rows[i].ms);
        CU_ASSERT_EQUAL(token_deadline(t), rows[i].ns);
        gofer_cancel_free(t);
    }
    CU_ASSERT_EQUAL(token_deadline(NULL), CLOCK_NEVER);
    gofer_cancel_fire(NULL);
    gofer_cancel_free(NULL);
}

/* --- firing while calls come and go --- */

enum { ROUNDS = 200, CALLS = 8 };

struct firing {
    pthread_barrier_t barrier;
    gofer_cancel *token;
};

static void *fire_in_rounds(void *arg)
{
    struct firing *firing = arg;
    for (int i = 0; i < ROUNDS; i++) {
        pthread_barrier_wait(&firing->barrier);
        gofer_cancel_fire(firing->token);
        pthread_barrier_wait(&firing->barrier);
    }
    return NULL;
}

/* Begins and ends calls; counts those that were cancelled. The last begins after the fire. */
static int come_and_go(struct seed *seed)
{
    gofer_future *live[CALLS];
    int n = 0, cancelled = 0;
    for (int i = 0; i < CALLS; i++) {
        live[n++] = held_submit(client, request);
        if (seed_once_in(seed, 2)) {
            gofer_future *f = live[--n];
            cancelled += held_resolve(call_of(f), GOFER_OK) == GOFER_ERR_CANCELED;
            gofer_future_free(f);
        }
    }
    while (n > 0) {
        gofer_future *f = live[--n];
        cancelled += held_resolve(call_of(f), GOFER_OK) == GOFER_ERR_CANCELED;
        gofer_future_free(f);
    }
    return cancelled;
}

static void firing_races_with_calls_that_come_and_go(void)
{
    struct seed seed = seed_new();
    struct firing firing;
    pthread_t thread;
    leaks_count(&before);
    begin(NULL);
    pthread_barrier_init(&firing.barrier, NULL, 2);
    pthread_create(&thread, NULL, fire_in_rounds, &firing);
    for (int i = 0; i < ROUNDS; i++) {
        firing.token = gofer_cancel_new();
        gofer_request_set_cancel(request, firing.token);
        pthread_barrier_wait(&firing.barrier);
        int cancelled = come_and_go(&seed);
        pthread_barrier_wait(&firing.barrier);
        CU_ASSERT(cancelled <= CALLS);
        gofer_future *late = held_submit(client, request);
        CU_ASSERT(is_cancelled(late));
        finish(late, GOFER_ERR_CANCELED);
        gofer_cancel_free(firing.token);
    }
    pthread_join(thread, NULL);
    pthread_barrier_destroy(&firing.barrier);
    end();
    CU_ASSERT(leaks_none(&before));
}

CU_TestInfo token_tests[] = {
    {"firing cancels every call that was begun with it",
     firing_cancels_every_call_that_was_begun_with_it},
    {"C7 a call that begins with a fired token is cancelled",
     a_call_that_begins_with_a_fired_token_is_cancelled},
    {"the request keeps the token that its owner freed",
     the_request_keeps_the_token_that_its_owner_freed},
    {"freeing does not fire", freeing_does_not_fire},
    {"the nearer of two deadlines holds", the_nearer_of_two_deadlines_holds},
    {"RES-07 deadlines at the edges", deadlines_at_the_edges},
    {"firing races with calls that come and go", firing_races_with_calls_that_come_and_go},
    CU_TEST_INFO_NULL,
};
