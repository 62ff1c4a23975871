/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * gofer_deny_private(): the filter for servers that fetch URLs which others
 * name. A list of what is private would let through what it forgot, so for IPv6
 * it is the other way round: global unicast (2000::/3) but for some ranges, and
 * translated IPv4, which is judged by the IPv4 address inside. IPv4 has no room
 * left for surprises: all but the ranges of the IANA special-purpose registry.
 * Pure functions; any thread.
 */
#include <gofer/address.h>

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct range {
    uint8_t prefix[8];
    uint8_t bits;
};

static const struct range ipv4_denied[] = {
    {{0}, 8},             /* "this network" */
    {{10}, 8},            /* private */
    {{100, 64}, 10},      /* shared, behind carriers' NAT */
    {{127}, 8},           /* loopback */
    {{169, 254}, 16},     /* link-local, clouds' metadata */
    {{172, 16}, 12},      /* private */
    {{192, 0, 0}, 24},    /* protocol assignments */
    {{192, 0, 2}, 24},    /* documentation */
    {{192, 88, 99}, 24},  /* 6to4 relays, abandoned */
    {{192, 168}, 16},     /* private */
    {{198, 18}, 15},      /* benchmarks */
    {{198, 51, 100}, 24}, /* documentation */
    {{203, 0, 113}, 24},  /* documentation */
    {{224}, 4},           /* multicast */
    {{240}, 4},           /* reserved, broadcast */
};

static const struct range ipv6_global = {{0x20}, 3};

/* Within ipv6_global. */
static const struct range ipv6_denied[] = {
    {{0x20, 0x01, 0x00}, 23},       /* protocol assignments, Teredo, ORCHID, benchmarks */
    {{0x20, 0x01, 0x0d, 0xb8}, 32}, /* documentation */
    {{0x3f, 0xfe}, 16},             /* 6bone, given back */
    {{0x3f, 0xff, 0x00}, 20},       /* documentation */
};

static const struct range nat64 = {{0x00, 0x64, 0xff, 0x9b}, 64}; /* and 32 bits of zeros: /96 */
static const struct range six_to_four = {{0x20, 0x02}, 16};

static bool is_in(const uint8_t *ip, const struct range *range)
{
    unsigned whole = range->bits / 8, rest = range->bits % 8;
    if (memcmp(ip, range->prefix, whole) != 0)
        return false;
    return rest == 0 || (ip[whole] ^ range->prefix[whole]) >> (8 - rest) == 0;
}

static bool is_in_any(const uint8_t *ip, const struct range *ranges, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (is_in(ip, &ranges[i]))
            return true;
    return false;
}

static bool ipv4_is_public(const uint8_t *ip)
{
    return !is_in_any(ip, ipv4_denied, sizeof(ipv4_denied) / sizeof(*ipv4_denied));
}

static bool ipv6_is_public(const uint8_t *ip)
{
    static const uint8_t zeros[4];
    if (is_in(ip, &nat64) && memcmp(ip + 8, zeros, 4) == 0)
        return ipv4_is_public(ip + 12);
    if (is_in(ip, &six_to_four))
        return ipv4_is_public(ip + 2);
    return is_in(ip, &ipv6_global) &&
           !is_in_any(ip, ipv6_denied, sizeof(ipv6_denied) / sizeof(*ipv6_denied));
}

bool gofer_deny_private(const gofer_address *address, void *arg)
{
    (void)arg;
    const struct sockaddr *sa = address->addr;
    if (sa->sa_family == AF_INET)
        return ipv4_is_public(
            (const uint8_t *)&((const struct sockaddr_in *)(const void *)sa)->sin_addr);
    if (sa->sa_family == AF_INET6)
        return ipv6_is_public(((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr.s6_addr);
    return false;
}
