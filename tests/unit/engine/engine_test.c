/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * engine/engine and engine/watch: workers and their hooks, descriptor events,
 * stale ones among them, lent threads, single turns for an event loop, and the
 * end. What one thread can show is shown on an engine without threads.
 */
#include "engine/engine.h"

#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "engine/watch.h"
#include "support/gate.h"
#include "support/leaks.h"
#include "unit/engine/engine_rig.h"

extern CU_TestInfo engine_tests[];

/* --- tasks that count --- */

struct probe {
    struct task task;
    atomic_uint steps;
    atomic_uint events; /* those of the last step */
    atomic_ulong thread;
    void (*in_step)(void);
};

static struct gate stepped = GATE_INIT, freed = GATE_INIT;

static enum task_next probe_step(struct task *task, unsigned events, struct turn *turn)
{
    struct probe *p = list_item(task, struct probe, task);
    (void)turn;
    atomic_store(&p->events, events);
    atomic_store(&p->thread, (unsigned long)pthread_self());
    atomic_fetch_add(&p->steps, 1);
    if (p->in_step != NULL)
        p->in_step();
    gate_pass(&stepped);
    return events & EV_CLOSE ? TASK_DONE : TASK_PARK;
}

static void probe_free(struct task *task)
{
    (void)task;
    gate_pass(&freed);
}

static const struct task_ops probe_ops = {.name = "probe", .step = probe_step, .free = probe_free};

static void begin(struct probe *p, struct engine *engine)
{
    *p = (struct probe){.in_step = NULL};
    task_init(&p->task, engine, &probe_ops);
}

static struct engine *new_engine_with(const struct engine_options *options)
{
    int err = -1;
    struct engine *engine = engine_new(options, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    CU_ASSERT_EQUAL(err, 0);
    gate_reset(&stepped);
    gate_reset(&freed);
    return engine;
}

static struct engine *new_engine(int workers)
{
    struct engine_options options = {.workers = workers};
    struct engine *engine = new_engine_with(&options);
    if (workers > 0)
        CU_ASSERT_EQUAL_FATAL(engine_start(engine), 0);
    return engine;
}

static void serve(struct engine *engine)
{
    for (int idle = 0; idle < 2; idle++)
        while (engine_serve_once(engine, 0))
            idle = 0;
}

/* Ends a task by hand, on an engine that nobody else serves. */
static void end(struct engine *engine, struct probe *p)
{
    task_release_slot(&p->task);
    task_wake_now(&p->task, EV_CLOSE);
    serve(engine);
}

/* --- workers --- */

static struct gate started = GATE_INIT, stopped = GATE_INIT;
static atomic_int names_wrong;

static void note_name(struct gate *gate)
{
    char name[32] = "";
    prctl(PR_GET_NAME, name);
    atomic_fetch_add(&names_wrong, strcmp(name, "gofer-worker") != 0);
    gate_pass(gate);
}

static void on_start(void *arg)
{
    note_name(arg);
}

static void on_stop(void *arg)
{
    (void)arg;
    note_name(&stopped);
}

static void each_worker_runs_its_hooks_once_and_bears_its_name(void)
{
    struct leaks before;
    struct engine_options options = {
        .workers = 3, .worker_start = on_start, .worker_stop = on_stop, .worker_arg = &started};
    leaks_count(&before);
    gate_reset(&started);
    gate_reset(&stopped);
    atomic_store(&names_wrong, 0);
    struct engine *engine = new_engine_with(&options);
    CU_ASSERT_EQUAL_FATAL(engine_start(engine), 0);
    CU_ASSERT(gate_wait(&started, 3));
    CU_ASSERT_EQUAL(gate_passes(&stopped), 0);
    CU_ASSERT_FALSE(engine_stopping(engine));
    engine_rig_free(engine);
    CU_ASSERT_EQUAL(gate_passes(&started), 3);
    CU_ASSERT_EQUAL(gate_passes(&stopped), 3);
    CU_ASSERT_EQUAL(atomic_load(&names_wrong), 0);
    CU_ASSERT(leaks_none(&before));
}

enum { BURST = 4 };

static struct gate together = GATE_INIT;
static atomic_int alone;

static void meet(void)
{
    gate_pass(&together);
    atomic_fetch_add(&alone, !gate_wait(&together, BURST));
}

static void a_burst_wakes_as_many_workers_as_it_keeps_busy(void)
{
    struct probe probes[BURST];
    struct engine *engine = new_engine(BURST);
    gate_reset(&together);
    atomic_store(&alone, 0);
    for (int i = 0; i < BURST; i++) {
        begin(&probes[i], engine);
        probes[i].in_step = meet;
        task_wake_now(&probes[i].task, EV_CLOSE);
    }
    CU_ASSERT(gate_wait(&freed, BURST));
    CU_ASSERT_EQUAL(atomic_load(&alone), 0);
    engine_rig_free(engine);
}

static void an_engine_that_never_started_leaves_nothing(void)
{
    struct leaks before;
    leaks_count(&before);
    struct engine *engine = new_engine(0);
    CU_ASSERT_EQUAL(engine_attendants(engine), 0);
    engine_free(engine);
    engine_free(NULL);
    CU_ASSERT(leaks_none(&before));
}

/* --- descriptors --- */

struct ends {
    struct watch here;
    int there;
};

static struct ends new_pair(void)
{
    int fds[2];
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
    return (struct ends){.here = {.fd = fds[0]}, .there = fds[1]};
}

static void close_pair(struct ends *pair, struct engine *engine)
{
    watch_drop(&pair->here, engine);
    watch_drop(&pair->here, engine);
    close(pair->here.fd);
    close(pair->there);
}

static void say(struct ends *pair)
{
    CU_ASSERT_EQUAL(write(pair->there, "x", 1), 1);
}

static void a_watch_reports_once_each_time_it_is_armed(void)
{
    struct engine *engine = new_engine(0);
    struct ends pair = new_pair();
    struct probe p;
    begin(&p, engine);
    CU_ASSERT_EQUAL(watch_arm(&pair.here, &p.task, EPOLLIN), 0);
    serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&p.steps), 0);
    say(&pair);
    serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&p.steps), 1);
    CU_ASSERT_EQUAL(atomic_load(&p.events), EV_IO);
    say(&pair);
    serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&p.steps), 1); /* silent until it is armed again */
    CU_ASSERT_EQUAL(watch_arm(&pair.here, &p.task, EPOLLIN | EPOLLOUT), 0);
    serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&p.steps), 2);
    CU_ASSERT_EQUAL(watch_arm(&pair.here, &p.task, EPOLLOUT), 0);
    watch_drop(&pair.here, engine);
    serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&p.steps), 2);
    end(engine, &p);
    close_pair(&pair, engine);
    engine_rig_free(engine);
}

static void a_watch_passes_from_one_task_to_another(void)
{
    struct engine *engine = new_engine(0);
    struct ends pair = new_pair();
    struct probe a, b;
    begin(&a, engine);
    begin(&b, engine);
    CU_ASSERT_EQUAL(watch_arm(&pair.here, &a.task, EPOLLIN), 0);
    CU_ASSERT_EQUAL(watch_arm(&pair.here, &b.task, EPOLLIN), 0);
    say(&pair);
    serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&a.steps), 0);
    CU_ASSERT_EQUAL(atomic_load(&b.steps), 1);
    end(engine, &a);
    end(engine, &b);
    close_pair(&pair, engine);
    engine_rig_free(engine);
}

static void a_bad_descriptor_is_an_error(void)
{
    struct engine *engine = new_engine(0);
    struct watch bad = {.fd = -1};
    struct probe p;
    begin(&p, engine);
    CU_ASSERT_NOT_EQUAL(watch_arm(&bad, &p.task, EPOLLIN), 0);
    CU_ASSERT_FALSE(bad.added);
    end(engine, &p);
    engine_rig_free(engine);
}

static void an_event_of_an_ended_tasks_slot_is_dropped(void)
{
    struct engine *engine = new_engine(0);
    struct ends old = new_pair(), new = new_pair();
    struct probe a, b;
    begin(&a, engine);
    CU_ASSERT_EQUAL(watch_arm(&old.here, &a.task, EPOLLIN), 0);
    uint32_t slot = a.task.slot;
    end(engine, &a); /* its descriptor stays armed */
    begin(&b, engine);
    CU_ASSERT_EQUAL(watch_arm(&new.here, &b.task, EPOLLIN), 0);
    CU_ASSERT_EQUAL_FATAL(b.task.slot, slot);
    say(&old);
    serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&b.steps), 0);
    say(&new);
    serve(engine);
    CU_ASSERT_EQUAL(atomic_load(&b.steps), 1);
    end(engine, &b);
    say(&old);
    serve(engine); /* a free slot */
    close_pair(&old, engine);
    close_pair(&new, engine);
    engine_rig_free(engine);
}

enum { MANY = 300 };

static void slots_grow_and_are_used_again(void)
{
    static struct probe probes[MANY];
    struct engine *engine = new_engine(0);
    uint64_t data[MANY];
    bool distinct = true;
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
            begin(&probes[i], engine);
            uint64_t before = data[i];
            CU_ASSERT(engine_slot(engine, &probes[i].task, &data[i]));
            distinct = distinct && (round == 0 || data[i] != before);
            CU_ASSERT(probes[i].task.slot <= MANY);
        }
        for (int i = MANY - 1; i >= 0; i--)
            end(engine, &probes[i]);
    }
    CU_ASSERT(distinct);
    engine_rig_free(engine);
}

/* --- lent threads --- */

static void *lend(void *arg)
{
    engine_serve(arg);
    gate_pass(&stopped);
    return NULL;
}

static bool two_attend(void *arg)
{
    return engine_attendants(arg) == 2;
}

static void lent_threads_serve_until_the_stop(void)
{
    struct leaks before;
    struct probe p;
    pthread_t threads[2];
    leaks_count(&before);
    gate_reset(&stopped);
    struct engine *engine = new_engine(0);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, lend, engine);
    CU_ASSERT(eventually(two_attend, engine));
    begin(&p, engine);
    for (unsigned i = 1; i <= 50; i++) {
        task_wake_now(&p.task, EV_MAIL);
        CU_ASSERT(gate_wait(&stepped, i));
    }
    task_wake_now(&p.task, EV_CLOSE);
    CU_ASSERT(gate_wait(&freed, 1));
    CU_ASSERT_EQUAL(gate_passes(&stopped), 0);
    engine_stop(engine); /* both sleep: the poke goes from one to the other */
    CU_ASSERT_EQUAL(engine_attendants(engine), 0);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    engine_serve(engine); /* too late: returns at once */
    engine_free(engine);
    CU_ASSERT(leaks_none(&before));
}

static void the_stop_wakes_every_sleeping_thread(void)
{
    struct leaks before;
    leaks_count(&before);
    for (int round = 0; round < 20; round++) {
        pthread_t threads[2];
        struct engine *engine = new_engine(2);
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, lend, engine);
        if (round % 2 == 0)
            pass_ms(1); /* some rounds stop threads that sleep, some threads that come */
        engine_stop(engine);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
        CU_ASSERT(engine_stopping(engine));
        engine_free(engine);
    }
    CU_ASSERT(leaks_none(&before));
}

/* --- single turns --- */

static void serve_once_tells_whether_anything_ran(void)
{
    struct engine *engine = new_engine(0);
    struct probe p;
    begin(&p, engine);
    CU_ASSERT_FALSE(engine_serve_once(engine, 0));
    CU_ASSERT_FALSE(engine_serve_once(engine, clock_now_ns() - 1));
    int64_t begun = now_ms();
    CU_ASSERT_FALSE(engine_serve_once(engine, clock_after_ms(clock_now_ns(), 30)));
    CU_ASSERT(now_ms() - begun >= 29);
    task_wake_now(&p.task, EV_MAIL);
    CU_ASSERT(engine_serve_once(engine, CLOCK_NEVER));
    CU_ASSERT_EQUAL(atomic_load(&p.steps), 1);
    CU_ASSERT_FALSE(engine_serve_once(engine, 0));
    end(engine, &p);
    engine_rig_free(engine);
}

static void serve_once_that_only_looks_runs_what_a_descriptor_makes_due(void)
{
    struct engine *engine = new_engine(0);
    struct ends pair = new_pair();
    struct probe p;
    begin(&p, engine);
    CU_ASSERT_EQUAL(watch_arm(&pair.here, &p.task, EPOLLIN), 0);
    say(&pair);
    CU_ASSERT(engine_serve_once(engine, 0));
    CU_ASSERT_EQUAL(atomic_load(&p.steps), 1);
    end(engine, &p);
    close_pair(&pair, engine);
    engine_rig_free(engine);
}

static void *wake_later(void *arg)
{
    struct probe *p = arg;
    task_wake_now(&p->task, EV_MAIL);
    return NULL;
}

static void serve_once_wakes_for_a_task_of_another_thread(void)
{
    struct engine *engine = new_engine(0);
    struct probe p;
    pthread_t thread;
    begin(&p, engine);
    for (unsigned i = 1; i <= 200; i++) {
        pthread_create(&thread, NULL, wake_later, &p);
        CU_ASSERT(engine_serve_once(engine, clock_after_ms(clock_now_ns(), PATIENCE_MS)));
        CU_ASSERT_EQUAL(atomic_load(&p.steps), i);
        pthread_join(thread, NULL);
    }
    end(engine, &p);
    engine_rig_free(engine);
}

static bool is_readable(const struct engine *engine)
{
    struct pollfd p = {.fd = engine_fd(engine), .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

static void the_descriptor_is_readable_while_there_is_something_to_do(void)
{
    struct engine *engine = new_engine(0);
    struct ends pair = new_pair();
    struct probe p;
    begin(&p, engine);
    CU_ASSERT_FALSE(is_readable(engine));
    task_wake_now(&p.task, EV_MAIL);
    CU_ASSERT(is_readable(engine));
    CU_ASSERT(is_readable(engine)); /* looking changes nothing */
    serve(engine);
    CU_ASSERT_FALSE(is_readable(engine));
    task_wake_now(&p.task, EV_MAIL);
    CU_ASSERT(is_readable(engine)); /* again, not only the first time */
    serve(engine);
    CU_ASSERT_EQUAL(watch_arm(&pair.here, &p.task, EPOLLIN), 0);
    CU_ASSERT_FALSE(is_readable(engine));
    say(&pair);
    CU_ASSERT(is_readable(engine));
    serve(engine);
    CU_ASSERT_FALSE(is_readable(engine));
    end(engine, &p);
    close_pair(&pair, engine);
    engine_rig_free(engine);
}

static void an_event_loop_that_follows_the_descriptor_runs_everything(void)
{
    static struct probe probes[MANY];
    struct engine *engine = new_engine(0);
    unsigned turns = 0;
    for (int i = 0; i < MANY; i++) {
        begin(&probes[i], engine);
        task_wake_now(&probes[i].task, EV_CLOSE);
    }
    while (is_readable(engine) && turns < MANY) {
        engine_serve_once(engine, 0);
        turns++;
    }
    CU_ASSERT_EQUAL(gate_passes(&freed), MANY);
    CU_ASSERT(turns > 1); /* one turn does not run for ever */
    CU_ASSERT_FALSE(is_readable(engine));
    engine_rig_free(engine);
}

CU_TestInfo engine_tests[] = {
    {"each worker runs its hooks once and bears its name",
     each_worker_runs_its_hooks_once_and_bears_its_name},
    {"a burst wakes as many workers as it keeps busy",
     a_burst_wakes_as_many_workers_as_it_keeps_busy},
    {"an engine that never started leaves nothing", an_engine_that_never_started_leaves_nothing},
    {"a watch reports once each time it is armed", a_watch_reports_once_each_time_it_is_armed},
    {"a watch passes from one task to another", a_watch_passes_from_one_task_to_another},
    {"a bad descriptor is an error", a_bad_descriptor_is_an_error},
    {"7.4 an event of an ended task's slot is dropped", an_event_of_an_ended_tasks_slot_is_dropped},
    {"7.4 slots grow and are used again, with new generations", slots_grow_and_are_used_again},
    {"lent threads serve until the stop", lent_threads_serve_until_the_stop},
    {"7.13 the stop wakes every sleeping thread", the_stop_wakes_every_sleeping_thread},
    {"serve_once tells whether anything ran", serve_once_tells_whether_anything_ran},
    {"serve_once that only looks runs what a descriptor makes due",
     serve_once_that_only_looks_runs_what_a_descriptor_makes_due},
    {"serve_once wakes for a task of another thread",
     serve_once_wakes_for_a_task_of_another_thread},
    {"the descriptor is readable while there is something to do",
     the_descriptor_is_readable_while_there_is_something_to_do},
    {"an event loop that follows the descriptor runs everything",
     an_event_loop_that_follows_the_descriptor_runs_everything},
    CU_TEST_INFO_NULL,
};
