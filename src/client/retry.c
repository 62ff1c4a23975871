/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See retry.h. A decision asks what is cheap first; the budget last, since asking
 * takes.
 */
#include "client/retry.h"

#include <stdio.h>

#include "base/clock.h"
#include "client/core.h"
#include "client/driver.h"
#include "client/retry_policy.h"
#include "client/snapshot.h"
#include "client/steps.h"
#include "transport/pool.h"
#include "transport/trace.h"

enum { WHY_BYTES = FAULT_DETAIL_BYTES };

static const struct retry_policy *policy_of(const struct call *c)
{
    return &c->core->retry;
}

/* Whether another try could do no harm, as far as one knows. */
static bool may_repeat(const struct call *c, gofer_sent sent)
{
    bool harmless = sent == GOFER_SENT_NOTHING || c->prepared->idempotent || policy_of(c)->unsafe;
    return harmless && c->tries + 1 < c->prepared->max_attempts &&
           source_can_begin(c->prepared->request.up.source);
}

static int64_t total_at(struct call *c)
{
    return atomic_load_explicit(&c->total_at, memory_order_relaxed);
}

/* Milliseconds in which a try may still begin. */
static int64_t left_ms(struct call *c, int64_t now_ns)
{
    int64_t at = clock_min(total_at(c), clock_after_ms(c->began_ns, policy_of(c)->max_time_ms));
    return at == CLOCK_NEVER ? INT64_MAX : at > now_ns ? (at - now_ns) / CLOCK_MS : 0;
}

/* Whether there is time and budget; *delay_ms is the wait then. */
static bool can_afford(struct call *c, int64_t after_ms, int64_t now_ns, int64_t *delay_ms)
{
    uint64_t random = core_random(c->core);
    *delay_ms = retry_policy_delay_ms(policy_of(c), (unsigned)c->tries + 1, after_ms,
                                      left_ms(c, now_ns), random);
    return *delay_ms >= 0 && core_may_retry(c->core, now_ns);
}

static enum task_next begin_wait(struct call *c, int64_t delay_ms, int64_t now_ns)
{
    c->tries++;
    c->fault = (struct fault){0};
    c->retry_at = clock_after_ms(now_ns, delay_ms);
    call_set_state(c, CALL_BACKOFF);
    return retry_wait(c, now_ns);
}

static void tell(const struct call *c, int64_t delay_ms, gofer_status status, const char *why)
{
    log_write(&c->core->log, GOFER_LOG_INFO, "%.*s: attempt %d: %s; again in %lld ms",
              (int)c->prepared->key.shown_len, c->prepared->key.text, c->attempts, why,
              (long long)delay_ms);
    if (c->trace != NULL)
        trace_retry(c->trace, c->attempts, delay_ms, status, why);
}

bool retry_after_fault(struct call *call, enum task_next *next)
{
    bool on_conn = call_has_exchange(call);
    gofer_sent sent = on_conn ? exchange_sent(&call->exchange) : GOFER_SENT_NOTHING;
    int64_t delay_ms, now = clock_now_ns();
    if (!retry_policy_takes_fault(policy_of(call), &call->fault) ||
        !may_repeat(call, sent > call->sent ? sent : call->sent) ||
        !can_afford(call, -1, now, &delay_ms))
        return false;
    if (on_conn)
        call_drop_exchange(call);
    else
        call->attempts++; /* those that got no connection count here */
    if (call_state(call) == CALL_WANT)
        pool_drop_want(call->core->pool, &call->want);
    tell(call, delay_ms, call->fault.code,
         call->fault.detail[0] != '\0' ? call->fault.detail : gofer_strerror(call->fault.code));
    *next = begin_wait(call, delay_ms, now);
    return true;
}

bool retry_after_response(struct call *call, enum task_next *next)
{
    const struct gofer_response *response = call->exchange.down.response;
    char why[WHY_BYTES];
    int64_t delay_ms, now;
    if (!retry_policy_takes_status(policy_of(call), response->status) ||
        !may_repeat(call, GOFER_SENT_ALL))
        return false;
    now = clock_now_ns();
    int64_t after =
        retry_policy_after_ms(gofer_response_header(response, "Retry-After"), clock_wall_ms());
    if (!can_afford(call, after, now, &delay_ms))
        return false;
    snprintf(why, sizeof(why), "status %d", response->status);
    if (call->exchange.down.complete)
        call_give_back_conn(call, driver_unpublish(call));
    else
        call_drop_exchange(call);
    tell(call, delay_ms, GOFER_OK, why);
    *next = begin_wait(call, delay_ms, now);
    return true;
}

enum task_next retry_wait(struct call *call, int64_t now_ns)
{
    bool over = now_ns >= call->retry_at;
    /* A limit of the try that failed may have taken the timer. */
    core_arm(call, over ? total_at(call) : call->retry_at);
    return over ? call_begin_again(call) : TASK_PARK;
}
