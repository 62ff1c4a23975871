/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The bookkeeping of fanout.c: what each call was to bring, what it brought,
 * how long it took; the summary, and the checks that make the program fail when
 * a figure is not what it should be. Nothing in here is needed to use gofer.
 *
 * Each call is written by the one thread that makes it, and read when all have
 * ended; only the number of settled calls is read meanwhile.
 */
#ifndef GOFER_EXAMPLES_FANOUT_TALLY_H
#define GOFER_EXAMPLES_FANOUT_TALLY_H

#include <gofer/gofer.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "origin.h"

enum route { ROUTE_INSTANT, ROUTE_50MS, ROUTE_2S, ROUTE_1MIB, ROUTE_NEVER, ROUTES };

struct call {
    enum route route;
    unsigned id; /* the origin repeats it in its answer */
    int64_t begun_us;
    int64_t ended_us; /* 0 until then */
    gofer_status status;
    gofer_phase phase; /* of the failure */
    bool right;        /* the answer is this call's, every byte of it */
    char failure[160]; /* the error's message */
};

struct tally {
    struct call *calls;
    size_t len;
    _Atomic size_t settled;
};

/* Counts every block that the library allocates from here on. First of all gofer calls. */
void tally_watch_memory(void);

/* Fresh calls, counts[route] of each route, numbered from first_id, in a shuffled order. */
void tally_deal(struct call *calls, const int counts[ROUTES], unsigned first_id);

/* "/instant" and so on. */
const char *route_path(enum route route);

/* The clock is read: when the call begins, and when it has ended. */
void call_begin(struct call *call);
void call_end(struct call *call);

/* Judges the outcome, and call_end() where that was not called yet. The response stays the
 * caller's. */
void call_settle(struct tally *tally, struct call *call, gofer_status status,
                 const gofer_response *response);

/* A line for a terminal, which overwrites itself; and its end. */
void tally_show_progress(struct tally *tally, gofer_client *client);
void tally_clear_progress(void);

/* The number as "1,048,576". Returns text. */
const char *with_commas(char text[32], uint64_t n);

/* The summary. */
void tally_show(const struct tally *tally, const gofer_stats *stats);

/* Whether every figure is right; tells of each that is not. */
bool tally_check(struct tally *tally, const gofer_stats *stats, size_t origin_requests);

/* Whether nothing is left of the client: no block of memory, no descriptor beyond the `descriptors`
 * that were open before. Tells what is. */
bool tally_check_leftovers(size_t descriptors);

/* How many descriptors the process has open. */
size_t open_descriptors(void);

#endif
