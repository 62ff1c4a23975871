/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * engine/waiter: sleeping where somebody serves the engine, leading where nobody
 * does, and what happens between: the leader that leaves, the lent thread that
 * comes, the wake that arrives at any moment of these.
 *
 * Which thread leads is seen from outside by the thread that runs a task.
 */
#include "engine/waiter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "engine/task.h"
#include "support/gate.h"
#include "unit/engine/engine_rig.h"
#include "unit/engine/seed.h"

extern CU_TestInfo waiter_tests[];

static int64_t in_ms(int64_t ms)
{
    return clock_after_ms(clock_now_ns(), ms);
}

/* --- tasks that tell who runs them --- */

struct probe {
    struct task task;
    struct gate stepped;
    _Atomic pthread_t runner;
    pthread_mutex_t lock; /* the one under which a waiter is known, see waiter.h */
    struct waiter *wakes; /* woken in the next step */
};

static void make_known(struct probe *p, struct waiter *waiter)
{
    pthread_mutex_lock(&p->lock);
    p->wakes = waiter;
    pthread_mutex_unlock(&p->lock);
}

static enum task_next probe_step(struct task *task, unsigned events, struct turn *turn)
{
    struct probe *p = list_item(task, struct probe, task);
    (void)turn;
    atomic_store(&p->runner, pthread_self());
    pthread_mutex_lock(&p->lock);
    if (p->wakes != NULL)
        waiter_wake(p->wakes);
    pthread_mutex_unlock(&p->lock);
    gate_pass(&p->stepped);
    return events & EV_CLOSE ? TASK_DONE : TASK_PARK;
}

static void nothing_to_free(struct task *task)
{
    (void)task;
}

static const struct task_ops probe_ops = {
    .name = "probe", .step = probe_step, .free = nothing_to_free};

static void begin(struct probe *p, struct engine *engine)
{
    *p = (struct probe){.stepped = GATE_INIT, .lock = PTHREAD_MUTEX_INITIALIZER};
    task_init(&p->task, engine, &probe_ops);
}

/* Has the task run once, by whoever serves; returns that thread. */
static pthread_t run_once(struct probe *p)
{
    unsigned before = gate_passes(&p->stepped);
    task_wake_now(&p->task, EV_MAIL);
    CU_ASSERT(gate_wait(&p->stepped, before + 1));
    return atomic_load(&p->runner);
}

static void end(struct engine *engine, struct probe *p)
{
    task_wake_now(&p->task, EV_CLOSE);
    while (engine_serve_once(engine, 0))
        continue;
}

/* --- threads that wait --- */

struct sleeper {
    pthread_t thread;
    atomic_int tid;
    struct waiter waiter;
    struct gate returned;
    bool woken;
};

static void *wait_for_ever(void *arg)
{
    struct sleeper *s = arg;
    atomic_store(&s->tid, gettid());
    s->woken = waiter_wait(&s->waiter, CLOCK_NEVER);
    gate_pass(&s->returned);
    return NULL;
}

static void begin_waiting(struct sleeper *s, struct engine *engine)
{
    s->returned = (struct gate)GATE_INIT;
    atomic_store(&s->tid, 0);
    waiter_init(&s->waiter, engine);
    pthread_create(&s->thread, NULL, wait_for_ever, s);
}

static void wake_and_join(struct sleeper *s)
{
    waiter_wake(&s->waiter);
    CU_ASSERT_FATAL(gate_wait(&s->returned, 1));
    pthread_join(s->thread, NULL);
    CU_ASSERT(s->woken);
    waiter_fini(&s->waiter);
}

/* --- alone --- */

static void waits_without_an_engine(void)
{
    struct waiter w;
    struct sleeper s;
    waiter_init(&w, NULL);
    waiter_wake(&w);
    waiter_wake(&w);
    CU_ASSERT(waiter_wait(&w, CLOCK_NEVER)); /* a wake before the wait counts */
    CU_ASSERT_FALSE(waiter_wait(&w, 0));     /* and is consumed by it */
    int64_t begun = now_ms();
    CU_ASSERT_FALSE(waiter_wait(&w, in_ms(30)));
    CU_ASSERT(now_ms() - begun >= 29);
    waiter_fini(&w);
    begin_waiting(&s, NULL);
    wake_and_join(&s);
}

static void a_waiting_thread_runs_the_turns_itself(void)
{
    struct engine *engine = engine_rig_new(0);
    struct waiter w;
    struct probe p;
    begin(&p, engine);
    waiter_init(&w, engine);
    CU_ASSERT_FALSE(waiter_wait(&w, in_ms(5)));
    make_known(&p, &w);
    task_wake_now(&p.task, EV_MAIL);
    CU_ASSERT(waiter_wait(&w, in_ms(PATIENCE_MS)));
    make_known(&p, NULL);
    CU_ASSERT(pthread_equal(atomic_load(&p.runner), pthread_self()));
    waiter_fini(&w);
    end(engine, &p);
    engine_rig_free(engine);
}

static void a_leader_that_sleeps_is_woken_by_tasks_and_by_its_wake(void)
{
    struct engine *engine = engine_rig_new(0);
    struct sleeper s;
    struct probe p;
    begin(&p, engine);
    begin_waiting(&s, engine);
    for (int i = 0; i < 20; i++)
        CU_ASSERT(pthread_equal(run_once(&p), s.thread));
    wake_and_join(&s);
    end(engine, &p);
    engine_rig_free(engine);
}

/* --- several --- */

static void when_the_leader_leaves_another_takes_over(void)
{
    enum { N = 6 };
    struct engine *engine = engine_rig_new(0);
    struct sleeper s[N];
    struct probe p;
    bool left[N] = {false};
    begin(&p, engine);
    for (int i = 0; i < N; i++)
        begin_waiting(&s[i], engine);
    for (int round = 0; round < N; round++) {
        pthread_t leader = run_once(&p);
        for (int i = 0; i < N; i++) {
            if (left[i] || !pthread_equal(s[i].thread, leader))
                continue;
            wake_and_join(&s[i]);
            left[i] = true;
        }
    }
    for (int i = 0; i < N; i++)
        CU_ASSERT(left[i]);
    end(engine, &p);
    engine_rig_free(engine);
}

static void sleepers_beside_a_leader_can_be_woken_and_time_out(void)
{
    struct engine *engine = engine_rig_new(0);
    struct sleeper a, b;
    struct waiter w;
    struct probe p;
    begin(&p, engine);
    begin_waiting(&a, engine);
    CU_ASSERT(pthread_equal(run_once(&p), a.thread));
    begin_waiting(&b, engine);
    waiter_init(&w, engine);
    CU_ASSERT_FALSE(waiter_wait(&w, in_ms(10)));
    waiter_fini(&w);
    wake_and_join(&b);
    CU_ASSERT(pthread_equal(run_once(&p), a.thread));
    wake_and_join(&a);
    end(engine, &p);
    engine_rig_free(engine);
}

/* --- beside lent threads --- */

static void *lend(void *arg)
{
    engine_serve(arg);
    return NULL;
}

static bool one_attends(void *arg)
{
    return engine_attendants(arg) == 1;
}

struct comparison {
    struct probe *probe;
    pthread_t thread;
};

static bool runs_on(void *arg)
{
    struct comparison *c = arg;
    return pthread_equal(run_once(c->probe), c->thread);
}

static void a_lent_thread_relieves_the_leader(void)
{
    struct engine *engine = engine_rig_new(0);
    struct sleeper s;
    struct probe p;
    pthread_t lent;
    begin(&p, engine);
    begin_waiting(&s, engine);
    CU_ASSERT(pthread_equal(run_once(&p), s.thread));
    pthread_create(&lent, NULL, lend, engine);
    CU_ASSERT(eventually(one_attends, engine));
    struct comparison c = {&p, lent};
    CU_ASSERT(eventually(runs_on, &c));
    for (int i = 0; i < 20; i++)
        CU_ASSERT(pthread_equal(run_once(&p), lent));
    wake_and_join(&s);
    task_wake_now(&p.task, EV_CLOSE);
    engine_stop(engine);
    pthread_join(lent, NULL);
    engine_free(engine);
}

/* The kernel says that the thread waits for something. */
static bool is_asleep(void *arg)
{
    struct sleeper *s = arg;
    char path[64], state = '?';
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", atomic_load(&s->tid));
    FILE *stat = fopen(path, "r");
    if (stat == NULL)
        return false;
    int n = fscanf(stat, "%*d (%*[^)]) %c", &state);
    fclose(stat);
    return n == 1 && state == 'S';
}

static void *lend_a_turn(void *arg)
{
    engine_serve_once(arg, in_ms(PATIENCE_MS));
    return NULL;
}

static void when_the_last_lent_thread_leaves_a_sleeper_leads(void)
{
    struct engine *engine = engine_rig_new(0);
    struct sleeper s;
    struct probe p;
    pthread_t lent;
    begin(&p, engine);
    pthread_create(&lent, NULL, lend_a_turn, engine);
    CU_ASSERT(eventually(one_attends, engine));
    begin_waiting(&s, engine);
    CU_ASSERT(eventually(is_asleep, &s));
    CU_ASSERT(pthread_equal(run_once(&p), lent));
    pthread_join(lent, NULL);
    struct comparison c = {&p, s.thread};
    CU_ASSERT(runs_on(&c));
    wake_and_join(&s);
    end(engine, &p);
    engine_rig_free(engine);
}

/* --- wakes at any moment --- */

enum { RACES = 400 };

struct race {
    struct engine *engine;
    struct sleeper *sleeper;
    unsigned spins;
    pthread_barrier_t barrier;
};

static void spin(unsigned n)
{
    for (volatile unsigned i = n; i > 0; i--)
        continue;
}

static void *come_as_attendant(void *arg)
{
    struct race *race = arg;
    pthread_barrier_wait(&race->barrier);
    spin(race->spins);
    engine_serve(race->engine);
    return NULL;
}

/* The wake, the leader's falling asleep and the attendant's coming at once: none of them is lost.
 */
static bool race_once(struct seed *seed)
{
    struct sleeper s;
    pthread_t lent;
    struct engine *engine = engine_rig_new(0);
    struct race race = {engine, &s, (unsigned)seed_below(seed, 3000), .barrier = {{0}}};
    pthread_barrier_init(&race.barrier, NULL, 2);
    pthread_create(&lent, NULL, come_as_attendant, &race);
    begin_waiting(&s, engine);
    pthread_barrier_wait(&race.barrier);
    spin((unsigned)seed_below(seed, 3000));
    waiter_wake(&s.waiter);
    bool woken = gate_wait(&s.returned, 1);
    if (!woken)
        engine_poke(engine); /* lost: get the threads out all the same */
    CU_ASSERT_FATAL(gate_wait(&s.returned, 1));
    pthread_join(s.thread, NULL);
    waiter_fini(&s.waiter);
    engine_stop(engine);
    pthread_join(lent, NULL);
    engine_free(engine);
    pthread_barrier_destroy(&race.barrier);
    return woken;
}

static void a_wake_that_races_with_an_attendants_coming_is_not_lost(void)
{
    struct seed seed = seed_new();
    int n = 0;
    while (n < RACES && race_once(&seed))
        n++;
    CU_ASSERT_EQUAL(n, RACES);
}

/* Many waiting threads of one engine, each woken by a task that one of them must run. */
enum { CROWD = 8, WAITS = 200 };

struct visitor {
    pthread_t thread;
    struct engine *engine;
    struct seed seed;
    struct probe probe;
    int missed;
};

static void *wait_many_times(void *arg)
{
    struct visitor *v = arg;
    for (int i = 0; i < WAITS; i++) {
        struct waiter w;
        waiter_init(&w, v->engine);
        make_known(&v->probe, &w);
        task_wake_now(&v->probe.task, EV_MAIL);
        if (seed_once_in(&v->seed, 4))
            engine_serve_once(v->engine, 0);
        v->missed += !waiter_wait(&w, in_ms(PATIENCE_MS));
        make_known(&v->probe, NULL);
        waiter_fini(&w);
    }
    return NULL;
}

static void many_waiting_threads_serve_each_other(void)
{
    struct seed seed = seed_new();
    static struct visitor visitors[CROWD];
    struct engine *engine = engine_rig_new(0);
    int missed = 0;
    for (int i = 0; i < CROWD; i++) {
        visitors[i] = (struct visitor){.engine = engine, .seed = seed_split(&seed)};
        begin(&visitors[i].probe, engine);
        pthread_create(&visitors[i].thread, NULL, wait_many_times, &visitors[i]);
    }
    for (int i = 0; i < CROWD; i++) {
        pthread_join(visitors[i].thread, NULL);
        missed += visitors[i].missed;
    }
    CU_ASSERT_EQUAL(missed, 0);
    for (int i = 0; i < CROWD; i++)
        end(engine, &visitors[i].probe);
    engine_rig_free(engine);
}

CU_TestInfo waiter_tests[] = {
    {"waits without an engine", waits_without_an_engine},
    {"a waiting thread runs the turns itself", a_waiting_thread_runs_the_turns_itself},
    {"a leader that sleeps is woken by tasks and by its wake",
     a_leader_that_sleeps_is_woken_by_tasks_and_by_its_wake},
    {"when the leader leaves another takes over", when_the_leader_leaves_another_takes_over},
    {"sleepers beside a leader can be woken and time out",
     sleepers_beside_a_leader_can_be_woken_and_time_out},
    {"a lent thread relieves the leader", a_lent_thread_relieves_the_leader},
    {"when the last lent thread leaves a sleeper leads",
     when_the_last_lent_thread_leaves_a_sleeper_leads},
    {"a wake that races with an attendant's coming is not lost",
     a_wake_that_races_with_an_attendants_coming_is_not_lost},
    {"many waiting threads serve each other", many_waiting_threads_serve_each_other},
    CU_TEST_INFO_NULL,
};
