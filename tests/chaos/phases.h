/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Deadlines in every phase that a call has, each provoked on purpose.
 */
#ifndef TESTS_CHAOS_PHASES_H
#define TESTS_CHAOS_PHASES_H

#include "chaos/storm.h"

/* Makes a call run into its deadline in each phase; complains of those where it does not. */
void phases_prove(struct storm *storm);

#endif
