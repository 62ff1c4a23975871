/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * engine/task: wakes, turns, stealing and ends. Where one thread is enough the
 * engine has no thread at all and the test serves it by hand, so that every order
 * is forced; a random walk over all operations is checked against a model of the
 * diagram in task.h. Races run on real workers.
 */
#include "engine/task.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "engine/engine.h"
#include "support/gate.h"
#include "unit/engine/engine_rig.h"
#include "unit/engine/seed.h"

extern CU_TestInfo task_tests[];

/* A task whose step is the test's. */
struct probe {
    struct task task;
    enum task_next (*on_step)(struct probe *probe, unsigned events);
    char name;       /* noted in `ran`; 0: not, as where several threads run probes */
    unsigned events; /* all that it ever got */
    int steps;
    int driver_wakes;
};

static atomic_int freed;
static char ran[64]; /* the names of the probes, in the order of their steps */
static size_t ran_len;

static struct probe *probe_of(struct task *task)
{
    return list_item(task, struct probe, task);
}

static enum task_next probe_step(struct task *task, unsigned events, struct turn *turn)
{
    struct probe *p = probe_of(task);
    (void)turn;
    p->events |= events;
    p->steps++;
    if (p->name != '\0' && ran_len < sizeof ran - 1)
        ran[ran_len++] = p->name;
    return p->on_step(p, events);
}

static void probe_wake_driver(struct task *task, struct wakes *wakes)
{
    (void)wakes;
    probe_of(task)->driver_wakes++;
}

static void probe_free(struct task *task)
{
    (void)task;
    atomic_fetch_add(&freed, 1);
}

static const struct task_ops probe_ops = {
    .name = "probe", .step = probe_step, .wake_driver = probe_wake_driver, .free = probe_free};

static struct engine *new_engine(int workers)
{
    struct engine *engine = engine_rig_new(workers);
    atomic_store(&freed, 0);
    memset(ran, 0, sizeof ran);
    ran_len = 0;
    return engine;
}

static struct probe new_probe(enum task_next (*on_step)(struct probe *, unsigned), char name)
{
    return (struct probe){.on_step = on_step, .name = name};
}

static enum task_next park(struct probe *probe, unsigned events)
{
    (void)probe;
    return events & EV_CLOSE ? TASK_DONE : TASK_PARK;
}

/* --- wakes --- */

static enum task_next wake_itself_once(struct probe *probe, unsigned events)
{
    if (events & EV_START)
        task_wake_now(&probe->task, EV_MAIL);
    return events & EV_CLOSE ? TASK_DONE : TASK_PARK;
}

static void a_wake_by_its_own_step_is_not_lost(void)
{
    struct engine *engine = new_engine(0);
    struct probe p = new_probe(wake_itself_once, 'p');
    task_init(&p.task, engine, &probe_ops);
    task_wake_now(&p.task, EV_START);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 2);
    CU_ASSERT_EQUAL(p.events, EV_START | EV_MAIL);
    task_wake_now(&p.task, EV_CLOSE);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
    engine_rig_free(engine);
}

static struct gate in_step = GATE_INIT, woken = GATE_INIT, ended = GATE_INIT;

static enum task_next let_others_wake(struct probe *probe, unsigned events)
{
    (void)probe;
    if (events & EV_START) {
        gate_pass(&in_step);
        CU_ASSERT(gate_wait(&woken, 1));
    }
    if (!(events & EV_CLOSE))
        return TASK_PARK;
    gate_pass(&ended);
    return TASK_DONE;
}

static void a_wake_by_another_thread_during_a_run_is_not_lost(void)
{
    struct engine *engine = new_engine(1);
    struct probe p = new_probe(let_others_wake, 'p');
    gate_reset(&in_step);
    gate_reset(&woken);
    gate_reset(&ended);
    task_init(&p.task, engine, &probe_ops);
    task_wake_now(&p.task, EV_START);
    CU_ASSERT(gate_wait(&in_step, 1));
    CU_ASSERT_FALSE(task_wake(&p.task, EV_CLOSE)); /* running: nobody is to be poked for it */
    gate_pass(&woken);
    CU_ASSERT(gate_wait(&ended, 1));
    engine_rig_free(engine);
    CU_ASSERT_EQUAL(p.steps, 2);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
}

static void events_before_a_run_arrive_together(void)
{
    struct engine *engine = new_engine(0);
    struct probe p = new_probe(park, 'p');
    task_init(&p.task, engine, &probe_ops);
    task_wake_now(&p.task, EV_TIMER);
    task_wake_now(&p.task, EV_CONN);
    task_wake_now(&p.task, EV_TIMER);
    CU_ASSERT_EQUAL(task_pending(&p.task), EV_TIMER | EV_CONN);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 1);
    CU_ASSERT_EQUAL(p.events, EV_TIMER | EV_CONN);
    CU_ASSERT_EQUAL(task_pending(&p.task), 0);
    task_wake_now(&p.task, EV_CLOSE);
    engine_rig_serve(engine);
    engine_rig_free(engine);
}

static void wakes_of_an_ended_task_do_nothing(void)
{
    struct engine *engine = new_engine(0);
    struct probe p = new_probe(park, 'p');
    task_init(&p.task, engine, &probe_ops);
    task_ref(&p.task);
    task_wake_now(&p.task, EV_CLOSE);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 1);
    CU_ASSERT_FALSE(task_wake(&p.task, EV_START));
    task_wake_now(&p.task, EV_CANCEL);
    CU_ASSERT_EQUAL(task_pending(&p.task), 0);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 1);
    CU_ASSERT_EQUAL(atomic_load(&freed), 0);
    task_unref(&p.task);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
    engine_rig_free(engine);
}

/* --- beginnings --- */

static void a_held_task_runs_only_once_it_is_submitted(void)
{
    struct engine *engine = new_engine(0);
    struct probe p = new_probe(park, 'p');
    task_init(&p.task, engine, &probe_ops);
    task_begin_held(&p.task);
    task_wake_now(&p.task, EV_CANCEL);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 0);
    CU_ASSERT_FALSE(task_steal(&p.task));
    task_submit(&p.task);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 1);
    CU_ASSERT_EQUAL(p.events, EV_START | EV_CANCEL);
    task_wake_now(&p.task, EV_CLOSE);
    engine_rig_serve(engine);
    engine_rig_free(engine);
}

static void a_driven_task_never_runs_on_a_worker(void)
{
    struct engine *engine = new_engine(0);
    struct probe p = new_probe(park, 'p');
    task_init(&p.task, engine, &probe_ops);
    task_begin_driven(&p.task);
    CU_ASSERT_FALSE(task_wake(&p.task, EV_MAIL));
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 0);
    CU_ASSERT_EQUAL(p.driver_wakes, 1);
    CU_ASSERT_FALSE(task_steal(&p.task));
    CU_ASSERT_EQUAL(task_take_events(&p.task), EV_START | EV_MAIL);
    CU_ASSERT_EQUAL(task_take_events(&p.task), 0);
    task_end_driven(&p.task);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
    engine_rig_free(engine);
}

static enum task_next yield_once(struct probe *probe, unsigned events)
{
    if (probe->steps == 1)
        return TASK_YIELD;
    return park(probe, events | (probe->steps == 2 ? EV_CLOSE : 0));
}

static enum task_next end_at_once(struct probe *probe, unsigned events)
{
    (void)probe;
    (void)events;
    return TASK_DONE;
}

static void a_yielding_task_goes_to_the_queues_tail(void)
{
    struct engine *engine = new_engine(0);
    struct probe a = new_probe(yield_once, 'a');
    struct probe b = new_probe(end_at_once, 'b');
    struct probe c = new_probe(yield_once, 'c');
    struct probe *all[] = {&a, &b, &c};
    for (int i = 0; i < 3; i++) {
        task_init(&all[i]->task, engine, &probe_ops);
        task_begin_held(&all[i]->task);
        task_submit(&all[i]->task);
    }
    engine_rig_serve(engine);
    CU_ASSERT_STRING_EQUAL(ran, "abcac");
    CU_ASSERT_EQUAL(atomic_load(&freed), 3);
    engine_rig_free(engine);
}

/* --- stealing --- */

static void a_queued_task_can_be_stolen_once(void)
{
    struct engine *engine = new_engine(0);
    struct probe p = new_probe(park, 'p');
    task_init(&p.task, engine, &probe_ops);
    task_begin_held(&p.task);
    task_submit(&p.task);
    task_wake_now(&p.task, EV_CANCEL);
    CU_ASSERT(task_steal(&p.task));
    CU_ASSERT_FALSE(task_steal(&p.task));
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 0);
    task_wake_now(&p.task, EV_TIMER);
    CU_ASSERT_EQUAL(p.driver_wakes, 1);
    CU_ASSERT_EQUAL(task_take_events(&p.task), EV_START | EV_CANCEL | EV_TIMER);
    task_end_driven(&p.task);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
    engine_rig_free(engine);
}

static void a_task_that_was_begun_cannot_be_stolen(void)
{
    struct engine *engine = new_engine(0);
    struct probe p = new_probe(park, 'p');
    task_init(&p.task, engine, &probe_ops);
    task_begin_held(&p.task);
    task_submit(&p.task);
    engine_rig_serve(engine);
    CU_ASSERT_FALSE(task_steal(&p.task)); /* parked */
    task_wake_now(&p.task, EV_IO);
    CU_ASSERT_FALSE(task_steal(&p.task)); /* queued again */
    task_wake_now(&p.task, EV_CLOSE);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(p.steps, 2);
    engine_rig_free(engine);
}

enum { STEAL_ROUNDS = 2000, THIEVES = 2 };

struct theft {
    struct probe *probe;
    pthread_barrier_t barrier;
    atomic_int stolen;
    unsigned spins[THIEVES];
};

struct thief {
    struct theft *theft;
    int number;
};

static void *steal_in_rounds(void *arg)
{
    const struct thief *thief = arg;
    struct theft *theft = thief->theft;
    for (int i = 0; i < STEAL_ROUNDS; i++) {
        pthread_barrier_wait(&theft->barrier);
        for (volatile unsigned spin = theft->spins[thief->number]; spin > 0; spin--)
            continue;
        if (task_steal(&theft->probe->task)) {
            atomic_fetch_add(&theft->stolen, 1);
            task_end_driven(&theft->probe->task);
        }
        pthread_barrier_wait(&theft->barrier);
    }
    return NULL;
}

static enum task_next tell_and_end(struct probe *probe, unsigned events)
{
    (void)probe;
    (void)events;
    gate_pass(&ended);
    return TASK_DONE;
}

static bool all_freed(void *arg)
{
    return atomic_load(&freed) == *(int *)arg;
}

static void exactly_one_of_thieves_and_workers_runs_a_task(void)
{
    struct seed seed = seed_new();
    struct engine *engine = new_engine(2);
    struct theft theft = {.stolen = 0};
    struct thief thieves[THIEVES];
    pthread_t threads[THIEVES];
    gate_reset(&ended);
    pthread_barrier_init(&theft.barrier, NULL, THIEVES + 1);
    for (int i = 0; i < THIEVES; i++) {
        thieves[i] = (struct thief){&theft, i};
        pthread_create(&threads[i], NULL, steal_in_rounds, &thieves[i]);
    }
    struct probe *probes = calloc(STEAL_ROUNDS, sizeof *probes);
    for (int i = 0; i < STEAL_ROUNDS; i++) {
        theft.probe = &probes[i];
        probes[i] = new_probe(tell_and_end, '\0');
        task_init(&probes[i].task, engine, &probe_ops);
        task_begin_held(&probes[i].task);
        for (int j = 0; j < THIEVES; j++)
            theft.spins[j] = (unsigned)seed_below(&seed, 4000);
        pthread_barrier_wait(&theft.barrier);
        task_submit(&probes[i].task);
        pthread_barrier_wait(&theft.barrier);
    }
    int rounds = STEAL_ROUNDS;
    CU_ASSERT(eventually(all_freed, &rounds));
    CU_ASSERT_EQUAL(atomic_load(&theft.stolen) + (int)gate_passes(&ended), STEAL_ROUNDS);
    for (int i = 0; i < THIEVES; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&theft.barrier);
    engine_rig_free(engine);
    free(probes);
}

/* --- many wakers --- */

enum { CROWD = 64, WAKERS = 4, WAKES = 4000 };

/* What a waker posts before it wakes must have been seen by some later step. */
struct member {
    struct task task;
    atomic_uint posted;
    atomic_uint seen;
    atomic_int inside; /* threads in its step */
};

static struct member crowd[CROWD];
static atomic_int overlaps;

static enum task_next member_step(struct task *task, unsigned events, struct turn *turn)
{
    struct member *m = list_item(task, struct member, task);
    (void)turn;
    if (atomic_fetch_add(&m->inside, 1) != 0)
        atomic_fetch_add(&overlaps, 1);
    unsigned posted = atomic_load(&m->posted);
    if (posted % 8 == 0)
        sched_yield();
    atomic_store(&m->seen, posted);
    atomic_fetch_sub(&m->inside, 1);
    if (events & EV_CLOSE)
        return TASK_DONE;
    return posted % 3 == 0 && !(events & EV_MAIL) ? TASK_YIELD : TASK_PARK;
}

static const struct task_ops member_ops = {
    .name = "member", .step = member_step, .free = probe_free};

static void *wake_the_crowd(void *arg)
{
    struct seed *seed = arg;
    for (int i = 0; i < WAKES; i++) {
        struct member *m = &crowd[seed_below(seed, seed_once_in(seed, 2) ? 2 : CROWD)];
        atomic_fetch_add(&m->posted, 1);
        task_wake_now(&m->task, EV_MAIL);
        if (seed_once_in(seed, 64))
            sched_yield();
    }
    return NULL;
}

static bool all_is_seen(void *arg)
{
    (void)arg;
    for (int i = 0; i < CROWD; i++)
        if (atomic_load(&crowd[i].seen) != atomic_load(&crowd[i].posted))
            return false;
    return true;
}

static void many_wakers_lose_no_wake_and_never_run_a_task_twice_at_once(void)
{
    struct seed seed = seed_new();
    struct seed seeds[WAKERS];
    pthread_t threads[WAKERS];
    int everybody = CROWD;
    struct engine *engine = new_engine(4);
    atomic_store(&overlaps, 0);
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = (struct member){.posted = 0};
        task_init(&crowd[i].task, engine, &member_ops);
    }
    for (int i = 0; i < WAKERS; i++) {
        seeds[i] = seed_split(&seed);
        pthread_create(&threads[i], NULL, wake_the_crowd, &seeds[i]);
    }
    for (int i = 0; i < WAKERS; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT(eventually(all_is_seen, NULL));
    for (int i = 0; i < CROWD; i++)
        task_wake_now(&crowd[i].task, EV_CLOSE);
    CU_ASSERT(eventually(all_freed, &everybody));
    CU_ASSERT_EQUAL(atomic_load(&overlaps), 0);
    engine_rig_free(engine);
}

/* --- references --- */

enum { HOLDERS = 4, HOLD_ROUNDS = 500 };

struct held {
    struct probe probe;
    pthread_barrier_t barrier;
};

static void *wake_and_unref(void *arg)
{
    struct held *held = arg;
    for (int i = 0; i < HOLD_ROUNDS; i++) {
        pthread_barrier_wait(&held->barrier);
        task_wake_now(&held->probe.task, i % 2 == 0 ? EV_CLOSE : EV_CANCEL);
        task_ref(&held->probe.task);
        task_unref(&held->probe.task);
        task_unref(&held->probe.task);
        pthread_barrier_wait(&held->barrier);
    }
    return NULL;
}

static void a_task_is_freed_exactly_once_by_whoever_is_last(void)
{
    struct engine *engine = new_engine(1);
    struct held held;
    pthread_t threads[HOLDERS];
    pthread_barrier_init(&held.barrier, NULL, HOLDERS + 1);
    for (int i = 0; i < HOLDERS; i++)
        pthread_create(&threads[i], NULL, wake_and_unref, &held);
    int wrong = 0;
    for (int i = 1; i <= HOLD_ROUNDS; i++) {
        held.probe = new_probe(end_at_once, '\0');
        task_init(&held.probe.task, engine, &probe_ops);
        for (int j = 0; j < HOLDERS; j++)
            task_ref(&held.probe.task);
        pthread_barrier_wait(&held.barrier);
        pthread_barrier_wait(&held.barrier);
        wrong += !eventually(all_freed, &i);
    }
    for (int i = 0; i < HOLDERS; i++)
        pthread_join(threads[i], NULL);
    engine_rig_free(engine);
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(atomic_load(&freed), HOLD_ROUNDS);
    pthread_barrier_destroy(&held.barrier);
}

CU_TestInfo task_tests[] = {
    {"a wake by its own step is not lost", a_wake_by_its_own_step_is_not_lost},
    {"a wake by another thread during a run is not lost",
     a_wake_by_another_thread_during_a_run_is_not_lost},
    {"events before a run arrive together", events_before_a_run_arrive_together},
    {"7.7 wakes of an ended task do nothing", wakes_of_an_ended_task_do_nothing},
    {"a held task runs only once it is submitted", a_held_task_runs_only_once_it_is_submitted},
    {"a driven task never runs on a worker", a_driven_task_never_runs_on_a_worker},
    {"a yielding task goes to the queue's tail", a_yielding_task_goes_to_the_queues_tail},
    {"a queued task can be stolen once", a_queued_task_can_be_stolen_once},
    {"a task that was begun cannot be stolen", a_task_that_was_begun_cannot_be_stolen},
    {"exactly one of thieves and workers runs a task",
     exactly_one_of_thieves_and_workers_runs_a_task},
    {"many wakers lose no wake and never run a task twice at once",
     many_wakers_lose_no_wake_and_never_run_a_task_twice_at_once},
    {"7.7 a task is freed exactly once by whoever is last",
     a_task_is_freed_exactly_once_by_whoever_is_last},
    CU_TEST_INFO_NULL,
};
