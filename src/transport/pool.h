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
 * - A dial whose want was served otherwise runs on as an orphan, for half a minute
 *   at most; its connection goes to the next want or the pool, its error to nobody.
 * - A slot (dialing, in use or idle: one each) freed by a close or a failed dial
 *   goes to the first want whose dial waits.
 * - A dial that finds no descriptor or port is no error while the pool has other
 *   connections: the one idle for longest is closed, and the want's dial is tried
 *   again at the next close and every POOL_STARVED_MS (design 7.14).
 * - A peer that sends bytes that nobody asked for loses keep-alive for a while.
 *
 * Each function locks, changes, collects what is to be closed or started,
 * unlocks, and only then closes or starts it.
 */
#ifndef GOFER_TRANSPORT_POOL_H
#define GOFER_TRANSPORT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/racer.h"
#include "transport/conn.h"
#include "transport/greeting.h"
#include "transport/key.h"
#include "transport/tunnel.h"
#include "transport/want.h"

struct connect_to;
struct dial;
struct engine;
struct host_memory;
struct log;
struct pool;
struct resolver;
struct tls_source;
struct waiter;

struct pool_options {
    int64_t max_idle; /* negative: no limit, here and below */
    int64_t max_idle_per_host;
    int64_t max_per_host;
    int64_t idle_timeout_ms;
    int64_t max_age_ms;
    int64_t connect_timeout_ms;
    int64_t tls_timeout_ms;
    bool connect_covers_tls; /* connect_timeout_ms is the handshake's, too, and this one is not used
                              */
    struct tls_source *tls;  /* outlives the pool; NULL: no key has TLS */
    struct tls_source *proxy_tls; /* the same towards proxies */
    struct tunnel_options tunnel; /* what it points to outlives the pool */
    struct greeting_options greeting;
    struct racer_options race; /* how dials connect; what it points to outlives the pool */
    bool disable_keep_alives;
    bool skip_check;
    const struct connect_to *connect_to; /* borrowed; or NULL */
    const struct log *log;               /* borrowed; or NULL */
    /* Tests: takes a new dial instead of the engine. Called under the pool's lock. */
    void (*dial_starter)(struct dial *dial, void *arg);
    void *dial_starter_arg;
};

/* Why a connection was closed. */
enum pool_close {
    CLOSE_SPENT, /* it may not serve again: the peer's or the request's "close", an error, a cancel
                  */
    CLOSE_TALKING, /* the peer sent bytes that nobody asked for */
    CLOSE_STALE,   /* the peer had closed it while it was idle */
    CLOSE_EXPIRED, /* idle for too long */
    CLOSE_OLD,     /* conn_max_age_ms */
    CLOSE_LIMIT,   /* more idle connections than may be kept, or room for another dial */
    CLOSE_ASKED,   /* pool_close_idle(), keep-alives off, the client's end */
    CLOSE_CAUSES
};

struct pool_stats {
    uint64_t opened;
    uint64_t reused;
    uint64_t idle;
    uint64_t dialing;
    uint64_t late_bound;
    uint64_t waiting;
    uint64_t in_use;
    uint64_t retried;
    uint64_t closed[CLOSE_CAUSES];
    bool banned; /* one key's: it is not kept alive for a while */
    uint64_t bans;
};

enum { POOL_KEY_SHOWN = 288 };

/* What a taker gets. */
enum pool_answer {
    POOL_CONN,  /* *conn is the caller's */
    POOL_WAIT,  /* the want is queued: EV_CONN comes */
    POOL_FAILED /* see want->fault */
};

/* Makes a pool. engine and resolver outlive it. NULL with errno. */
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

/* Gives back a connection that may serve again. *conn is NULL after. False where it was closed all
 * the same. */
bool pool_put(struct pool *pool, struct conn **conn);

/*
 * Closes one that may not, for that reason. CLOSE_TALKING costs its key keep-alive
 * for POOL_BAN_MS (RU-20). *conn is NULL after.
 */
enum { POOL_BAN_MS = 30000 };
void pool_discard(struct pool *pool, struct conn **conn, enum pool_close cause);

/* Closes idle connections; those that come back later are closed too, until the next take. */
void pool_close_idle(struct pool *pool);

/* A call of the key was sent once more; for the counters. */
void pool_count_retry(struct pool *pool, const struct key *key);

/* A consistent copy of the counters. */
void pool_read_stats(struct pool *pool, struct pool_stats *stats);

/* One key's counters, and its text. */
struct pool_key_stats {
    char key[POOL_KEY_SHOWN];
    struct pool_stats stats;
};

/* The counters of the keys that have a connection, dial or want now: the first `max` of them;
 * returns how many there are. */
size_t pool_read_key_stats(struct pool *pool, struct pool_key_stats *keys, size_t max);

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
struct host_memory *pool_host_memory(struct pool *pool);

/* The dial ended: with a connection (*conn is NULL after) or with a fault. The dial's last act
 * towards the pool. */
void pool_dial_ended(struct pool *pool, struct dial *dial, struct conn **conn,
                     const struct fault *fault);

#endif
