/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See meter.h. A table says where each phase is found and which calls have it.
 */
#include "client/meter.h"

#include <stdatomic.h>
#include <stddef.h>

#include "base/alloc.h"

enum { BOUND_MIN_US = 50 };

struct histogram {
    _Atomic uint64_t sum_us;
    _Atomic uint64_t buckets[GOFER_LATENCY_BUCKETS];
};

struct meter {
    struct histogram phases[METER_PHASES];
};

static const struct {
    const char *name;
    size_t member;
    bool always; /* else only calls in which it took time */
} phases[METER_PHASES] = {
    [GOFER_TIMED_QUEUE] = {"queue", offsetof(gofer_times, queue_us), true},
    [GOFER_TIMED_EARLIER] = {"earlier", offsetof(gofer_times, earlier_us), false},
    [GOFER_TIMED_POOL] = {"pool", offsetof(gofer_times, pool_us), true},
    [GOFER_TIMED_RESOLVE] = {"resolve", offsetof(gofer_times, resolve_us), false},
    [GOFER_TIMED_CONNECT] = {"connect", offsetof(gofer_times, connect_us), false},
    [GOFER_TIMED_TLS] = {"tls", offsetof(gofer_times, tls_us), false},
    [GOFER_TIMED_SEND] = {"send", offsetof(gofer_times, send_us), true},
    [GOFER_TIMED_WAIT] = {"wait", offsetof(gofer_times, wait_us), true},
    [GOFER_TIMED_RECEIVE] = {"receive", offsetof(gofer_times, receive_us), true},
    [GOFER_TIMED_TOTAL] = {"total", offsetof(gofer_times, total_us), true},
};

struct meter *meter_new(void)
{
    return mem_zalloc(sizeof(struct meter));
}

void meter_free(struct meter *meter)
{
    mem_free(meter);
}

int64_t gofer_latency_bound_us(size_t bucket)
{
    return bucket < GOFER_LATENCY_BUCKETS - 1 ? (int64_t)BOUND_MIN_US << bucket : -1;
}

static size_t bucket_of(int64_t us)
{
    size_t i = 0;
    while (i < GOFER_LATENCY_BUCKETS - 1 && us > gofer_latency_bound_us(i))
        i++;
    return i;
}

static void add(struct histogram *h, int64_t us)
{
    atomic_fetch_add_explicit(&h->sum_us, (uint64_t)us, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->buckets[bucket_of(us)], 1, memory_order_relaxed);
}

void meter_add(struct meter *meter, const gofer_times *times)
{
    for (int i = 0; i < METER_PHASES; i++) {
        int64_t us = *(const int64_t *)(const void *)((const char *)times + phases[i].member);
        if (us > 0 || phases[i].always)
            add(&meter->phases[i], us);
    }
}

void meter_read(const struct meter *meter, gofer_timed phase, gofer_latency *latency)
{
    const struct histogram *h = &meter->phases[phase];
    *latency = (gofer_latency){.sum_us = atomic_load_explicit(&h->sum_us, memory_order_relaxed)};
    for (size_t i = 0; i < GOFER_LATENCY_BUCKETS; i++) {
        latency->buckets[i] = atomic_load_explicit(&h->buckets[i], memory_order_relaxed);
        latency->count += latency->buckets[i];
    }
}

const char *meter_phase_name(gofer_timed phase)
{
    return phases[phase].name;
}
