/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --limit-rate: when the next bytes may go, for one direction of one transfer. A
 * token bucket, kept as the time at which all tokens that were taken will have
 * come in: it holds a tenth of a second's bytes, so that a transfer that was held
 * up by its peer does not make up for that in one burst.
 *
 * It neither reads a clock nor waits: the caller says what time it is, in
 * microseconds of any clock that only goes forward.
 */
#ifndef GOFER_CLI_PACE_H
#define GOFER_CLI_PACE_H

#include <stddef.h>
#include <stdint.h>

struct pace {
    int64_t bytes_per_s; /* 0: no limit */
    int64_t paid_us;     /* when what was taken is paid for */
};

/* How many bytes to take at once, of at most max (at least 1): a tenth of a second's. */
size_t pace_piece(const struct pace *pace, size_t max);

/* Takes so many bytes. */
void pace_take(struct pace *pace, size_t bytes, int64_t now_us);

/* How long to wait before more are taken; 0: they may be now. */
int64_t pace_wait_us(const struct pace *pace, int64_t now_us);

#endif
