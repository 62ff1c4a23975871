/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/address_guard: which addresses gofer_deny_private() lets through, at both
 * edges of each range.
 */
#include <gofer/address.h>

#include <string.h>
#include <sys/un.h>

#include <CUnit/CUnit.h>

#include "net/addr.h"

extern CU_TestInfo address_guard_tests[];

static bool allows(const char *ip)
{
    struct addr addr;
    CU_ASSERT_FATAL(addr_parse(ip, NULL, 80, &addr));
    gofer_address address = {.addr = &addr.sa, .addr_len = addr_len(&addr), .host = "x.test"};
    return gofer_deny_private(&address, NULL);
}

static void check_all(const char *const *ips, size_t len, bool allowed)
{
    for (size_t i = 0; i < len; i++) {
        if (allows(ips[i]) != allowed)
            printf("\n    %s", ips[i]);
        CU_ASSERT_EQUAL(allows(ips[i]), allowed);
    }
}

#define CHECK(ips, allowed) check_all(ips, sizeof(ips) / sizeof *(ips), allowed)

static void private_ipv4_is_denied(void)
{
    static const char *const denied[] = {
        "0.0.0.0",         "0.255.255.255",   "10.0.0.0",        "10.255.255.255",
        "100.64.0.0",      "100.127.255.255", "127.0.0.1",       "127.255.255.255",
        "169.254.0.0",     "169.254.169.254", "172.16.0.0",      "172.31.255.255",
        "192.0.0.1",       "192.0.2.1",       "192.88.99.1",     "192.168.0.0",
        "192.168.255.255", "198.18.0.0",      "198.19.255.255",  "198.51.100.1",
        "203.0.113.1",     "224.0.0.1",       "239.255.255.255", "240.0.0.1",
        "255.255.255.255"};
    CHECK(denied, false);
}

static void public_ipv4_is_allowed(void)
{
    static const char *const allowed[] = {
        "1.0.0.0",        "8.8.8.8",         "9.255.255.255", "11.0.0.0",        "100.63.255.255",
        "100.128.0.0",    "126.255.255.255", "128.0.0.0",     "169.253.255.255", "169.255.0.0",
        "172.15.255.255", "172.32.0.0",      "192.0.1.0",     "192.0.3.0",       "192.167.255.255",
        "192.169.0.0",    "198.17.255.255",  "198.20.0.0",    "223.255.255.255"};
    CHECK(allowed, true);
}

static void private_ipv6_is_denied(void)
{
    static const char *const denied[] = {
        "::",      "::1",     "fe80::1",     "febf::1", "fec0::1",   "fc00::1",    "fdff::1",
        "ff02::1", "ff0e::1", "2001:db8::1", "2001::1", "2001:2::1", "2001:10::1", "2001:1ff::1",
        "3ffe::1", "3fff::1", "3fff:fff::1", "100::1",  "5f00::1",   "4000::1",    "1fff::1"};
    CHECK(denied, false);
}

static void public_ipv6_is_allowed(void)
{
    static const char *const allowed[] = {
        "2001:200::1", "2001:4860:4860::8888", "2001:db7::1", "2001:db9::1",
        "2600::1",     "2a00:1450::1",         "3ffd::1",     "3fff:1000::1"};
    CHECK(allowed, true);
}

static void ipv4_in_other_clothes_is_seen(void)
{
    /* Mapped and compatible forms have no business in an answer, whatever is inside. */
    static const char *const denied[] = {
        "::ffff:127.0.0.1",         "::ffff:10.0.0.1",    "::ffff:169.254.169.254",
        "::ffff:8.8.8.8",           "::127.0.0.1",        "::8.8.8.8",
        "::ffff:0:127.0.0.1",       "64:ff9b::10.0.0.1",  "64:ff9b::7f00:1",
        "64:ff9b::169.254.169.254", "64:ff9b:1::8.8.8.8", "64:ff9b::1:808:808",
        "2002:7f00:1::1",           "2002:a00:1::",       "2002:c0a8:101::1",
        "2002:a9fe:a9fe::"};
    static const char *const allowed[] = {"64:ff9b::8.8.8.8", "2002:808:808::1"};
    CHECK(denied, false);
    CHECK(allowed, true);
}

static void other_families_are_denied(void)
{
    struct sockaddr_un un = {.sun_family = AF_UNIX};
    gofer_address address = {.addr = (struct sockaddr *)&un, .addr_len = sizeof un};
    CU_ASSERT_FALSE(gofer_deny_private(&address, NULL));
}

CU_TestInfo address_guard_tests[] = {
    {"DNS-10 private IPv4 is denied", private_ipv4_is_denied},
    {"public IPv4 is allowed", public_ipv4_is_allowed},
    {"DNS-10 private IPv6 is denied", private_ipv6_is_denied},
    {"public IPv6 is allowed", public_ipv6_is_allowed},
    {"DNS-10 IPv4 in other clothes is seen", ipv4_in_other_clothes_is_seen},
    {"other families are denied", other_families_are_denied},
    CU_TEST_INFO_NULL,
};
