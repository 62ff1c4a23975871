/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool's inside, for the files pool*.c alone: its records, and the rules as
 * functions. Unless said otherwise each is called with the pool's lock held.
 *
 * What a change brings about outside the lock is collected in `struct work`:
 * connections to close and a poke owed to the engine. Tasks are woken under the
 * lock: that is what makes "dropped" mean "never woken again".
 */
#ifndef GOFER_TRANSPORT_POOL_STATE_H
#define GOFER_TRANSPORT_POOL_STATE_H

#include "base/clock.h"
#include "base/list.h"
#include "base/lock.h"
#include "base/map.h"
#include "engine/timer.h"
#include "engine/wakes.h"
#include "net/host_memory.h"
#include "transport/idle_watch.h"
#include "transport/pool.h"

/* An orphan that has not come to anything by then is cancelled: as long as a dial has by default.
 */
enum { POOL_STARVED_MS = 100, POOL_ORPHAN_MS = 30000 };

/* One key's record. It lives while anything below is not empty. */
struct pool_host {
    struct key key;
    UT_hash_handle hh;
    struct list idle;     /* connections, the most recently used first */
    struct list wants;    /* first come, first served */
    struct list undialed; /* those of the wants whose dial waits for a slot */
    int64_t banned_until; /* not kept alive before that time */
    bool ban_untold;      /* the log does not know of it yet */
    struct pool_stats stats;
    struct list dials;
    struct list orphans; /* those of the dials without a want, the eldest first */
    size_t open;         /* connections, in use and idle */
};

struct pool {
    struct pool_options options;
    struct engine *engine;
    struct resolver *resolver;
    struct host_memory memory; /* of dials; it has no lock */
    struct idle_watch watch;
    struct timer timer;         /* looks after idle connections and orphans */
    struct timer starved_timer; /* tries again for the starved wants */

    struct lock lock; /* LOCK_POOL; guards all below: first what every call needs */
    bool timer_armed;
    bool some_reported; /* a connection is idle that reported while it was in use */
    bool refuse_idle;   /* pool_close_idle() was called and nobody has taken since */
    bool closed;
    struct pool_host *hosts;
    struct list lru; /* all idle connections, the one idle for longest first */
    struct pool_stats stats;

    struct list orphans; /* dials without a want, the eldest first */
    struct list starved; /* wants whose dial found no descriptor or port, over all keys */
    size_t open;         /* connections, over all keys */
    size_t closing;      /* connections without a slot whose descriptor is about to be closed */
    uint64_t turns;      /* of wants */
    size_t dials_len;
    size_t bans; /* keys that were banned and may be still */
    bool bans_untold;
    struct waiter *done; /* woken when a closed pool's last dial ends */
};

/* What is left to do once the lock is dropped. */
struct work {
    bool any;            /* there is some; else the rest is not set */
    struct list closing; /* connections, by their lru link */
    struct wakes wakes;
};

static inline void pool_begin_work(struct work *work)
{
    work->any = false;
}

/* Whether one more than count is within a limit; negative: none. */
static inline bool pool_within(size_t count, int64_t limit)
{
    return limit < 0 || count < (uint64_t)limit;
}

/* Does what was collected, nearly always nothing. Without the lock. */
void pool_do_work(struct pool *p, struct work *work);
static inline void pool_finish_work(struct pool *p, struct work *work)
{
    if (work->any)
        pool_do_work(p, work);
}

void pool_wake(struct work *work, struct task *task, unsigned events);

/* --- records of keys --- */

struct pool_host *pool_find_host(struct pool *p, const struct key *key);
/* NULL without memory. */
struct pool_host *pool_add_host(struct pool *p, const struct key *key);
/* Frees the record where nothing is left in it, a ban included. The last thing that is done with it
 * under one lock. */
void pool_settle(struct pool *p, struct pool_host *host);
bool pool_is_banned(const struct pool_host *host);

/* --- wants and dials --- */

/* The want leaves the queues; its dial, where it has one, is an orphan. */
void pool_unqueue(struct pool *p, struct want *want, struct work *work);
/* The orphan ends, and is none of the pool's orphans any more. */
void pool_cancel_orphan(struct dial *dial, struct work *work);
void pool_answer_conn(struct pool *p, struct want *want, struct conn *conn, struct work *work);
void pool_answer_fault(struct pool *p, struct want *want, const struct fault *fault,
                       struct work *work);
bool pool_has_slot(const struct pool *p, const struct pool_host *host);
/* pool_use_slots(), after an idle connection made room where no slot is free: only a retry waits
 * beside one. */
void pool_make_room(struct pool *p, struct pool_host *host, struct work *work);
/* Slots may have come free: the wants whose dials wait for one get them in order. */
void pool_use_slots(struct pool *p, struct pool_host *host, struct work *work);
/* The first want that may have a connection; a retry wants a newly dialled one. */
struct want *pool_first_want(struct pool_host *host, bool newly_dialled);

/* --- connections --- */

/* Late binding: a connection without a user goes to a want. */
void pool_hand_over(struct pool *p, struct want *want, struct conn *conn, bool newly_dialled,
                    struct work *work);
/* A connection has no user: to the first want that may have it, or idle (since since_ns, 0: now),
 * or closed. */
void pool_give(struct pool *p, struct conn *conn, bool newly_dialled, int64_t since_ns,
               struct work *work);
/* Its slot comes free; it is closed once the lock is dropped. */
void pool_close_locked(struct pool *p, struct conn *conn, enum pool_close cause, struct work *work);
/* What a look that found something says of the connection. */
enum pool_close pool_cause_of(enum conn_check found);

/* pool_discard() on the timer thread, which runs no user code: the log is told by whoever takes
 * next. Without the lock. */
void pool_discard_quietly(struct pool *p, struct conn **conn, enum pool_close cause);

/* --- idle connections (pool_idle.c) --- */

/* Idle since since_ns: at that place in the order of ages. */
void pool_make_idle(struct pool *p, struct conn *conn, int64_t since_ns, struct work *work);
/* Sees to it that pool_look_after_idle() runs soon: something idle, an orphan or a ban is to be
 * looked after. */
void pool_arm_look(struct pool *p, int64_t since_ns);
/* The most recently used that is neither expired nor too old, or NULL. */
struct conn *pool_take_idle(struct pool *p, struct pool_host *host, int64_t now_ns,
                            struct work *work);
void pool_unlist_idle(struct conn *conn);
/* Closes an idle connection; its record may be gone after. */
void pool_evict(struct pool *p, struct conn *conn, enum pool_close cause, struct work *work);
/* Whether a TLS connection was made under settings whose files have changed since (TLS-17). */
bool pool_is_outdated(const struct pool *p, const struct conn *conn);
static inline bool pool_is_too_old(const struct pool *p, const struct conn *conn, int64_t now_ns)
{
    return now_ns >= clock_after_ms(conn->born_ns, p->options.max_age_ms) ||
           (conn->tls != NULL && pool_is_outdated(p, conn));
}
void pool_close_idle_locked(struct pool *p, struct work *work);
/* The timer of the pool `arg`: on the timer thread, without the lock. */
void pool_look_after_idle(void *arg);

/* --- starved wants (pool_starved.c) --- */

bool pool_is_starvation(const struct fault *fault);
void pool_starve(struct pool *p, struct want *want, struct work *work);
void pool_feed_one(struct pool *p, struct work *work);
/* Descriptors were closed. Without the lock. */
void pool_note_closed(struct pool *p, size_t descriptors);
/* The starved timer of the pool `arg`: on the timer thread, without the lock. */
void pool_feed_in_time(void *arg);

#endif
