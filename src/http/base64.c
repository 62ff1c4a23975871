/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Base64, three bytes at a time.
 */
#include "http/base64.h"

#include <stdint.h>

static void append_group(struct buf *out, const unsigned char *in, size_t n)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = (uint32_t)in[0] << 16;
    if (n > 1)
        bits |= (uint32_t)in[1] << 8;
    if (n > 2)
        bits |= in[2];
    char group[4] = {digits[bits >> 18], digits[bits >> 12 & 63], '=', '='};
    if (n > 1)
        group[2] = digits[bits >> 6 & 63];
    if (n > 2)
        group[3] = digits[bits & 63];
    buf_append(out, group, sizeof group);
}

void base64_append(struct buf *out, const void *data, size_t len)
{
    const unsigned char *in = data;
    for (; len > 3; in += 3, len -= 3)
        append_group(out, in, 3);
    if (len > 0)
        append_group(out, in, len);
}
