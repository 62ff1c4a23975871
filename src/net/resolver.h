/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Host names to addresses. One task alone calls c-ares (design 7.11): lookups
 * reach it through a mailbox, c-ares callbacks only record, answers leave as
 * EV_ANSWER wakes. One lookup of a name is in flight at a time, whoever asks;
 * one asker's end does not disturb the others.
 *
 * In this order a name is answered by: what it is itself (an address, no name at
 * all), the program's overrides, what every machine knows (localhost, .onion),
 * the cache, /etc/hosts, the name servers of resolv.conf. The program's own
 * function, where there is one, stands in place of the last two.
 *
 *                resolver_ask            the whole answer, a wake
 *        NEW ───────────────────► ASKED ───────────────────────► ANSWERED
 *         ▲  └─────────────────────┼─┘ a part of it, a wake ─────►  │
 *         │          what needs no question: no wake                │
 *         └──────────────────── resolver_forget ◄───────────────────┘
 *
 * Lock: LOCK_RESOLVER guards the mailbox, the cache and what lookups have below
 * "the resolver's".
 */
#ifndef GOFER_NET_RESOLVER_H
#define GOFER_NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/task.h"
#include "net/addr.h"
#include "net/answer.h"
#include "net/lookup_key.h"
#include <gofer/resolver.h>

struct dns_overrides;
struct engine;
struct resolver;

enum lookup_state { LOOKUP_NEW, LOOKUP_ASKED, LOOKUP_ANSWERED };

/*
 * One asker's question. Embedded in the asker (a dial), which sets the first
 * four members and zeroes the rest.
 */
struct lookup {
    struct task *task;     /* woken with EV_ANSWER */
    const char *host;      /* borrowed until the lookup ends */
    uint16_t port;         /* the addresses'; overrides depend on it */
    enum lookup_kind kind; /* 0: both families */

    /* The asker's: as of its last resolver_ask() or resolver_answered(). */
    struct addr *addrs; /* owned by the lookup; grows at its end and may move */
    size_t addrs_len;
    bool more;               /* the rest of the answer is still to come */
    bool coalesced;          /* the answer is that of a query which was in flight already */
    enum lookup_error error; /* LOOKUP_OK as long as there is more, or where there are addresses */

    /* The resolver's. */
    enum lookup_state state;
    struct answer arrived; /* and not yet taken */
    bool joined;           /* a query that others had begun */
    struct link link;      /* in the mailbox or behind a query */
};

struct resolver_options {
    const char *servers;     /* endpoint.h; NULL: resolv_conf's */
    const char *resolv_conf; /* NULL: /etc/resolv.conf */
    const char *hosts;       /* NULL: /etc/hosts */
    uint16_t port;           /* of resolv_conf's servers; 0: 53 */
    int recheck_ms;          /* how often the two files are looked at; 0: 5 s */
    int timeout_ms, tries;   /* 0: resolv_conf's */

    int64_t max_ttl_ms;      /* 0: 60 s; negative: as long as the answers say */
    int64_t negative_ttl_ms; /* 0: 1 s */
    int64_t stale_ms;        /* how long an answer may serve after its end; negative: for ever */
    size_t cache_max;        /* answers; 0: 1,000 */
    size_t asking_max;       /* names asked for at a time, the others wait; 0: 1,000 */

    const struct dns_overrides *overrides; /* borrowed; or NULL */
    gofer_resolver *hook;                  /* asked in place of files and servers; or NULL */
    void *hook_arg;
    void (*hook_close)(void *hook_arg); /* or NULL; called once, when nothing can use it any more */
};

/* Makes the resolver, which copies the options; c-ares starts at the first question. NULL without
 * memory. */
struct resolver *resolver_new(struct engine *engine, const struct resolver_options *options);

/* The hook's argument stays the program's: hook_close will not be called. Before any question. */
void resolver_give_back_hook(struct resolver *resolver);

/*
 * Asks. Any thread, no lock held. What needs no question is answered at once:
 * then `more` is false on return and no wake comes. Otherwise the asker's task
 * gets EV_ANSWER once or more often, until the answer is whole: addresses of one
 * family may come before those of the other (RFC 8305, 3).
 */
void resolver_ask(struct resolver *resolver, struct lookup *lookup);

/*
 * Takes what has arrived: addrs, more, error and coalesced are then up to date, and new
 * addresses stand behind those that were there. True where the answer is whole.
 * The asker's thread; no lock held; legal at any time after resolver_ask().
 */
bool resolver_answered(struct resolver *resolver, struct lookup *lookup);

/* Detaches: after it returns no wake comes. Frees the addresses. Legal in every state, also twice.
 */
void resolver_forget(struct resolver *resolver, struct lookup *lookup);

/*
 * Ends the resolver's task: drops the channels and their descriptors, and
 * answers LOOKUP_FAILED to who still waits. Returns at once; resolver_ended()
 * tells. A question after that is answered LOOKUP_FAILED at once.
 */
void resolver_close(struct resolver *resolver);
bool resolver_ended(struct resolver *resolver);

/* Frees a resolver that has ended, or of which nothing was ever asked nor closed; what the hook
 * still holds keeps its memory. NULL is legal. */
void resolver_free(struct resolver *resolver);

#endif
