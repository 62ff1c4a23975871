/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/hostname: which names may be asked, and which never are.
 */
#include "net/hostname.h"

#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

extern CU_TestInfo hostname_tests[];

static void usual_names_are_valid(void)
{
    CU_ASSERT(hostname_is_valid("a"));
    CU_ASSERT(hostname_is_valid("example.com"));
    CU_ASSERT(hostname_is_valid("example.com."));
    CU_ASSERT(hostname_is_valid("_srv.Ex-ample.c0m"));
    CU_ASSERT(hostname_is_valid("xn--bcher-kva.example"));
    CU_ASSERT(hostname_is_valid("1.2.3.4.example"));
    CU_ASSERT(hostname_is_valid("3com"));
}

static void empty_labels_are_invalid(void)
{
    CU_ASSERT_FALSE(hostname_is_valid(""));
    CU_ASSERT_FALSE(hostname_is_valid("."));
    CU_ASSERT_FALSE(hostname_is_valid(".example.com"));
    CU_ASSERT_FALSE(hostname_is_valid("example..com"));
    CU_ASSERT_FALSE(hostname_is_valid("example.com.."));
}

/* A label of n letters. */
static bool label_is_valid(int n)
{
    char name[128];
    memset(name, 'a', (size_t)n);
    snprintf(name + n, sizeof(name) - (size_t)n, ".example");
    return hostname_is_valid(name);
}

static void labels_end_at_63_bytes(void)
{
    CU_ASSERT(label_is_valid(63));
    CU_ASSERT_FALSE(label_is_valid(64));
}

/* A name of n bytes in all, labels of at most 50, and then `tail`. */
static bool name_is_valid(size_t n, const char *tail)
{
    char name[1024];
    for (size_t i = 0; i < n; i++)
        name[i] = i % 51 == 50 ? '.' : 'a';
    snprintf(name + n, sizeof(name) - n, "%s", tail);
    return hostname_is_valid(name);
}

static void names_end_at_253_bytes(void)
{
    CU_ASSERT(name_is_valid(253, ""));
    CU_ASSERT(name_is_valid(253, "."));
    CU_ASSERT_FALSE(name_is_valid(254, ""));
    CU_ASSERT_FALSE(name_is_valid(256, ""));
    CU_ASSERT_FALSE(name_is_valid(253, ".."));
    CU_ASSERT_FALSE(name_is_valid(900, ""));
}

static void other_bytes_and_bare_numbers_are_invalid(void)
{
    static const char *const names[] = {
        "exa mple.com",   "a\\.b",      "a/b",       "a:80", "fe80::1%lo",
        "b\xc3\xbchr.de", "a\tb",       "user@host", "*.a",  "127.1",
        "1.2.3.256",      "2130706433", "1."};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        CU_ASSERT_FALSE(hostname_is_valid(names[i]));
    }
}

static void localhost_is_a_whole_label(void)
{
    CU_ASSERT(hostname_is_local("localhost"));
    CU_ASSERT(hostname_is_local("LocalHost."));
    CU_ASSERT(hostname_is_local("a.b.localhost"));
    CU_ASSERT_FALSE(hostname_is_local("notlocalhost"));
    CU_ASSERT_FALSE(hostname_is_local("localhost.example"));
    CU_ASSERT_FALSE(hostname_is_local("host"));
    CU_ASSERT_FALSE(hostname_is_local(""));
}

static void onion_is_a_whole_label(void)
{
    CU_ASSERT(hostname_is_onion("abc.onion"));
    CU_ASSERT(hostname_is_onion("abc.ONION."));
    CU_ASSERT_FALSE(hostname_is_onion("abc.onions"));
    CU_ASSERT_FALSE(hostname_is_onion("red-onion"));
}

/* Table dns_avoid_names: "onion" itself is no name under it. */
static void names_of_the_table_are_avoided(void)
{
    static const struct {
        const char *name;
        bool avoid;
    } rows[] = {
        {"foo.com", false},    {"foo.com.", false},  {"foo.onion.", true},
        {"foo.onion", true},   {"foo.ONION", true},  {"foo.ONION.", true},
        {"foo.local.", false}, {"foo.local", false}, {"foo.LOCAL", false},
        {"foo.LOCAL.", false}, {"", true},           {"local", false},
        {"onion", false},      {"local.", false},    {"onion.", false},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        CU_ASSERT_EQUAL(!hostname_is_valid(rows[i].name) || hostname_is_onion(rows[i].name),
                        rows[i].avoid);
}

static void names_are_equal_but_for_case_and_a_final_dot(void)
{
    CU_ASSERT(hostname_equal("a.test", "A.Test."));
    CU_ASSERT(hostname_equal("", "."));
    CU_ASSERT_FALSE(hostname_equal("a.test", "a.test.."));
    CU_ASSERT_FALSE(hostname_equal("a.test", "a.tes"));
    CU_ASSERT_FALSE(hostname_equal("a.test", "b.test"));
}

CU_TestInfo hostname_tests[] = {
    {"usual names are valid", usual_names_are_valid},
    {"DNS-11 empty labels are invalid", empty_labels_are_invalid},
    {"DNS-11 labels end at 63 bytes", labels_end_at_63_bytes},
    {"DNS-11 names end at 253 bytes", names_end_at_253_bytes},
    {"other bytes and bare numbers are invalid", other_bytes_and_bare_numbers_are_invalid},
    {"localhost is a whole label", localhost_is_a_whole_label},
    {"L16 onion is a whole label", onion_is_a_whole_label},
    {"L16 table dns_avoid_names", names_of_the_table_are_avoided},
    {"names are equal but for case and a final dot", names_are_equal_but_for_case_and_a_final_dot},
    CU_TEST_INFO_NULL,
};
