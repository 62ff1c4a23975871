/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The core's making, its door and its list of unfinished calls.
 */
#include "client/core.h"

#include <errno.h>
#include <sys/mman.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/driver.h"
#include "client/meter.h"
#include "client/settings.h"
#include "client/snapshot.h"
#include "engine/engine.h"
#include "engine/waiter.h"
#include "net/resolver.h"
#include "transport/pool.h"
#include "transport/trace.h"

enum { ALIVE_MAGIC = 0x60FE2, ALIVE_PAGE_BYTES = 4096 };

/* --- fork --- */

/* A page that reads as zeros in a child: asking costs a memory read and no system call. */
static const volatile uint32_t *alive_page(void)
{
    uint32_t *page =
        mmap(NULL, ALIVE_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (page == MAP_FAILED)
        return NULL;
    if (madvise(page, ALIVE_PAGE_BYTES, MADV_WIPEONFORK) != 0) {
        munmap(page, ALIVE_PAGE_BYTES);
        return NULL;
    }
    *page = ALIVE_MAGIC;
    return page;
}

bool core_is_forked(const struct core *core)
{
    return *core->alive != ALIVE_MAGIC;
}

/* --- the door --- */

gofer_status core_enter(struct core *core)
{
    if (core_is_forked(core))
        return GOFER_ERR_FORKED;
    lock_take(&core->lock);
    bool open = core->state == CORE_OPEN;
    core->inside += open;
    lock_drop(&core->lock);
    return open ? GOFER_OK : GOFER_ERR_CLOSED;
}

bool core_enter_waiting(struct core *core)
{
    lock_take(&core->lock);
    bool in = core->state != CORE_ENDED;
    core->inside += in;
    lock_drop(&core->lock);
    return in;
}

static void leave_locked(struct core *core, size_t times)
{
    core->inside -= times;
    if (core->state != CORE_OPEN && core->inside == 0)
        lock_cond_signal(&core->left);
}

void core_leave(struct core *core)
{
    lock_take(&core->lock);
    leave_locked(core, 1);
    lock_drop(&core->lock);
}

void core_poll(struct core *core)
{
    if (engine_may_need_leader(core->engine))
        engine_serve_once(core->engine, 0);
}

/* --- unfinished calls --- */

static bool has_place(const struct core *core)
{
    int64_t max = core->options.max_queued;
    return max < 0 || core_unfinished(core) < (uint64_t)max;
}

static void wake_first(struct list *waiters)
{
    struct waiter *w = list_item(list_first(waiters), struct waiter, link);
    if (w != NULL)
        waiter_wake(w);
}

static bool is_canceled(const struct call *call)
{
    return (task_pending(&call->task) & EV_CANCEL) != 0;
}

/* Waits, with the core's lock held before and after, until there is a place, the client ends, the
 * call is cancelled or times out. */
static void wait_for_place(struct core *core, struct call *call)
{
    int64_t at_ns = atomic_load_explicit(&call->total_at, memory_order_relaxed);
    bool in_time = true;
    struct waiter waiter;
    waiter_init(&waiter, core->engine);
    list_push(&core->places, &waiter.link);
    driver_sleeps(call, &waiter);
    while (in_time && core->state == CORE_OPEN && !is_canceled(call) &&
           !(has_place(core) && list_first(&core->places) == &waiter.link)) {
        lock_drop(&core->lock);
        in_time = waiter_wait(&waiter, at_ns);
        lock_take(&core->lock);
    }
    driver_sleeps(call, NULL);
    list_remove(&waiter.link);
    /* With more than one place free the next in line may go, too. */
    wake_first(&core->places);
    waiter_fini(&waiter);
}

void core_arm(struct call *call, int64_t at_ns)
{
    atomic_store_explicit(&call->armed, true, memory_order_relaxed);
    timer_arm_earlier(engine_timers(call->task.engine), &call->task.timer, at_ns);
}

static bool is_armed(const struct call *call)
{
    return atomic_load_explicit(&call->armed, memory_order_relaxed);
}

/* Arms the timer of a near deadline; sees to it that a far one is looked at again. */
static void look_at_deadline(struct core *core, struct call *call, int64_t now_ns)
{
    int64_t at = atomic_load_explicit(&call->total_at, memory_order_relaxed);
    if (at <= now_ns + CORE_NEAR_MS * CLOCK_MS)
        core_arm(call, at);
    else if (at != CLOCK_NEVER && !core->sweeping) {
        core->sweeping = true;
        timer_arm(engine_timers(core->engine), &core->sweep, now_ns + CORE_SWEEP_MS * CLOCK_MS);
    }
}

/* On the timer thread. */
static void sweep(void *arg)
{
    struct core *core = arg;
    int64_t now = clock_now_ns();
    lock_take(&core->lock);
    core->sweeping = false;
    for (struct link *l = list_first(&core->calls); l != NULL; l = list_next(l)) {
        struct call *call = list_item(l, struct call, core_link);
        if (!is_armed(call))
            look_at_deadline(core, call, now);
    }
    lock_drop(&core->lock);
}

/* With the core's lock held: a place where none is free at once, or why there is none. */
static gofer_status find_place(struct core *core, struct call *call, bool submits, int64_t *now_ns)
{
    bool blocks = core->options.queue_full == GOFER_QUEUE_BLOCK;
    int64_t at = atomic_load_explicit(&call->total_at, memory_order_relaxed);
    if (blocks && submits && !callback_active()) {
        wait_for_place(core, call);
        *now_ns = clock_now_ns();
    }
    if (core->state != CORE_OPEN)
        return GOFER_ERR_CLOSED;
    if (is_canceled(call))
        return GOFER_ERR_CANCELED;
    if (has_place(core) || (blocks && !submits))
        return GOFER_OK;
    return blocks && *now_ns >= at ? GOFER_ERR_TIMEOUT : GOFER_ERR_QUEUE_FULL;
}

gofer_status core_begin_call(struct core *core, struct call *call, bool submits, int64_t now_ns)
{
    gofer_status status = GOFER_OK;
    lock_take(&core->lock);
    core->inside += submits;
    if (core->state != CORE_OPEN || !has_place(core) || core->places.len > 0)
        status = find_place(core, call, submits, &now_ns);
    if (status == GOFER_OK) {
        list_push(&core->calls, &call->core_link);
        look_at_deadline(core, call, now_ns);
        if (call->prepared->max_attempts > 1)
            retry_budget_note(&core->budget, now_ns);
    } else {
        leave_locked(core, submits);
    }
    lock_drop(&core->lock);
    return status;
}

void core_end_call(struct core *core, struct call *call, bool ok)
{
    lock_take(&core->lock);
    list_remove(&call->core_link);
    /* Under the lock: the sweep cannot arm it any more. */
    if (is_armed(call))
        timer_disarm(engine_timers(core->engine), &call->task.timer);
    atomic_fetch_add(&core->resolving, 1);
    if (ok)
        core->done++;
    else
        core->failed++;
    wake_first(&core->places);
    lock_drop(&core->lock);
}

bool core_may_retry(struct core *core, int64_t now_ns)
{
    lock_take(&core->lock);
    bool may = retry_budget_take(&core->budget, now_ns);
    core->retries += may;
    core->retries_denied += !may;
    lock_drop(&core->lock);
    return may;
}

/* SplitMix64: each number of the sequence is mixed on its own, so that threads share no more than a
 * counter. */
uint64_t core_random(struct core *core)
{
    const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);
    uint64_t x = atomic_fetch_add_explicit(&core->random, step, memory_order_relaxed) + step;
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void core_note_times(struct core *core, const struct trace *trace)
{
    gofer_times times;
    if (core->meter == NULL)
        return;
    trace_times(trace, &times);
    meter_add(core->meter, &times);
}

void core_will_resolve(struct core *core)
{
    atomic_fetch_add(&core->resolving, 1);
}

void core_call_resolved(struct core *core)
{
    /* Either this thread sees that somebody drains, or that one sees the count. */
    if (atomic_fetch_sub(&core->resolving, 1) != 1 || !atomic_load(&core->draining))
        return;
    lock_take(&core->lock);
    for (struct link *l = list_first(&core->drains); l != NULL; l = list_next(l))
        waiter_wake(list_item(l, struct waiter, link));
    lock_drop(&core->lock);
}

/* --- the beginning --- */

static bool filter_address(const gofer_address *address, void *arg)
{
    const gofer_client_options *o = &((struct core *)arg)->options;
    callback_enter();
    bool allowed = o->address_filter(address, o->address_filter_arg);
    callback_leave();
    return allowed;
}

static int socket_opened(int fd, const gofer_address *address, void *arg)
{
    const gofer_client_options *o = &((struct core *)arg)->options;
    callback_enter();
    int err = o->socket_opened(fd, address, o->socket_opened_arg);
    callback_leave();
    return err;
}

static struct racer_options racer_options(struct core *core)
{
    static const sa_family_t families[] = {
        [GOFER_ANY_FAMILY] = AF_UNSPEC, [GOFER_IPV4] = AF_INET, [GOFER_IPV6] = AF_INET6};
    const gofer_client_options *o = &core->options;
    return (struct racer_options){
        .socket = {.keepalive_ms = o->keepalive_ms,
                   .local = o->local_address != NULL ? &core->local_address : NULL,
                   .interface = core->interface,
                   .first_port = o->local_port,
                   .last_port = o->local_port_last,
                   .nagle = o->disable_tcp_nodelay,
                   .opened = o->socket_opened != NULL ? socket_opened : NULL,
                   .opened_arg = core},
        .fallback_delay_ms = o->fallback_delay_ms,
        .family = families[o->address_family],
        .filter = o->address_filter != NULL ? filter_address : NULL,
        .filter_arg = core,
    };
}

static struct pool_options pool_options(struct core *core)
{
    const gofer_client_options *o = &core->options;
    return (struct pool_options){
        .max_idle = o->max_idle_conns,
        .max_idle_per_host = o->max_idle_conns_per_host,
        .max_per_host = o->max_conns_per_host,
        .idle_timeout_ms = o->idle_conn_timeout_ms,
        .max_age_ms = o->conn_max_age_ms,
        .connect_timeout_ms = o->connect_timeout_ms,
        .tls_timeout_ms = o->tls_handshake_timeout_ms,
        .connect_covers_tls = o->connect_timeout_covers_tls,
        .tls = core->tls,
        .proxy_tls = core->proxies.tls,
        .tunnel = proxies_tunnel_options(&core->proxies, core->user_agent),
        .greeting = core->greeting,
        .race = racer_options(core),
        .disable_keep_alives = o->disable_keep_alives,
        .skip_check = o->skip_checkout_check,
        .connect_to = core->names.connect_to,
        .log = &core->log,
    };
}

static void run_hook(void (*hook)(void *arg), void *arg)
{
    if (hook == NULL)
        return;
    callback_enter();
    hook(arg);
    callback_leave();
}

static void worker_start(void *arg)
{
    struct core *core = arg;
    run_hook(core->options.worker_start, core->options.worker_arg);
}

static void worker_stop(void *arg)
{
    struct core *core = arg;
    run_hook(core->options.worker_stop, core->options.worker_arg);
}

/* False without memory. */
static bool watch_calls(struct core *core)
{
    const gofer_client_options *o = &core->options;
    core->watches_calls = o->measure || o->trace != NULL;
    if (o->trace != NULL)
        core->trace_hook = trace_hook_new(o->trace, o->trace_arg, o->trace_close);
    if (o->measure)
        core->meter = meter_new();
    return (o->trace == NULL || core->trace_hook != NULL) && (!o->measure || core->meter != NULL);
}

/* 0 or an errno value; what was made is core_free()'s to undo. */
static int build(struct core *core, const gofer_client_options *given)
{
    int err = settings_resolve(core, given);
    if (err != 0)
        return err;
    if (!watch_calls(core))
        return ENOMEM;
    core->alive = alive_page();
    if (core->alive == NULL)
        return ENOMEM;
    struct engine_options engine = {.workers = core->options.workers,
                                    .worker_start = worker_start,
                                    .worker_stop = worker_stop,
                                    .worker_arg = core};
    core->engine = engine_new(&engine, &err);
    if (core->engine == NULL)
        return err;
    struct pool_options pool = pool_options(core);
    struct resolver_options resolver = names_resolver_options(&core->names, &core->options);
    core->resolver = resolver_new(core->engine, &resolver);
    errno = ENOMEM;
    if (core->resolver != NULL)
        core->pool = pool_new(&pool, core->engine, core->resolver);
    return core->pool != NULL ? engine_start(core->engine) : errno;
}

void core_free_services(struct core *core)
{
    pool_free(core->pool);
    resolver_free(core->resolver);
    engine_free(core->engine);
    trace_hook_unref(core->trace_hook);
    core->trace_hook = NULL;
    core->pool = NULL;
    core->resolver = NULL;
    core->engine = NULL;
}

static void core_free(struct core *core)
{
    core_free_services(core);
    settings_fini(core);
    meter_free(core->meter);
    if (core->alive != NULL)
        munmap((void *)core->alive, ALIVE_PAGE_BYTES);
    lock_cond_fini(&core->left);
    lock_fini(&core->lock);
    mem_free(core);
}

struct core *core_new(const gofer_client_options *options)
{
    static _Atomic uint64_t next_id = 1;
    struct core *core = mem_zalloc(sizeof(*core));
    if (core == NULL) {
        errno = ENOMEM;
        return NULL;
    }
    refs_init(&core->refs, 1);
    core->id = atomic_fetch_add(&next_id, 1);
    atomic_init(&core->random, (uint64_t)clock_now_ns() ^ (uint64_t)(uintptr_t)core);
    lock_init(&core->lock, LOCK_CORE);
    lock_cond_init(&core->left);
    core->sweep.fire = sweep;
    core->sweep.arg = core;
    int err = build(core, options);
    if (err == 0)
        return core;
    /* Threads may run already; nothing else does. */
    if (core->engine != NULL)
        engine_stop(core->engine);
    if (core->resolver != NULL)
        resolver_give_back_hook(core->resolver);
    trace_hook_give_back(core->trace_hook);
    core_free(core);
    errno = err;
    return NULL;
}

void core_ref(struct core *core)
{
    refs_add(&core->refs);
}

void core_unref(struct core *core)
{
    if (core != NULL && refs_drop(&core->refs))
        core_free(core);
}
