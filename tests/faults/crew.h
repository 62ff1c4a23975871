/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Processes that share a plan: each takes the next piece that nobody has. A run
 * mostly waits for the other side, so several at a time take little longer than one.
 * A process has servers of its own; what the runs came to is added up where all see
 * it.
 */
#ifndef TESTS_FAULTS_CREW_H
#define TESTS_FAULTS_CREW_H

#include <stdbool.h>

#include "faults/plan.h"

struct crew;

/* Starts so many processes, while the program has one thread, and returns true in each of them. In
 * the one that called it waits for them, says what they came to, and returns false; *failed says
 * whether a run went wrong or a process did not end well. */
bool crew_start(const struct plan *plan, unsigned processes, struct crew **crew, bool *failed);

/* Plays pieces until none is left. */
void crew_work(struct crew *crew, struct matrix *matrix);

#endif
