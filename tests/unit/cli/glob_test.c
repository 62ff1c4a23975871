/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/glob: patterns and what they stand for.
 */
#include "cli/glob.h"

#include <string.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo glob_tests[];

/* Whether the pattern stands for these texts, with a blank behind each. */
static bool stands_for(const char *pattern, const char *texts)
{
    struct text problem = {0}, all = {0};
    struct glob *glob = glob_new(pattern, false, &problem);
    uint64_t count = 0;

    while (glob != NULL && glob_next(glob, &all)) {
        text_append_str(&all, " ");
        count++;
    }
    bool same = glob != NULL && strcmp(text_str(&all), texts) == 0 && glob_count(glob) == count;
    glob_free(glob);
    text_fini(&all);
    text_fini(&problem);
    return same;
}

static bool is_refused(const char *pattern, const char *words)
{
    struct text problem = {0};
    struct glob *glob = glob_new(pattern, false, &problem);
    bool refused = glob == NULL && strstr(text_str(&problem), words) == text_str(&problem);

    glob_free(glob);
    text_fini(&problem);
    return refused;
}

static void sets_are_words(void)
{
    CU_ASSERT(stands_for("a", "a "));
    CU_ASSERT(stands_for("", " "));
    CU_ASSERT(stands_for("{a,bc}", "a bc "));
    CU_ASSERT(stands_for("x{a,,b}y", "xay xy xby "));
    CU_ASSERT(stands_for("{a\\,b,c\\}}", "a,b c} "));
    CU_ASSERT(stands_for("{a,b}{1,2}", "a1 a2 b1 b2 "));
}

static void ranges_have_steps_and_zeros(void)
{
    CU_ASSERT(stands_for("[1-3]", "1 2 3 "));
    CU_ASSERT(stands_for("f[08-10].x", "f08.x f09.x f10.x "));
    CU_ASSERT(stands_for("[001-100:50]", "001 051 "));
    CU_ASSERT(stands_for("[a-c]", "a b c "));
    CU_ASSERT(stands_for("[A-E:2]", "A C E "));
    CU_ASSERT(stands_for("[2-2]", "2 "));
    CU_ASSERT(stands_for("[1- 3:2]", "1 3 "));
    CU_ASSERT(stands_for("[a-b][1-2]", "a1 a2 b1 b2 "));
}

static void escapes_and_addresses_are_themselves(void)
{
    CU_ASSERT(stands_for("\\{a\\}\\[1\\]", "{a}[1] "));
    CU_ASSERT(stands_for("a\\b", "a\\b "));
    CU_ASSERT(stands_for("http://[::1]:8/[1-2]", "http://[::1]:8/1 http://[::1]:8/2 "));
    CU_ASSERT(stands_for("[fe80::1%25lo]", "[fe80::1%25lo] "));
}

static void malformed_patterns_are_refused(void)
{
    CU_ASSERT(is_refused("a}", "unmatched close brace/bracket in URL position 2:\na}\n ^"));
    CU_ASSERT(is_refused("a]", "unmatched close"));
    CU_ASSERT(is_refused("{a", "unmatched brace"));
    CU_ASSERT(is_refused("{a{b}}", "nested brace"));
    CU_ASSERT(is_refused("{a]", "unexpected close bracket"));
    CU_ASSERT(is_refused("{}", "empty string within braces"));
    CU_ASSERT(is_refused("[", "bad range specification"));
    CU_ASSERT(is_refused("[2-1]", "bad range"));
    CU_ASSERT(is_refused("[1-1:2]", "bad range"));
    CU_ASSERT(is_refused("[1-9:0]", "bad range"));
    CU_ASSERT(is_refused("[1-9:9]", "bad range"));
    CU_ASSERT(is_refused("[1-9", "bad range"));
    CU_ASSERT(is_refused("[1-x]", "bad range"));
    CU_ASSERT(is_refused("[A-z]", "bad range"));
    CU_ASSERT(is_refused("[a-1]", "bad range"));
    CU_ASSERT(is_refused("[0-99999999999999999999]", "bad range"));
    CU_ASSERT(is_refused("[0-18446744073709551614][0-9]", "range overflow"));
}

static void a_literal_has_no_patterns(void)
{
    struct text problem = {0}, text = {0};
    struct glob *glob = glob_new("{a,[1", true, &problem);

    CU_ASSERT_PTR_NOT_NULL_FATAL(glob);
    CU_ASSERT(glob_next(glob, &text));
    CU_ASSERT_STRING_EQUAL(text_str(&text), "{a,[1");
    CU_ASSERT_FALSE(glob_next(glob, &text));
    glob_free(glob);
    text_fini(&text);
}

static void names_are_filled_in(void)
{
    struct text problem = {0}, text = {0};
    struct glob *glob = glob_new("u/{a,b}/[01-02]", false, &problem);

    CU_ASSERT_PTR_NOT_NULL_FATAL(glob);
    CU_ASSERT(glob_next(glob, &text));
    CU_ASSERT(glob_next(glob, &text));
    text_fini(&text);
    glob_fill_in(glob, "#1-#2-#3-#0-#x-##1#", &text);
    CU_ASSERT_STRING_EQUAL(text_str(&text), "a-02-#3-#0-#x-#a#");
    glob_rewind(glob);
    text_fini(&text);
    CU_ASSERT(glob_next(glob, &text));
    CU_ASSERT_STRING_EQUAL(text_str(&text), "u/a/01");
    glob_free(glob);
    text_fini(&text);
}

CU_TestInfo glob_tests[] = {
    {"sets are words", sets_are_words},
    {"ranges have steps and zeros", ranges_have_steps_and_zeros},
    {"escapes and addresses are themselves", escapes_and_addresses_are_themselves},
    {"malformed patterns are refused", malformed_patterns_are_refused},
    {"a literal has no patterns", a_literal_has_no_patterns},
    {"names are filled in", names_are_filled_in},
    CU_TEST_INFO_NULL,
};
