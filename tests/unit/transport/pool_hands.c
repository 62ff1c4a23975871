/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See pool_hands.h.
 */
#include "unit/transport/pool_hands.h"

struct rig rig;
struct caller a, b, c, d;

struct pool_stats stats(void)
{
    struct pool_stats s;
    pool_read_stats(rig.pool, &s);
    return s;
}

enum pool_answer take(struct caller *caller)
{
    return caller_take(&rig, caller, &rig.place);
}

enum pool_answer poll_want(struct caller *caller)
{
    return caller_poll(&rig, caller);
}

void connect_one(struct caller *caller)
{
    caller_connect(&rig, caller, &rig.place);
}

void put(struct caller *caller)
{
    caller_put(&rig, caller);
}

void discard(struct caller *caller)
{
    caller_discard(&rig, caller);
}
