/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/proxy_line: the header in every mixture of families, and that the longest
 * one fits.
 */
#include "net/proxy_line.h"

#include <string.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo proxy_line_tests[];

static void check(const char *from, const char *to, const char *want)
{
    char line[PROXY_LINE_BYTES];
    struct addr source = {0}, destination = {0};
    CU_ASSERT(from == NULL || addr_parse(from, NULL, 4711, &source));
    CU_ASSERT(to == NULL || addr_parse(to, NULL, 80, &destination));
    CU_ASSERT_EQUAL(proxy_line_write(&source, &destination, line), strlen(want));
    CU_ASSERT_STRING_EQUAL(line, want);
}

static void both_ends_are_told_in_one_family(void)
{
    check("192.0.2.1", "192.0.2.2", "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n");
    check("2001:db8::1", "::1", "PROXY TCP6 2001:db8::1 ::1 4711 80\r\n");
    check("192.0.2.1", "::1", "PROXY TCP6 ::ffff:192.0.2.1 ::1 4711 80\r\n");
    check("2001:db8::1", "192.0.2.2", "PROXY TCP6 2001:db8::1 ::ffff:192.0.2.2 4711 80\r\n");
    check("::ffff:192.0.2.1", "192.0.2.2", "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n");
}

static void what_is_no_address_is_unknown(void)
{
    check(NULL, "192.0.2.2", "PROXY UNKNOWN\r\n");
    check("192.0.2.1", NULL, "PROXY UNKNOWN\r\n");
}

static void the_longest_fits(void)
{
    static const char ip[] = "1111:2222:3333:4444:5555:6666:7777:8888";
    char line[PROXY_LINE_BYTES];
    struct addr a, b;
    CU_ASSERT(addr_parse(ip, NULL, 65535, &a) && addr_parse(ip, NULL, 65535, &b));
    size_t len = proxy_line_write(&a, &b, line);
    CU_ASSERT(len < sizeof line);
    CU_ASSERT_STRING_EQUAL(line + len - 13, "65535 65535\r\n");
}

CU_TestInfo proxy_line_tests[] = {
    {"both ends are told in one family", both_ends_are_told_in_one_family},
    {"what is no address is unknown", what_is_no_address_is_unknown},
    {"the longest fits", the_longest_fits},
    CU_TEST_INFO_NULL,
};
