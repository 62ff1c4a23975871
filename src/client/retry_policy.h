/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * When a call is tried again, as rules without a call: which failures and statuses
 * are worth it, and how long to wait. Pure; what is random, and what time it is,
 * are arguments.
 */
#ifndef GOFER_CLIENT_RETRY_POLICY_H
#define GOFER_CLIENT_RETRY_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

/* Of a client; see gofer_client_options. Immutable. */
struct retry_policy {
    unsigned on; /* gofer_retry_on */
    int *statuses;
    size_t statuses_len;
    int64_t delay_ms; /* the first wait's most; doubles */
    int64_t max_delay_ms;
    int64_t max_after_ms; /* the longest Retry-After that is heeded; negative: any */
    int64_t max_time_ms;  /* since the call began; negative: none */
    bool unsafe;          /* also what is not idempotent */
    bool no_jitter;
};

/* Whether a failure may pass by itself. The call's deadline is not one of them. */
bool retry_policy_takes_fault(const struct retry_policy *policy, const struct fault *fault);
bool retry_policy_takes_status(const struct retry_policy *policy, int status);

/* A Retry-After field's wait: seconds, or a date, from wall_ms (since 1970) on; -1 where it says
 * nothing that can be understood. */
int64_t retry_policy_after_ms(const char *value, int64_t wall_ms);

/*
 * How long to wait before another try, where `tries` were made: somewhere up to
 * delay_ms * 2^(tries-1), at most max_delay_ms; behind what the server asked for
 * (after_ms, or -1). Not longer than left_ms, which is what remains: -1 where it
 * could not be done in that time, or the server asks for too much.
 */
int64_t retry_policy_delay_ms(const struct retry_policy *policy, unsigned tries, int64_t after_ms,
                              int64_t left_ms, uint64_t random);

#endif
