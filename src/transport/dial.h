/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A dial: from a key to a connected conn, as a task of its own that workers run,
 * so that the call that waits for it can be handed another connection first.
 *
 *     LOOKUP ──► RACE (net/racer.h) ──► HOPS ──► GREETING ──► TLS, for https ──► ended: conn
 *        │ └─────► │ addresses may       │          │         │ tls_handshake_timeout_ms
 *        │         │ come while it runs  │          │         │
 *        └─────────┴─────────────────────┴──────────┴─────────┴── error, connect_timeout_ms,
 *                                                   EV_CANCEL, EV_CLOSE ──► ended: fault
 *
 * The way to the host leads over its hops, the proxies of the key, of which mostly
 * there is none. LOOKUP and RACE are the first one's; HOPS is, for each in turn, TLS
 * with it, where it wants that, and asking it for a tunnel to the next (tunnel.h);
 * the last one, which leads to the host, may be one that fetches itself. A SOCKS4
 * proxy wants an address: then LOOKUPs of what such hops lead to come first of all.
 * GREETING is the PROXY header, where the client's options ask for one. What fails on the way to a
 * tunnel is GOFER_ERR_PROXY, but for what is no proxy's fault (a timeout, a lack of memory or
 * descriptors, a cancel).
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
#include "transport/greeting.h"
#include "transport/key.h"
#include "transport/secure.h"
#include "transport/trace_marks.h"
#include "transport/tunnel.h"

struct conn;
struct pool;
struct pool_host;
struct proxy;
struct trace;
struct want;

/* A proxy on the way, and where it is asked to lead: the next one, or the host. */
struct hop {
    const struct proxy *proxy; /* the key's */
    struct destination next;
    char address[INET_ADDRSTRLEN]; /* of the same, looked up for SOCKS4 */
};

enum { DIAL_HOPS_MAX = 2 };

enum dial_stage { DIAL_HOPS, DIAL_GREETING, DIAL_TLS };

struct dial {
    struct task task;
    struct pool *pool;
    const struct key *key; /* the pool's record keeps it while a dial runs */

    /* the pool's, under its lock */
    struct pool_host *host;
    struct want *want;   /* whom its error concerns; NULL: an orphan */
    struct link running; /* the key's dials */
    struct link orphan;  /* those of them without a want, the eldest first */
    struct link ageing;  /* the same, over all keys */
    int64_t orphaned_ns; /* since when it has none */

    /* the dial's own */
    _Atomic int phase; /* gofer_phase */
    int64_t deadline;  /* of the connecting, then of the handshake */
    struct hop hops[DIAL_HOPS_MAX];
    unsigned hops_len;
    unsigned hop;          /* the one that is met, or that an address is looked up for */
    struct destination to; /* whom to connect to: the first hop, else the host */
    bool finding;          /* the lookup is of what the hop leads to */
    bool is_hosts_fault;   /* what failed is about the host, and no proxy's affair */
    enum dial_stage stage; /* once there is a connection */
    struct lookup lookup;
    bool looking; /* the lookup may have more addresses */
    size_t known; /* those of its addresses that the race has */
    struct racer racer;
    struct conn *conn;     /* once there is one */
    struct secure secure;  /* TLS with the proxy, then with the host */
    struct tunnel *tunnel; /* owned; while one is asked for */
    struct greeting greeting;
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

/* What it is doing; GOFER_PHASE_QUEUE until a worker begins it. Any thread that knows it lives. */
gofer_phase dial_phase(const struct dial *dial);

/* --- between the dial's files --- */

void dial_set_phase(struct dial *dial, gofer_phase phase);

/* Sets the hops, and whom to connect to: first of all. */
void dial_set_way(struct dial *dial);

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
