/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The allocator behind mem_*: libc's, or the one that gofer_set_allocator()
 * named. The table is written before the library is used (documented at
 * gofer_set_allocator), hence read without a lock.
 */
#include "base/alloc.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <gofer/client.h>

static void *(*hook_malloc)(size_t) = malloc;
static void *(*hook_realloc)(void *, size_t) = realloc;
static void (*hook_free)(void *) = free;

gofer_status gofer_set_allocator(void *(*malloc_fn)(size_t), void *(*realloc_fn)(void *, size_t),
                                 void (*free_fn)(void *))
{
    if (malloc_fn == NULL || realloc_fn == NULL || free_fn == NULL)
        return GOFER_ERR_INVALID;
    hook_malloc = malloc_fn;
    hook_realloc = realloc_fn;
    hook_free = free_fn;
    return GOFER_OK;
}

void *mem_alloc(size_t size)
{
    return hook_malloc(size > 0 ? size : 1);
}

void *mem_zalloc(size_t size)
{
    void *p = mem_alloc(size);
    if (p != NULL)
        memset(p, 0, size);
    return p;
}

void *mem_zalloc_array(size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return NULL;
    return mem_zalloc(count * size);
}

void *mem_realloc(void *p, size_t size)
{
    return hook_realloc(p, size > 0 ? size : 1);
}

void mem_free(void *p)
{
    if (p != NULL)
        hook_free(p);
}

char *mem_strdup(const char *s)
{
    return mem_strndup(s, strlen(s));
}

char *mem_strndup(const char *s, size_t len)
{
    char *copy = mem_alloc(len + 1);
    if (copy == NULL)
        return NULL;
    memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}
