/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Coded bodies for tests: one text in every content coding, and what expands far.
 *
 * coded_sample() is filled in by its first call, on the test's own thread.
 */
#ifndef TESTS_SUPPORT_CODED_SAMPLE_H
#define TESTS_SUPPORT_CODED_SAMPLE_H

#include <stddef.h>

struct coded_bytes {
    const char *data;
    size_t len;
};

/* The text, less than 1 KiB; the same in the codings that tests cannot make. */
const char *coded_sample(void);
extern const struct coded_bytes coded_sample_brotli;
extern const struct coded_bytes coded_sample_zstd;

/* 64 MiB of zeros, in 52 bytes. */
extern const struct coded_bytes coded_zeros_brotli;

enum coded_format { CODED_GZIP, CODED_ZLIB, CODED_DEFLATE };

/* Codes data; to be given to coded_free_bytes(). Aborts without memory. */
struct coded_bytes coded_make(enum coded_format format, const void *data, size_t len);

/* gzip of that many zeros. */
struct coded_bytes coded_zeros(size_t len);

void coded_free_bytes(struct coded_bytes *bytes);

#endif
