/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What every fuzz target is made of. A target is one function over bytes that
 * checks properties of a parser, not results: the same in every cutting, what was
 * accepted holds no control bytes, what is written is read back the same.
 *
 * A target reads its input through `struct fuzz`, front to back, so that a file of
 * the corpus can be written by hand: a text ends at a NUL or at the end.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fuzz {
    const char *data;
    size_t len;
    size_t at;
};

/* The targets, as targets.def lists them. */
#define TARGET(name) void fuzz_##name(struct fuzz *f);
#include "fuzz/targets.def"
#undef TARGET

/* One byte; 0 at the end. */
unsigned fuzz_byte(struct fuzz *f);

/* The bytes up to the next NUL or the end, as a block of exactly their size and a NUL, which the
 * caller frees. */
char *fuzz_text(struct fuzz *f);

/* All that is left, as a block of exactly *len bytes (at least one is allocated) for the caller to
 * free: AddressSanitizer sees who reads beyond it. */
char *fuzz_rest(struct fuzz *f, size_t *len);

/* A copy of some bytes in a block of exactly their size, for the caller to free. */
char *fuzz_exact(const char *data, size_t len);

/* A property that does not hold ends the process, in every build. */
#define FUZZ_CHECK(ok) ((ok) ? (void)0 : fuzz_fail(__FILE__, __LINE__, #ok))
_Noreturn void fuzz_fail(const char *file, int line, const char *what);

/* Whether the text has no control byte and no DEL. */
bool fuzz_is_clean(const char *text);

#endif
