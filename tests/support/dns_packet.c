/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See dns_packet.h.
 */
#include "support/dns_packet.h"

#include <arpa/inet.h>
#include <string.h>

enum { OPT = 41, FLAGS = 0x8100 };

void dns_packet_put16(struct dns_packet *p, unsigned value)
{
    p->bytes[p->len++] = (unsigned char)(value >> 8);
    p->bytes[p->len++] = (unsigned char)value;
}

void dns_packet_set16(struct dns_packet *p, size_t at, unsigned value)
{
    p->bytes[at] = (unsigned char)(value >> 8);
    p->bytes[at + 1] = (unsigned char)value;
}

static unsigned get16(const unsigned char *at)
{
    return (unsigned)at[0] << 8 | at[1];
}

bool dns_is_ipv6(const char *address)
{
    return strchr(address, ':') != NULL;
}

/* The size in the OPT record, which is all that may follow the question here. */
static unsigned read_edns(const unsigned char *at, size_t n)
{
    return n >= 5 && at[0] == 0 && get16(at + 1) == OPT ? get16(at + 3) : 0;
}

bool dns_query_parse(struct dns_query *query, size_t n)
{
    size_t at = DNS_HEAD;
    size_t out = 0;
    while (at < n && query->packet[at] != 0) {
        size_t label = query->packet[at++];
        if (at + label >= n || out + label + 2 > sizeof(query->name))
            return false;
        memcpy(query->name + out, query->packet + at, label);
        at += label;
        out += label;
        query->name[out++] = '.';
    }
    if (at + 5 > n || out == 0)
        return false;
    query->name[out - 1] = '\0';
    query->type = get16(query->packet + at + 1);
    query->len = at + 5;
    query->edns_bytes = read_edns(query->packet + query->len, n - query->len);
    return true;
}

void dns_packet_respond(struct dns_packet *p, const struct dns_query *query, unsigned flags)
{
    p->len = query->len;
    memcpy(p->bytes, query->packet, query->len);
    dns_packet_set16(p, 2, FLAGS | flags);
    dns_packet_set16(p, 4, 1);
    dns_packet_set16(p, 6, 0);
    dns_packet_set16(p, 8, 0);
    dns_packet_set16(p, 10, 0);
}

/* The beginning of a record, up to its length. */
static void put_record(struct dns_packet *p, size_t owner, unsigned type, unsigned ttl_s)
{
    dns_packet_set16(p, 6, get16(p->bytes + 6) + 1);
    dns_packet_put16(p, 0xc000 | (unsigned)owner);
    dns_packet_put16(p, type);
    dns_packet_put16(p, 1);
    dns_packet_put16(p, ttl_s >> 16);
    dns_packet_put16(p, ttl_s);
}

void dns_packet_add_at(struct dns_packet *p, size_t owner, const char *address, unsigned ttl_s)
{
    bool ipv6 = dns_is_ipv6(address);
    unsigned len = ipv6 ? 16 : 4;
    put_record(p, owner, ipv6 ? DNS_AAAA : DNS_A, ttl_s);
    dns_packet_put16(p, len);
    inet_pton(ipv6 ? AF_INET6 : AF_INET, address, p->bytes + p->len);
    p->len += len;
}

void dns_packet_add(struct dns_packet *p, const char *address, unsigned ttl_s)
{
    dns_packet_add_at(p, DNS_HEAD, address, ttl_s);
}

size_t dns_packet_add_cname(struct dns_packet *p, size_t owner, const char *alias, unsigned ttl_s)
{
    size_t len = strlen(alias);
    put_record(p, owner, DNS_CNAME, ttl_s);
    dns_packet_put16(p, (unsigned)len + 2);
    size_t at = p->len;
    p->bytes[p->len++] = (unsigned char)len;
    memcpy(p->bytes + p->len, alias, len);
    p->len += len;
    p->bytes[p->len++] = 0;
    return at;
}
