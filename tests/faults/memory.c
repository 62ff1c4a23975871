/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See memory.h. Only gofer's blocks are counted by heap.h; those of the two
 * libraries are here. The servers have a process of their own, so whatever asks is on
 * gofer's behalf.
 */
#include "faults/memory.h"

#include <ares.h>
#include <openssl/crypto.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "faults/fault.h"
#include "support/heap.h"

static atomic_long openssl_live, ares_live;

static bool alloc_fails(void)
{
    return fault_ask(CALL_ALLOC, NULL).strikes;
}

/* realloc() with a count of blocks. */
static void *resize(void *block, size_t size, atomic_long *live)
{
    void *moved = realloc(block, size);

    if (block == NULL && moved != NULL)
        atomic_fetch_add(live, 1);
    return moved;
}

static void give_back(void *block, atomic_long *live)
{
    if (block != NULL)
        atomic_fetch_sub(live, 1);
    free(block);
}

/* --- OpenSSL --- */

static void openssl_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    give_back(block, &openssl_live);
}

/* OpenSSL asks for nothing to be rid of a block. */
static void *openssl_realloc(void *block, size_t size, const char *file, int line)
{
    if (size == 0) {
        openssl_free(block, file, line);
        return NULL;
    }
    if (fault_ask(CALL_OPENSSL_ALLOC, NULL).strikes)
        return NULL;
    return resize(block, size, &openssl_live);
}

static void *openssl_malloc(size_t size, const char *file, int line)
{
    return openssl_realloc(NULL, size, file, line);
}

/* --- c-ares --- */

static void *ares_realloc_fn(void *block, size_t size)
{
    if (fault_ask(CALL_ARES_ALLOC, NULL).strikes)
        return NULL;
    return resize(block, size, &ares_live);
}

static void *ares_malloc_fn(size_t size)
{
    return ares_realloc_fn(NULL, size);
}

static void ares_free_fn(void *block)
{
    give_back(block, &ares_live);
}

bool memory_set_up(void)
{
    heap_ask(alloc_fails);
    return heap_install() &&
           CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1 &&
           ares_library_init_mem(ARES_LIB_INIT_ALL, ares_malloc_fn, ares_free_fn,
                                 ares_realloc_fn) == ARES_SUCCESS;
}

long memory_openssl_live(void)
{
    return atomic_load(&openssl_live);
}

long memory_ares_live(void)
{
    return atomic_load(&ares_live);
}
