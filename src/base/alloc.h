/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Memory. Every allocation of the library goes through these functions, so that
 * a program can replace the allocator (gofer_set_allocator) and a test can make
 * the n-th allocation fail. Running out of memory is an error like any other.
 *
 * Invariant: what mem_* returned is given back with mem_free.
 * Any thread; no lock.
 */
#ifndef GOFER_BASE_ALLOC_H
#define GOFER_BASE_ALLOC_H

#include <stddef.h>

/* size bytes, not cleared; NULL without memory. size 0 is an allocation of one byte. */
void *mem_alloc(size_t size);

/* size bytes, cleared; NULL without memory. */
void *mem_zalloc(size_t size);

/* count * size bytes, cleared; NULL without memory or where the product overflows. */
void *mem_zalloc_array(size_t count, size_t size);

/* Resizes; on failure NULL and p is untouched. p may be NULL. */
void *mem_realloc(void *p, size_t size);

/* Frees. NULL is legal. */
void mem_free(void *p);

/* A copy of a string; NULL without memory. */
char *mem_strdup(const char *s);

/* A copy of len bytes and a NUL; NULL without memory. */
char *mem_strndup(const char *s, size_t len);

#endif
