/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Many calls begun at once, to an origin that answers each after a fixed time:
 * how long all of them take, and what the process holds and runs on meanwhile. A
 * peer begins a burst, tells of each answer, and ends it; the figures are taken
 * here, so that all peers are measured alike.
 *
 * The process is measured at the first answer, when every call but that one is
 * still in flight, and when all are over and their connections are idle.
 */
#ifndef GOFER_TESTS_BENCH_BURST_H
#define GOFER_TESTS_BENCH_BURST_H

#include "bench.h"

struct burst {
    struct run *run;
    long before_bytes; /* resident before the first call */
    long held_bytes;   /* and at the first answer */
    long idle_bytes;   /* and when all are over */
    long threads;      /* at the first answer */
};

/* Call it before the client is made: what that holds counts too. */
void burst_begin(struct burst *burst, struct run *run);

/* One call ended. The first measures, which takes some milliseconds. */
void burst_answered(struct burst *burst, bool ok);

/* The last call ended; connections are still open. */
void burst_end(struct burst *burst);

/* Prints the line. Returns an exit status: 1 when an answer was missing or wrong. */
int burst_print(const struct burst *burst);

#endif
