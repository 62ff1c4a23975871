/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The order of RFC 6724. What the rules compare is looked up once an address,
 * then an insertion sort: it is stable, and answers are short.
 */
#include "net/address_order.h"

#include <string.h>

/* The IPv6 form of any address; of IPv4 the mapped one. */
static struct in6_addr wide(const struct addr *addr)
{
    if (addr->sa.sa_family == AF_INET6)
        return addr->in6.sin6_addr;
    struct in6_addr mapped = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(&mapped.s6_addr[12], &addr->in.sin_addr, 4);
    return mapped;
}

/* --- what an address is --- */

static uint8_t scope_of_ipv4(const uint8_t *ip)
{
    bool link = ip[0] == 127 || (ip[0] == 169 && ip[1] == 254);
    return link ? SCOPE_LINK : SCOPE_GLOBAL;
}

uint8_t address_scope(const struct addr *addr)
{
    struct in6_addr ip = wide(addr);
    if (IN6_IS_ADDR_V4MAPPED(&ip))
        return scope_of_ipv4(&ip.s6_addr[12]);
    if (IN6_IS_ADDR_LOOPBACK(&ip) || IN6_IS_ADDR_LINKLOCAL(&ip))
        return SCOPE_LINK;
    if (IN6_IS_ADDR_MULTICAST(&ip))
        return ip.s6_addr[1] & 0xf;
    return IN6_IS_ADDR_SITELOCAL(&ip) ? SCOPE_SITE : SCOPE_GLOBAL;
}

struct policy_row {
    uint8_t prefix[16];
    uint8_t bits;
    struct address_policy policy;
};

static const struct policy_row policies[] = {
    {{[15] = 1}, 128, {50, 0}},                /* ::1 */
    {{[10] = 0xff, [11] = 0xff}, 96, {35, 4}}, /* ::ffff:0:0/96, all of IPv4 */
    {{0}, 96, {1, 3}},                         /* ::/96 */
    {{0x20, 0x01}, 32, {5, 5}},                /* 2001::/32, Teredo */
    {{0x20, 0x02}, 16, {30, 2}},               /* 2002::/16, 6to4 */
    {{0x3f, 0xfe}, 16, {1, 12}},               /* 3ffe::/16 */
    {{0xfe, 0xc0}, 10, {1, 11}},               /* fec0::/10 */
    {{0xfc}, 7, {3, 13}},                      /* fc00::/7, unique local */
    {{0}, 0, {40, 1}},                         /* all else */
};

/* Leading bits, at most max, that two strings of bytes share. */
static unsigned shared_bits(const uint8_t *a, const uint8_t *b, unsigned max)
{
    unsigned bits = 0;
    while (bits < max && ((a[bits / 8] ^ b[bits / 8]) >> (7 - bits % 8) & 1) == 0)
        bits++;
    return bits;
}

struct address_policy address_policy(const struct addr *addr)
{
    struct in6_addr ip = wide(addr);
    const struct policy_row *row = policies;
    while (shared_bits(ip.s6_addr, row->prefix, row->bits) < row->bits)
        row++;
    return row->policy;
}

unsigned address_common_prefix(const struct addr *a, const struct addr *b)
{
    if (a->sa.sa_family != b->sa.sa_family)
        return 0;
    if (a->sa.sa_family == AF_INET6)
        return shared_bits(a->in6.sin6_addr.s6_addr, b->in6.sin6_addr.s6_addr, 64);
    return shared_bits((const uint8_t *)&a->in.sin_addr, (const uint8_t *)&b->in.sin_addr, 32);
}

/* --- the order --- */

static void look_up(struct candidate *c)
{
    struct address_policy policy = address_policy(&c->addr);
    c->precedence = policy.precedence;
    c->scope = address_scope(&c->addr);
    c->common = 0;
    c->scopes_match = c->labels_match = false;
    if (!c->reachable)
        return;
    c->scopes_match = c->scope == address_scope(&c->source);
    c->labels_match = policy.label == address_policy(&c->source).label;
    if (c->addr.sa.sa_family == AF_INET6)
        c->common = (uint8_t)address_common_prefix(&c->addr, &c->source);
}

/* Negative: a comes first. */
static int compare(const struct candidate *a, const struct candidate *b)
{
    if (a->reachable != b->reachable) /* rule 1 */
        return b->reachable - a->reachable;
    if (!a->reachable)
        return 0;
    if (a->scopes_match != b->scopes_match) /* 2 */
        return b->scopes_match - a->scopes_match;
    if (a->labels_match != b->labels_match) /* 5 */
        return b->labels_match - a->labels_match;
    if (a->precedence != b->precedence) /* 6 */
        return b->precedence - a->precedence;
    if (a->scope != b->scope) /* 8 */
        return a->scope - b->scope;
    if (a->addr.sa.sa_family != b->addr.sa.sa_family)
        return 0;
    return b->common - a->common; /* 9; of IPv4 both are 0 */
}

static void sort(struct candidate *c, size_t len)
{
    for (size_t i = 1; i < len; i++) {
        struct candidate moving = c[i];
        size_t at = i;
        for (; at > 0 && compare(&moving, &c[at - 1]) < 0; at--)
            c[at] = c[at - 1];
        c[at] = moving;
    }
}

static void reverse(struct candidate *c, size_t len)
{
    for (size_t i = 0; i < len / 2; i++) {
        struct candidate other = c[i];
        c[i] = c[len - 1 - i];
        c[len - 1 - i] = other;
    }
}

/* The first `by` go behind the others. */
static void turn_round(struct candidate *c, size_t len, size_t by)
{
    reverse(c, by);
    reverse(c + by, len - by);
    reverse(c, len);
}

void address_order(struct candidate *candidates, size_t len, unsigned turn)
{
    for (size_t i = 0; i < len; i++)
        look_up(&candidates[i]);
    sort(candidates, len);
    for (size_t begin = 0, end; begin < len; begin = end) {
        for (end = begin + 1; end < len; end++)
            if (compare(&candidates[begin], &candidates[end]) != 0)
                break;
        turn_round(candidates + begin, end - begin, turn % (end - begin));
    }
}
