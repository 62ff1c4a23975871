/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The engine's life and its attendants. The run queue and the slot table, which
 * are what attendants share, are here too: they live under one lock, so that a
 * batch of descriptor events becomes a batch of queued tasks at one taking.
 *
 * Sleeping: an attendant that finds the queue empty counts itself asleep under
 * the lock and then waits in epoll_wait. Who queues a task while somebody sleeps
 * owes a poke: one write to an eventfd that is in the set, edge-triggered, so
 * that it wakes one thread and is never read. `poked` is true from the promise of
 * a poke until an attendant saw it; meanwhile nobody else pokes. An attendant
 * that takes a task and leaves others in the queue pokes the next, so a burst
 * wakes as many threads as it keeps busy. With nobody inside, a push pokes too:
 * the descriptor becomes readable for the program's own event loop.
 */
#include "engine/engine.h"

#include <errno.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/cache_line.h"
#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "engine/thread.h"
#include "engine/waiter.h"

enum { EVENTS_MAX = 64, TASKS_BETWEEN_POLLS = 32, NAP_NS = 200 * 1000 };

/* Epoll data of the eventfd; slots begin at 1. */
static const uint64_t POKE_DATA = 0;

struct slot {
    struct task *task;   /* or NULL: free */
    uint32_t generation; /* raised at each release */
    uint32_t next_free;  /* slot number, 0: none */
};

struct engine {
    struct engine_options options;
    int epoll_fd;
    int poke_fd;
    struct timers *timers;
    pthread_t *workers;
    size_t workers_len; /* written before the workers' clients run */

    struct cache_line_gap gap;
    struct lock lock; /* LOCK_ENGINE; guards all below */
    struct list queue;
    struct slot *slots; /* slot number n is slots[n - 1] */
    uint32_t slots_len;
    uint32_t slots_cap;
    uint32_t free_slot;
    size_t attendants;     /* threads that serve for their own sake */
    size_t asleep;         /* attendants and leader in epoll_wait */
    bool poked;            /* a poke is on its way, or a worker looks again in a moment */
    uint64_t stolen;       /* tasks taken out of the queue by their callers */
    struct waiter *leader; /* the waiter whose thread serves where nobody attends */
    bool leader_asleep;
    struct list sleepers; /* waiters that would lead */
    bool stopping;
    struct lock_cond left; /* an attendant left while stopping */
};

/* --- the run queue --- */

/* Whether a poke is owed for what was queued; remembers that it was promised. */
static bool owe_poke(struct engine *e)
{
    bool unattended = e->attendants == 0 && e->leader == NULL;
    if (e->poked || (e->asleep == 0 && !unattended))
        return false;
    e->poked = true;
    return true;
}

bool engine_push(struct engine *engine, struct task *task)
{
    lock_take(&engine->lock);
    list_push(&engine->queue, &task->queue);
    bool owed = owe_poke(engine);
    lock_drop(&engine->lock);
    return owed;
}

bool engine_unqueue_untaken(struct engine *engine, struct task *task)
{
    lock_take(&engine->lock);
    bool mine = !task->taken && list_has(&engine->queue, &task->queue);
    if (mine) {
        list_remove(&task->queue);
        task->taken = true;
        engine->stolen++;
    }
    lock_drop(&engine->lock);
    return mine;
}

static struct task *pop_locked(struct engine *e)
{
    struct task *task = list_item(list_pop(&e->queue), struct task, queue);
    if (task != NULL)
        task->taken = true;
    return task;
}

void engine_poke(struct engine *engine)
{
    uint64_t one = 1;
    int saved = errno;
    /* Fails only where the counter is at its limit, and then the event is there already. */
    ssize_t n = write(engine->poke_fd, &one, sizeof(one));
    (void)n;
    errno = saved;
}

/* --- the slot table --- */

static bool grow_slots(struct engine *e)
{
    uint32_t cap = e->slots_cap > 0 ? e->slots_cap * 2 : 64;
    struct slot *slots = mem_realloc(e->slots, cap * sizeof(*slots));
    if (slots == NULL)
        return false;
    e->slots = slots;
    e->slots_cap = cap;
    return true;
}

/* A free slot's number, or 0 without memory. */
static uint32_t take_slot(struct engine *e)
{
    uint32_t n = e->free_slot;
    if (n > 0) {
        e->free_slot = e->slots[n - 1].next_free;
        return n;
    }
    if (e->slots_len == e->slots_cap && !grow_slots(e))
        return 0;
    e->slots[e->slots_len] = (struct slot){NULL, 0, 0};
    return ++e->slots_len;
}

bool engine_slot(struct engine *engine, struct task *task, uint64_t *data)
{
    lock_take(&engine->lock);
    if (task->slot == 0 && (task->slot = take_slot(engine)) != 0)
        engine->slots[task->slot - 1].task = task;
    if (task->slot != 0)
        *data = (uint64_t)engine->slots[task->slot - 1].generation << 32 | task->slot;
    bool ok = task->slot != 0;
    lock_drop(&engine->lock);
    return ok;
}

void engine_release_slot(struct engine *engine, struct task *task)
{
    if (task->slot == 0)
        return;
    lock_take(&engine->lock);
    struct slot *slot = &engine->slots[task->slot - 1];
    slot->task = NULL;
    slot->generation++;
    slot->next_free = engine->free_slot;
    engine->free_slot = task->slot;
    task->slot = 0;
    lock_drop(&engine->lock);
}

/* The task that a descriptor event is for, or NULL: the event is stale. */
static struct task *task_of(struct engine *e, uint64_t data)
{
    uint32_t n = (uint32_t)data;
    if (n == 0 || n > e->slots_len || e->slots[n - 1].generation != data >> 32)
        return NULL;
    return e->slots[n - 1].task;
}

/* --- taking turns --- */

/* A thread that takes turns. */
struct attendant {
    struct turn turn;
    unsigned run;        /* tasks since it looked for events */
    uint64_t stolen;     /* e->stolen when it last found the queue empty */
    struct waiter *self; /* the leader's waiter, or NULL */
};

#define ATTENDANT(buffer, waiter)                                                                  \
    ((struct attendant){.turn = {.scratch = (buffer), .scratch_len = sizeof(buffer)},              \
                        .self = (waiter)})

/* Queues the tasks that events are for. True where the poke among them was meant for the leader. */
static bool dispatch_locked(struct engine *e, const struct epoll_event *events, int n)
{
    bool pass_on = false;
    for (int i = 0; i < n; i++) {
        if (events[i].data.u64 == POKE_DATA) {
            e->poked = pass_on = e->leader_asleep;
            continue;
        }
        struct task *task = task_of(e, events[i].data.u64);
        if (task != NULL && task_mark(task, EV_IO))
            list_push(&e->queue, &task->queue);
    }
    return pass_on;
}

/* Looks for events, for as long as at_ns (0: not at all) where the thread was counted asleep. */
static void poll_events(struct engine *e, int64_t at_ns, bool counted, const struct waiter *self)
{
    struct epoll_event events[EVENTS_MAX];
    int timeout = 0;
    if (at_ns != 0)
        timeout = clock_poll_ms(at_ns == CLOCK_NEVER ? 0 : clock_now_ns(), at_ns);
    int n = epoll_wait(e->epoll_fd, events, EVENTS_MAX, timeout);
    lock_take(&e->lock);
    if (counted)
        e->asleep--;
    if (self != NULL)
        e->leader_asleep = false;
    bool pass_on = dispatch_locked(e, events, n);
    lock_drop(&e->lock);
    if (pass_on)
        engine_poke(e);
}

/*
 * A nap. Callers that wait for their calls at once steal them out of the queue,
 * and the worker poked for each finds nothing: two wasted switches a call. While
 * all that was queued since the last look was stolen, a worker therefore keeps
 * the poke (nobody owes another) and looks again a moment later; a call that
 * nobody steals is late by that moment at most. With nothing queued it sleeps.
 */
static void nap(struct engine *e)
{
    struct pollfd p = {.fd = e->epoll_fd, .events = POLLIN};
    struct timespec moment = {.tv_nsec = NAP_NS};
    ppoll(&p, 1, &moment, NULL);
    lock_take(&e->lock);
    e->poked = false;
    lock_drop(&e->lock);
}

static void run_task(struct engine *e, struct task *task, bool owed, struct attendant *a)
{
    if (owed)
        engine_poke(e);
    lock_assert_none();
    /* A task that used up its turn may be followed by others of its kind: look for events soon. */
    a->run += task_run(task, &a->turn) ? TASKS_BETWEEN_POLLS / 2 : 1;
}

/* With the lock held and the queue empty: whether tasks came and were stolen since the last look.
 */
static bool begin_nap(struct engine *e, struct attendant *a)
{
    bool vain = e->stolen != a->stolen && !e->poked && !e->stopping && a->self == NULL;
    a->stolen = e->stolen;
    if (vain)
        e->poked = true;
    return vain;
}

/*
 * With the lock held: whether a leader may not sleep any more. Who wakes it or takes its place
 * pokes it only where it is asleep, so it looks for itself under the lock that makes it so.
 */
static bool must_step_down(struct engine *e, struct attendant *a)
{
    return a->self != NULL && (e->attendants > 0 || waiter_is_woken(a->self));
}

/*
 * One turn: runs a task, or else sleeps until at_ns (0: only looks) for events.
 * True where a task was run.
 */
static bool take_turn(struct engine *e, struct attendant *a, int64_t at_ns)
{
    if (a->run >= TASKS_BETWEEN_POLLS) {
        a->run = 0;
        poll_events(e, 0, false, NULL);
    }
    lock_take(&e->lock);
    struct task *task = pop_locked(e);
    if (task != NULL) {
        bool owed = e->queue.head != NULL && e->asleep > 0 && owe_poke(e);
        lock_drop(&e->lock);
        run_task(e, task, owed, a);
        return true;
    }
    bool naps = at_ns == CLOCK_NEVER && begin_nap(e, a);
    bool sleeps = !naps && at_ns != 0 && !e->stopping && !must_step_down(e, a);
    if (sleeps)
        e->asleep++;
    if (sleeps && a->self != NULL)
        e->leader_asleep = true;
    lock_drop(&e->lock);
    a->run = 0;
    if (naps)
        nap(e);
    poll_events(e, sleeps ? at_ns : 0, sleeps, sleeps ? a->self : NULL);
    return false;
}

/* --- attending --- */

/* With nobody else inside, one of the sleeping waiters takes over. */
static void promote_locked(struct engine *e)
{
    struct waiter *w = list_item(list_first(&e->sleepers), struct waiter, sleepers);
    if (w == NULL || e->attendants > 0 || e->leader != NULL)
        return;
    lock_take(&w->lock);
    w->promoted = true;
    lock_cond_signal(&w->cond);
    lock_drop(&w->lock);
}

/* Counts this thread in. A leader steps down: it is poked, again and again should the poke miss it.
 */
static void attend(struct engine *e)
{
    lock_take(&e->lock);
    e->attendants++;
    bool leader = e->leader_asleep;
    lock_drop(&e->lock);
    if (leader)
        engine_poke(e);
}

static void stop_attending(struct engine *e)
{
    lock_take(&e->lock);
    e->attendants--;
    bool owed = e->queue.head != NULL && owe_poke(e);
    bool chain = e->stopping && e->attendants > 0;
    promote_locked(e);
    lock_cond_signal(&e->left);
    lock_drop(&e->lock);
    if (owed || chain)
        engine_poke(e);
}

void engine_serve(struct engine *engine)
{
    char scratch[TURN_SCRATCH];
    struct attendant self = ATTENDANT(scratch, NULL);
    attend(engine);
    while (!engine_stopping(engine))
        take_turn(engine, &self, CLOCK_NEVER);
    stop_attending(engine);
}

/* The first look may only find events; their tasks are run by the second. */
static bool take_two_turns(struct engine *engine, struct attendant *self, int64_t at_ns)
{
    return take_turn(engine, self, at_ns) || take_turn(engine, self, 0);
}

bool engine_serve_once(struct engine *engine, int64_t at_ns)
{
    char scratch[TURN_SCRATCH];
    struct attendant self = ATTENDANT(scratch, NULL);
    attend(engine);
    bool ran = take_two_turns(engine, &self, 0);
    while (!ran && at_ns != 0 && !engine_stopping(engine) &&
           (at_ns == CLOCK_NEVER || clock_now_ns() < at_ns))
        ran = take_two_turns(engine, &self, at_ns);
    for (int i = 0; ran && i < EVENTS_MAX; i++)
        if (!take_turn(engine, &self, 0))
            break;
    stop_attending(engine);
    return ran;
}

bool engine_stopping(struct engine *engine)
{
    lock_take(&engine->lock);
    bool stopping = engine->stopping;
    lock_drop(&engine->lock);
    return stopping;
}

size_t engine_attendants(struct engine *engine)
{
    lock_take(&engine->lock);
    size_t n = engine->attendants;
    lock_drop(&engine->lock);
    return n;
}

/* --- leading --- */

bool engine_may_need_leader(const struct engine *engine)
{
    return engine->workers_len == 0;
}

bool engine_try_lead(struct engine *engine, struct waiter *waiter)
{
    lock_take(&engine->lock);
    bool lead = engine->attendants == 0 && engine->leader == NULL;
    if (lead)
        engine->leader = waiter;
    else
        list_push(&engine->sleepers, &waiter->sleepers);
    lock_drop(&engine->lock);
    return lead;
}

bool engine_lead(struct engine *engine, int64_t at_ns)
{
    char scratch[TURN_SCRATCH];
    lock_take(&engine->lock);
    struct attendant self = ATTENDANT(scratch, engine->leader);
    bool go_on = engine->attendants == 0;
    lock_drop(&engine->lock);
    if (!go_on)
        return false;
    self.run = self.self->run;
    take_turn(engine, &self, at_ns);
    self.self->run = self.run;
    return true;
}

void engine_leave(struct engine *engine, struct waiter *waiter)
{
    lock_take(&engine->lock);
    if (engine->leader == waiter)
        engine->leader = NULL;
    list_remove(&waiter->sleepers);
    bool owed = engine->queue.head != NULL && owe_poke(engine);
    bool chain = engine->stopping && engine->attendants > 0;
    promote_locked(engine);
    lock_drop(&engine->lock);
    if (owed || chain)
        engine_poke(engine);
}

/* --- life --- */

static int open_descriptors(struct engine *e)
{
    e->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (e->epoll_fd < 0)
        return errno;
    e->poke_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (e->poke_fd < 0)
        return errno;
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.u64 = POKE_DATA};
    return epoll_ctl(e->epoll_fd, EPOLL_CTL_ADD, e->poke_fd, &event) == 0 ? 0 : errno;
}

struct engine *engine_new(const struct engine_options *options, int *err)
{
    *err = ENOMEM;
    struct engine *e = mem_zalloc(sizeof(*e));
    if (e == NULL)
        return NULL;
    e->options = *options;
    e->epoll_fd = e->poke_fd = -1;
    lock_init(&e->lock, LOCK_ENGINE);
    lock_cond_init(&e->left);
    e->timers = timers_new();
    size_t workers = options->workers > 0 ? (size_t)options->workers : 0;
    e->workers = mem_zalloc_array(workers + 1, sizeof(*e->workers));
    if (e->timers != NULL && e->workers != NULL)
        *err = open_descriptors(e);
    if (*err == 0)
        return e;
    engine_free(e);
    return NULL;
}

static void *worker_thread(void *arg)
{
    struct engine *e = arg;
    thread_set_name("gofer-worker");
    if (e->options.worker_start != NULL)
        e->options.worker_start(e->options.worker_arg);
    engine_serve(e);
    if (e->options.worker_stop != NULL)
        e->options.worker_stop(e->options.worker_arg);
    return NULL;
}

/* Fewer threads than asked for are enough, none are not (RES-03). */
static int start_workers(struct engine *e)
{
    int err = 0;
    for (int i = 0; err == 0 && i < e->options.workers; i++) {
        err = thread_start(&e->workers[i], worker_thread, e);
        if (err == 0)
            e->workers_len++;
    }
    return e->workers_len > 0 ? 0 : err;
}

int engine_start(struct engine *engine)
{
    int err = timers_start(engine->timers);
    return err != 0 ? err : start_workers(engine);
}

void engine_stop(struct engine *engine)
{
    lock_take(&engine->lock);
    engine->stopping = true;
    lock_drop(&engine->lock);
    engine_poke(engine);
    for (size_t i = 0; i < engine->workers_len; i++)
        pthread_join(engine->workers[i], NULL);
    lock_take(&engine->lock);
    while (engine->attendants > 0)
        lock_cond_wait(&engine->left, &engine->lock, CLOCK_NEVER);
    lock_drop(&engine->lock);
    timers_stop(engine->timers);
}

void engine_free(struct engine *engine)
{
    if (engine == NULL)
        return;
    if (engine->epoll_fd >= 0)
        close(engine->epoll_fd);
    if (engine->poke_fd >= 0)
        close(engine->poke_fd);
    timers_free(engine->timers);
    mem_free(engine->workers);
    mem_free(engine->slots);
    lock_cond_fini(&engine->left);
    lock_fini(&engine->lock);
    mem_free(engine);
}

struct timers *engine_timers(struct engine *engine)
{
    return engine->timers;
}

int engine_fd(const struct engine *engine)
{
    return engine->epoll_fd;
}
