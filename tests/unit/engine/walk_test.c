/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * engine/task once more: a random walk over everything that can be done to a few
 * tasks, from inside steps too, checked at every step against a model of task.h's
 * diagram. The engine has no thread, so a seed gives the same walk again.
 */
#include <stdbool.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "engine/engine.h"
#include "engine/task.h"
#include "unit/engine/seed.h"

extern CU_TestInfo walk_tests[];

enum { TASKS = 8, OPERATIONS = 30000, QUEUE_MAX = TASKS };

enum model_state { NONE, PARKED, QUEUED, HELD, RUNNING, DRIVEN, ENDED };

/* A task and what the model knows of it. */
struct walker {
    struct task task;
    enum model_state state;
    unsigned events;
    bool taken;
    bool again;     /* its step asked to park while events were pending: it runs on */
    int references; /* the test's */
    int driver_wakes;
};

static struct engine *engine;
static struct walker walkers[TASKS];
static struct walker *queue[QUEUE_MAX];
static size_t queue_len;
static struct seed seed;
static bool closing; /* every step ends its task */
static int born, gone, wrong;

#define expect(holds) expect_at((holds), __LINE__)

static void expect_at(bool holds, int line)
{
    if (!holds && wrong++ == 0)
        fprintf(stderr, "line %d: not as the model says\n", line);
}

static void model_push(struct walker *w)
{
    w->state = QUEUED;
    queue[queue_len++] = w;
}

static void model_remove(const struct walker *w)
{
    size_t i = 0;
    while (queue[i] != w)
        i++;
    memmove(&queue[i], &queue[i + 1], (queue_len - i - 1) * sizeof queue[0]);
    queue_len--;
}

/* --- what can be done --- */

static void wake(struct walker *w)
{
    unsigned event = 1u << seed_below(&seed, 8);
    if (w->state == NONE)
        return;
    task_wake_now(&w->task, event);
    if (w->state == ENDED)
        return;
    w->events |= event;
    if (w->state == DRIVEN)
        w->driver_wakes--;
    if (w->state == PARKED)
        model_push(w);
}

static void hold_or_let_go(struct walker *w)
{
    if (w->state != NONE && w->references == 0 && w->state != ENDED) {
        task_ref(&w->task);
        w->references++;
    } else if (w->references > 0) {
        w->references--;
        task_unref(&w->task);
    }
}

static void steal(struct walker *w)
{
    if (w->state == NONE)
        return;
    bool may = w->state == QUEUED && !w->taken;
    expect(task_steal(&w->task) == may);
    if (!may)
        return;
    model_remove(w);
    w->state = DRIVEN;
    w->taken = true;
}

static enum task_next leave_step(struct walker *w)
{
    switch (closing ? 2 : seed_below(&seed, 6)) {
    case 0:
    case 1:
        model_push(w);
        return TASK_YIELD;
    case 2:
        w->state = ENDED;
        return TASK_DONE;
    default:
        w->again = w->events != 0;
        w->state = w->again ? RUNNING : PARKED;
        return TASK_PARK;
    }
}

static enum task_next walker_step(struct task *task, unsigned events, struct turn *turn)
{
    struct walker *w = list_item(task, struct walker, task);
    (void)turn;
    if (w->again) {
        expect(w->state == RUNNING);
    } else {
        expect(queue_len > 0 && queue[0] == w && w->state == QUEUED);
        model_remove(w);
    }
    expect(events == w->events);
    w->events = 0;
    w->taken = true;
    w->again = false;
    w->state = RUNNING;
    for (size_t n = seed_below(&seed, 3); n > 0; n--)
        wake(seed_once_in(&seed, 3) ? w : &walkers[seed_below(&seed, TASKS)]);
    steal(&walkers[seed_below(&seed, TASKS)]);
    return leave_step(w);
}

static void walker_wake_driver(struct task *task, struct wakes *wakes)
{
    (void)wakes;
    list_item(task, struct walker, task)->driver_wakes++;
}

static void walker_free(struct task *task)
{
    struct walker *w = list_item(task, struct walker, task);
    expect(w->state == ENDED && w->references == 0);
    expect(w->driver_wakes == 0);
    w->state = NONE;
    gone++;
}

static const struct task_ops walker_ops = {
    .name = "walker", .step = walker_step, .wake_driver = walker_wake_driver, .free = walker_free};

static void begin(struct walker *w)
{
    if (w->state != NONE)
        return;
    *w = (struct walker){.state = PARKED};
    task_init(&w->task, engine, &walker_ops);
    born++;
    switch (seed_below(&seed, 4)) {
    case 0:
        return;
    case 1:
        task_begin_driven(&w->task);
        w->state = DRIVEN;
        w->taken = true;
        break;
    default:
        task_begin_held(&w->task);
        w->state = HELD;
    }
    w->events = EV_START;
}

static void submit(struct walker *w)
{
    if (w->state != HELD)
        return;
    task_submit(&w->task);
    model_push(w);
}

static void drive(struct walker *w, bool to_the_end)
{
    if (w->state != DRIVEN)
        return;
    expect(task_take_events(&w->task) == w->events);
    w->events = 0;
    if (!to_the_end)
        return;
    w->state = ENDED;
    task_end_driven(&w->task);
}

static void serve(void)
{
    size_t before = queue_len;
    expect(engine_serve_once(engine, 0) == (before > 0));
}

static void random_operation(void)
{
    struct walker *w = &walkers[seed_below(&seed, TASKS)];
    switch (seed_below(&seed, 12)) {
    case 0:
    case 1:
    case 2:
        wake(w);
        break;
    case 3:
    case 4:
        begin(w);
        break;
    case 5:
    case 6:
        submit(w);
        break;
    case 7:
        steal(w);
        break;
    case 8:
        drive(w, seed_once_in(&seed, 2));
        break;
    case 9:
        hold_or_let_go(w);
        break;
    default:
        serve();
    }
}

/* Ends what lives. */
static void end_all(void)
{
    closing = true;
    for (int i = 0; i < TASKS; i++) {
        struct walker *w = &walkers[i];
        submit(w);
        drive(w, true);
        while (w->state == PARKED)
            wake(w);
    }
    while (queue_len > 0 && wrong == 0)
        serve();
    for (int i = 0; i < TASKS; i++) {
        drive(&walkers[i], true); /* stolen in a last step */
        while (walkers[i].references > 0)
            hold_or_let_go(&walkers[i]);
    }
}

static void random_walks_follow_the_diagram(void)
{
    int err, done = 0;
    struct engine_options options = {.workers = 0};
    seed = seed_new();
    engine = engine_new(&options, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    memset(walkers, 0, sizeof walkers);
    closing = false;
    born = gone = wrong = 0;
    queue_len = 0;
    while (done < OPERATIONS && wrong == 0) {
        random_operation();
        done++;
    }
    CU_ASSERT_EQUAL(done, OPERATIONS);
    end_all();
    CU_ASSERT_EQUAL(wrong, 0);
    CU_ASSERT_EQUAL(gone, born);
    CU_ASSERT(born > 100);
    engine_stop(engine);
    engine_free(engine);
}

CU_TestInfo walk_tests[] = {
    {"random walks follow the diagram of a task's life", random_walks_follow_the_diagram},
    CU_TEST_INFO_NULL,
};
