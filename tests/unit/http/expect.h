/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * For tests over rows of data: an assertion that names the row that failed, text
 * with its unprintable bytes visible, and a random number with a printed seed.
 */
#ifndef TESTS_UNIT_HTTP_EXPECT_H
#define TESTS_UNIT_HTTP_EXPECT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <CUnit/CUnit.h>

/* Asserts ok; `row`, any text of the test's choice, stands in the failure. */
#define EXPECT(ok, row) expect((ok), __LINE__, #ok, (row), __FILE__, __func__)

static inline void expect(bool ok, unsigned line, const char *condition, const char *row,
                          const char *file, const char *function)
{
    char text[512];
    size_t at = (size_t)snprintf(text, sizeof text, "%.200s: ", condition);
    for (; *row != '\0' && at < sizeof text - 5; row++) {
        unsigned char c = (unsigned char)*row;
        at += (size_t)snprintf(text + at, sizeof text - at, c < 0x20 || c > 0x7e ? "\\x%02x" : "%c",
                               c);
    }
    CU_assertImplementation(ok, line, text, file, function, CU_FALSE);
}

/* Whether two strings are equal or both NULL. */
static inline bool same_text(const char *a, const char *b)
{
    return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* A seed, printed: GOFER_TEST_SEED or the clock. */
static inline uint64_t random_seed(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    const char *given = getenv("GOFER_TEST_SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0)
                                  : (uint64_t)now.tv_sec * 1000003 + (uint64_t)now.tv_nsec;
    printf("(GOFER_TEST_SEED=%llu) ", (unsigned long long)seed);
    return seed | 1;
}

/* xorshift64*: the next number, 0 to n - 1. */
static inline size_t random_below(uint64_t *state, size_t n)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (size_t)((*state * UINT64_C(2685821657736338717)) >> 33) % n;
}

#endif
