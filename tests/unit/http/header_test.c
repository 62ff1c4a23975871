/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/header: tokens and values byte by byte, token lists, and the field list
 * with its "removed" marks.
 */
#include "http/header.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo header_tests[];

static void every_byte_is_classed_as_the_rfc_says(void)
{
    for (int c = 0; c < 256; c++) {
        char byte = (char)c;
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool tchar = alnum || (c != 0 && strchr("!#$%&'*+-.^_`|~", c) != NULL);
        bool value = c == '\t' || (c >= 0x20 && c != 0x7f);
        CU_ASSERT_EQUAL(header_is_token(&byte, 1), tchar);
        CU_ASSERT_EQUAL(header_is_tchar((unsigned char)c), tchar);
        CU_ASSERT_EQUAL(header_is_value(&byte, 1), value);
        CU_ASSERT_EQUAL(header_is_value_char((unsigned char)c), value);
    }
    CU_ASSERT_FALSE(header_is_token("", 0));
    CU_ASSERT(header_is_value("", 0));
    CU_ASSERT_FALSE(header_is_token("A space", 7));
    CU_ASSERT_FALSE(header_is_value("a\0b", 3));
}

/* Table httpguts, contains_token; several values are several calls. */
static void table_httpguts_contains_token(void)
{
    static const struct {
        const char *values[2];
        const char *token;
        bool want;
    } rows[] = {
        {{"foo"}, "foo", true},
        {{"bar", "foo"}, "foo", true},
        {{"foo"}, "FOO", true},
        {{"foo"}, "bar", false},
        {{" foo "}, "FOO", true},
        {{"foo,bar"}, "FOO", true},
        {{"bar,foo,bar"}, "FOO", true},
        {{"bar , foo"}, "FOO", true},
        {{"foo ,bar "}, "FOO", true},
        {{"bar, foo ,bar"}, "FOO", true},
        {{"", ",,\t, foo\t,"}, "foo", true},
        {{"foobar", "fo"}, "foo", false},
        {{"foo bar"}, "foo", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        bool has = false;
        for (size_t k = 0; k < 2 && rows[i].values[k] != NULL; k++)
            has = has ||
                  header_has_token(rows[i].values[k], strlen(rows[i].values[k]), rows[i].token);
        EXPECT(has == rows[i].want, rows[i].values[0]);
    }
}

/* The list as "name=value;name;" (a mark has no '='). */
static bool list_is(const struct headers *h, const char *want)
{
    char text[256] = "";
    for (size_t i = 0; i < h->len; i++) {
        strcat(text, h->items[i].name);
        if (h->items[i].value != NULL)
            strcat(strcat(text, "="), h->items[i].value);
        strcat(text, ";");
    }
    return strcmp(text, want) == 0;
}

static void fields_keep_order_and_spelling(void)
{
    struct headers h = HEADERS_INIT;
    CU_ASSERT_EQUAL(headers_add(&h, "X-b", "1"), GOFER_OK);
    CU_ASSERT_EQUAL(headers_add(&h, "A", "\t two words \t"), GOFER_OK);
    CU_ASSERT_EQUAL(headers_add(&h, "x-B", ""), GOFER_OK);
    CU_ASSERT(list_is(&h, "X-b=1;A=two words;x-B=;"));
    CU_ASSERT_EQUAL(headers_count(&h, "x-b"), 2);
    CU_ASSERT_STRING_EQUAL(headers_find(&h, "X-B")->value, "1");
    CU_ASSERT_PTR_NULL(headers_find(&h, "X"));
    headers_fini(&h);
    CU_ASSERT_EQUAL(h.len, 0);
}

static void setting_replaces_all_in_the_first_place(void)
{
    struct headers h = HEADERS_INIT;
    headers_add(&h, "A", "1");
    headers_add(&h, "B", "2");
    headers_add(&h, "a", "3");
    headers_add(&h, "C", "4");
    CU_ASSERT_EQUAL(headers_set(&h, "a", "5"), GOFER_OK);
    CU_ASSERT(list_is(&h, "a=5;B=2;C=4;"));
    CU_ASSERT_EQUAL(headers_set(&h, "D", "6"), GOFER_OK);
    CU_ASSERT(list_is(&h, "a=5;B=2;C=4;D=6;"));
    headers_fini(&h);
}

static void removing_leaves_one_mark_that_adding_replaces(void)
{
    struct headers h = HEADERS_INIT;
    headers_add(&h, "A", "1");
    headers_add(&h, "a", "2");
    CU_ASSERT_EQUAL(headers_remove(&h, "A"), GOFER_OK);
    CU_ASSERT_EQUAL(headers_remove(&h, "Accept"), GOFER_OK);
    CU_ASSERT(list_is(&h, "A;Accept;"));
    CU_ASSERT_EQUAL(headers_count(&h, "A"), 0);
    CU_ASSERT_PTR_NULL(headers_find(&h, "a")->value);
    CU_ASSERT_EQUAL(headers_add(&h, "accept", "x"), GOFER_OK);
    CU_ASSERT_EQUAL(headers_add(&h, "accept", "y"), GOFER_OK);
    CU_ASSERT(list_is(&h, "A;accept=x;accept=y;"));
    headers_fini(&h);
}

static void a_copy_is_independent(void)
{
    struct headers h = HEADERS_INIT, copy = HEADERS_INIT;
    headers_add(&h, "A", "1");
    headers_remove(&h, "B");
    CU_ASSERT_EQUAL(headers_copy(&copy, &h), GOFER_OK);
    headers_set(&h, "A", "2");
    headers_fini(&h);
    CU_ASSERT(list_is(&copy, "A=1;B;"));
    headers_fini(&copy);
}

/* Every call as the next would be: a failed one must have changed nothing. */
static gofer_status fill_and_copy(void)
{
    struct headers h = HEADERS_INIT, copy = HEADERS_INIT;
    gofer_status status = headers_add(&h, "A", "1");
    if (status == GOFER_OK)
        status = headers_add(&h, "a", "2");
    if (status == GOFER_OK)
        status = headers_set(&h, "A", "3");
    if (status == GOFER_ERR_NOMEM && h.len == 2)
        CU_ASSERT(list_is(&h, "A=1;a=2;"));
    if (status == GOFER_OK)
        status = headers_remove(&h, "B");
    if (status == GOFER_OK)
        status = headers_copy(&copy, &h);
    if (status == GOFER_OK)
        CU_ASSERT(list_is(&copy, "A=3;B;"));
    headers_fini(&h);
    headers_fini(&copy);
    return status;
}

static void without_memory_the_list_stays_as_it_was(void)
{
    scarce_run(fill_and_copy);
}

CU_TestInfo header_tests[] = {
    {"every byte is classed as the RFC says", every_byte_is_classed_as_the_rfc_says},
    {"table httpguts: contains_token", table_httpguts_contains_token},
    {"fields keep order and spelling", fields_keep_order_and_spelling},
    {"setting replaces all in the first place", setting_replaces_all_in_the_first_place},
    {"removing leaves one mark that adding replaces",
     removing_leaves_one_mark_that_adding_replaces},
    {"a copy is independent", a_copy_is_independent},
    {"without memory the list stays as it was", without_memory_the_list_stays_as_it_was},
    CU_TEST_INFO_NULL,
};
