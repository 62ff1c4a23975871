/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the process holds between two legs, when no call is unfinished and no
 * connection open: it must not grow from leg to leg.
 */
#ifndef TESTS_CHAOS_GAUGE_H
#define TESTS_CHAOS_GAUGE_H

#include "chaos/storm.h"
#include "support/leaks.h"

struct gauge {
    struct leaks held; /* descriptors, threads, the library's blocks */
    long heap_bytes;   /* of the library */
    long malloc_bytes; /* of all, OpenSSL and c-ares too; 0 where that is not known */
    long resident_kib;
    uint64_t calls; /* that ended until then */
};

/* Before the first thread: has the allocator give back what is free. */
void gauge_begin(void);

/* Waits until the client has come to rest, then reads. `before`: the reading that this one is to
 * come down to, within a bounded time; `gauge` itself where there is none. */
void gauge_read(struct gauge *gauge, const struct gauge *before, struct storm *storm);

/* Prints them in a table, and complains where the last is more than the first. */
void gauge_compare(const struct gauge *gauges, unsigned n, struct storm *storm);

#endif
