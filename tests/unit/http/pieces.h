/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Input in pieces, as a network delivers it: one test body sees its bytes whole,
 * one at a time and cut in two at every place. Each piece is a heap block of
 * exactly its size, so that AddressSanitizer sees a parser that looks too far.
 */
#ifndef TESTS_UNIT_HTTP_PIECES_H
#define TESTS_UNIT_HTTP_PIECES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

struct pieces {
    const char *data;
    size_t len;
    size_t at;
    size_t next; /* how long the next piece is */
    size_t step; /* how long those after it are */
    char *block;
};

/* The next piece, valid until the next call; false at the end. */
static inline bool pieces_next(struct pieces *p, const char **piece, size_t *len)
{
    free(p->block);
    p->block = NULL;
    size_t n = p->next < p->len - p->at ? p->next : p->len - p->at;
    if (n == 0)
        return false;
    p->block = malloc(n);
    memcpy(p->block, p->data + p->at, n);
    p->at += n;
    p->next = p->step;
    *piece = p->block;
    *len = n;
    return true;
}

/* Runs the body over data in one cutting: `first` bytes, then `step` at a time. */
static inline void pieces_cut(const char *data, size_t len, size_t first, size_t step,
                              void (*body)(struct pieces *, void *), void *arg)
{
    struct pieces p = {.data = data, .len = len, .next = first, .step = step};
    body(&p, arg);
    free(p.block);
}

/* Runs the body over data whole, byte by byte, and split at every point. */
static inline void pieces_every_way(const char *data, size_t len,
                                    void (*body)(struct pieces *, void *), void *arg)
{
    pieces_cut(data, len, len, len, body, arg);
    pieces_cut(data, len, 1, 1, body, arg);
    for (size_t first = 1; first < len; first++)
        pieces_cut(data, len, first, len, body, arg);
}

#endif
