/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The marks of a call's phases, and what they sum up to. The call's driver sets
 * them; any thread may read. A mark is a time, or 0: it did not come about. The
 * phases follow one another, so that they make the total whatever happened.
 */
#ifndef GOFER_TRANSPORT_TRACE_MARKS_H
#define GOFER_TRANSPORT_TRACE_MARKS_H

#include <stdatomic.h>
#include <stdint.h>

#include <gofer/error.h>
#include <gofer/trace.h>

/* When a dial went from one phase to the next. */
struct dial_times {
    int64_t began_ns;
    int64_t found_ns;     /* the first address was there */
    int64_t connected_ns; /* behind a proxy: and past it */
    int64_t ready_ns;     /* TLS had shaken hands */
};

enum trace_mark {
    MARK_BEGUN,
    MARK_STARTED,    /* a thread took it */
    MARK_ASKED,      /* for a connection: here the last round trip begins */
    MARK_DIALING,    /* the connection's dial, as far as this call waited for it: began, */
    MARK_CONNECTING, /* had an address, */
    MARK_SHAKING,    /* was connected, */
    MARK_READY,      /* and done; all four 0: it was there already */
    MARK_GOT,
    MARK_SENT,
    MARK_FIRST_BYTE,
    MARK_ENDED,
    MARKS
};

struct trace_marks {
    _Atomic int64_t at[MARKS];
    _Atomic int blamed; /* gofer_phase in which the call failed without a connection */
};

void trace_marks_set(struct trace_marks *marks, enum trace_mark mark, int64_t now_ns);

/* A round trip begins: forgets the one before. */
void trace_marks_ask(struct trace_marks *marks, int64_t now_ns);

/* It has a connection: a new one with the times of its dial, or (NULL) another. */
void trace_marks_got(struct trace_marks *marks, const struct dial_times *dial, int64_t now_ns);

/* The call failed in that phase. */
void trace_marks_blame(struct trace_marks *marks, gofer_phase phase);

void trace_marks_sum(const struct trace_marks *marks, gofer_times *times);

#endif
