/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A heap for gofer_set_allocator() that counts the library's live blocks and their
 * bytes, so that a test can say that nothing was left, or how little it took, and
 * that fails one allocation on demand, so that a test can walk through all of them.
 * What is freed is spoiled first.
 *
 * The counters are atomic: any thread.
 */
#ifndef TESTS_SUPPORT_HEAP_H
#define TESTS_SUPPORT_HEAP_H

#include <stdbool.h>

/* Gives the library this heap. Call it first, once. */
bool heap_install(void);

/* Blocks that the library holds now. */
long heap_live(void);

/* The n-th allocation from now fails, once; 0: none does. */
void heap_fail_at(long n);

/* Whether the allocation that heap_fail_at() named has failed. */
bool heap_failed(void);

/* Asked before each allocation, on its thread, besides: true makes it fail. NULL: nobody is. */
void heap_ask(bool (*fails)(void));

/* Allocations since the program began. */
long heap_total(void);

/* Bytes in the blocks that the library holds now; the most at any time since the last
 * heap_forget_peak(). */
long heap_bytes(void);
long heap_peak(void);
void heap_forget_peak(void);
/* fn(arg) runs before each allocation of the calling thread, until fn is NULL. It may allocate.
 */
void heap_watch(void (*fn)(void *arg), void *arg);

#endif
