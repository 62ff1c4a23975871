/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The connection race on sockets: the dialer of race.h. It keeps a list of
 * addresses for each family, in the order of RFC 6724, asks the address filter
 * before each connect, opens and watches up to RACE_MAX_OPEN sockets, and closes
 * the losers at once.
 *
 * A watch wakes its task with EV_IO without saying which descriptor it is about,
 * so racer_run() asks all that are open.
 * Embedded in its owner (a dial); the owner's thread; no lock.
 */
#ifndef GOFER_NET_RACER_H
#define GOFER_NET_RACER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/watch.h"
#include "net/addr.h"
#include "net/address_order.h"
#include "net/race.h"
#include "net/socket.h"
#include <gofer/address.h>

struct task;

/* How a client connects. What it points to is borrowed. */
struct racer_options {
    struct socket_options socket;
    int64_t fallback_delay_ms;    /* negative: no attempt beside another */
    sa_family_t family;           /* AF_UNSPEC: both */
    gofer_address_filter *filter; /* or NULL */
    void *filter_arg;
};

/* What one race is about. */
struct racer_goal {
    const char *host;      /* for the hooks; borrowed */
    int64_t deadline;      /* or CLOCK_NEVER */
    unsigned turn;         /* by which addresses that are equally good are turned round */
    sa_family_t preferred; /* goes first; AF_UNSPEC: as RFC 6724 says */
    /* Told of each connect, or both NULL; err: 0, or ECANCELED for one that lost. */
    void (*began)(void *arg, const gofer_address *address);
    void (*ended)(void *arg, const gofer_address *address, int err);
    void *arg;
};

enum racer_state { RACER_RUNS, RACER_WON, RACER_FAILED };

/* Why it failed. */
enum racer_cause {
    RACER_NOTHING,   /* nothing yet */
    RACER_REFUSED,   /* err: by the peer, the network or the system's rules */
    RACER_DENIED,    /* by the address filter */
    RACER_STARVED,   /* err: no descriptor, port, buffer: it may be tried again */
    RACER_NOMEM,     /* no memory */
    RACER_UNFIT,     /* no address of the family asked for, or that the local one can reach */
    RACER_TIMED_OUT, /* the deadline */
};

/* Whether the address filter allows an address of a host, its port set; all are where there is
 * none.
 */
bool racer_allows(const struct racer_options *options, const char *host, const struct addr *addr);

/* What an errno value of a connect means. */
enum racer_cause racer_cause_of(int err);

struct racer_failure {
    enum racer_cause cause;
    int err;
    struct addr addr; /* with REFUSED, DENIED and STARVED */
};

struct racer_family {
    struct addr *addrs; /* ours */
    size_t len;
    struct candidate best; /* the first of them */
};

struct racer_attempt {
    struct watch watch;
    struct addr addr;
    unsigned repeats;
};

struct racer {
    struct race race;
    struct racer_goal goal;
    const struct racer_options *options;
    struct task *task;
    struct racer_family families[RACE_LISTS]; /* IPv4, IPv6 */
    struct racer_attempt attempts[RACE_MAX_OPEN];
    sa_family_t regular; /* which goes first by RFC 6724, once there are two; or AF_UNSPEC */
    sa_family_t winner;
    struct addr peer;             /* with RACER_WON: whom its socket goes to */
    struct racer_failure starved; /* the first that may be tried again */
    int64_t wake_at;              /* with RACER_RUNS: run it then at the latest */
};

/* Begins. The options, and the goal's host, last longer. To be ended with racer_close(). */
void racer_init(struct racer *racer, struct task *task, const struct racer_options *options,
                const struct racer_goal *goal);

/* Addresses came, in any order, ports set; `more` may come. False without memory. */
bool racer_add(struct racer *racer, const struct addr *addrs, size_t len, bool more,
               int64_t now_ns);

/*
 * Does what is due. With RACER_RUNS the task is woken by EV_IO, and is to run this
 * at wake_at. With RACER_WON the connected socket is in *fd, still non-blocking,
 * and is the caller's. `io`: EV_IO came.
 */
enum racer_state racer_run(struct racer *racer, bool io, int64_t now_ns, int *fd);

/* Whether an attempt was begun: it connects, rather than waits for addresses. */
bool racer_has_begun(const struct racer *racer);

/* Why it failed: what may be tried again before all else, then the first error of the family that
 * went first. */
struct racer_failure racer_failure(const struct racer *racer);

/* Closes all that is open, and frees. Legal in every state, also twice, and of one that is all
 * zeros. */
void racer_close(struct racer *racer);

#endif
