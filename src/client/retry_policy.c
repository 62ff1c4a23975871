/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See retry_policy.h.
 */
#include "client/retry_policy.h"

#include <string.h>

#include "base/ascii.h"
#include "http/cookie_date.h"
#include <gofer/client.h>

enum { DOUBLINGS_MAX = 32, AFTER_DIGITS_MAX = 9 };

/* What kind of failure it is; 0: one that stays. */
static unsigned kind_of(const struct fault *f)
{
    switch (f->code) {
    case GOFER_ERR_RESOLVE:
        return GOFER_RETRY_RESOLVE;
    case GOFER_ERR_CONNECT:
    case GOFER_ERR_PROXY:
        return GOFER_RETRY_CONNECT;
    case GOFER_ERR_TIMEOUT:
        return GOFER_RETRY_TIMEOUT;
    case GOFER_ERR_BROKEN:
    case GOFER_ERR_TRUNCATED:
        return GOFER_RETRY_BROKEN;
    case GOFER_ERR_TLS:
    case GOFER_ERR_CERTIFICATE:
    case GOFER_ERR_PROTOCOL:
    case GOFER_ERR_DECODE:
    case GOFER_ERR_SYSTEM:
        return GOFER_RETRY_OTHER;
    default:
        return 0;
    }
}

bool retry_policy_takes_fault(const struct retry_policy *policy, const struct fault *fault)
{
    return (kind_of(fault) & policy->on) != 0;
}

bool retry_policy_takes_status(const struct retry_policy *policy, int status)
{
    if (!(policy->on & GOFER_RETRY_STATUS))
        return false;
    for (size_t i = 0; i < policy->statuses_len; i++)
        if (policy->statuses[i] == status)
            return true;
    return false;
}

static bool is_number(const char *value, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!ascii_is_digit(value[i]))
            return false;
    return len > 0;
}

int64_t retry_policy_after_ms(const char *value, int64_t wall_ms)
{
    if (value == NULL)
        return -1;
    size_t len = strlen(value);
    int64_t seconds = 0;
    if (is_number(value, len)) {
        /* Longer than any wait. */
        if (len > AFTER_DIGITS_MAX)
            return INT64_MAX;
        for (size_t i = 0; i < len; i++)
            seconds = seconds * 10 + (value[i] - '0');
        return seconds * 1000;
    }
    if (!cookie_date_parse(value, len, &seconds))
        return -1;
    int64_t ms = seconds * 1000 - wall_ms;
    return ms > 0 ? ms : 0;
}

static int64_t back_off(const struct retry_policy *p, unsigned tries, uint64_t random)
{
    int64_t most = p->delay_ms;
    for (unsigned i = 1; i < tries && i < DOUBLINGS_MAX && most < p->max_delay_ms; i++)
        most *= 2;
    if (most > p->max_delay_ms)
        most = p->max_delay_ms;
    return p->no_jitter ? most : (int64_t)(random % ((uint64_t)most + 1));
}

int64_t retry_policy_delay_ms(const struct retry_policy *policy, unsigned tries, int64_t after_ms,
                              int64_t left_ms, uint64_t random)
{
    int64_t delay = back_off(policy, tries, random);
    if (after_ms < 0)
        return delay < left_ms ? delay : -1;
    if (after_ms >= left_ms || (policy->max_after_ms >= 0 && after_ms > policy->max_after_ms))
        return -1;
    /* Those who were told the same time do not come at the same time. */
    return delay < left_ms - after_ms ? after_ms + delay : after_ms;
}
