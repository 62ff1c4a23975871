/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Host names to addresses through c-ares, which one task alone calls (design
 * 7.11). Lookups reach the task through a mailbox; c-ares callbacks only record;
 * answers leave as EV_ANSWER wakes. One lookup of a name is in flight at a time,
 * whoever asks; one asker's end does not disturb the others.
 *
 *                resolver_ask                the answer, a wake
 *        NEW ───────────────────► ASKED ───────────────────────► ANSWERED
 *         ▲  └───────────────────────────────────────────────────►  │
 *         │          literals, localhost, bad names: no wake        │
 *         └──────────────────── resolver_forget ◄───────────────────┘
 *
 * Lock: LOCK_RESOLVER guards the mailbox and every lookup's state and answer.
 */
#ifndef GOFER_NET_RESOLVER_H
#define GOFER_NET_RESOLVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"
#include "engine/task.h"
#include "net/addr.h"

struct resolver;
struct engine;

enum lookup_state { LOOKUP_NEW, LOOKUP_ASKED, LOOKUP_ANSWERED };

enum lookup_error {
    LOOKUP_OK,
    LOOKUP_NOT_FOUND, /* NXDOMAIN or no address */
    LOOKUP_REFUSED,   /* REFUSED */
    LOOKUP_SERVFAIL,  /* the server failed */
    LOOKUP_TIMEOUT,   /* no server answered */
    LOOKUP_BAD_NAME,  /* no host name: hostname.h; not asked */
    LOOKUP_NOMEM,
    LOOKUP_FAILED /* anything else */
};

/* One asker's question. Embedded in the asker (a dial). */
struct lookup {
    struct task *task; /* woken with EV_ANSWER */
    const char *host;  /* borrowed until the lookup ends */
    enum lookup_state state;
    enum lookup_error error;
    struct addr *addrs; /* owned by the lookup once answered; ports 0; IPv4 first */
    size_t addrs_len;
    struct link link; /* resolver's: in the mailbox or among those that a query answers */
};

/* At most so many addresses of an answer are kept. */
enum { LOOKUP_MAX_ADDRS = 64 };

struct resolver_options {
    const char *servers; /* "127.0.0.1:5353,...", and then no search list; NULL: resolv_conf's */
    const char *resolv_conf; /* NULL: /etc/resolv.conf */
    uint16_t port;           /* of resolv_conf's servers; 0: 53 */
    int recheck_ms;          /* how often resolv_conf's age is looked at; 0: 5 s */
    int timeout_ms, tries;   /* 0: c-ares's */
};

/* Makes the resolver, which copies the options; c-ares starts at the first question. NULL without
 * memory. */
struct resolver *resolver_new(struct engine *engine, const struct resolver_options *options);

/*
 * Asks. Any thread, no lock held. What needs no question is answered at once: an
 * address, "localhost" (127.0.0.1, then ::1), a name that is none or may not be
 * asked. Then the lookup is LOOKUP_ANSWERED on return and no wake comes;
 * otherwise the asker's task gets EV_ANSWER once.
 */
void resolver_ask(struct resolver *resolver, struct lookup *lookup);

/* Whether the answer is there (then error and addrs are set). The asker's thread. */
bool resolver_answered(struct resolver *resolver, const struct lookup *lookup);

/* Detaches: after it returns no wake comes. Frees the addresses. Legal in every state, also twice.
 */
void resolver_forget(struct resolver *resolver, struct lookup *lookup);

/*
 * Ends the resolver's task: drops the channel and its descriptors, and answers
 * LOOKUP_FAILED to who still waits. Returns at once; resolver_ended() tells.
 * A question after that is answered LOOKUP_FAILED at once.
 */
void resolver_close(struct resolver *resolver);
bool resolver_ended(struct resolver *resolver);

/* Frees a resolver that has ended, or of which nothing was ever asked nor closed. NULL is legal. */
void resolver_free(struct resolver *resolver);

/* A lookup_error in words. */
const char *lookup_strerror(enum lookup_error error);

#endif
