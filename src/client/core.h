/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The core: what a gofer_client is made of, shared by the client's handle and by
 * every call that lives. It knows which calls are unfinished, which threads are
 * inside, and how a client ends:
 *
 *   OPEN ──gofer_client_free──► CLOSING: no new calls; every call ends CLOSED;
 *     when no call, dial or lookup is left: the engine's threads end;
 *     when no thread is inside: ENDED, the engine is freed; the memory of the
 *     core goes with the last future.
 *
 * Lock: `lock` (LOCK_CORE) guards the lists, counts and state.
 */
#ifndef GOFER_CLIENT_CORE_H
#define GOFER_CLIENT_CORE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/cache_line.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/log.h"
#include "base/refs.h"
#include "client/names.h"
#include "client/proxies.h"
#include "client/retry_budget.h"
#include "client/retry_policy.h"
#include "engine/timer.h"
#include "http/header.h"
#include "net/addr.h"
#include "transport/greeting.h"
#include <gofer/client.h>
#include <gofer/cookie.h>

struct call;
struct engine;
struct meter;
struct pool;
struct resolver;
struct tls_source;
struct trace;
struct trace_hook;
struct waiter;

enum core_state { CORE_OPEN, CORE_CLOSING, CORE_ENDED };

struct core {
    uint64_t id;                    /* no two cores of a process have the same */
    const volatile uint32_t *alive; /* a page that fork() wipes in the child */
    gofer_client_options
        options; /* resolved: no zeros where 0 means the default; strings are not used */
    char *user_agent;
    struct greeting_options greeting;
    struct headers defaults;
    gofer_cookie_jar *jar;     /* or NULL */
    struct addr local_address; /* to connect from, where the options name one */
    char *interface;           /* or NULL */
    struct names names;
    struct proxies proxies;
    struct tls_source *tls;
    struct engine *engine;
    struct resolver *resolver;
    struct pool *pool;
    struct trace_hook *trace_hook; /* of the options; or NULL */
    bool watches_calls;            /* each call has a trace */
    struct meter *meter;           /* or NULL: it does not measure */
    struct retry_policy retry;
    struct log log;
    _Atomic uint64_t random; /* see core_random() */

    /* Calls read what is above, and write what is below, together. */
    struct cache_line_gap gap;
    struct refs refs;
    struct lock lock; /* guards all below */
    enum core_state state;
    bool sweeping;         /* `sweep` is armed, or about to be again */
    _Atomic bool draining; /* drains is not empty; written under the lock */
    size_t inside;         /* threads inside a public function */
    struct list calls;     /* unfinished */
    uint64_t done;
    _Atomic size_t resolving; /* calls between the two steps of their end; raised under the lock */
    struct list places;       /* waiters for a place in the queue, first come first served */

    struct list ending; /* those of the calls that were told to end */
    uint64_t failed;
    struct retry_budget budget;
    uint64_t retries;
    uint64_t retries_denied;
    struct list drains;    /* waiters for "no call is unfinished" */
    struct timer reaper;   /* asks again for a thread that ends a client freed from a callback */
    struct timer sweep;    /* see core_begin_call() */
    struct lock_cond left; /* a thread left while closing */
};

/* Makes a core and starts its threads. NULL with errno. */
struct core *core_new(const gofer_client_options *options);

void core_ref(struct core *core);
void core_unref(struct core *core);

/* Whether this process is a child that inherited the client by fork(). */
bool core_is_forked(const struct core *core);

/* A thread comes inside: GOFER_OK, or _FORKED, or _CLOSED where the client ends. core_leave()
 * undoes it. */
gofer_status core_enter(struct core *core);

/* The same for a thread that holds a future: it may come in while the client ends; false once it
 * has ended. */
bool core_enter_waiting(struct core *core);

void core_leave(struct core *core);

/* A thread inside that only looks: without workers it takes a turn, so that polling makes progress.
 */
void core_poll(struct core *core);

/*
 * Adds a call to the unfinished ones, which keeps the engine alive until
 * core_end_call(). `submits`: the thread goes on without the call, so it is
 * counted inside too; core_leave() undoes that. With max_queued unfinished and
 * the policy to block, a submitting thread waits (not in a callback), for as long
 * as the call is not cancelled, and gofer_do(), which blocks anyway, goes on.
 * GOFER_OK, _QUEUE_FULL, _TIMEOUT, _CANCELED or _CLOSED.
 */
gofer_status core_begin_call(struct core *core, struct call *call, bool submits, int64_t now_ns);

/*
 * Deadlines. Most calls end long before theirs, so only near ones are in the
 * timer heap: a call whose deadline is further away than CORE_NEAR_MS is found by
 * a sweep over the unfinished calls, once in CORE_SWEEP_MS while there are any,
 * which arms its timer in time. `armed` says that the timer was armed at all.
 */
enum { CORE_NEAR_MS = 2000, CORE_SWEEP_MS = 1000 };

/* Arms the call's timer for `at` or what it is armed for, whichever is earlier. The driver, or
 * under the core's lock. */
void core_arm(struct call *call, int64_t at_ns);

/*
 * The end of a call, in two steps around its outcome becoming known: takes it
 * out, counts it and lets the next one in; then tells who waits for the last.
 */
void core_end_call(struct core *core, struct call *call, bool ok);
void core_call_resolved(struct core *core);

/* Something of an unfinished call is to be told on another thread: core_call_resolved() once it is,
 * until which the client does not end. */
void core_will_resolve(struct core *core);

/* The call of that trace has ended: its times are counted where the client measures. */
void core_note_times(struct core *core, const struct trace *trace);

/* Whether the budget allows another try, which is counted then. */
bool core_may_retry(struct core *core, int64_t now_ns);

/* A random number, for a wait; no secret. */
uint64_t core_random(struct core *core);

/* How many calls are unfinished. With the core's lock held. */
static inline size_t core_unfinished(const struct core *core)
{
    return core->calls.len + core->ending.len;
}

/* --- core_end.c --- */

/* Waits until no call is unfinished. */
gofer_status core_drain(struct core *core, int64_t timeout_ms);

/* Ends the client; see gofer_client_free(). Drops the handle's reference. */
void core_close(struct core *core);

/* For the end alone: frees what the calls stood on. Futures may hold the core still. */
void core_free_services(struct core *core);

/* --- core_stats.c --- */

/* See gofer_client_stats(). */
void core_read_stats(struct core *core, gofer_stats *stats);

/* See gofer_client_origins(). */
size_t core_read_origins(struct core *core, gofer_origin_stats *origins, size_t max, size_t size);

#endif
