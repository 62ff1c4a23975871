/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A transfer's progress in a line, as curl writes it: the meter, the bar of -#, and
 * with -Z the sum of all. Pure: numbers in, text out.
 */
#ifndef GOFER_CLI_PROGRESS_LINE_H
#define GOFER_CLI_PROGRESS_LINE_H

#include <stdint.h>

#include "cli/text.h"

/* One direction. */
struct progress_way {
    int64_t now;   /* bytes */
    int64_t total; /* 0: nobody knows */
};

struct progress_numbers {
    struct progress_way down;
    struct progress_way up;
    int64_t took_us;
    int64_t speed;      /* bytes a second, now */
    unsigned transfers; /* of a sum: begun so far, and */
    unsigned live;      /* not ended */
};

/* What stands above the lines, its line ends included. */
extern const char progress_line_meter_head[];
extern const char progress_line_sum_head[];

/* Appends a line, without what ends it; it begins with a CR, but ends with one where a bar does not
 * know how much there is to come. */
void progress_line_meter(struct text *out, const struct progress_numbers *n);
void progress_line_sum(struct text *out, const struct progress_numbers *n);

/* The same, as wide as that. For what moves while nobody knows how much there is to come, step
 * counts the lines before it, and moves those of them behind which more had come. */
void progress_line_bar(struct text *out, const struct progress_numbers *n, unsigned columns,
                       unsigned step, unsigned moves);

#endif
