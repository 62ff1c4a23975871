/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What is shown on stderr while transfers go on: curl's meter, the bar of -#, or with
 * -Z one line about all of them. A thread of its own writes a line now and then; a
 * transfer's first and last are written by whoever begins and ends it.
 *
 *     progress_begin ──► a line each period ──► progress_end (the last line)
 *
 * Transfers only count: their bytes are in a gauge, which any thread may read. The
 * gauges that are begun and not ended are in a list. `lock` guards the list, what the
 * gauges have beside their counts, and the order of lines; no line is written without it.
 *
 * What the thread does is progress_tick(), which is told the time: a test needs neither
 * the thread nor a clock.
 */
#ifndef GOFER_CLI_PROGRESS_H
#define GOFER_CLI_PROGRESS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "cli/config.h"
#include "cli/speed.h"

struct progress;

/* One transfer's bytes. The counts are the transfer's to set, at any time. */
struct gauge {
    _Atomic int64_t down;
    _Atomic int64_t down_total; /* 0: unknown */
    _Atomic int64_t up;
    _Atomic int64_t up_total;

    /* the progress's own */
    struct gauge *next;
    int64_t begun_us;
    bool has_head; /* an attempt was shown before */
    /* of a bar: the lines so far, those behind which more had come, and how much at the last */
    unsigned steps, moves;
    int64_t shown;
    struct speed speed;
};

enum progress_kind { PROGRESS_METER, PROGRESS_BAR, PROGRESS_SUM };

/* What the options ask for, on out. NULL: nothing is to be shown. */
struct progress *progress_new(const struct global *global, FILE *out);

/* The same, without the options. */
struct progress *progress_new_kind(enum progress_kind kind, FILE *out, unsigned columns);

/* Begins to write lines at their times. After signals are blocked. */
void progress_start(struct progress *progress);

/* NULL is legal for progress, in all of these: nothing is shown. Any thread. */

/* An attempt of a transfer begins, and ends; its counts begin at 0. It goes on behind resume_at
 * bytes, 0: from the begin. */
void progress_begin(struct progress *progress, struct gauge *gauge, int64_t resume_at,
                    int64_t now_us);
void progress_end(struct progress *progress, struct gauge *gauge, int64_t now_us);

/* A redirect is followed: its line ends, and another one begins. */
void progress_hop(struct progress *progress, struct gauge *gauge, int64_t now_us);

/* A line about where things are. */
void progress_tick(struct progress *progress, int64_t now_us);

/* All transfers have ended: the last line of a sum. */
void progress_free(struct progress *progress, int64_t now_us);

/* The clock of all these times. */
int64_t progress_now_us(void);

#endif
