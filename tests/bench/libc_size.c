/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The memory of the whole process, whoever asked for it.
 */
#include "bench.h"

#include <malloc.h>
#include <stdio.h>

#ifdef __GLIBC__
static long allocated(void)
{
    struct mallinfo2 info = mallinfo2();
    malloc_trim(0);
    return (long)(info.uordblks + info.hblkhd);
}
#else
static long allocated(void)
{
    return 0;
}
#endif

struct libc_size libc_size_now(void)
{
    long bytes = allocated();
    return (struct libc_size){.allocated = bytes, .resident = resident_bytes()};
}

void libc_size_print(const struct run *run, const struct libc_size *empty,
                     const struct libc_size *idle, long conns)
{
    printf("mode=%s idle_conns=%ld idle_allocated_bytes=%.0f idle_resident_bytes=%.0f\n", run->mode,
           conns, (double)(idle->allocated - empty->allocated) / (double)conns,
           (double)(idle->resident - empty->resident) / (double)conns);
}
