/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Assertions that say what they found. CUnit prints the expression only; these
 * print both values first, and count as CUnit assertions of the running test.
 * Only the test's own thread may call them: CUnit's counters have no lock.
 */
#ifndef TESTS_INTEGRATION_EXPECT_H
#define TESTS_INTEGRATION_EXPECT_H

#include <stdbool.h>
#include <stddef.h>

#include <gofer/error.h>

/* Where an expectation stands in the source. */
struct expect_place {
    const char *file;
    unsigned line;
    const char *text;
};

#define EXPECT_PLACE(text) (&(struct expect_place){__FILE__, __LINE__, text})

/* The condition holds. */
#define EXPECT(condition) expect_true(EXPECT_PLACE(#condition), (condition))

/* The condition holds; where it does not, the test ends here. */
#define REQUIRE(condition) expect_required(EXPECT_PLACE(#condition), (condition))

/* Two numbers are equal, or in order. */
#define EXPECT_INT(actual, wanted)                                                                 \
    expect_int(EXPECT_PLACE(#actual " == " #wanted), (long long)(actual), (long long)(wanted))
#define EXPECT_AT_LEAST(actual, least)                                                             \
    expect_at_least(EXPECT_PLACE(#actual " >= " #least), (long long)(actual), (long long)(least))

/* Two strings are equal; one holds the other; it does not. NULL is a string of its own. */
#define EXPECT_TEXT(actual, wanted)                                                                \
    expect_text(EXPECT_PLACE(#actual " is " #wanted), (actual), (wanted))
#define EXPECT_HOLDS(text, part)                                                                   \
    expect_holds(EXPECT_PLACE(#text " holds " #part), (text), (part), true)
#define EXPECT_LACKS(text, part)                                                                   \
    expect_holds(EXPECT_PLACE(#text " lacks " #part), (text), (part), false)

/* Two statuses are equal. */
#define EXPECT_STATUS(actual, wanted)                                                              \
    expect_status(EXPECT_PLACE(#actual " is " #wanted), (actual), (wanted))

bool expect_true(const struct expect_place *place, bool value);
void expect_required(const struct expect_place *place, bool value);
bool expect_int(const struct expect_place *place, long long actual, long long wanted);
bool expect_at_least(const struct expect_place *place, long long actual, long long least);
bool expect_text(const struct expect_place *place, const char *actual, const char *wanted);
bool expect_holds(const struct expect_place *place, const char *text, const char *part, bool holds);
bool expect_status(const struct expect_place *place, gofer_status actual, gofer_status wanted);

#endif
