/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The threads that call, each in all ways, until the leg is over; and those that
 * go with them: lenders, which serve the client now and then, and the watch.
 */
#ifndef TESTS_CHAOS_CALLER_H
#define TESTS_CHAOS_CALLER_H

#include "chaos/call.h"

enum { CALLERS = 32 };

/* Once; then leg after leg, each of which returns when every call of it has ended. */
void callers_init(struct caller callers[CALLERS], struct storm *storm);
void callers_run(struct caller callers[CALLERS]);

/* --- the watch: watch.c --- */

/*
 * Begins a thread that looks for calls which hang, and ends the program with their
 * names where there are any; feeds hungry bodies, fires tokens, renames hosts. Ends
 * it.
 */
struct watch;
struct watch *watch_begin(struct storm *storm, struct caller *callers);
void watch_end(struct watch *watch);

#endif
