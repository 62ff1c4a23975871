/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Deciding whether a call is over, and saying why.
 */
#include "client/limits.h"

#include <errno.h>

#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "transport/pool.h"

static int64_t total_at(struct call *c)
{
    return atomic_load_explicit(&c->total_at, memory_order_relaxed);
}

int64_t limits_nearest(struct call *call)
{
    int64_t at = total_at(call);
    return call_has_exchange(call) ? clock_min(at, exchange_deadline(&call->exchange)) : at;
}

bool limits_are_fatal(struct call *call, unsigned events, int64_t *rearm_at)
{
    *rearm_at = CLOCK_NEVER;
    if (events & (EV_CANCEL | EV_CLOSE | EV_SHUT))
        return true;
    if (!(events & EV_TIMER))
        return false;
    *rearm_at = limits_nearest(call);
    return clock_now_ns() >= *rearm_at;
}

/* When the exchange is to be looked at again, whatever for. */
static int64_t next_look(struct call *c)
{
    return clock_min(exchange_deadline(&c->exchange), exchange_soon(&c->exchange));
}

void limits_arm(struct call *call)
{
    int64_t at = next_look(call);
    if (at < total_at(call))
        core_arm(call, at);
}

/* What the call was doing; takes it out of the pool's queue where it waited there. */
static gofer_phase leave_phase(struct call *c, unsigned events)
{
    if (call_state(c) == CALL_WANT)
        return pool_drop_want(c->core->pool, &c->want);
    if (call_has_exchange(c))
        return c->exchange.phase;
    if (call_state(c) == CALL_BACKOFF)
        return GOFER_PHASE_RETRY;
    return events & EV_START ? GOFER_PHASE_QUEUE : GOFER_PHASE_POOL;
}

static void blame_total(struct call *c, unsigned events)
{
    gofer_phase phase = leave_phase(c, events);
    const char *doing = gofer_phase_name(phase);
    if ((events & EV_START) && c->timeout_ms < 0)
        fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT,
                  "the deadline passed before the call began");
    else if (c->timeout_ms >= 0)
        fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT, "timed out after %lld ms %s",
                  (long long)c->timeout_ms, doing);
    else
        fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT, "deadline passed while %s",
                  doing);
}

static void blame_exchange(struct call *c, const char *words, int64_t limit_ms)
{
    gofer_phase phase = c->exchange.phase;
    fault_set(&c->fault, GOFER_ERR_TIMEOUT, phase, ETIMEDOUT, words, (long long)limit_ms,
              gofer_phase_name(phase));
}

/* Whether a limit has passed; sets the fault then. */
__attribute__((noinline)) static bool is_late(struct call *c, unsigned events, int64_t now_ns)
{
    if (now_ns >= total_at(c)) {
        blame_total(c, events);
        return true;
    }
    if (!call_has_exchange(c) || now_ns < next_look(c))
        return false;
    int64_t limit_ms;
    const char *words = exchange_late(&c->exchange, now_ns, &limit_ms);
    if (words != NULL)
        blame_exchange(c, words, limit_ms);
    return words != NULL;
}

static void blame_other(struct call *call, unsigned events)
{
    gofer_status code = events & EV_CANCEL ? GOFER_ERR_CANCELED : GOFER_ERR_CLOSED;
    const char *words = events & EV_CANCEL ? "canceled" : "the client was closed";
    gofer_phase phase = leave_phase(call, events);
    fault_set(&call->fault, code, phase, 0, "%s while %s", words, gofer_phase_name(phase));
}

bool limits_end_now(struct call *call, unsigned events, int64_t now_ns)
{
    if (events & (EV_CANCEL | EV_CLOSE)) {
        blame_other(call, events);
        return true;
    }
    if (is_late(call, events, now_ns))
        return true;
    if (events & EV_TIMER)
        core_arm(call, total_at(call));
    if ((events & EV_TIMER) && call_has_exchange(call))
        limits_arm(call);
    return false;
}

void limits_blame(struct call *call)
{
    int64_t now = clock_now_ns();
    if (!is_late(call, 0, now))
        blame_total(call, 0);
}
