/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A call: one user request from submit to outcome. It is a task and, to the
 * user, a gofer_future; one allocation.
 *
 *   NEW ──► WANT (waits for a connection) ──► EXCHANGE ──────────► ENDED
 *    │  └──────── a connection at once ──────────▲ │ │              ▲ ▲
 *    │                  ▲                          │ │ streaming:   │ │
 *    │                  └── once, on a fresh conn ─┤ │ outcome known│ │
 *    ▲                                             │ │              │ │
 *    ├── BACKOFF (waits for its time) ◄── tried ───┤ │              │ │
 *    │                                    again    │ │              │ │
 *    ├── HOP (reads a redirect's rest) ◄─ follows ─┘ │              │ │
 *    │                                               ▼              │ │
 *    │                                             STREAM ──────────┘ │
 *    │                                               │ closed early   │
 *    │                                               └──► DRAIN ──────┤
 *    └───── refused, cancelled, timed out, failed ────────────────────┘
 *
 * Two owners: the engine (until the task ends) and the handle; a streaming
 * response is a third. What the driver owns is touched by the thread that runs
 * the task only. `lock` (LOCK_CALL) guards the outcome and what is needed to
 * reach a driving caller: `blocked_fd` is the socket that it may be blocked on,
 * and only an interruption under the lock shuts it down (driver.h; design 7.3).
 *
 * The steps are in call.c, how a call begins in admission.c, what ends it early
 * in limits.c, its way on from a redirect in hop.c, trying again in retry.c, the
 * caller's driving in driver.c, its outcome in future.c, and what follows the head
 * of a streaming response in stream.c and stream_io.c.
 */
#ifndef GOFER_CLIENT_CALL_H
#define GOFER_CLIENT_CALL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"
#include "base/lock.h"
#include "engine/task.h"
#include "transport/exchange.h"
#include "transport/want.h"
#include <gofer/future.h>

struct core;
struct prepared;
struct late;
struct snapshot;
struct stream;
struct trace;
struct waiter;

enum call_state {
    CALL_NEW,
    CALL_BACKOFF,
    CALL_WANT,
    CALL_EXCHANGE,
    CALL_HOP,
    CALL_STREAM,
    CALL_DRAIN,
    CALL_ENDED
};

/* OPEN ──settle──► SETTLED (on_done runs) ──► RESOLVED (waits return) */
enum outcome { OUTCOME_OPEN, OUTCOME_SETTLED, OUTCOME_RESOLVED };

struct call {
    struct task task;
    struct core *core;         /* NULL: refused before there was one */
    struct snapshot *snapshot; /* until the outcome; so is */
    struct prepared *prepared;
    void *user;
    _Atomic int64_t timeout_ms; /* in force; negative: none, or an absolute deadline */
    _Atomic int64_t total_at;   /* the deadline; only ever made earlier */
    bool has_reader;            /* its first body comes from a reader of the user's */
    _Atomic bool armed;         /* its timer may be in the heap; see core_begin_call() */

    /* the driver's */
    _Atomic int state; /* enum call_state; written by the driver */
    int attempts;      /* on connections, since the last redirect */
    int tries;         /* made again by the retry policy */
    int64_t began_ns;  /* where there is such a policy */
    int64_t retry_at;  /* in BACKOFF */
    bool reused;
    gofer_sent sent;       /* over all attempts */
    struct stream *stream; /* owned; from the head of a streaming response on */
    struct late *late;     /* late.h; or NULL: no callback of the user's runs in its steps */
    struct trace *trace;   /* owned; or NULL: nobody watches it */

    struct link core_link;  /* guarded by the core's lock */
    struct link token_link; /* guarded by the token's lock */
    struct link group_link; /* guarded by the group's lock */

    struct lock lock; /* guards all below */
    int blocked_fd;   /* or -1 */
    _Atomic bool
        interrupted;       /* blocked_fd was shut down; also read by the driver without the lock */
    bool unpublished;      /* resolved already, and future_publish() is still to come */
    bool abandoned;        /* the handle is gone: nobody takes the response any more */
    struct waiter *driver; /* the driving or submitting thread, asleep without a socket; or NULL */
    enum outcome outcome;
    gofer_status status;
    gofer_response *response; /* until a wait took it */
    gofer_error error;        /* code GOFER_OK: none */
    char *message;            /* the error's, owned; NULL: static text */
    struct list waiters;      /* outcome_watch */
    void (*on_done)(gofer_future *future, void *arg);
    void *on_done_arg;
    gofer_group *group;

    /* The driver's again; set when each begins, so that a call costs no more than it uses. With
     * them the whole is no larger than what malloc hands out quickly (see call.c). The want ends
     * before the exchange begins: it means something in WANT only. */
    union {
        struct want want;
        struct exchange exchange;
    };
    struct fault fault;
};

/* One thread's interest in one outcome; on its stack. */
struct outcome_watch {
    struct link link; /* guarded by the call's lock */
    struct waiter *waiter;
};

static inline struct call *call_of(const gofer_future *future)
{
    return (struct call *)(void *)future;
}

static inline gofer_future *future_of(struct call *call)
{
    return (gofer_future *)(void *)call;
}

static inline struct call *call_of_task(struct task *task)
{
    return list_item(task, struct call, task);
}

static inline enum call_state call_state(const struct call *call)
{
    return (enum call_state)atomic_load_explicit(&call->state, memory_order_acquire);
}

static inline bool call_has_exchange(const struct call *call)
{
    enum call_state state = call_state(call);
    return state >= CALL_EXCHANGE && state < CALL_ENDED;
}

/*
 * Makes a call of a request with two references, the engine's and the handle's.
 * core may be NULL; request may be NULL. NULL without memory.
 */
struct call *call_new(struct core *core, const gofer_request *request);

/*
 * Admits the call to its core, or refuses it: then it has its outcome already.
 * True where it is to be run: by call_drive(), or, after which this thread is
 * inside the core, by call_submit() and core_leave(). *now_ns is the time then.
 */
bool call_admit(struct call *call, bool driven, int64_t *now_ns);

/* Puts an admitted call into the queue. */
void call_submit(struct call *call);

/* Runs an admitted or stolen call on this thread until it has its outcome. Not where
 * call_may_drive() is false. now_ns: the time, which saves another look at the clock. */
void call_drive(struct call *call, int64_t now_ns);

/* Whether a caller may run it: not where a body reader may have to be waited for. Any thread. */
static inline bool call_may_drive(const struct call *call)
{
    return !call->has_reader;
}

/* The status and, once, the response. The outcome must be settled. */
gofer_status call_take_outcome(struct call *call, gofer_response **response);

/* The same for a call that has no other holder any more, which it frees; response may be NULL. */
gofer_status call_end_private(struct call *call, gofer_response **response);

/*
 * Wakes a call from a thread that is not inside its core: holds the engine while it does. Nothing
 * where the client has ended or is the parent process's. The call must not be freed meanwhile.
 */
void call_wake(struct call *call, unsigned events);

/* Whether the call belongs to the process that this one was forked from: then not even its lock may
 * be touched. */
bool call_is_foreign(const struct call *call);

/* Makes the deadline earlier, from any thread. */
void call_limit(struct call *call, int64_t at_ns);

/* --- between the call's files --- */

/* The task's operations; for call_new(). */
extern const struct task_ops call_ops;

/* What the caller lent (body bytes) is given back, before the outcome is known. */
void call_release_request(struct call *call);

/*
 * The end of a streaming call, for the thread that runs or holds its task: the
 * connection goes back or is closed, the call leaves its lists, and its state is
 * ENDED; ending the task is the caller's. call_fail_stream(): for the reason in
 * the fault.
 */
void call_complete_stream(struct call *call);
void call_fail_stream(struct call *call);

/* Sets the outcome of an ended call, or of a streaming one: status, response or error, and tells
 * everybody. */
void future_resolve(struct call *call, gofer_status status, gofer_response *response);

/* The two halves of that, for an outcome that is settled from outside (late.h): with the lock held,
 * whereupon threads that wait for it need nobody else, unless a callback comes first; then, without
 * it, for everybody to know. */
void future_settle_early(struct call *call, gofer_status status, gofer_response *response);
void future_publish(struct call *call);

/* Makes a waiting thread known to the call's outcome. False where that is there already. */
bool future_watch(struct call *call, struct outcome_watch *w, struct waiter *waiter);
void future_unwatch(struct call *call, struct outcome_watch *w);

/* Fills call->error from a fault, for a person too. */
void call_describe_error(struct call *call, const struct fault *fault);
void call_describe_error_locked(struct call *call, const struct fault *fault);

/* A group learns that one of its calls has its outcome; drops the call's hold on it. */
void group_completed(gofer_group *group, struct call *call);

#endif
