/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See gauge.h. Descriptors and threads must be as many as before. Of the heap a
 * little may come and go: answers of the DNS, turns of hosts, sessions of TLS.
 *
 * A lookup that nobody waits for any more may still have its socket when all calls
 * and dials are over: it goes within its own time, so a reading waits until there
 * are no more descriptors and threads than in the leg before.
 */
#include "chaos/gauge.h"

#include <malloc.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "support/gate.h"
#include "support/heap.h"
#include "support/sanitizer.h"

enum { HEAP_SLACK_BYTES = 128 * 1024, MALLOC_SLACK_BYTES = 2 * 1024 * 1024 };
enum { RESIDENT_SLACK_KIB = 16 * 1024, KEPT_FREE_BYTES = 64 * 1024 };

static bool is_at_rest(void *arg)
{
    gofer_stats stats;

    gofer_client_stats(arg, &stats);
    return stats.conns_idle + stats.conns_in_use + stats.conns_dialing + stats.calls_active == 0;
}

static long resident_kib(void)
{
    long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");

    if (file == NULL || fscanf(file, "%*d %ld", &pages) != 1)
        pages = 0;
    if (file != NULL)
        fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

struct settling {
    struct leaks *now;
    const struct leaks *before;
};

static bool is_settled(void *arg)
{
    struct settling *s = arg;

    leaks_count(s->now);
    return s->now->fds <= s->before->fds && s->now->threads <= s->before->threads;
}

/* A sanitizer's allocator is not libc's. */
static long malloc_bytes(void)
{
#ifdef __GLIBC__
    if (!SANITIZED_THREADS && !SANITIZED_ADDRESSES)
        return (long)mallinfo2().uordblks;
#endif
    return 0;
}

/*
 * What is free goes back to the kernel, that what is resident is what somebody holds: else libc
 * keeps the more in each thread's arena the larger the largest block was that it ever freed,
 * and a kernel with huge pages rounds it up to them.
 */
void gauge_begin(void)
{
#ifdef __GLIBC__
    mallopt(M_TRIM_THRESHOLD, KEPT_FREE_BYTES);
    mallopt(M_TOP_PAD, 0);
#endif
    prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0);
}

void gauge_read(struct gauge *gauge, const struct gauge *before, struct storm *storm)
{
    gofer_client *client = storm->client;
    struct settling settling = {&gauge->held, &before->held};

    if (gofer_client_drain(client, 4 * PATIENCE_MS) != GOFER_OK)
        storm_complain(storm, "calls are unfinished when all callers are through");
    gofer_client_close_idle(client);
    if (!eventually(is_at_rest, client))
        storm_complain(storm, "connections are open when no call is unfinished");
    leaks_count(&gauge->held);
    if (before != gauge)
        eventually(is_settled, &settling);
    gauge->heap_bytes = heap_bytes();
    gauge->malloc_bytes = malloc_bytes();
    gauge->resident_kib = resident_kib();
    gauge->calls = storm->ended;
}

static void compare(struct storm *storm, const char *what, long before, long after, long slack)
{
    if (after > before + slack)
        storm_complain(storm, "%s grew from %ld to %ld", what, before, after);
}

void gauge_compare(const struct gauge *gauges, unsigned n, struct storm *storm)
{
    const struct gauge *first = &gauges[0], *last = &gauges[n - 1];

    printf("\n%12s %12s %8s %8s %12s %12s %12s\n", "calls", "descriptors", "threads", "blocks",
           "heap bytes", "malloc bytes", "resident KiB");
    for (const struct gauge *g = first; g <= last; g++)
        printf("%12llu %12ld %8ld %8ld %12ld %12ld %12ld\n", (unsigned long long)g->calls,
               g->held.fds, g->held.threads, g->held.blocks, g->heap_bytes, g->malloc_bytes,
               g->resident_kib);
    compare(storm, "descriptors", first->held.fds, last->held.fds, 0);
    compare(storm, "threads", first->held.threads, last->held.threads, 0);
    compare(storm, "the library's heap", first->heap_bytes, last->heap_bytes, HEAP_SLACK_BYTES);
    compare(storm, "all heaps", first->malloc_bytes, last->malloc_bytes, MALLOC_SLACK_BYTES);
    if (first->malloc_bytes != 0)
        compare(storm, "resident KiB", first->resident_kib, last->resident_kib, RESIDENT_SLACK_KIB);
}
