/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An origin that keeps its callers waiting: it answers every request with 13
 * bytes, at once, or, where the path begins with /hold, when told to
 * (forked_release()), or, for /after?MS, after so many milliseconds (the same for
 * all that wait at once). It holds as many connections as the descriptor limit
 * allows.
 */
#ifndef GOFER_TESTS_BENCH_HOLD_ORIGIN_H
#define GOFER_TESTS_BENCH_HOLD_ORIGIN_H

#include "forked.h"

/* As forked_start(). */
bool hold_origin_start(struct forked *origin);

#endif
