/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A dial: from a key to a connected conn, as a task of its own that workers run,
 * so that the call that waits for it can be handed another connection first.
 *
 *     LOOKUP ──► RACE (net/racer.h) ──► connected() ──► TLS, for https ──► ended: conn
 *        │ └─────► │ addresses may         │  │           ▲  │ tls_handshake_timeout_ms
 *        │         │ come while it runs    │  └─► PROXY ──┘  │
 *        └─────────┴───────────────────────┴───────┴─────────┴── error, connect_timeout_ms,
 *                                                  EV_CANCEL, EV_CLOSE ──► ended: fault
 *
 * Where the key has a proxy, LOOKUP and RACE are the proxy's; PROXY is TLS with it,
 * where it wants that, and asking for a tunnel (tunnel.h), where one is needed. A
 * SOCKS4 proxy wants an address: then a LOOKUP of the key's host comes first of
 * all. What fails on the way to a tunnel is GOFER_ERR_PROXY, but for what is no
 * proxy's fault (a timeout, a lack of memory or descriptors, a cancel).
 *
 * A key with a unix-domain socket has neither: it connects, again and again while
 * the listener's queue is full.
 *
 * `want`, `host` and the links belong to the pool and its lock. The rest is the
 * dial's own; `phase` is atomic, because a call that times out asks for it.
 */
#ifndef GOFER_TRANSPORT_DIAL_H
#define GOFER_TRANSPORT_DIAL_H

#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"
#include "engine/task.h"
#include "net/connect_to.h"
#include "net/racer.h"
#include "net/resolver.h"
#include "transport/key.h"
#include "transport/secure.h"
#include "transport/trace_marks.h"
#include "transport/tunnel.h"

struct conn;
struct pool;
struct pool_host;
struct trace;
struct want;

struct dial {
    struct task task;
    struct pool *pool;
    const struct key *key; /* the pool's record keeps it while a dial runs */

    /* the pool's, under its lock */
    struct pool_host *host;
    struct want *want;   /* whom its error concerns; NULL: an orphan */
    struct link running; /* the key's dials */
    struct link orphan;  /* those of them without a want, the eldest first */

    /* the dial's own */
    _Atomic int phase;                    /* gofer_phase */
    int64_t deadline;                     /* of the connecting, then of the handshake */
    struct destination to;                /* whom to connect to: the proxy, or */
    struct destination target;            /* the key's host and port, or where to connect instead */
    char target_address[INET_ADDRSTRLEN]; /* the same, found for SOCKS4 */
    bool finding_target;                  /* the lookup is the target's */
    struct lookup lookup;
    bool looking; /* the lookup may have more addresses */
    size_t known; /* those of its addresses that the race has */
    struct racer racer;
    struct conn *conn;     /* once there is one */
    struct secure secure;  /* TLS with the proxy, then with the host */
    struct tunnel *tunnel; /* owned; while one is asked for */
    struct dial_times times;
    struct trace *trace; /* of the call that it was begun for; or NULL */
    struct fault fault;
};

/* Makes a dial, which tells the trace (or NULL); the pool fills in its part. NULL without memory.
 */
struct dial *dial_new(struct pool *pool, const struct key *key, struct engine *engine,
                      struct trace *trace);

/* Starts it. No lock may be held. */
void dial_start(struct dial *dial);

/* Frees one that was never started. */
void dial_discard(struct dial *dial);

/* What it is doing. Any thread that knows it lives. */
gofer_phase dial_phase(const struct dial *dial);

/* --- between the dial's files --- */

void dial_set_phase(struct dial *dial, gofer_phase phase);

/* Sets whom to connect to, and whom to reach by that: first of all. */
void dial_set_destinations(struct dial *dial);

/* Begins to look for addresses: literal ones are in the race then. False with the fault set. */
bool dial_find_addresses(struct dial *dial);

/* Gives the race what has been found since. False with the fault set. */
bool dial_take_addresses(struct dial *dial);

/* Takes over a connection that has just been made; goes on with one. */
enum task_next dial_begin_conn(struct dial *dial, struct conn *conn);
enum task_next dial_step_conn(struct dial *dial);

/* The dial's last step: with a connection (the dial's own), or for the reason in its fault, or
 * because its time is up. */
enum task_next dial_end(struct dial *dial, struct conn *conn);
enum task_next dial_fail(struct dial *dial);
enum task_next dial_fail_timeout(struct dial *dial);

#endif
