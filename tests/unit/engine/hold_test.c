/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * engine/task: holding a task that has run already. The engine has no thread of
 * its own where one is enough to force the order; at the end two threads hold,
 * workers run and others wake at once, and nobody may be inside together or miss
 * what was posted.
 */
#include "engine/task.h"

#include <pthread.h>

#include <CUnit/CUnit.h>

#include "engine/engine.h"
#include "support/gate.h"
#include "unit/engine/engine_rig.h"

extern CU_TestInfo hold_tests[];

struct held {
    struct task task;
    enum task_next (*on_step)(struct held *held, unsigned events);
    int steps;
    int driver_wakes;
    struct gate *at_wake; /* passed as wake_driver begins, which then waits for go_on */
    struct gate *go_on;
};

static atomic_int freed;
static struct gate in_step = GATE_INIT, may_step = GATE_INIT, at_wake = GATE_INIT,
                   may_wake = GATE_INIT;

static struct held *held_of(struct task *task)
{
    return list_item(task, struct held, task);
}

static enum task_next step(struct task *task, unsigned events, struct turn *turn)
{
    struct held *h = held_of(task);
    (void)turn;
    h->steps++;
    return h->on_step(h, events);
}

static void wake_driver(struct task *task, struct wakes *wakes)
{
    (void)wakes;
    struct held *h = held_of(task);
    h->driver_wakes++;
    if (h->at_wake == NULL)
        return;
    gate_pass(h->at_wake);
    gate_wait(h->go_on, 1);
}

static void count_freed(struct task *task)
{
    (void)task;
    atomic_fetch_add(&freed, 1);
}

static const struct task_ops ops = {
    .name = "held", .step = step, .wake_driver = wake_driver, .free = count_freed};

static struct engine *new_engine(int workers)
{
    struct engine *engine = engine_rig_new(workers);
    atomic_store(&freed, 0);
    gate_reset(&in_step);
    gate_reset(&may_step);
    gate_reset(&at_wake);
    gate_reset(&may_wake);
    return engine;
}

static enum task_next park(struct held *held, unsigned events)
{
    (void)held;
    return events & EV_CLOSE ? TASK_DONE : TASK_PARK;
}

/* --- one thread --- */

static void a_parked_task_is_held_at_once(void)
{
    struct engine *engine = new_engine(0);
    struct held h = {.on_step = park};
    task_init(&h.task, engine, &ops);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_HELD);
    CU_ASSERT_FALSE(task_wake(&h.task, EV_IO));
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(h.steps, 0);
    task_unhold(&h.task); /* an event is pending: it runs */
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(h.steps, 1);
    task_wake_now(&h.task, EV_CLOSE);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_GONE);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
    engine_rig_free(engine);
}

/* What it was queued for is done before it is handed over. */
static void a_queued_task_has_its_step_first(void)
{
    struct engine *engine = new_engine(0);
    struct held h = {.on_step = park};
    task_init(&h.task, engine, &ops);
    task_wake_now(&h.task, EV_IO);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, false), TASK_BUSY);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_BUSY);
    engine_rig_serve(engine);
    CU_ASSERT_EQUAL(h.steps, 1);
    CU_ASSERT_EQUAL(h.driver_wakes, 1);
    CU_ASSERT_EQUAL(task_hold_answer(&h.task), TASK_HELD);
    task_end_driven(&h.task);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
    engine_rig_free(engine);
}

/* --- a task that runs --- */

static enum task_next run_until_let_go(struct held *held, unsigned events)
{
    (void)held;
    gate_pass(&in_step);
    gate_wait(&may_step, 1);
    return events & EV_CLOSE ? TASK_DONE : TASK_PARK;
}

static void begin_running(struct held *h, struct engine *engine, unsigned event,
                          enum task_next (*on_step)(struct held *held, unsigned events))
{
    h->on_step = on_step;
    task_init(&h->task, engine, &ops);
    task_ref(&h->task);
    task_wake_now(&h->task, event);
    CU_ASSERT(gate_wait(&in_step, 1));
}

static bool is_answered(void *task)
{
    return task_hold_answer(task) != TASK_BUSY;
}

static bool are_freed(void *n)
{
    return atomic_load(&freed) == *(int *)n;
}

static void end_held(struct held *h, struct engine *engine)
{
    int once = 1;
    task_wake_now(&h->task, EV_CLOSE);
    task_unref(&h->task);
    CU_ASSERT(eventually(are_freed, &once));
    engine_rig_free(engine);
}

static enum task_next yield_when_let_go(struct held *held, unsigned events)
{
    gate_pass(&in_step);
    gate_wait(&may_step, 1);
    if (events & EV_CLOSE)
        return TASK_DONE;
    return held->steps == 1 ? TASK_YIELD : TASK_PARK;
}

/* Its turn was over, its work not: that is not lost on whoever holds it meanwhile. */
static void a_task_that_yields_runs_again_after_it_was_held(void)
{
    struct engine *engine = new_engine(1);
    struct held h = {.at_wake = NULL};
    begin_running(&h, engine, EV_IO, yield_when_let_go);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_BUSY);
    gate_pass(&may_step);
    CU_ASSERT(eventually(is_answered, &h.task));
    CU_ASSERT_EQUAL(task_pending(&h.task), EV_AGAIN);
    task_unhold(&h.task);
    CU_ASSERT(gate_wait(&in_step, 2));
    end_held(&h, engine);
}

/* Only who insists is told; the others may try again. */
static void a_running_task_is_handed_over_to_who_insists(void)
{
    struct engine *engine = new_engine(1);
    struct held h = {.at_wake = NULL};
    begin_running(&h, engine, EV_IO, run_until_let_go);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, false), TASK_BUSY);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_BUSY);
    CU_ASSERT_EQUAL(task_hold_answer(&h.task), TASK_BUSY);
    gate_pass(&may_step);
    CU_ASSERT(eventually(is_answered, &h.task));
    CU_ASSERT_EQUAL(task_hold_answer(&h.task), TASK_HELD);
    task_end_driven(&h.task);
    task_unref(&h.task);
    engine_rig_free(engine);
    CU_ASSERT_EQUAL(h.steps, 1);
    CU_ASSERT_EQUAL(h.driver_wakes, 1);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
}

static void a_task_that_ends_is_not_handed_over(void)
{
    struct engine *engine = new_engine(1);
    struct held h = {.at_wake = NULL};
    begin_running(&h, engine, EV_CLOSE, run_until_let_go);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_BUSY);
    gate_pass(&may_step);
    CU_ASSERT(eventually(is_answered, &h.task));
    CU_ASSERT_EQUAL(task_hold_answer(&h.task), TASK_GONE);
    task_unref(&h.task);
    engine_rig_free(engine);
    CU_ASSERT_EQUAL(h.driver_wakes, 1);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
}

/* Who holds may end it, and drop every reference, while it is still being told. */
static void a_task_that_is_handed_over_outlives_the_telling(void)
{
    struct engine *engine = new_engine(1);
    struct held h = {.at_wake = &at_wake, .go_on = &may_wake};
    int once = 1;
    begin_running(&h, engine, EV_IO, run_until_let_go);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_BUSY);
    gate_pass(&may_step);
    CU_ASSERT(gate_wait(&at_wake, 1));
    CU_ASSERT_EQUAL(task_hold_answer(&h.task), TASK_HELD);
    task_end_driven(&h.task);
    task_unref(&h.task);
    CU_ASSERT_EQUAL(atomic_load(&freed), 0);
    gate_pass(&may_wake);
    CU_ASSERT(eventually(are_freed, &once));
    engine_rig_free(engine);
}

static void who_waits_to_hold_may_give_up(void)
{
    struct engine *engine = new_engine(1);
    struct held h = {.at_wake = NULL};
    begin_running(&h, engine, EV_IO, run_until_let_go);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_BUSY);
    CU_ASSERT(task_hold_withdraw(&h.task));
    CU_ASSERT_FALSE(task_hold_withdraw(&h.task));
    gate_pass(&may_step);
    end_held(&h, engine);
    CU_ASSERT_EQUAL(h.steps, 2);
    CU_ASSERT_EQUAL(h.driver_wakes, 0);
}

static void it_is_too_late_to_give_up_what_was_handed_over(void)
{
    struct engine *engine = new_engine(1);
    struct held h = {.at_wake = NULL};
    begin_running(&h, engine, EV_IO, run_until_let_go);
    CU_ASSERT_EQUAL(task_try_hold(&h.task, true), TASK_BUSY);
    gate_pass(&may_step);
    CU_ASSERT(eventually(is_answered, &h.task));
    CU_ASSERT_FALSE(task_hold_withdraw(&h.task));
    task_end_driven(&h.task);
    task_unref(&h.task);
    engine_rig_free(engine);
    CU_ASSERT_EQUAL(atomic_load(&freed), 1);
}

/* --- a crowd --- */

enum { ROUNDS = 20000, WAKES = 20000 };

/* What is posted before a wake is seen by a later step or holder; never are two inside. */
struct crowd {
    struct task task;
    atomic_uint posted;
    atomic_uint seen;
    atomic_int inside;
    atomic_int overlaps;
    struct gate told;
    unsigned tellings;
};

static struct crowd *crowd_of(struct task *task)
{
    return list_item(task, struct crowd, task);
}

static void come_in(struct crowd *c)
{
    if (atomic_fetch_add(&c->inside, 1) != 0)
        atomic_fetch_add(&c->overlaps, 1);
    atomic_store(&c->seen, atomic_load(&c->posted));
    atomic_fetch_sub(&c->inside, 1);
}

static enum task_next crowd_step(struct task *task, unsigned events, struct turn *turn)
{
    struct crowd *c = crowd_of(task);
    (void)turn;
    come_in(c);
    if (events & EV_CLOSE)
        return TASK_DONE;
    return atomic_load(&c->posted) % 3 == 0 && !(events & EV_START) ? TASK_YIELD : TASK_PARK;
}

static void crowd_told(struct task *task, struct wakes *wakes)
{
    (void)wakes;
    gate_pass(&crowd_of(task)->told);
}

static const struct task_ops crowd_ops = {
    .name = "crowd", .step = crowd_step, .wake_driver = crowd_told, .free = count_freed};

static void *post_and_wake(void *arg)
{
    struct crowd *c = arg;
    for (int i = 0; i < WAKES; i++) {
        atomic_fetch_add(&c->posted, 1);
        task_wake_now(&c->task, i % 2 ? EV_IO : EV_MAIL);
    }
    return NULL;
}

/* Takes the events at every other visit, as a reader does that looks at them. */
static void visit(struct crowd *c, int i)
{
    enum task_hold answer = task_try_hold(&c->task, i % 4 != 0);
    if (answer == TASK_BUSY && i % 4 != 0) {
        if (i % 8 == 1 && task_hold_withdraw(&c->task))
            return;
        while ((answer = task_hold_answer(&c->task)) == TASK_BUSY)
            CU_ASSERT_FATAL(gate_wait(&c->told, ++c->tellings));
    }
    if (answer != TASK_HELD)
        return;
    if (i % 2)
        task_take_events(&c->task);
    come_in(c);
    task_unhold(&c->task);
}

static bool has_seen_all(void *arg)
{
    struct crowd *c = arg;
    return atomic_load(&c->seen) == atomic_load(&c->posted);
}

static void holders_and_workers_take_turns(void)
{
    static struct crowd c;
    pthread_t wakers[2];
    struct engine *engine = new_engine(2);
    int once = 1;
    c = (struct crowd){.told = GATE_INIT};
    task_init(&c.task, engine, &crowd_ops);
    task_ref(&c.task);
    task_wake_now(&c.task, EV_START);
    for (int i = 0; i < 2; i++)
        pthread_create(&wakers[i], NULL, post_and_wake, &c);
    for (int i = 0; i < ROUNDS; i++)
        visit(&c, i);
    for (int i = 0; i < 2; i++)
        pthread_join(wakers[i], NULL);
    CU_ASSERT(eventually(has_seen_all, &c));
    task_wake_now(&c.task, EV_CLOSE);
    task_unref(&c.task);
    CU_ASSERT(eventually(are_freed, &once));
    CU_ASSERT_EQUAL(atomic_load(&c.overlaps), 0);
    engine_rig_free(engine);
}

CU_TestInfo hold_tests[] = {
    {"a parked task is held at once", a_parked_task_is_held_at_once},
    {"a queued task has its step first", a_queued_task_has_its_step_first},
    {"a task that yields runs again after it was held",
     a_task_that_yields_runs_again_after_it_was_held},
    {"a running task is handed over to who insists", a_running_task_is_handed_over_to_who_insists},
    {"a task that ends is not handed over", a_task_that_ends_is_not_handed_over},
    {"a task that is handed over outlives the telling",
     a_task_that_is_handed_over_outlives_the_telling},
    {"who waits to hold may give up", who_waits_to_hold_may_give_up},
    {"it is too late to give up what was handed over",
     it_is_too_late_to_give_up_what_was_handed_over},
    {"holders and workers take turns", holders_and_workers_take_turns},
    CU_TEST_INFO_NULL,
};
