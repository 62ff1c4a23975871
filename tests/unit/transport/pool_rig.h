/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the pool's tests stand on: a pool on an engine without threads, so that a
 * dial makes no step until the test serves it (rig_serve) and every order between
 * dials, wants and returned connections is forced; listeners on loopback ports;
 * and callers, tasks that count how often their want was answered.
 *
 * The clock is the test's too. One thread at a time.
 */
#ifndef TESTS_UNIT_TRANSPORT_POOL_RIG_H
#define TESTS_UNIT_TRANSPORT_POOL_RIG_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/task.h"
#include "support/leaks.h"
#include "transport/pool.h"

/* A listener that accepts nothing by itself, the port of one that was closed, and the key of
 * either. */
struct place {
    int listener; /* or -1 */
    uint16_t port;
    struct key key;
};

struct caller {
    struct task task;
    struct want want;
    struct fault fault;
    struct conn *conn;
    unsigned answers; /* EV_CONN events */
};

struct rig {
    struct engine *engine;
    struct resolver *resolver;
    struct pool *pool;
    struct place place;
    struct leaks before;
};

/* Options that change nothing: no limits, no timeouts. */
#define RIG_OPTIONS                                                                                \
    ((struct pool_options){.max_idle = -1,                                                         \
                           .max_idle_per_host = -1,                                                \
                           .max_per_host = -1,                                                     \
                           .idle_timeout_ms = -1,                                                  \
                           .max_age_ms = -1,                                                       \
                           .connect_timeout_ms = -1,                                               \
                           .race = {.socket = {.keepalive_ms = -1}}})

/* Makes all of it, with the clock standing at one second. */
void rig_begin(struct rig *rig, struct pool_options options);

/* Closes the pool, checks that its counters are zero, frees, and checks that nothing is left. */
void rig_end(struct rig *rig);

/* Runs every task that is due. */
void rig_serve(struct rig *rig);

/* Sets the clock to ms after its begin, and fires timers. */
void rig_at_ms(struct rig *rig, int64_t ms);

/* A listener; a port where nobody listens; the key of any address of this machine. */
void place_open(struct place *place);
void place_open_refusing(struct place *place);
void place_key(struct place *place, uint16_t port);
void place_close(struct place *place);

/* Asks for a connection of the place. The answer; with POOL_CONN it is caller->conn. */
enum pool_answer caller_take(struct rig *rig, struct caller *caller, const struct place *place);
enum pool_answer caller_take_fresh(struct rig *rig, struct caller *caller,
                                   const struct place *place);

/* Asks what became of the want. */
enum pool_answer caller_poll(struct rig *rig, struct caller *caller);

/* Takes a connection, dialling where need be. */
void caller_connect(struct rig *rig, struct caller *caller, const struct place *place);

void caller_put(struct rig *rig, struct caller *caller);
void caller_discard(struct rig *rig, struct caller *caller);
gofer_phase caller_drop(struct rig *rig, struct caller *caller);

#endif
