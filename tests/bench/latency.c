/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Latencies of single requests, all kept, so that the tail is exact.
 */
#include "bench.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

struct latency {
    long size;
    atomic_long len;
    int64_t ns[];
};

struct latency *latency_new(long requests)
{
    struct latency *latency = calloc(1, sizeof(*latency) + (size_t)requests * sizeof(int64_t));
    if (latency != NULL)
        latency->size = requests;
    return latency;
}

void latency_free(struct latency *latency)
{
    free(latency);
}

void latency_add(struct latency *latency, int64_t ns)
{
    long at = atomic_fetch_add_explicit(&latency->len, 1, memory_order_relaxed);
    if (at < latency->size)
        latency->ns[at] = ns;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static double quantile_us(const struct latency *latency, double q)
{
    long rank = (long)(q * (double)latency->size);
    return (double)latency->ns[rank < latency->size ? rank : latency->size - 1] / 1000;
}

void latency_print(struct latency *latency)
{
    if (latency == NULL)
        return;
    qsort(latency->ns, (size_t)latency->size, sizeof(latency->ns[0]), compare);
    double p50 = quantile_us(latency, 0.5), p99 = quantile_us(latency, 0.99);
    printf("p50_us=%.1f p99_us=%.1f p999_us=%.1f max_us=%.1f p99_ratio=%.2f ", p50, p99,
           quantile_us(latency, 0.999), quantile_us(latency, 1), p99 / p50);
}
