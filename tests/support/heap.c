/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See heap.h.
 */
#include "support/heap.h"

#include <gofer/gofer.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { SPOILED_MAX = 4096 };

static atomic_long live;
static atomic_long total;
static atomic_long bytes;
static atomic_long peak;
static atomic_long countdown; /* 1: the next allocation fails; 0 and below: none */

static bool (*asked)(void);

static _Thread_local void (*watch)(void *arg);
static _Thread_local void *watch_arg;

static void tell_watch(void)
{
    void (*fn)(void *arg) = watch;

    if (fn == NULL)
        return;
    watch = NULL;
    fn(watch_arg);
    watch = fn;
}

static bool must_fail(void)
{
    tell_watch();
    if (asked != NULL && asked())
        return true;
    if (atomic_load(&countdown) <= 0)
        return false;
    return atomic_fetch_sub(&countdown, 1) == 1;
}

/* A block came, went, or changed its size. */
static void weigh(long delta)
{
    long now = atomic_fetch_add(&bytes, delta) + delta;
    long most = atomic_load(&peak);

    while (now > most && !atomic_compare_exchange_weak(&peak, &most, now))
        continue;
}

static void *count(void *block)
{
    if (block != NULL) {
        atomic_fetch_add(&live, 1);
        atomic_fetch_add(&total, 1);
        weigh((long)malloc_usable_size(block));
    }
    return block;
}

static void *heap_malloc(size_t size)
{
    return must_fail() ? NULL : count(malloc(size));
}

static void *heap_realloc(void *block, size_t size)
{
    long before;
    void *moved;

    if (must_fail())
        return NULL;
    if (block == NULL)
        return count(malloc(size));
    before = (long)malloc_usable_size(block);
    moved = realloc(block, size);
    if (moved != NULL)
        weigh((long)malloc_usable_size(moved) - before);
    return moved;
}

/* Who looks at a block that was freed shall not find what was there. Compilers leave out what is
 * written into a block right before it is freed, where they see it. */
static void *(*const volatile fill)(void *block, int byte, size_t size) = memset;

static void spoil(void *block, size_t size)
{
    fill(block, 0xa5, size < SPOILED_MAX ? size : SPOILED_MAX);
}

static void heap_free(void *block)
{
    if (block != NULL) {
        size_t size = malloc_usable_size(block);

        atomic_fetch_sub(&live, 1);
        weigh(-(long)size);
        spoil(block, size);
    }
    free(block);
}

void heap_watch(void (*fn)(void *arg), void *arg)
{
    watch = fn;
    watch_arg = arg;
}

bool heap_install(void)
{
    return gofer_set_allocator(heap_malloc, heap_realloc, heap_free) == GOFER_OK;
}

long heap_live(void)
{
    return atomic_load(&live);
}

/* Where it has failed the countdown stands at 0; a test that reads it so arms it with n >= 1
 * before. */
void heap_fail_at(long n)
{
    atomic_store(&countdown, n);
}

bool heap_failed(void)
{
    return atomic_load(&countdown) <= 0;
}

void heap_ask(bool (*fails)(void))
{
    asked = fails;
}

long heap_total(void)
{
    return atomic_load(&total);
}

long heap_bytes(void)
{
    return atomic_load(&bytes);
}

long heap_peak(void)
{
    return atomic_load(&peak);
}

void heap_forget_peak(void)
{
    atomic_store(&peak, atomic_load(&bytes));
}
