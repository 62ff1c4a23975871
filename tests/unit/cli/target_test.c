/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/target: what of a URL goes into the request line.
 */
#include "cli/target.h"

#include <CUnit/CUnit.h>

extern CU_TestInfo target_tests[];

static void check(const char *url, bool as_is, const char *want)
{
    struct text got = {0};

    target_append(&got, url, as_is);
    CU_ASSERT_STRING_EQUAL(text_str(&got), want);
    text_fini(&got);
}

static void what_was_typed_is_sent(void)
{
    check("http://h", false, "/");
    check("http://h?x/../y", false, "/?x/../y");
    check("http://h#f", false, "/");
    check("http://u:p@h:1/a{|}%7b?\"<>^`#f", false, "/a{|}%7b?\"<>^`");
    check("http://h/\xc3\xbc?\xc3", false, "/%c3%bc?%c3");
}

static void dot_segments_are_taken_out(void)
{
    check("http://h/a/./b/..", false, "/a/");
    check("http://h/../a//..//b/.", false, "/a//b/");
    check("http://h/a/...?b", false, "/a/...?b");
    check("http://h/.", false, "/");
    check("http://h/a/../.b", true, "/a/../.b");
}

static void blanks_are_left_to_the_library(void)
{
    check("http://h/a b", false, "");
    check("http://h/a?\n", false, "");
    check("http://h/a# b", false, "/a");
}

CU_TestInfo target_tests[] = {{"what was typed is sent", what_was_typed_is_sent},
                              {"dot segments are taken out", dot_segments_are_taken_out},
                              {"blanks are left to the library", blanks_are_left_to_the_library},
                              CU_TEST_INFO_NULL};
