/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Futures and groups in every order: first one thread that walks at random over
 * all operations on a few held calls (held.h) and compares each answer with a
 * model; then four threads that do to one call, or to one group, at once what a
 * program may do at once.
 */
#include <pthread.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "support/gate.h"
#include "support/heap.h"
#include "support/leaks.h"
#include "unit/client/held.h"
#include "unit/engine/seed.h"

extern CU_TestInfo outcome_tests[];

static gofer_client *client;
static gofer_request *request;
static struct seed seed;
static atomic_int wrong; /* answers that were not the model's */

#define expect(holds) expect_at((holds), __LINE__)

static void expect_at(bool holds, int line)
{
    if (!holds && wrong++ == 0)
        fprintf(stderr, "line %d: not as the model says\n", line);
}

/* --- one thread, against a model --- */

enum { FUTURES = 4, OPERATIONS = 30, WALKS = 2500 };

struct item {
    gofer_future *future; /* NULL: the handle is gone */
    struct call *call;    /* NULL: resolved */
    const gofer_future *self;
    gofer_status status;
    bool cancelled;
    bool taken;      /* the response */
    bool registered; /* on_done waits */
    bool frees;      /* ... and frees the future */
    int expected_runs;
    int runs;
    bool grouped;
};

static struct item items[FUTURES];
static gofer_group *group;
static struct item *finished[FUTURES]; /* the group's, in order of completion */
static size_t finished_len;

static void on_done(gofer_future *future, void *arg)
{
    struct item *item = arg;
    item->runs++;
    expect(future == item->self); /* also where the handle is gone */
    if (item->frees) {
        gofer_future_free(future);
        item->future = NULL;
    }
}

static void complete(struct item *item)
{
    finished[finished_len++] = item;
}

static void resolve(struct item *item)
{
    static const gofer_status outcomes[] = {GOFER_OK, GOFER_OK, GOFER_ERR_BROKEN,
                                            GOFER_ERR_TIMEOUT};
    if (item->call == NULL)
        return;
    struct call *call = item->call;
    item->status = item->cancelled ? GOFER_ERR_CANCELED : outcomes[seed_below(&seed, 4)];
    item->call = NULL;
    item->expected_runs += item->registered;
    item->registered = false;
    expect(held_resolve(call, item->status) == item->status);
    if (item->grouped)
        complete(item);
    expect(item->runs == item->expected_runs);
}

static void cancel(struct item *item)
{
    gofer_future_cancel(item->future);
    item->cancelled = item->cancelled || (item->future != NULL && item->call != NULL);
}

static void check_response(struct item *item, gofer_response *r)
{
    expect((r != NULL) == !item->taken);
    if (r != NULL) {
        expect((gofer_response_status(r) == 204) == (item->status == GOFER_OK));
        expect((gofer_response_error(r) == NULL) == (item->status == GOFER_OK));
    }
    item->taken = true;
    gofer_response_free(r);
}

static void wait_for(struct item *item)
{
    gofer_response *r = (gofer_response *)(void *)items;
    if (item->future == NULL)
        return;
    gofer_status status = item->call == NULL && seed_once_in(&seed, 2)
                              ? gofer_future_wait(item->future, &r)
                              : gofer_future_wait_for(item->future, 0, &r);
    expect(status == (item->call != NULL ? GOFER_PENDING : item->status));
    if (item->call != NULL)
        expect(r == NULL);
    else
        check_response(item, r);
}

static void register_on_done(struct item *item)
{
    if (item->future == NULL)
        return;
    /* What the group owns is not the callback's to free. */
    item->frees = !item->grouped && seed_once_in(&seed, 6);
    item->registered = item->call != NULL;
    item->expected_runs += item->call == NULL;
    gofer_future_on_done(item->future, on_done, item);
    expect(item->runs == item->expected_runs);
}

static void add_to_group(struct item *item)
{
    if (item->future == NULL || (item->registered && item->frees))
        return;
    gofer_status status = gofer_group_add(group, item->future);
    expect(status == (item->grouped ? GOFER_ERR_INVALID : GOFER_OK));
    if (status != GOFER_OK)
        return;
    item->grouped = true;
    if (item->call == NULL)
        complete(item);
}

static void take_from_group(void)
{
    gofer_future *f = gofer_group_next(group, 0);
    expect(f == (finished_len > 0 ? finished[0]->future : NULL));
    if (f == NULL)
        return;
    finished[0]->grouped = false;
    finished_len--;
    memmove(&finished[0], &finished[1], finished_len * sizeof finished[0]);
}

static void cancel_group(void)
{
    gofer_group_cancel(group);
    for (int i = 0; i < FUTURES; i++)
        if (items[i].grouped && items[i].call != NULL)
            items[i].cancelled = true;
}

static void wait_any(void)
{
    gofer_future *futures[FUTURES];
    size_t first = FUTURES;
    for (size_t i = FUTURES; i-- > 0;) {
        futures[i] = items[i].future;
        if (items[i].future != NULL && items[i].call == NULL)
            first = i;
    }
    expect(gofer_future_wait_any(futures, FUTURES, 0) == first);
}

static void look(struct item *item)
{
    size_t owned = 0;
    for (int i = 0; i < FUTURES; i++)
        owned += items[i].grouped;
    expect(gofer_group_pending(group) == owned);
    if (item->future == NULL)
        return;
    const gofer_error *error = gofer_future_error(item->future);
    bool failed = item->call == NULL && item->status != GOFER_OK;
    expect(gofer_future_done(item->future) == (item->call == NULL));
    expect((error != NULL) == failed);
    expect(error == NULL || error->code == item->status);
    expect(gofer_future_user(item->future) == &items);
    expect(item->call == NULL || ((held_events(item->future) & EV_CANCEL) != 0) == item->cancelled);
}

static void free_handle(struct item *item)
{
    if (item->grouped || (item->registered && item->frees))
        return;
    gofer_future_free(item->future);
    item->future = NULL;
}

static void random_operation(void)
{
    struct item *item = &items[seed_below(&seed, FUTURES)];
    switch (seed_below(&seed, 14)) {
    case 0:
    case 1:
        resolve(item);
        break;
    case 2:
        cancel(item);
        break;
    case 3:
    case 4:
        wait_for(item);
        break;
    case 5:
        register_on_done(item);
        break;
    case 6:
    case 7:
        add_to_group(item);
        break;
    case 8:
    case 9:
        take_from_group();
        break;
    case 10:
        cancel_group();
        break;
    case 11:
        wait_any();
        break;
    case 12:
        if (seed_once_in(&seed, 3))
            free_handle(item);
        break;
    default:
        look(item);
    }
}

/* The group takes its handles with it, and cancels their calls. */
static void free_group(void)
{
    gofer_group_free(group);
    for (int i = 0; i < FUTURES; i++) {
        if (!items[i].grouped)
            continue;
        items[i].cancelled = items[i].cancelled || items[i].call != NULL;
        items[i].grouped = false;
        items[i].future = NULL;
    }
}

static void end_walk(void)
{
    bool group_first = seed_once_in(&seed, 2);
    if (group_first)
        free_group();
    for (int i = 0; i < FUTURES; i++)
        resolve(&items[i]);
    for (int i = 0; i < FUTURES; i++)
        free_handle(&items[i]);
    if (!group_first)
        free_group();
}

static void begin_walk(void)
{
    finished_len = 0;
    group = gofer_group_new(client);
    for (int i = 0; i < FUTURES; i++) {
        gofer_future *f = held_submit(client, request);
        items[i] = (struct item){.future = f, .call = call_of(f), .self = f};
    }
}

static void begin(int workers)
{
    client = held_client(workers);
    request = held_request();
    gofer_request_set_user(request, &items);
    wrong = 0;
}

static void end(void)
{
    gofer_request_free(request);
    gofer_client_free(client);
}

static void random_orders_agree_with_a_model(void)
{
    struct leaks before;
    int walks = 0;
    seed = seed_new();
    heap_install();
    leaks_count(&before);
    begin(GOFER_NO_WORKERS);
    while (walks < WALKS && wrong == 0) {
        begin_walk();
        for (int i = 0; i < OPERATIONS; i++)
            random_operation();
        end_walk();
        walks++;
    }
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(walks, WALKS);
    end();
    CU_ASSERT(leaks_none(&before));
    gofer_set_allocator(malloc, realloc, free);
}

/* --- four threads --- */

enum { ACTORS = 4, ROUNDS = 800, MEMBERS = 3 };

/* One round; `plan` says what the actors do. */
enum plan { SHARED, IN_GROUP, FREED_BY_CALLBACK, PLANS };

static struct round {
    enum plan plan;
    bool over;
    gofer_future *futures[MEMBERS];
    struct call *calls[MEMBERS];
    gofer_group *group;
    gofer_cancel *token;
    unsigned spins[ACTORS];
    unsigned choice;
    gofer_status resolved[MEMBERS];
    /* what the actors saw */
    gofer_status waited[2];
    gofer_response *got[2];
    atomic_int callbacks;
    gofer_future *out[MEMBERS];
} round_;

static pthread_barrier_t barrier;

static void spin(unsigned n)
{
    for (volatile unsigned i = n; i > 0; i--)
        continue;
}

static void count_callback(gofer_future *future, void *arg)
{
    struct round *r = arg;
    (void)future;
    atomic_fetch_add(&r->callbacks, 1);
}

static void free_in_callback(gofer_future *future, void *arg)
{
    gofer_response *response;
    struct round *r = arg;
    r->waited[0] = gofer_future_wait(future, &response);
    gofer_response_free(response);
    gofer_future_free(future);
    atomic_fetch_add(&r->callbacks, 1);
}

static void act_resolver(struct round *r)
{
    int n = r->plan == IN_GROUP ? MEMBERS : 1;
    for (int i = 0; i < n; i++)
        r->resolved[i] = held_resolve(r->calls[i], i % 2 == 0 ? GOFER_OK : GOFER_ERR_BROKEN);
}

static void act_waiter(struct round *r)
{
    switch (r->plan) {
    case SHARED:
        r->waited[0] = gofer_future_wait(r->futures[0], &r->got[0]);
        break;
    case IN_GROUP:
        for (int i = 0; i < MEMBERS; i++)
            while ((r->out[i] = gofer_group_next(r->group, -1)) == NULL)
                sched_yield(); /* nothing was added yet */
        break;
    default:
        gofer_future_on_done(r->futures[0], free_in_callback, r);
    }
}

static void act_second(struct round *r)
{
    switch (r->plan) {
    case SHARED:
        if (r->choice % 2 == 0)
            expect(gofer_future_wait_any(r->futures, 1, -1) == 0);
        r->waited[1] = gofer_future_wait_for(r->futures[0], -1, &r->got[1]);
        break;
    case IN_GROUP:
        for (int i = 0; i < MEMBERS; i++)
            expect(gofer_group_add(r->group, r->futures[i]) == GOFER_OK);
        break;
    default:
        gofer_cancel_fire(r->token);
    }
}

static void act_meddler(struct round *r)
{
    switch (r->plan) {
    case SHARED:
        gofer_future_on_done(r->futures[0], count_callback, r);
        if (r->choice % 4 == 0)
            gofer_future_cancel(r->futures[0]);
        gofer_future_error(r->futures[0]);
        break;
    case IN_GROUP:
        if (r->choice % 3 == 0)
            gofer_group_cancel(r->group);
        if (r->choice % 3 == 1)
            gofer_group_set_timeout_ms(r->group, 1000000);
        gofer_group_pending(r->group);
        break;
    default:
        gofer_cancel_fire(r->token);
    }
}

static void (*const roles[ACTORS])(struct round *) = {act_resolver, act_waiter, act_second,
                                                      act_meddler};

static void *act(void *arg)
{
    size_t me = *(size_t *)arg;
    for (;;) {
        pthread_barrier_wait(&barrier);
        if (round_.over)
            return NULL;
        spin(round_.spins[me]);
        roles[me](&round_);
        pthread_barrier_wait(&barrier);
    }
}

static void begin_round(void)
{
    struct round *r = &round_;
    *r = (struct round){.plan = (enum plan)seed_below(&seed, PLANS),
                        .choice = (unsigned)seed_below(&seed, 12),
                        .token = gofer_cancel_new()};
    gofer_request_set_cancel(request, r->token);
    r->group = gofer_group_new(client);
    for (int i = 0; i < (r->plan == IN_GROUP ? MEMBERS : 1); i++) {
        r->futures[i] = held_submit(client, request);
        r->calls[i] = call_of(r->futures[i]);
    }
    for (int i = 0; i < ACTORS; i++)
        r->spins[i] = (unsigned)seed_below(&seed, 6000);
}

static void check_shared(struct round *r)
{
    expect(r->waited[0] == r->resolved[0] && r->waited[1] == r->resolved[0]);
    expect((r->got[0] != NULL) + (r->got[1] != NULL) == 1); /* the first wait takes it */
    expect(atomic_load(&r->callbacks) == 1);
    gofer_response_free(r->got[0]);
    gofer_response_free(r->got[1]);
    gofer_future_free(r->futures[0]);
}

static void check_in_group(struct round *r)
{
    for (int i = 0; i < MEMBERS; i++) {
        int seen = 0;
        for (int j = 0; j < MEMBERS; j++)
            seen += r->out[j] == r->futures[i];
        expect(seen == 1);
        gofer_response *response;
        expect(gofer_future_wait_for(r->futures[i], 0, &response) == r->resolved[i]);
        expect(response != NULL);
        gofer_response_free(response);
        gofer_future_free(r->futures[i]);
    }
    expect(gofer_group_pending(r->group) == 0);
}

static void end_round(void)
{
    struct round *r = &round_;
    if (r->plan == SHARED)
        check_shared(r);
    if (r->plan == IN_GROUP)
        check_in_group(r);
    if (r->plan == FREED_BY_CALLBACK)
        expect(atomic_load(&r->callbacks) == 1 && r->waited[0] == r->resolved[0]);
    gofer_group_free(r->group);
    gofer_cancel_free(r->token);
}

static void run_rounds(int workers)
{
    static size_t numbers[ACTORS] = {0, 1, 2, 3};
    struct leaks before;
    pthread_t threads[ACTORS];
    seed = seed_new();
    heap_install();
    leaks_count(&before);
    begin(workers);
    round_.over = false;
    pthread_barrier_init(&barrier, NULL, ACTORS + 1);
    for (int i = 0; i < ACTORS; i++)
        pthread_create(&threads[i], NULL, act, &numbers[i]);
    for (int i = 0; i < ROUNDS && wrong == 0; i++) {
        begin_round();
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        end_round();
    }
    round_.over = true;
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < ACTORS; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&barrier);
    CU_ASSERT_EQUAL(wrong, 0);
    end();
    CU_ASSERT(leaks_none(&before));
    gofer_set_allocator(malloc, realloc, free);
}

static void threads_that_sleep_see_one_outcome(void)
{
    run_rounds(1);
}

static void threads_that_lead_see_one_outcome(void)
{
    run_rounds(GOFER_NO_WORKERS);
}

CU_TestInfo outcome_tests[] = {
    {"thousands of random orders agree with a model", random_orders_agree_with_a_model},
    {"threads that sleep see one outcome, in any order", threads_that_sleep_see_one_outcome},
    {"threads that lead see one outcome, in any order", threads_that_lead_see_one_outcome},
    CU_TEST_INFO_NULL,
};
