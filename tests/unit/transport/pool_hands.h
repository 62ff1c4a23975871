/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool's tests that have one rig, whose callers want connections of the rig's own
 * place: both by short names. One thread at a time, as pool_rig.h.
 */
#ifndef TESTS_UNIT_TRANSPORT_POOL_HANDS_H
#define TESTS_UNIT_TRANSPORT_POOL_HANDS_H

#include "unit/transport/pool_rig.h"

extern struct rig rig;
extern struct caller a, b, c, d;

struct pool_stats stats(void);

/* As caller_take() and so on, at rig.place. */
enum pool_answer take(struct caller *caller);
enum pool_answer poll_want(struct caller *caller);
void connect_one(struct caller *caller);
void put(struct caller *caller);
void discard(struct caller *caller);

#endif
