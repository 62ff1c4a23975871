/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What ends a call before its answer does: time limits, cancellation, the
 * client's end. The limits are the whole call's deadline (call->total_at) and,
 * while there is an exchange, the exchange's own.
 *
 * For the thread that runs the call, unless it says otherwise.
 */
#ifndef GOFER_CLIENT_LIMITS_H
#define GOFER_CLIENT_LIMITS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/task.h"

struct call;

/* The nearest of the limits in force. Any thread, while the call is not ended. */
int64_t limits_nearest(struct call *call);

/* Whether pending events end the call, or would once they are looked at. Else, where a timer fired
 * too early, *rearm_at says when to look again; or CLOCK_NEVER. Any thread. */
bool limits_are_fatal(struct call *call, unsigned events, int64_t *rearm_at);

/* Arms the timer for a limit of the exchange, or its next look, that is nearer than the call's. */
void limits_arm(struct call *call);

/* Whether events end the call; sets the fault then. A limit is looked at at the start, where a
 * deadline already past sends nothing, and at the timer's word. */
bool limits_end_now(struct call *call, unsigned events, int64_t now_ns);
static inline bool limits_end(struct call *call, unsigned events, int64_t now_ns)
{
    return (events & (EV_CANCEL | EV_CLOSE | EV_TIMER | EV_START)) != 0 &&
           limits_end_now(call, events, now_ns);
}

/* Sets the fault of a driver whose socket was shut down for a limit that may have moved since. */
void limits_blame(struct call *call);

#endif
