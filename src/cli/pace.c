/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * When the next bytes may go; see pace.h.
 */
#include "cli/pace.h"

#define SECOND_US INT64_C(1000000)
#define BUCKET_US (SECOND_US / 10)

size_t pace_piece(const struct pace *pace, size_t max)
{
    int64_t piece = pace->bytes_per_s / (SECOND_US / BUCKET_US);

    if (pace->bytes_per_s == 0 || (uint64_t)piece > max)
        return max;
    return piece > 0 ? (size_t)piece : 1;
}

/* Of the rate's whole seconds and the rest, so that no product overflows. */
static int64_t price_us(const struct pace *pace, size_t bytes)
{
    int64_t n = (int64_t)bytes, rate = pace->bytes_per_s;
    double rest_us = (double)(n % rate) * (double)SECOND_US / (double)rate;

    return n / rate * SECOND_US + (int64_t)rest_us;
}

void pace_take(struct pace *pace, size_t bytes, int64_t now_us)
{
    if (pace->bytes_per_s == 0)
        return;
    if (pace->paid_us < now_us - BUCKET_US)
        pace->paid_us = now_us - BUCKET_US;
    pace->paid_us += price_us(pace, bytes);
}

int64_t pace_wait_us(const struct pace *pace, int64_t now_us)
{
    return pace->bytes_per_s != 0 && pace->paid_us > now_us ? pace->paid_us - now_us : 0;
}
