/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The far side: a process of its own, with one thread and one epoll set, that is
 * origins and proxies, plain and over TLS, and misbehaves as each request's path
 * tells it to (faults.def), or at random. It listens on the same ports of several
 * loopback addresses, so that a name may move from one to another.
 *
 * What it counts is in memory that it shares with its parent.
 */
#ifndef TESTS_CHAOS_FAR_H
#define TESTS_CHAOS_FAR_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { FAR_ADDRESSES = 4 }; /* 127.0.0.1 and those after it */

enum far_port {
    FAR_PLAIN,     /* an origin */
    FAR_TLS,       /* the same over TLS, as any host below good.test */
    FAR_PROXY,     /* an HTTP proxy; whatever it is asked for is an origin behind it */
    FAR_TLS_PROXY, /* the same over TLS */
    FAR_SOCKS,     /* a SOCKS5 proxy */
    FAR_MUTE,      /* accepts, and says nothing */
    FAR_RUDE,      /* accepts, and does anything but TLS */
    FAR_CLOSED,    /* nobody listens */
    FAR_PORTS
};

struct far_tally {
    _Atomic uint64_t conns;        /* accepted */
    _Atomic uint64_t tunnels;      /* opened */
    _Atomic uint64_t requests;     /* heads read */
    _Atomic uint64_t bad_requests; /* that no caller of ours sends */
    _Atomic uint64_t bad_uploads;  /* request bodies that are another's, too short or too long */
    _Atomic uint64_t pauses;       /* of accepting */
};

struct far {
    pid_t pid;
    uint16_t ports[FAR_PORTS];
    int closed; /* holds FAR_CLOSED */
    uint64_t ids;
    struct far_tally *tally;
    _Atomic uint8_t *seen; /* how often the request of an id came; redirects to it not counted */
};

/* Starts it, for ids below `ids`; while the program has one thread. Aborts where it cannot. */
void far_start(struct far *far, uint64_t ids, uint64_t seed);

/* Whether it still runs; ends it. */
bool far_runs(const struct far *far);
void far_stop(struct far *far);

#endif
