/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/number: the numbers that options take.
 */
#include "cli/number.h"

#include <CUnit/CUnit.h>

extern CU_TestInfo number_tests[];

static void whole_numbers_have_nothing_behind(void)
{
    long n = 0;

    CU_ASSERT_EQUAL(number_take("12", 0, &n), OPTION_OK);
    CU_ASSERT_EQUAL(n, 12);
    CU_ASSERT_EQUAL(number_take("-1", -1, &n), OPTION_OK);
    CU_ASSERT_EQUAL(n, -1);
    CU_ASSERT_EQUAL(number_take("-2", -1, &n), OPTION_NEGATIVE);
    CU_ASSERT_EQUAL(number_take("1x", 0, &n), OPTION_NOT_A_NUMBER);
    CU_ASSERT_EQUAL(number_take("", 0, &n), OPTION_NOT_A_NUMBER);
    CU_ASSERT_EQUAL(number_take("99999999999999999999", 0, &n), OPTION_NOT_A_NUMBER);
    CU_ASSERT_EQUAL(n, -1);
}

static void seconds_become_milliseconds(void)
{
    int64_t ms = 0;

    CU_ASSERT_EQUAL(number_take_seconds("2.5", &ms), OPTION_OK);
    CU_ASSERT_EQUAL(ms, 2500);
    CU_ASSERT_EQUAL(number_take_seconds("0.0001", &ms), OPTION_OK);
    CU_ASSERT_EQUAL(ms, 1);
    CU_ASSERT_EQUAL(number_take_seconds("0", &ms), OPTION_OK);
    CU_ASSERT_EQUAL(ms, 0);
    CU_ASSERT_EQUAL(number_take_seconds("1e300", &ms), OPTION_OK);
    CU_ASSERT(ms > INT64_C(30) * 365 * 86400 * 1000);
    CU_ASSERT_EQUAL(number_take_seconds("-1", &ms), OPTION_NEGATIVE);
    CU_ASSERT_EQUAL(number_take_seconds("inf", &ms), OPTION_NOT_A_NUMBER);
    CU_ASSERT_EQUAL(number_take_seconds("1s", &ms), OPTION_NOT_A_NUMBER);
}

static void bytes_have_units(void)
{
    static const struct {
        const char *text;
        int64_t bytes;
    } rows[] = {{"7", 7},
                {"7b", 7},
                {"2k", 2048},
                {"2K", 2048},
                {"1M", 1024 * 1024},
                {"1g", INT64_C(1) << 30},
                {"3T", INT64_C(3) << 40},
                {"1p", INT64_C(1) << 50}};
    int64_t bytes = -1;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        CU_ASSERT_EQUAL(number_take_bytes(rows[i].text, &bytes), OPTION_OK);
        CU_ASSERT_EQUAL(bytes, rows[i].bytes);
    }
    CU_ASSERT_EQUAL(number_take_bytes("1x", &bytes), OPTION_MISUSED);
    CU_ASSERT_EQUAL(number_take_bytes("1kb", &bytes), OPTION_MISUSED);
    CU_ASSERT_EQUAL(number_take_bytes("", &bytes), OPTION_MISUSED);
    CU_ASSERT_EQUAL(number_take_bytes("-1k", &bytes), OPTION_NEGATIVE);
    CU_ASSERT_EQUAL(number_take_bytes("9000p", &bytes), OPTION_TOO_LARGE);
    CU_ASSERT_EQUAL(number_take_bytes("99999999999999999999", &bytes), OPTION_TOO_LARGE);
}

CU_TestInfo number_tests[] = {
    {"whole numbers have nothing behind", whole_numbers_have_nothing_behind},
    {"seconds become milliseconds", seconds_become_milliseconds},
    {"bytes have units", bytes_have_units},
    CU_TEST_INFO_NULL,
};
