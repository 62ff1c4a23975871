/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See burst.h.
 */
#include "burst.h"

#include <stdio.h>

void burst_begin(struct burst *burst, struct run *run)
{
    *burst = (struct burst){.run = run, .before_bytes = resident_bytes()};
    run->requests = run->calls;
    run->ok = 0;
    run_begin(run);
}

void burst_answered(struct burst *burst, bool ok)
{
    burst->run->ok += ok;
    if (burst->held_bytes > 0)
        return;
    burst->held_bytes = resident_bytes();
    burst->threads = thread_count();
}

void burst_end(struct burst *burst)
{
    run_end(burst->run);
    burst->idle_bytes = libc_size_now().resident;
}

int burst_print(const struct burst *burst)
{
    double calls = (double)burst->run->calls;
    printf("call_resident_bytes=%.0f idle_resident_bytes=%.0f process_threads=%ld calls=%ld ",
           (double)(burst->held_bytes - burst->before_bytes) / calls,
           (double)(burst->idle_bytes - burst->before_bytes) / calls, burst->threads,
           burst->run->calls);
    return run_print(burst->run);
}
