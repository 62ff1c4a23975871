/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Ports and lengths as decimal digits, without the thousand instructions of
 * printf: they stand in every request.
 */
#ifndef GOFER_HTTP_DECIMAL_H
#define GOFER_HTTP_DECIMAL_H

#include <stdint.h>

#include "base/buf.h"

/* Appends n. */
static inline void decimal_append(struct buf *out, uint64_t n)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + n % 10);
        n /= 10;
    } while (n > 0);
    buf_append(out, digits + at, sizeof digits - at);
}

#endif
