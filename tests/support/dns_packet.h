/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * DNS messages as the scripted server reads and writes them, right and wrong
 * ones. Plain data; one thread at a time.
 */
#ifndef TESTS_SUPPORT_DNS_PACKET_H
#define TESTS_SUPPORT_DNS_PACKET_H

#include <stdbool.h>
#include <stddef.h>

enum {
    DNS_HEAD = 12,
    DNS_PACKET_MAX = 16384,
    DNS_NAME_BYTES = 256,
    DNS_A = 1,
    DNS_CNAME = 5,
    DNS_AAAA = 28,
    DNS_FLAG_RA = 0x0080,
    DNS_FLAG_TC = 0x0200,
    DNS_FORMERR = 1,
    DNS_SERVFAIL = 2,
    DNS_NXDOMAIN = 3,
    DNS_REFUSED = 5
};

struct dns_query {
    unsigned char packet[512]; /* head and question */
    size_t len;                /* of them */
    char name[DNS_NAME_BYTES];
    unsigned type;
    unsigned edns_bytes; /* what the client takes over UDP; 0: no EDNS */
};

struct dns_packet {
    unsigned char bytes[DNS_PACKET_MAX];
    size_t len;
};

/* Reads the n bytes of query->packet. False where they are no question. */
bool dns_query_parse(struct dns_query *query, size_t n);

/* Makes it a response with these flags beside QR, RD and RA, and no answer yet. */
void dns_packet_respond(struct dns_packet *p, const struct dns_query *query, unsigned flags);

/* Adds an address record, A or AAAA as the text is, of the question's name, or of the name at an
 * offset of the packet. */
void dns_packet_add(struct dns_packet *p, const char *address, unsigned ttl_s);
void dns_packet_add_at(struct dns_packet *p, size_t owner, const char *address, unsigned ttl_s);

/* Adds a CNAME from the name at an offset to `alias`, of one label; returns where that stands. */
size_t dns_packet_add_cname(struct dns_packet *p, size_t owner, const char *alias, unsigned ttl_s);

void dns_packet_put16(struct dns_packet *p, unsigned value);
void dns_packet_set16(struct dns_packet *p, size_t at, unsigned value);

/* Whether an address text is IPv6's. */
bool dns_is_ipv6(const char *address);

#endif
