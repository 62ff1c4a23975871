/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/endpoint: fields, ports, addresses and lists of servers in texts.
 */
#include "net/endpoint.h"

#include <string.h>

#include <CUnit/CUnit.h>

#include "base/alloc.h"

extern CU_TestInfo endpoint_tests[];

/* Whether the field of the text is this and ends before `rest`. */
static bool field_is(const char *text, const char *field, const char *rest)
{
    char out[ENDPOINT_BYTES];
    return endpoint_field(&text, ":,", out) && strcmp(out, field) == 0 && strcmp(text, rest) == 0;
}

static void fields_end_at_stops_outside_brackets(void)
{
    CU_ASSERT(field_is("a.test:80", "a.test", ":80"));
    CU_ASSERT(field_is("a,b", "a", ",b"));
    CU_ASSERT(field_is("[::1]:80", "::1", ":80"));
    CU_ASSERT(field_is("[::1]", "::1", ""));
    CU_ASSERT(field_is(":80", "", ":80"));
    CU_ASSERT(field_is("", "", ""));
}

static void wrong_brackets_are_refused(void)
{
    static const char *const texts[] = {"[::1", "[::1]x:80", "::1]:80", "a[b", "[[::1]]", "[a]b"};
    char out[ENDPOINT_BYTES];
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char *at = texts[i];
        CU_ASSERT_FALSE(endpoint_field(&at, ",", out));
    }
}

static void long_fields_are_refused(void)
{
    char text[2 * ENDPOINT_BYTES];
    char out[ENDPOINT_BYTES];
    const char *at = text;
    memset(text, 'a', sizeof(text));
    text[ENDPOINT_BYTES - 1] = '\0';
    CU_ASSERT(endpoint_field(&at, ":", out));
    at = text;
    text[ENDPOINT_BYTES - 1] = 'a';
    text[ENDPOINT_BYTES] = '\0';
    CU_ASSERT_FALSE(endpoint_field(&at, ":", out));
}

static void ports_are_1_to_65535(void)
{
    static const char *const bad[] = {"",    "0",   "65536", "99999999999999999999", "-1", "+1",
                                      "80x", " 80", "8 0"};
    uint16_t port;
    CU_ASSERT(endpoint_port("1", &port) && port == 1);
    CU_ASSERT(endpoint_port("65535", &port) && port == 65535);
    CU_ASSERT(endpoint_port("0080", &port) && port == 80);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        CU_ASSERT_FALSE(endpoint_port(bad[i], &port));
}

static void addresses_may_have_a_zone(void)
{
    struct addr addr;
    CU_ASSERT(endpoint_addr("192.0.2.1", 80, &addr));
    CU_ASSERT(endpoint_addr("fe80::1%lo", 80, &addr));
    CU_ASSERT(addr.in6.sin6_scope_id != 0);
    CU_ASSERT_FALSE(endpoint_addr("192.0.2.1%lo", 80, &addr));
    CU_ASSERT_FALSE(endpoint_addr("fe80::1%", 80, &addr));
    CU_ASSERT_FALSE(endpoint_addr("fe80::1%nosuch", 80, &addr));
    CU_ASSERT_FALSE(endpoint_addr("a.test", 80, &addr));
}

/* The servers of a text, as texts with "," between them; NULL where it is refused. */
static char *servers_of(const char *text)
{
    struct addr servers[3];
    size_t len;
    struct buf out = BUF_INIT;
    if (!endpoint_servers(text, 53, servers, 3, &len))
        return NULL;
    for (size_t i = 0; i < len; i++) {
        buf_append_str(&out, i > 0 ? "," : "");
        addr_write(&servers[i], &out);
    }
    return buf_take_str(&out);
}

static void servers_are_a_list(void)
{
    static const char *const rows[][2] = {
        {"192.0.2.1", "192.0.2.1:53"},
        {"192.0.2.1:5353", "192.0.2.1:5353"},
        {"::1", "[::1]:53"},
        {"[::1]", "[::1]:53"},
        {"[::1]:5353,192.0.2.1", "[::1]:5353,192.0.2.1:53"},
        {"192.0.2.1, 192.0.2.2,2001:db8::3", "192.0.2.1:53,192.0.2.2:53,[2001:db8::3]:53"},
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char *servers = servers_of(rows[i][0]);
        CU_ASSERT_PTR_NOT_NULL_FATAL(servers);
        CU_ASSERT_STRING_EQUAL(servers, rows[i][1]);
        mem_free(servers);
    }
}

static void bad_servers_are_refused(void)
{
    static const char *const texts[] = {"",
                                        ",",
                                        "192.0.2.1,",
                                        "a.test",
                                        "192.0.2.1:0",
                                        "192.0.2.1:x",
                                        "192.0.2.1:",
                                        "[::1",
                                        "192.0.2.1 192.0.2.2",
                                        "1.1.1.1,2.2.2.2,3.3.3.3,4.4.4.4"};
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        CU_ASSERT_PTR_NULL(servers_of(texts[i]));
}

CU_TestInfo endpoint_tests[] = {
    {"fields end at stops outside brackets", fields_end_at_stops_outside_brackets},
    {"wrong brackets are refused", wrong_brackets_are_refused},
    {"long fields are refused", long_fields_are_refused},
    {"ports are 1 to 65535", ports_are_1_to_65535},
    {"addresses may have a zone", addresses_may_have_a_zone},
    {"servers are a list", servers_are_a_list},
    {"bad servers are refused", bad_servers_are_refused},
    CU_TEST_INFO_NULL,
};
