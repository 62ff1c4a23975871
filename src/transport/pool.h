/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool: who gets which connection. One mutex guards it all: the idle
 * connections of each key (most recently used first out), the wants of each key
 * (first come, first served), the dials, the counts and the order of all idle
 * connections by age.
 *
 * The rules:
 * - A call takes the key's most recently used idle connection. Where there is
 *   none it waits, and a dial is started for it at once, or, at the limit of
 *   connections a key, when a slot comes free.
 * - What comes first wins: its own dial, or a connection that another call gives
 *   back (late binding). A connection given back goes to the first waiting want
 *   before it is ever idle.
 * - A dial whose want was served otherwise runs on as an orphan; its connection
 *   goes to the next want or the pool, its error to nobody.
 * - A slot (dialing, in use or idle: one each) freed by a close or a failed dial
 *   goes to the first want whose dial waits.
 *
 * Each function locks, changes, collects what is to be closed or started,
 * unlocks, and only then closes or starts it.
 */
#ifndef GOFER_TRANSPORT_POOL_H
#define GOFER_TRANSPORT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "transport/conn.h"
#include "transport/key.h"
#include "transport/want.h"

struct engine;
struct pool;
struct resolver;
struct waiter;

struct pool_options {
    int64_t max_idle; /* negative: no limit, here and below */
    int64_t max_idle_per_host;
    int64_t max_per_host;
    int64_t idle_timeout_ms;
    int64_t max_age_ms;
    int64_t connect_timeout_ms;
    int64_t keepalive_ms;
    bool disable_keep_alives;
    bool skip_check;
};

struct pool_stats {
    uint64_t opened;
    uint64_t reused;
    uint64_t idle;
    uint64_t dialing;
    uint64_t late_bound;
    uint64_t stale;
    uint64_t waiting;
    uint64_t in_use;
};

/* What a taker gets. */
enum pool_answer {
    POOL_CONN,  /* *conn is the caller's */
    POOL_WAIT,  /* the want is queued: EV_CONN comes */
    POOL_FAILED /* see want->fault */
};

/* Makes a pool. engine and resolver outlive it. NULL without memory. */
struct pool *pool_new(const struct pool_options *options, struct engine *engine,
                      struct resolver *resolver);

/*
 * Asks for a connection of the key. want->task, fresh and fault are set, the
 * rest is zero. Before a request is written on it, ask pool_check().
 */
enum pool_answer pool_take(struct pool *pool, const struct key *key, struct want *want,
                           int64_t now_ns, struct conn **conn);

/* After EV_CONN, or at any time: POOL_WAIT where the want still waits. The call's thread. */
enum pool_answer pool_poll(struct pool *pool, struct want *want, struct conn **conn);

/*
 * The checkout check (design 7.6) of a connection that was taken. False where it
 * was dead or talking: it is closed, *conn is NULL, take another one.
 */
bool pool_check(struct pool *pool, struct conn **conn);

/* The call gives up: after it returns no EV_CONN comes. What phase its dial was in, or
 * GOFER_PHASE_POOL. */
gofer_phase pool_drop_want(struct pool *pool, struct want *want);

/* Gives back a connection that may serve again. *conn is NULL after. */
void pool_put(struct pool *pool, struct conn **conn);

/* Closes one that may not; `talking`: its peer sent bytes that nobody asked for. *conn is NULL
 * after. */
void pool_discard(struct pool *pool, struct conn **conn, bool talking);

/* Closes idle connections; those that come back later are closed too, until the next take. */
void pool_close_idle(struct pool *pool);

/* A consistent copy of the counters. */
void pool_read_stats(struct pool *pool, struct pool_stats *stats);

/* Begins the end: no new wants, idle connections closed, dials told to end. */
void pool_close(struct pool *pool);

/* Whether no dial runs any more. Where one does, `done` is woken when the last ends; NULL takes a
 * waiter back. */
bool pool_quiet(struct pool *pool, struct waiter *done);

/* Frees a closed, quiet pool after the engine's threads have ended. */
void pool_free(struct pool *pool);

/* --- for dial.c --- */

const struct pool_options *pool_options_of(const struct pool *pool);
struct resolver *pool_resolver(struct pool *pool);

/* The dial ended: with a connection (*conn is NULL after) or with a fault. The dial's last act
 * towards the pool. */
void pool_dial_ended(struct pool *pool, struct dial *dial, struct conn **conn,
                     const struct fault *fault);

#endif
