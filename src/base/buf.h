/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A growable byte buffer. Appending never fails visibly in the middle: a failed
 * allocation marks the buffer, later appends do nothing, and the one who built
 * it asks once at the end with buf_failed().
 *
 * Invariant: len <= cap; data is NULL only while cap is 0. One thread at a time.
 */
#ifndef GOFER_BASE_BUF_H
#define GOFER_BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/alloc.h"

struct buf {
    char *data;
    size_t len;
    size_t cap;
    bool failed;
};

#define BUF_INIT ((struct buf){NULL, 0, 0, false})

/* Frees the bytes and makes the buffer empty and usable again. Most have none. */
static inline void buf_fini(struct buf *b)
{
    if (b->data != NULL)
        mem_free(b->data);
    *b = BUF_INIT;
}

/* Room for at least n more bytes after len. False (and marked failed) without memory. */
bool buf_reserve(struct buf *b, size_t n);

/* Appends. */
void buf_append(struct buf *b, const void *data, size_t len);
void buf_append_str(struct buf *b, const char *s);
void buf_append_char(struct buf *b, char c);

/* Appends as printf does. */
void buf_printf(struct buf *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Drops the first n bytes (n <= len). */
void buf_consume(struct buf *b, size_t n);

/* Whether an append failed since the last buf_fini(). */
static inline bool buf_failed(const struct buf *b)
{
    return b->failed;
}

/* The bytes with a NUL behind them, owned by the caller (mem_free); NULL after a failure. The
 * buffer is empty after. */
char *buf_take_str(struct buf *b);

#endif
