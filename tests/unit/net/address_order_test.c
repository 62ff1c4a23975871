/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/address_order: the tables of RFC 6724, and that equals take turns.
 */
#include "net/address_order.h"

#include <string.h>

#include <CUnit/CUnit.h>

#include "unit/engine/seed.h"

extern CU_TestInfo address_order_tests[];

enum { MANY = 12 };

static struct addr parse(const char *text)
{
    struct addr addr;
    CU_ASSERT_FATAL(addr_parse(text, NULL, 80, &addr));
    return addr;
}

/* --- what the rules look at --- */

static const struct {
    const char *ip;
    uint8_t precedence, label;
} policies[] = {
    {"127.0.0.1", 35, 4},
    {"2601:645:8002:a500:986f:1db8:c836:bd65", 40, 1},
    {"::1", 50, 0},
    {"2002::ab12", 30, 2},
    {"::ffff:192.0.2.1", 35, 4},
    {"::192.0.2.1", 1, 3},
    {"::2", 1, 3},
    {"2001::1", 5, 5},
    {"2001:1::1", 40, 1},
    {"3ffe::1", 1, 12},
    {"fec0::1", 1, 11},
    {"feff::1", 1, 11},
    {"ff00::1", 40, 1},
    {"fc00::1", 3, 13},
    {"fdff::1", 3, 13},
    {"fe00::1", 40, 1},
};

static void each_address_has_its_policy(void)
{
    for (size_t i = 0; i < sizeof policies / sizeof *policies; i++) {
        struct addr addr = parse(policies[i].ip);
        struct address_policy policy = address_policy(&addr);
        CU_ASSERT_EQUAL(policy.precedence, policies[i].precedence);
        CU_ASSERT_EQUAL(policy.label, policies[i].label);
    }
}

static const struct {
    const char *ip;
    uint8_t scope;
} scopes[] = {
    {"127.0.0.1", SCOPE_LINK},        {"::1", SCOPE_LINK},          {"169.254.1.2", SCOPE_LINK},
    {"fec0::1", SCOPE_SITE},          {"8.8.8.8", SCOPE_GLOBAL},    {"ff02::", SCOPE_LINK},
    {"ff05::", SCOPE_SITE},           {"ff04::", SCOPE_ADMIN},      {"ff0e::", SCOPE_GLOBAL},
    {"::e000:0", SCOPE_GLOBAL},       {"::e002:202", SCOPE_GLOBAL}, {"224.0.0.0", SCOPE_GLOBAL},
    {"224.2.2.2", SCOPE_GLOBAL},      {"10.0.0.1", SCOPE_GLOBAL},   {"fe80::1", SCOPE_LINK},
    {"::ffff:127.0.0.1", SCOPE_LINK},
};

static void each_address_has_its_scope(void)
{
    for (size_t i = 0; i < sizeof scopes / sizeof *scopes; i++) {
        struct addr addr = parse(scopes[i].ip);
        CU_ASSERT_EQUAL(address_scope(&addr), scopes[i].scope);
    }
}

static const struct {
    const char *a, *b;
    unsigned bits;
} prefixes[] = {
    {"fe80::1", "fe80::2", 64},    {"fe81::1", "fe80::2", 15},     {"127.0.0.1", "fe80::1", 0},
    {"1.2.3.4", "1.2.3.4", 32},    {"1.2.255.255", "1.2.0.0", 16}, {"1.2.127.255", "1.2.0.0", 17},
    {"1.2.63.255", "1.2.0.0", 18}, {"1.2.31.255", "1.2.0.0", 19},  {"1.2.15.255", "1.2.0.0", 20},
    {"1.2.7.255", "1.2.0.0", 21},  {"1.2.3.255", "1.2.0.0", 22},   {"1.2.1.255", "1.2.0.0", 23},
    {"1.2.0.255", "1.2.0.0", 24},
};

static void prefixes_are_counted_within_a_family(void)
{
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct addr a = parse(prefixes[i].a), b = parse(prefixes[i].b);
        CU_ASSERT_EQUAL(address_common_prefix(&a, &b), prefixes[i].bits);
        CU_ASSERT_EQUAL(address_common_prefix(&b, &a), prefixes[i].bits);
    }
}

/* --- the order --- */

static const struct order {
    const char *addrs[6]; /* as wanted */
    const char *sources[6];
    bool reversible;
} orders[] = {
    {{"2001:db8:1::1", "198.51.100.121"}, {"2001:db8:1::2", "169.254.13.78"}, true},
    {{"198.51.100.121", "2001:db8:1::1"}, {"198.51.100.117", "fe80::1"}, true},
    {{"2001:db8:1::1", "10.1.2.3"}, {"2001:db8:1::2", "10.1.2.4"}, true},
    {{"fe80::1", "2001:db8:1::1"}, {"fe80::2", "2001:db8:1::2"}, true},
    {{"54.83.193.112", "184.72.238.214", "23.23.172.185", "75.101.148.21", "23.23.134.56",
      "23.21.50.150"},
     {"10.2.3.4", "10.2.3.4", "10.2.3.4", "10.2.3.4", "10.2.3.4", "10.2.3.4"},
     false},
    /* Of our own: no source is last; a label that fits; the nearer of two prefixes. */
    {{"192.0.2.1", "2001:db8::1"}, {"192.0.2.2", NULL}, true},
    {{"2001:db8:1::1", "2002:c633:6401::1"}, {"2001:db8:1::2", "2001:db8:1::2"}, true},
    {{"2001:db8:1::1", "2001:db8:ffff::1"}, {"2001:db8:1::2", "2001:db8:1::2"}, true},
    {{"::1", "127.0.0.1"}, {"::1", "127.0.0.1"}, true},
};

static size_t fill(const struct order *order, bool reversed, struct candidate *out)
{
    size_t len = 0;
    while (len < 6 && order->addrs[len] != NULL)
        len++;
    for (size_t i = 0; i < len; i++) {
        size_t from = reversed ? len - 1 - i : i;
        out[i] = (struct candidate){.addr = parse(order->addrs[from])};
        out[i].reachable = order->sources[from] != NULL;
        if (out[i].reachable)
            out[i].source = parse(order->sources[from]);
    }
    return len;
}

static void check_order(const struct order *order, bool reversed)
{
    struct candidate c[6];
    size_t len = fill(order, reversed, c);
    address_order(c, len, 0);
    for (size_t i = 0; i < len; i++) {
        struct addr wanted = parse(order->addrs[i]);
        CU_ASSERT(addr_equal(&c[i].addr, &wanted));
    }
}

static void destinations_are_sorted_as_the_table_says(void)
{
    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        check_order(&orders[i], false);
        if (orders[i].reversible)
            check_order(&orders[i], true);
    }
}

/* --- equals --- */

static void fill_equals(struct candidate *c)
{
    char text[32];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(text, sizeof text, i < MANY / 2 ? "2001:db8:1::%u" : "192.0.2.%u", i + 1);
        c[i] = (struct candidate){.addr = parse(text), .reachable = true};
        c[i].source = parse(i < MANY / 2 ? "2001:db8:1::99" : "192.0.2.99");
    }
}

static void equals_take_turns(void)
{
    struct candidate before[MANY], c[MANY];
    fill_equals(before);
    for (unsigned turn = 0; turn < MANY; turn++) {
        memcpy(c, before, sizeof c);
        address_order(c, MANY, turn);
        for (unsigned i = 0; i < MANY; i++) {
            unsigned half = i / (MANY / 2) * (MANY / 2), place = (i + turn) % (MANY / 2);
            CU_ASSERT(addr_equal(&c[i].addr, &before[half + place].addr));
        }
    }
    address_order(c, 0, 5);
    address_order(c, 1, 5);
}

/* Whatever it is given, it loses nothing, and what it has sorted it leaves alone. */
static void sorting_is_a_permutation_and_idempotent(void)
{
    static const char *const all[] = {"::1",         "127.0.0.1", "2001:db8:1::1", "2002::1",
                                      "fe80::1",     "fd00::1",   "10.0.0.1",      "192.0.2.1",
                                      "169.254.1.1", "ff0e::1"};
    struct seed seed = seed_new();
    for (int round = 0; round < 2000; round++) {
        struct candidate c[MANY], again[MANY];
        unsigned marks = 0;
        for (uint16_t i = 0; i < MANY; i++) {
            c[i] = (struct candidate){.addr = parse(all[seed_below(&seed, 10)]),
                                      .source = parse(all[seed_below(&seed, 10)]),
                                      .reachable = !seed_once_in(&seed, 4)};
            addr_set_port(&c[i].addr, i);
        }
        address_order(c, MANY, (unsigned)seed_below(&seed, 100));
        memcpy(again, c, sizeof c);
        address_order(again, MANY, 0);
        for (unsigned i = 0; i < MANY; i++) {
            marks |= 1u << (c[i].addr.sa.sa_family == AF_INET6 ? ntohs(c[i].addr.in6.sin6_port)
                                                               : ntohs(c[i].addr.in.sin_port));
            CU_ASSERT(addr_equal(&c[i].addr, &again[i].addr));
        }
        CU_ASSERT_EQUAL(marks, (1u << MANY) - 1);
    }
}

CU_TestInfo address_order_tests[] = {
    {"L15 rfc6724_policy: each address has its policy", each_address_has_its_policy},
    {"L15 rfc6724_policy: each address has its scope", each_address_has_its_scope},
    {"L15 rfc6724_policy: prefixes are counted within a family",
     prefixes_are_counted_within_a_family},
    {"L15 rfc6724_sort: destinations are sorted as the table says",
     destinations_are_sorted_as_the_table_says},
    {"equals take turns", equals_take_turns},
    {"sorting is a permutation and idempotent", sorting_is_a_permutation_and_idempotent},
    CU_TEST_INFO_NULL,
};
