/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * base/ascii: the character classes over all 256 bytes, comparisons, escaping.
 */
#include "base/ascii.h"

#include <string.h>

#include <CUnit/CUnit.h>

#include "base/alloc.h"

extern CU_TestInfo ascii_tests[];

static const char lowers[] = "abcdefghijklmnopqrstuvwxyz";
static const char uppers[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char digits[] = "0123456789";

static bool in(const char *set, int c)
{
    return c != 0 && strchr(set, c) != NULL;
}

static void classes_hold_for_every_byte(void)
{
    for (int i = 0; i < 256; i++) {
        char c = (char)(unsigned char)i;
        CU_ASSERT_EQUAL(ascii_is_digit(c), in(digits, i));
        CU_ASSERT_EQUAL(ascii_is_alpha(c), in(lowers, i) || in(uppers, i));
        char lower = in(uppers, i) ? lowers[strchr(uppers, i) - uppers] : c;
        CU_ASSERT_EQUAL(ascii_lower(c), lower);
    }
}

static void hex_values_hold_for_every_byte(void)
{
    static const char hex[] = "0123456789abcdef0123456789ABCDEF";
    for (int i = 0; i < 256; i++) {
        const char *at = i != 0 ? strchr(hex, i) : NULL;
        CU_ASSERT_EQUAL(ascii_hex_value((char)(unsigned char)i),
                        at != NULL ? (int)((at - hex) % 16) : -1);
    }
}

static void equality_ignores_case_only(void)
{
    CU_ASSERT_TRUE(ascii_equal("Content-Length", "cONTENT-lENGTH"));
    CU_ASSERT_TRUE(ascii_equal("", ""));
    CU_ASSERT_FALSE(ascii_equal("host", "hosts"));
    CU_ASSERT_FALSE(ascii_equal("hosts", "host"));
    CU_ASSERT_FALSE(ascii_equal("[", "{"));
    CU_ASSERT_FALSE(ascii_equal("@", "`"));
    CU_ASSERT_FALSE(ascii_equal("\xc4\xb0", "i"));
}

static void counted_equality_needs_the_whole_string(void)
{
    CU_ASSERT_TRUE(ascii_equal_n("Host: x", 4, "host"));
    CU_ASSERT_FALSE(ascii_equal_n("Host: x", 3, "host"));
    CU_ASSERT_FALSE(ascii_equal_n("Host: x", 5, "host"));
    CU_ASSERT_TRUE(ascii_equal_n("Host", 0, ""));
    CU_ASSERT_FALSE(ascii_equal_n("h\0st", 4, "h"));
}

static void lowering_stays_inside_its_bytes(void)
{
    char text[] = "A[Z]\xc4Q";
    ascii_lower_n(text, 5);
    CU_ASSERT_STRING_EQUAL(text, "a[z]\xc4Q");
}

static void expect_escaped(const char *text, size_t len, size_t max, const char *expected)
{
    struct buf b = BUF_INIT;
    ascii_escape(&b, text, len, max);
    char *got = buf_take_str(&b);
    CU_ASSERT_STRING_EQUAL(got, expected);
    mem_free(got);
}

static void escaping_leaves_only_printable_ascii(void)
{
    expect_escaped("plain ~", 7, 100, "plain ~");
    expect_escaped("a\"b\\c", 5, 100, "a\\\"b\\\\c");
    expect_escaped("\r\n\0\x1b\x7f\xc3\xa9", 7, 100, "\\x0d\\x0a\\x00\\x1b\\x7f\\xc3\\xa9");
    expect_escaped("", 0, 100, "");
}

static void escaping_is_bounded_and_says_so(void)
{
    expect_escaped("abcdef", 6, 6, "abcdef");
    expect_escaped("abcdef", 6, 5, "abcde...");
    expect_escaped("abcdef", 6, 0, "...");
}

CU_TestInfo ascii_tests[] = {
    {"character classes hold for every byte", classes_hold_for_every_byte},
    {"hexadecimal values hold for every byte", hex_values_hold_for_every_byte},
    {"equality ignores ASCII case and nothing else", equality_ignores_case_only},
    {"counted equality needs the whole string", counted_equality_needs_the_whole_string},
    {"lowering stays inside its bytes", lowering_stays_inside_its_bytes},
    {"escaping leaves only printable ASCII", escaping_leaves_only_printable_ascii},
    {"escaping is bounded and says so", escaping_is_bounded_and_says_so},
    CU_TEST_INFO_NULL,
};
