/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See pattern.h. Eight bytes at a time are a mix of the number and of where they
 * stand.
 */
#include "chaos/pattern.h"

#include <string.h>

enum { WORD = sizeof(uint64_t), BLOCK = 512 };

static uint64_t word_at(uint64_t number, uint64_t index)
{
    uint64_t word = (number * 0x9e3779b97f4a7c15ULL) ^ (index * 0xc2b2ae3d27d4eb4fULL);

    word ^= word >> 29;
    word *= 0xbf58476d1ce4e5b9ULL;
    return word ^ (word >> 32);
}

void pattern_fill(uint64_t number, uint64_t at, void *buf, size_t len)
{
    unsigned char *out = buf;

    while (len > 0) {
        uint64_t word = word_at(number, at / WORD);
        size_t skip = at % WORD, n = WORD - skip;
        if (n > len)
            n = len;
        memcpy(out, (const unsigned char *)&word + skip, n);
        out += n;
        at += n;
        len -= n;
    }
}

bool pattern_is(uint64_t number, uint64_t at, const void *data, size_t len)
{
    const unsigned char *in = data;
    unsigned char wanted[BLOCK];

    while (len > 0) {
        size_t n = len < BLOCK ? len : BLOCK;
        pattern_fill(number, at, wanted, n);
        if (memcmp(in, wanted, n) != 0)
            return false;
        in += n;
        at += n;
        len -= n;
    }
    return true;
}

uint64_t pattern_of_upload(uint64_t number)
{
    return ~number;
}
