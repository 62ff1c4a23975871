/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bytes that grow: a test's own, so that allocations that are made to fail, and
 * counted, are the library's alone.
 */
#ifndef TESTS_FUZZ_BYTES_H
#define TESTS_FUZZ_BYTES_H

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct bytes {
    char *data;
    size_t len;
    size_t cap;
};

static inline void bytes_add(struct bytes *b, const char *data, size_t len)
{
    if (len == 0)
        return;
    if (b->cap - b->len < len) {
        b->cap = 2 * b->cap + len;
        b->data = realloc(b->data, b->cap);
    }
    if (b->data == NULL)
        abort();
    memcpy(b->data + b->len, data, len);
    b->len += len;
}

static inline void bytes_drop(struct bytes *b, size_t len)
{
    b->len -= len;
    if (b->len > 0)
        memmove(b->data, b->data + len, b->len);
}

/* At most 511 bytes. */
__attribute__((format(printf, 2, 3))) static inline void bytes_print(struct bytes *b,
                                                                     const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    int n = vsnprintf(text, sizeof text, format, args);
    va_end(args);
    bytes_add(b, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

static inline void bytes_free(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){NULL, 0, 0};
}

#endif
