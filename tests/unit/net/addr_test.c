/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/addr: texts to addresses and back.
 */
#include "net/addr.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "base/alloc.h"

extern CU_TestInfo addr_tests[];

/* Whether the host, parsed with port 80, is written as expected. */
static bool reads_as(const char *host, const char *zone, const char *expected)
{
    struct addr addr;
    struct buf out = BUF_INIT;
    if (!addr_parse(host, zone, 80, &addr))
        return false;
    addr_write(&addr, &out);
    char *text = buf_take_str(&out);
    bool same = text != NULL && strcmp(text, expected) == 0;
    if (!same)
        fprintf(stderr, "%s is written %s, not %s\n", host, text, expected);
    mem_free(text);
    return same;
}

static void numeric_addresses_are_written_as_read(void)
{
    CU_ASSERT(reads_as("127.0.0.1", NULL, "127.0.0.1:80"));
    CU_ASSERT(reads_as("255.255.255.255", NULL, "255.255.255.255:80"));
    CU_ASSERT(reads_as("::1", NULL, "[::1]:80"));
    CU_ASSERT(reads_as("2001:DB8::0:1", NULL, "[2001:db8::1]:80"));
    CU_ASSERT(reads_as("::ffff:192.0.2.1", NULL, "[::ffff:192.0.2.1]:80"));
}

static void zones_are_interface_names_or_numbers(void)
{
    CU_ASSERT(reads_as("fe80::1", "7", "[fe80::1%7]:80"));
    CU_ASSERT(reads_as("fe80::1", "4294967295", "[fe80::1%4294967295]:80"));
    struct addr addr;
    CU_ASSERT_FALSE(addr_parse("fe80::1", "", 80, &addr));
    CU_ASSERT_FALSE(addr_parse("fe80::1", "0", 80, &addr));
    CU_ASSERT_FALSE(addr_parse("fe80::1", "4294967296", 80, &addr));
    CU_ASSERT_FALSE(addr_parse("fe80::1", "no-such-if0", 80, &addr));
    CU_ASSERT_FALSE(addr_parse("127.0.0.1", "7", 80, &addr));
    CU_ASSERT(addr_parse("fe80::1", "lo", 80, &addr));
    CU_ASSERT_NOT_EQUAL(addr.in6.sin6_scope_id, 0);
}

static void other_texts_are_no_addresses(void)
{
    static const char *const texts[] = {
        "",      "localhost", "127.1", "1.2.3.4.5", "1.2.3.",     "256.1.1.1",   "0x7f.0.0.1",
        "[::1]", ":::1",      "1:2:3", "::1%lo",    " 127.0.0.1", "127.0.0.1:80"};
    struct addr addr;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        CU_ASSERT_FALSE(addr_parse(texts[i], NULL, 80, &addr));
    }
}

static void equality_needs_family_address_port_and_zone(void)
{
    struct addr a;
    struct addr b;
    CU_ASSERT(addr_parse("192.0.2.1", NULL, 80, &a) && addr_parse("192.0.2.1", NULL, 80, &b));
    CU_ASSERT(addr_equal(&a, &b));
    addr_set_port(&b, 81);
    CU_ASSERT_FALSE(addr_equal(&a, &b));
    CU_ASSERT(addr_parse("192.0.2.2", NULL, 80, &b));
    CU_ASSERT_FALSE(addr_equal(&a, &b));
    CU_ASSERT(addr_parse("::ffff:192.0.2.1", NULL, 80, &b));
    CU_ASSERT_FALSE(addr_equal(&a, &b));
    CU_ASSERT(addr_parse("::ffff:192.0.2.1", NULL, 80, &a));
    CU_ASSERT(addr_equal(&a, &b));
    CU_ASSERT(addr_parse("::ffff:192.0.2.1", "3", 80, &a));
    CU_ASSERT_FALSE(addr_equal(&a, &b));
}

static void port_and_length_follow_the_family(void)
{
    struct addr addr;
    CU_ASSERT(addr_parse("192.0.2.1", NULL, 80, &addr));
    addr_set_port(&addr, 8080);
    CU_ASSERT_EQUAL(ntohs(addr.in.sin_port), 8080);
    CU_ASSERT_EQUAL(addr_len(&addr), sizeof(struct sockaddr_in));
    CU_ASSERT(addr_parse("::1", NULL, 80, &addr));
    addr_set_port(&addr, 65535);
    CU_ASSERT_EQUAL(ntohs(addr.in6.sin6_port), 65535);
    CU_ASSERT_EQUAL(addr_len(&addr), sizeof(struct sockaddr_in6));
}

CU_TestInfo addr_tests[] = {
    {"numeric addresses are written as read", numeric_addresses_are_written_as_read},
    {"zones are interface names or numbers", zones_are_interface_names_or_numbers},
    {"other texts are no addresses", other_texts_are_no_addresses},
    {"equality needs family, address, port and zone", equality_needs_family_address_port_and_zone},
    {"port and length follow the family", port_and_length_follow_the_family},
    CU_TEST_INFO_NULL,
};
