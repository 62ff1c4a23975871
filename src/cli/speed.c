/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How fast something is now; see speed.h.
 */
#include "cli/speed.h"

void speed_note(struct speed *speed, int64_t bytes, int64_t now_us)
{
    size_t i = speed->len++ % speed->window;

    speed->samples[i].bytes = bytes;
    speed->samples[i].at_us = now_us;
}

int64_t speed_now(const struct speed *speed)
{
    size_t oldest = speed->len > speed->window ? speed->len % speed->window : 0;
    size_t newest = (speed->len - 1) % speed->window;
    int64_t took_us;

    if (speed->len < 2)
        return -1;
    took_us = speed->samples[newest].at_us - speed->samples[oldest].at_us;
    if (took_us <= 0)
        return -1;
    return speed_of(speed->samples[newest].bytes - speed->samples[oldest].bytes, took_us);
}

int64_t speed_of(int64_t bytes, int64_t took_us)
{
    return took_us > 0 ? (int64_t)((double)bytes * 1e6 / (double)took_us) : 0;
}
