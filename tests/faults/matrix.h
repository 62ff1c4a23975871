/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Plays scenes with faults: one run, or all n of a layer, or pairs by chance. What
 * a run did wrong is printed with the command that repeats it; a run that does not
 * end is ended, with the same command and, where there is gdb, the stacks.
 */
#ifndef TESTS_FAULTS_MATRIX_H
#define TESTS_FAULTS_MATRIX_H

#include <stdbool.h>

#include "faults/fault.h"
#include "faults/stage.h"

struct matrix {
    const struct servers *servers;
    const char *directory;
    unsigned long runs, strikes, failures;
};

/* One run. Whether it went as it should. */
struct run {
    const struct scene *scene;
    enum way way;
    struct fault faults[FAULTS_MAX];
    unsigned len;
};
bool matrix_play(struct matrix *matrix, const struct run *run, bool *struck);

/* Every n of a layer, from 1 until none strikes any more; or about `most` of them, evenly spread,
 * where it is not 0. */
void matrix_sweep(struct matrix *matrix, const struct scene *scene, enum way way,
                  const struct layer *layer, long most);

/* So many runs of one scene with two faults each; the seed decides which scene, layers and n. */
void matrix_pairs(struct matrix *matrix, unsigned count, unsigned long seed);

#endif
