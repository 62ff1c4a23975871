/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool's walk: callers, dials and the timer thread as a simulation on one
 * thread. A seed draws who moves next and what it does; nothing is dialled, time
 * is the simulation's, and the same seed gives the same walk again.
 *
 * Beside the pool runs a model: who owns which connection, who waits since when,
 * what each counter must show. The model says before a connection is given back
 * what must become of it, and after each operation everything is compared. The
 * first difference is printed with the seed and ends the walk.
 *
 *   pool_walk.c          the world: its memory, clock, dials and connections
 *   pool_walk_model.c    what must become of a connection, and all that is checked
 *   pool_walk_moves.c    what callers, dials, peers and the timer thread do
 *   pool_walk_test.c     worlds drawn from a seed, from their first to their last move
 *
 * The timer thread looks at idle connections without the pool's lock. Whatever
 * others do meanwhile is done from within: a connection that it closes gives its
 * memory back to the simulation, which makes a few moves there ("nested").
 */
#ifndef TESTS_UNIT_TRANSPORT_POOL_WALK_H
#define TESTS_UNIT_TRANSPORT_POOL_WALK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/task.h"
#include "transport/pool.h"
#include "unit/engine/seed.h"

enum { WALK_CALLERS = 64, WALK_KEYS = 3, WALK_LINES = 512, WALK_DIALS = 512 };

enum walker_state { AWAY, WAITING, ANSWERED, HOLDING };

/* A virtual caller. Its task never runs: a wake only leaves an event. */
struct walker {
    struct task task;
    struct want want;
    struct fault fault;
    enum walker_state state;
    int key;
    uint64_t since;             /* its place in the order of arrival */
    struct line *line;          /* ANSWERED with a connection, or HOLDING */
    bool answered_now;          /* by the operation under way */
    gofer_status expected_code; /* of the error that its dial ended with */
};

/* A connection. */
struct line {
    struct conn *conn; /* NULL: none */
    int key;
    int peer; /* the socket's other end */
    struct walker *owner;
    struct walker *dialled_for; /* while its dial ends */
    bool idle;
    bool closed;       /* by its peer */
    bool talked;       /* its peer sent bytes that nobody asked for */
    int64_t spoilt_ns; /* since when either is so and the connection is idle; 0: not so */
};

/* What must become of a connection without a user. */
enum fate { FATE_ANY, FATE_WANT, FATE_IDLE, FATE_CLOSED };

struct walk {
    struct seed *seed;
    struct pool_options options;
    size_t callers; /* how many of the walkers come at all */
    struct engine *engine;
    struct pool *pool;
    struct key keys[WALK_KEYS];
    int64_t now_ns;

    struct walker walkers[WALK_CALLERS];
    struct line lines[WALK_LINES];
    size_t lines_len; /* no line behind it was ever used */
    struct dial *dials[WALK_DIALS];
    size_t dials_len;
    uint64_t arrivals;

    bool closed; /* pool_close() was called */
    bool refuse_idle;
    bool banned[WALK_KEYS]; /* as the pool said after the last operation */
    uint64_t opened, freed, reused, late_bound, retried;
    uint64_t closed_for[CLOSE_CAUSES]; /* as the pool said after the last operation */

    /* the operation under way */
    const char *operation;
    unsigned causes; /* for which it may close connections, as bits */
    struct line *given;
    bool evicting;         /* beside the given one it may close the eldest idle one only */
    bool scarce;           /* an allocation fails in it */
    unsigned long fail_at; /* which, counted from now; 0: none */
    bool firing, nested;
    int64_t fired_ns; /* when the timer thread came */

    long blocks; /* the library's, living */
    uint64_t operations;
    uint64_t seed_number;
    bool wrong;
};

/* --- the world (pool_walk.c) --- */

/* Makes a world with an open pool. walk->seed, seed_number and options are set, the rest is
 * zero. */
void walk_begin(struct walk *walk);

/* Frees what walk_begin() made; all walkers are away and no dial runs. */
void walk_end(struct walk *walk);

/* Says what is wrong, where, in which walk; once. */
#define walk_expect(walk, holds) walk_expect_at((walk), (holds), #holds, __FILE__, __LINE__)
void walk_expect_at(struct walk *walk, bool holds, const char *what, const char *file, int line);

void walk_set_clock(struct walk *walk, int64_t now_ns);

/* The key of a port; the line of a connection. */
int walk_key_of(const struct key *key);
struct line *walk_line_of(struct walk *walk, const struct conn *conn);

/* A connection as the end of a dial; NULL without memory. */
struct line *walk_open_line(struct walk *walk, int key);

static inline struct walker *walker_of(struct want *want)
{
    return list_item(want, struct walker, want);
}

/* --- the model (pool_walk_model.c) --- */

/* The next operation: its name, and for what it may close connections. */
void model_begin(struct walk *walk, const char *operation, unsigned causes);

/* Its end: takes in what it changed, and checks everything. */
void model_end(struct walk *walk);

/* Takes in what happened so far in an operation that others interrupt. */
void model_catch_up(struct walk *walk);

/* What must become of a line that is given back now, and to whom it must go. */
enum fate model_fate(struct walk *walk, const struct line *line, bool newly_dialled,
                     struct walker **heir);
/* Whether it became that. Before the operation the line loses its owner (model_let_go). */
void model_let_go(struct line *line);
void model_judge(struct walk *walk, struct line *line, const struct conn *conn, enum fate fate,
                 const struct walker *heir);

/* Whether the pool holds the line idle; not so while the timer thread examines it. */
bool model_is_pooled(const struct line *line);
bool model_may_serve(const struct walk *walk, const struct line *line);
size_t model_open(const struct walk *walk, int key);
size_t model_dialing(const struct walk *walk, int key);
size_t model_idle(const struct walk *walk, int key); /* key negative: of all */
bool model_any_starved(const struct walk *walk);

/* The pool's memory of a connection went: the last that is heard of it. */
void model_freed(struct walk *walk, struct line *line);

/* --- the moves (pool_walk_moves.c) --- */

/* Somebody does something. */
void walk_move(struct walk *walk);

/* Everybody is served and goes; the pool stays open. */
void walk_calm(struct walk *walk);

/* The pool is closed while they are all there; they go one by one. */
void walk_shut(struct walk *walk);

/* For the world: what others do while the timer thread examines connections. */
void walk_move_nested(struct walk *walk);

#endif
