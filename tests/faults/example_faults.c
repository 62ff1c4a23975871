/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Loaded before a program that uses the shared library (LD_PRELOAD), it makes one
 * allocation of the library's fail and counts the blocks that are left in the end:
 * for programs that know nothing of faults, the examples. Only gofer's allocations
 * are seen, as the allocator is put in by gofer_set_allocator(); one that the program
 * puts in itself stays, below this one.
 *
 *     GOFER_FAULT_AT      the n-th fails; 0 or nothing: none
 *     GOFER_FAULT_REPORT  a file to append "CALLS LEFT" to, at the program's end
 *
 * In a process without gofer it does nothing.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <gofer/client.h>

static void *(*below_malloc)(size_t) = malloc;
static void *(*below_realloc)(void *, size_t) = realloc;
static void (*below_free)(void *) = free;

static long fault_at;
static atomic_long calls, left;
static bool is_there; /* the library */

static bool fails(void)
{
    return atomic_fetch_add(&calls, 1) + 1 == fault_at;
}

static void *fault_malloc(size_t size)
{
    void *block = fails() ? NULL : below_malloc(size);

    atomic_fetch_add(&left, block != NULL);
    return block;
}

static void *fault_realloc(void *old, size_t size)
{
    void *block = fails() ? NULL : below_realloc(old, size);

    atomic_fetch_add(&left, old == NULL && block != NULL);
    return block;
}

static void fault_free(void *block)
{
    atomic_fetch_sub(&left, block != NULL);
    below_free(block);
}

static gofer_status put_in(void)
{
    __typeof__(&gofer_set_allocator) next =
        (__typeof__(&gofer_set_allocator))dlsym(RTLD_NEXT, "gofer_set_allocator");

    is_there = next != NULL;
    return is_there ? next(fault_malloc, fault_realloc, fault_free) : GOFER_ERR_INVALID;
}

/* In front of the library's, for the program. */
gofer_status gofer_set_allocator(void *(*malloc_fn)(size_t), void *(*realloc_fn)(void *, size_t),
                                 void (*free_fn)(void *))
{
    below_malloc = malloc_fn;
    below_realloc = realloc_fn;
    below_free = free_fn;
    return put_in();
}

__attribute__((constructor)) static void begin(void)
{
    const char *at = getenv("GOFER_FAULT_AT");

    fault_at = at != NULL ? strtol(at, NULL, 10) : 0;
    put_in();
}

__attribute__((destructor)) static void end(void)
{
    const char *path = getenv("GOFER_FAULT_REPORT");
    int fd =
        is_there && path != NULL ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

    if (fd < 0)
        return;
    dprintf(fd, "%ld %ld\n", atomic_load(&calls), atomic_load(&left));
    close(fd);
}
