/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Random numbers that can be had again: a test begins with seed_new(), which
 * prints the seed it took; GOFER_SEED in the environment decides it.
 *
 * xorshift64*; a struct seed is for one thread.
 */
#ifndef TESTS_UNIT_ENGINE_SEED_H
#define TESTS_UNIT_ENGINE_SEED_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

struct seed {
    uint64_t state;
};

/* A seed from GOFER_SEED or the clock, printed. */
static inline struct seed seed_new(void)
{
    struct timespec now;
    const char *given = getenv("GOFER_SEED");
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t n = given != NULL ? strtoull(given, NULL, 0)
                               : (uint64_t)now.tv_sec * 1000000007 + (uint64_t)now.tv_nsec;
    printf("(GOFER_SEED=%llu) ", (unsigned long long)n);
    return (struct seed){n * 2 + 1};
}

/* 0 to n - 1. */
static inline size_t seed_below(struct seed *seed, size_t n)
{
    seed->state ^= seed->state >> 12;
    seed->state ^= seed->state << 25;
    seed->state ^= seed->state >> 27;
    return (size_t)((seed->state * UINT64_C(2685821657736338717)) >> 33) % n;
}

/* True once in n. */
static inline int seed_once_in(struct seed *seed, size_t n)
{
    return seed_below(seed, n) == 0;
}

/* A seed for another thread. */
static inline struct seed seed_split(struct seed *seed)
{
    return (struct seed){(uint64_t)seed_below(seed, INT32_MAX) << 20 | 1};
}

#endif
