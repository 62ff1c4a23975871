/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A program of somebody else's as a mode: it is run, its output is read, and its
 * own time and processor time stand in the place of this process's.
 */
#ifndef GOFER_TESTS_BENCH_OUTSIDE_H
#define GOFER_TESTS_BENCH_OUTSIDE_H

#include "bench.h"

/* Runs argv and hands each line of its standard output to read_line(). Sets the run's begin and
 * end. False where the program is not there. */
bool outside_run(struct run *run, char *const *argv,
                 void (*read_line)(struct run *run, const char *));

#endif
