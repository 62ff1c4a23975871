/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How fast something is now: over the last few samples of how much there was of
 * it, and when. Pure; times are microseconds of any clock that goes forward.
 */
#ifndef GOFER_CLI_SPEED_H
#define GOFER_CLI_SPEED_H

#include <stddef.h>
#include <stdint.h>

enum { SPEED_SAMPLES_MAX = 10 };

struct speed {
    size_t window; /* samples that count, at most SPEED_SAMPLES_MAX */
    size_t len;    /* samples that were noted */
    struct {
        int64_t bytes;
        int64_t at_us;
    } samples[SPEED_SAMPLES_MAX]; /* sample number n is at n % window */
};

/* Notes how many bytes there are in all by now. */
void speed_note(struct speed *speed, int64_t bytes, int64_t now_us);

/* Bytes a second from the oldest sample of the window to the newest; negative where there are not
 * two, or no time lies between them. */
int64_t speed_now(const struct speed *speed);

/* Bytes a second of so many in that time; 0 in no time. */
int64_t speed_of(int64_t bytes, int64_t took_us);

#endif
