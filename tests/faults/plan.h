/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Many runs, as pieces that are played in any order: a piece is a scene with all of
 * a layer, or PLAN_PAIRS pairs. What a piece is depends on the plan alone, so that
 * a seed means the same however many processes share the work.
 */
#ifndef TESTS_FAULTS_PLAN_H
#define TESTS_FAULTS_PLAN_H

#include <stdbool.h>

#include "faults/matrix.h"

enum { PLAN_PIECES_MAX = 32768, PLAN_PAIRS = 10 };

enum amount { AMOUNT_QUICK, AMOUNT_CI, AMOUNT_ALL };

struct piece {
    const struct layer *layer; /* NULL: pairs */
    const struct scene *scene;
    enum way way;
    long most;          /* of the layer's n; 0: all */
    unsigned long seed; /* of the pairs */
};

struct plan {
    struct piece pieces[PLAN_PIECES_MAX];
    unsigned len;
};

/* Adds all sweeps of so much; of one layer only where it is not NULL. */
void plan_sweeps(struct plan *plan, enum amount amount, const struct layer *only);

/* Adds about `count` pairs. */
void plan_pairs(struct plan *plan, unsigned long count, unsigned long seed);

/* Plays a piece. */
void plan_play(const struct piece *piece, struct matrix *matrix);

#endif
