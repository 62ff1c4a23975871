/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * cli/variable: what {{...}} becomes.
 */
#include "cli/variable.h"

#include <string.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo variable_tests[];

static struct variable *list_of(const char *name, const char *data, size_t len)
{
    struct variable *list = NULL;
    struct text content = {0};

    text_append(&content, data, len);
    variable_set(&list, name, strlen(name), &content);
    return list;
}

/* Whether the value becomes this where v has that content; NULL: it is refused. */
static bool becomes(const char *content, const char *value, const char *want)
{
    struct variable *list = list_of("v", content, strlen(content));
    struct text out = {0}, problem = {0};
    bool ok = variable_expand(list, value, &out, &problem);
    bool same = ok == (want != NULL) && (want == NULL || strcmp(text_str(&out), want) == 0);

    variables_free(list);
    text_fini(&out);
    text_fini(&problem);
    return same;
}

static void names_become_contents(void)
{
    CU_ASSERT(becomes("x", "", ""));
    CU_ASSERT(becomes("x", "a{{v}}b{{v}}", "axbx"));
    CU_ASSERT(becomes("x", "a{{unset}}b", "ab"));
    CU_ASSERT(becomes("{{v}}", "{{v}}", "{{v}}"));
}

static void what_is_no_name_stays(void)
{
    CU_ASSERT(becomes("x", "{{}}", "{{}}"));
    CU_ASSERT(becomes("x", "{{a-b}}", "{{a-b}}"));
    CU_ASSERT(becomes("x", "{{v", "{{v"));
    CU_ASSERT(becomes("x", "{v}", "{v}"));
    CU_ASSERT(becomes("x", "\\{{v}} {{v}}", "{{v}} x"));
}

static void functions_follow_each_other(void)
{
    CU_ASSERT(becomes(" a b\n", "[{{v:trim}}]", "[a b]"));
    CU_ASSERT(becomes("a\"\\\n\x01/", "{{v:json}}", "a\\\"\\\\\\n\\u0001/"));
    CU_ASSERT(becomes("a b&~\xc3\xbc", "{{v:url}}", "a%20b%26~%C3%BC"));
    CU_ASSERT(becomes("ab", "{{v:b64}}", "YWI="));
    CU_ASSERT(becomes("abc", "{{v:b64}}", "YWJj"));
    CU_ASSERT(becomes("YWI=", "{{v:64dec}}", "ab"));
    CU_ASSERT(becomes("YWJjZA==", "{{v:64dec}}", "abcd"));
    CU_ASSERT(becomes("a?", "{{v:64dec}}", "[64dec-fail]"));
    CU_ASSERT(becomes(" a b ", "{{v:trim:url:b64}}", "YSUyMGI="));
    CU_ASSERT(becomes("a", "{{v:nonsense}}", NULL));
    CU_ASSERT(becomes("a", "{{v:}}", NULL));
}

static void nuls_pass_through_functions_only(void)
{
    struct variable *list = list_of("v", "a\0b", 3);
    struct text out = {0}, problem = {0};

    CU_ASSERT_FALSE(variable_expand(list, "{{v}}", &out, &problem));
    CU_ASSERT_STRING_EQUAL(text_str(&problem), "variable contains null byte");
    text_fini(&out);
    CU_ASSERT(variable_expand(list, "{{v:url}}{{v:b64}}", &out, &problem));
    CU_ASSERT_STRING_EQUAL(text_str(&out), "a%00bYQBi");
    text_fini(&out);
    text_fini(&problem);
    variables_free(list);
}

static void the_youngest_counts(void)
{
    struct variable *list = list_of("v", "old", 3);
    struct text content = {0}, out = {0}, problem = {0};

    text_append_str(&content, "new");
    variable_set(&list, "v", 1, &content);
    CU_ASSERT_PTR_NULL(content.data);
    CU_ASSERT(variable_expand(list, "{{v}}", &out, &problem));
    CU_ASSERT_STRING_EQUAL(text_str(&out), "new");
    text_fini(&out);
    variables_free(list);
}

CU_TestInfo variable_tests[] = {
    {"names become contents", names_become_contents},
    {"what is no name stays", what_is_no_name_stays},
    {"functions follow each other", functions_follow_each_other},
    {"NULs pass through functions only", nuls_pass_through_functions_only},
    {"the youngest counts", the_youngest_counts},
    CU_TEST_INFO_NULL,
};
