/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool under many threads: callers that take, wait, give up, give back and
 * close at random, on real workers and a real listener. Whatever the order, the
 * limit of a host holds, nobody waits for ever, every connection that was opened
 * is closed, and all counters end at zero.
 */
#include <pthread.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/waiter.h"
#include "net/resolver.h"
#include "support/gate.h"
#include "support/heap.h"
#include "support/leaks.h"
#include "support/origin.h"
#include "transport/pool.h"
#include "unit/engine/seed.h"
#include "unit/transport/pool_rig.h"

extern CU_TestInfo pool_race_tests[];

enum { THREADS = 6, TAKES = 150, LIMIT = 3 };

static struct pool *pool;
static struct engine *engine;
static struct place place;
static atomic_int in_use, overruns, stuck, freed;

/* A caller on a thread of its own: a driven task, so that its answers wake the thread. */
struct visitor {
    pthread_t thread;
    struct seed seed;
    struct task task;
    pthread_mutex_t lock; /* under which the waiter is known */
    struct waiter *waiter;
};

static void wake_visitor(struct task *task, struct wakes *wakes)
{
    struct visitor *v = list_item(task, struct visitor, task);
    pthread_mutex_lock(&v->lock);
    if (v->waiter != NULL)
        waiter_wake_later(v->waiter, wakes);
    pthread_mutex_unlock(&v->lock);
}

static void count_freed(struct task *task)
{
    (void)task;
    atomic_fetch_add(&freed, 1);
}

static const struct task_ops visitor_ops = {
    .name = "visitor", .wake_driver = wake_visitor, .free = count_freed};

static void set_waiter(struct visitor *v, struct waiter *waiter)
{
    pthread_mutex_lock(&v->lock);
    v->waiter = waiter;
    pthread_mutex_unlock(&v->lock);
}

/* Waits for EV_CONN; a few of the waits are given up before it comes. */
static void await_answer(struct visitor *v)
{
    struct waiter waiter;
    if (seed_once_in(&v->seed, 5))
        return;
    waiter_init(&waiter, engine);
    set_waiter(v, &waiter);
    int64_t end = clock_after_ms(clock_now_ns(), PATIENCE_MS);
    while (!(task_pending(&v->task) & EV_CONN) && waiter_wait(&waiter, end))
        continue;
    atomic_fetch_add(&stuck, !(task_pending(&v->task) & EV_CONN));
    set_waiter(v, NULL);
    waiter_fini(&waiter);
}

static void use(struct visitor *v, struct conn *conn)
{
    atomic_fetch_add(&overruns, atomic_fetch_add(&in_use, 1) >= LIMIT);
    if (seed_once_in(&v->seed, 4))
        sched_yield();
    atomic_fetch_sub(&in_use, 1);
    if (seed_once_in(&v->seed, 6))
        pool_discard(pool, &conn, CLOSE_SPENT);
    else
        pool_put(pool, &conn);
}

static void visit(struct visitor *v)
{
    struct conn *conn;
    struct fault fault = {0};
    struct want want = {.task = &v->task, .fault = &fault, .fresh = seed_once_in(&v->seed, 6)};
    task_init(&v->task, engine, &visitor_ops);
    task_begin_driven(&v->task);
    if (pool_take(pool, &place.key, &want, clock_now_ns(), &conn) == POOL_WAIT) {
        await_answer(v);
        pool_poll(pool, &want, &conn);
    }
    pool_drop_want(pool, &want);
    if (conn != NULL && pool_check(pool, &conn))
        use(v, conn);
    if (seed_once_in(&v->seed, 40))
        pool_close_idle(pool);
    task_end_driven(&v->task);
}

static void *visit_many_times(void *arg)
{
    for (int i = 0; i < TAKES; i++)
        visit(arg);
    return NULL;
}

static void serve_peer(struct peer *peer, void *arg)
{
    (void)arg;
    peer_sees_end(peer);
}

static void begin(const struct origin *origin, struct resolver **resolver)
{
    int err;
    struct engine_options options = {.workers = 2};
    struct pool_options limits = RIG_OPTIONS;
    limits.max_per_host = LIMIT;
    limits.max_idle_per_host = 2;
    limits.idle_timeout_ms = 1;
    engine = engine_new(&options, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    *resolver = resolver_new(engine, &(struct resolver_options){.servers = NULL});
    pool = pool_new(&limits, engine, *resolver);
    CU_ASSERT_EQUAL_FATAL(engine_start(engine), 0);
    place_key(&place, origin_port(origin));
    atomic_store(&in_use, 0);
    atomic_store(&overruns, 0);
    atomic_store(&stuck, 0);
    atomic_store(&freed, 0);
}

static void end(struct resolver *resolver)
{
    struct waiter waiter;
    struct pool_stats stats;
    waiter_init(&waiter, engine);
    pool_close(pool);
    while (!pool_quiet(pool, &waiter))
        waiter_wait(&waiter, CLOCK_NEVER);
    waiter_fini(&waiter);
    pool_read_stats(pool, &stats);
    CU_ASSERT_EQUAL(stats.idle + stats.dialing + stats.waiting + stats.in_use, 0);
    engine_stop(engine);
    pool_free(pool);
    resolver_free(resolver);
    engine_free(engine);
    place_close(&place);
}

static void nothing_is_lost_whatever_many_threads_do(void)
{
    struct seed seed = seed_new();
    struct leaks before;
    struct resolver *resolver;
    static struct visitor visitors[THREADS];
    heap_install();
    leaks_count(&before);
    struct origin *origin = origin_start(serve_peer, NULL);
    begin(origin, &resolver);
    for (int i = 0; i < THREADS; i++) {
        visitors[i] =
            (struct visitor){.seed = seed_split(&seed), .lock = PTHREAD_MUTEX_INITIALIZER};
        pthread_create(&visitors[i].thread, NULL, visit_many_times, &visitors[i]);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(visitors[i].thread, NULL);
    CU_ASSERT_EQUAL(atomic_load(&overruns), 0);
    CU_ASSERT_EQUAL(atomic_load(&stuck), 0);
    CU_ASSERT_EQUAL(atomic_load(&freed), THREADS * TAKES);
    end(resolver);
    CU_ASSERT(origin_wait(origin, ORIGIN_OPEN, 0));
    origin_stop(origin);
    CU_ASSERT(leaks_none(&before));
    gofer_set_allocator(malloc, realloc, free);
}

CU_TestInfo pool_race_tests[] = {
    {"nothing is lost, whatever many threads do", nothing_is_lost_whatever_many_threads_do},
    CU_TEST_INFO_NULL,
};
