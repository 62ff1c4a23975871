/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The resolver's inside, shared by resolver.c (what askers call), resolver_task.c
 * (the task) and resolver_hook.c (lookups in the program's hands).
 *
 * Invariants:
 * - A lookup that waits is in the mailbox or behind one query; leaving that list
 *   and being woken for the last time happen under the lock, so a forgotten
 *   lookup is not touched again.
 * - Queries and channels belong to the task alone. A query lives until its
 *   questions are answered, whether or not anybody still waits: c-ares cannot
 *   take a single one back.
 */
#ifndef GOFER_NET_RESOLVER_STATE_H
#define GOFER_NET_RESOLVER_STATE_H

#include "base/lock.h"
#include "engine/engine.h"
#include "net/dns_cache.h"
#include "net/hosts.h"
#include "net/name_servers.h"
#include "net/query.h"
#include "net/resolver.h"

enum resolver_state { RESOLVER_OPEN, RESOLVER_CLOSING, RESOLVER_ENDED };

struct resolver {
    struct task task;
    struct resolver_options options; /* zeros resolved; its strings are the resolver's own */

    /* The task's. */
    struct query *queries; /* by key */
    size_t asking;         /* those of them that ask name servers */
    struct list waiting;   /* those of them that will, once fewer do */
    struct list answers;   /* of questions */
    struct name_servers servers;
    struct config_file hosts_file;
    struct hosts hosts;
    enum lookup_error hosts_error; /* why nobody knows what the hosts file says; mostly none */

    struct lock lock; /* LOCK_RESOLVER; guards all below, and lookups */
    enum resolver_state state;
    struct list mailbox; /* lookups */
    struct list heard;   /* struct gofer_lookup that were answered */
    size_t hearing;      /* threads that have yet to poke the engine for one of these */
    struct dns_cache cache;
    struct list refreshes; /* entries of the cache that are to be asked again */
    int64_t
        recheck_at; /* from then on the next lookup goes to the task, which looks at the files */
};

extern const struct task_ops resolver_task_ops;

/* Answers from the cache. A stale answer is marked to be refreshed: *mail is set. False where the
 * cache has none. */
bool resolver_answer_cached_locked(struct resolver *r, struct lookup *lookup, int64_t now_ns,
                                   bool *mail);

/* Hands the query to the program's function. False without memory. The task; no lock held. */
bool resolver_call_hook(struct resolver *r, struct query *q);

/* A lookup that the program answered. */
struct gofer_lookup {
    struct resolver *resolver; /* its task: one reference */
    struct query *query;       /* while the resolver lives */
    struct lookup_key key;
    struct answer answer;
    int64_t ttl_ms;   /* as given */
    struct link link; /* among those heard */
};

/* Frees it, and drops its reference. No lock held. */
void resolver_free_heard(struct gofer_lookup *heard);

#endif
