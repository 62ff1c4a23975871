/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The inside that world.c (time and what a descriptor is) and world_calls.c (the
 * system calls) share.
 */
#ifndef TESTS_FUZZ_WORLD_STATE_H
#define TESTS_FUZZ_WORLD_STATE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "fuzz/bytes.h"

/* The world's descriptors: a number from WORLD_FD on. */
enum { WORLD_FD = 5000, THINGS = 64 };

enum thing_kind { NOTHING, AN_EPOLL, AN_EVENT, A_STREAM, A_DATAGRAM };

enum stream_state { S_NEW, S_CONNECTING, S_CONNECTED, S_FAILED };

/* What is on its way to the client. */
struct arrival {
    int64_t at;
    enum arrival_kind { A_PIECE, AN_END, A_RESET } kind;
    char *data;
    size_t len;
    struct arrival *next;
};

/* A descriptor in an epoll set. */
struct watched {
    bool in;
    bool off; /* one-shot, and it was told */
    uint32_t events;
    uint64_t data;
    uint64_t seen; /* edge-triggered: the last change that was told */
};

union address {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

struct thing {
    enum thing_kind kind;
    bool nonblocking;
    uint64_t changes;
    struct watched *watched; /* an epoll set's, one for each thing */
    uint64_t count;          /* an event's */

    /* a socket's */
    int family;
    union address peer;
    enum stream_state state;
    int64_t connect_at;
    int connect_error;
    int error; /* pending */
    bool ended;
    bool reset;
    bool shut_read;
    bool shut_write;
    int64_t full_until; /* takes no bytes before then */
    struct bytes in;
    size_t in_at;
    struct arrival *arrivals;
    struct origin *origin;
};

struct world {
    bool on;
    bool firing;
    bool serving;
    int64_t now;
    struct fuzz *f;
    unsigned quiet; /* so many calls more without trouble */
    unsigned idle;  /* calls since time moved */
    struct timers *timers;
    unsigned fail_after;
    size_t allocations; /* alive */
    struct thing things[THINGS];
};

extern struct world world;

/* The open thing behind a descriptor, or NULL: it is the system's. */
struct thing *world_thing(int fd);

/* A new one's descriptor, or -1: there is no room. */
int world_open(enum thing_kind kind);
void world_close(struct thing *thing);

static inline int world_number(const struct thing *thing)
{
    return (int)(thing - world.things);
}

/* Whether this call shall meet trouble, and which: 0, or a number from 1 on. */
unsigned world_trouble(void);

/* A call was made: too many without time moving is turning in circles. */
void world_note_call(void);

/* What poll() would say. */
uint32_t world_events(const struct thing *thing);

/* Whether an epoll set would tell of this one now. */
bool world_would_tell(const struct thing *set, size_t number, uint32_t *events);

/* Lets time pass until ready(arg), which is true then, or the time. */
bool world_wait(int64_t until, bool (*ready)(void *arg), void *arg);

/* What is due now arrives. */
void world_catch_up(void);

#endif
