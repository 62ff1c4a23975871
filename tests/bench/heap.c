/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An allocator that counts, in front of libc's. Bytes are those that libc set
 * aside (its rounding included) and the word that it keeps in front of them, so
 * that the figure is what a call costs rather than what was asked for.
 *
 * Any thread; the counters are atomic. Only runs that ask for it use it, since
 * counting costs time.
 */
#include "bench.h"

#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static atomic_long allocations;
static atomic_long bytes;
static atomic_long peak;

static long size_of(void *p)
{
    return p != NULL ? (long)(malloc_usable_size(p) + sizeof(size_t)) : 0;
}

static void *counted(void *p)
{
    long size = size_of(p);
    atomic_fetch_add_explicit(&allocations, 1, memory_order_relaxed);
    long now = atomic_fetch_add_explicit(&bytes, size, memory_order_relaxed) + size;
    long most = atomic_load_explicit(&peak, memory_order_relaxed);
    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now))
        ;
    return p;
}

void *heap_malloc(size_t size)
{
    return counted(malloc(size));
}

void *heap_calloc(size_t count, size_t size)
{
    return counted(calloc(count, size));
}

void *heap_realloc(void *p, size_t size)
{
    long before = size_of(p);
    void *q = realloc(p, size);
    if (q == NULL)
        return NULL;
    atomic_fetch_sub_explicit(&bytes, before, memory_order_relaxed);
    return counted(q);
}

char *heap_strdup(const char *s)
{
    return counted(strdup(s));
}

void heap_free(void *p)
{
    atomic_fetch_sub_explicit(&bytes, size_of(p), memory_order_relaxed);
    free(p);
}

long heap_allocations(void)
{
    return atomic_load(&allocations);
}

long heap_bytes(void)
{
    return atomic_load(&bytes);
}

long heap_peak(void)
{
    return atomic_load(&peak);
}

void heap_reset_peak(void)
{
    atomic_store(&peak, heap_bytes());
}
