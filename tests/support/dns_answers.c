/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See dns_answers.h.
 */
#include "support/dns_answers.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { TTL_S = DNS_ANSWER_TTL_S };

static const char ipv4[] = "192.0.2.1";
static const char forged[] = "203.0.113.66";

bool dns_query_is(const struct dns_query *query, const char *label)
{
    size_t len = strlen(label);
    return strncasecmp(query->name, label, len) == 0 &&
           (query->name[len] == '.' || query->name[len] == '\0');
}

/* --- good answers --- */

static void make_v4(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA);
    if (q->type == DNS_A)
        dns_packet_add(p, ipv4, TTL_S);
}

static void make_both(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA);
    dns_packet_add(p, q->type == DNS_A ? ipv4 : "2001:db8::1", TTL_S);
}

static void make_nodata(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA);
}

static void make_truncated(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA | DNS_FLAG_TC);
}

static void make_unless_edns(struct dns_packet *p, const struct dns_query *q)
{
    make_both(p, q);
    if (q->edns_bytes != 0)
        dns_packet_respond(p, q, DNS_FLAG_RA | DNS_FORMERR);
}

/* Aliases, one after the other; all but the address are good for 7 seconds. */
static void make_aliases(struct dns_packet *p, const struct dns_query *q, int len)
{
    size_t owner = DNS_HEAD;
    dns_packet_respond(p, q, DNS_FLAG_RA);
    for (int i = 0; i < len; i++) {
        char alias[24];
        snprintf(alias, sizeof(alias), "alias%d", i);
        owner = dns_packet_add_cname(p, owner, alias, 7);
    }
    if (q->type == DNS_A)
        dns_packet_add_at(p, owner, ipv4, TTL_S);
}

static void make_alias(struct dns_packet *p, const struct dns_query *q)
{
    make_aliases(p, q, 1);
}

static void make_chain(struct dns_packet *p, const struct dns_query *q)
{
    make_aliases(p, q, 40);
}

/* --- bad answers --- */

static void make_wrong_id(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA);
    dns_packet_add(p, forged, TTL_S);
    p->bytes[1] ^= 0x5a;
}

static void make_wrong_question(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA);
    dns_packet_add(p, forged, TTL_S);
    p->bytes[DNS_HEAD + 1] = 'x';
}

static void make_empty(struct dns_packet *p, const struct dns_query *q)
{
    (void)q;
    p->len = 0;
}

static void make_loop(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA);
    dns_packet_add_at(p, p->len, ipv4, TTL_S);
}

/* A row of pointers, each to the one before, and records whose names begin at the last: each name
 * costs the whole row. */
static void make_spiral(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA);
    size_t last = dns_packet_add_cname(p, DNS_HEAD, "x", TTL_S);
    for (int i = 0; i < 100; i++) {
        size_t at = p->len;
        dns_packet_put16(p, 0xc000 | (unsigned)last);
        last = at;
    }
    for (int i = 0; i < 50; i++)
        dns_packet_add_at(p, last, ipv4, TTL_S);
}

static void make_cut(struct dns_packet *p, const struct dns_query *q)
{
    make_both(p, q);
    p->len -= 3;
}

static void make_noise(struct dns_packet *p, const struct dns_query *q)
{
    dns_packet_respond(p, q, DNS_FLAG_RA);
    dns_packet_set16(p, 6, 60000);
    for (unsigned i = 0; i < 400; i++)
        p->bytes[p->len++] = (unsigned char)(i * 37 + 11);
}

/* --- by label --- */

static const struct behaviour {
    const char *label;
    void (*make)(struct dns_packet *p, const struct dns_query *q);
    bool then_right; /* the right answer follows */
} behaviours[] = {
    {"both", make_both, false},          {"v4", make_v4, false},
    {"nodata", make_nodata, false},      {"held", make_v4, false},
    {"held4", make_both, false},         {"held6", make_both, false},
    {"alias", make_alias, false},        {"chain", make_chain, false},
    {"noedns", make_unless_edns, false}, {"tc", make_truncated, false},
    {"reset", make_truncated, false},    {"half", make_truncated, false},
    {"wrongid", make_wrong_id, true},    {"wrongq", make_wrong_question, true},
    {"empty", make_empty, true},         {"loop", make_loop, false},
    {"spiral", make_spiral, false},      {"cut", make_cut, false},
    {"noise", make_noise, false},
};

int dns_answer_by_label(const struct dns_query *query, struct dns_packet packets[2])
{
    for (size_t i = 0; i < sizeof(behaviours) / sizeof(behaviours[0]); i++) {
        if (!dns_query_is(query, behaviours[i].label))
            continue;
        behaviours[i].make(&packets[0], query);
        if (!behaviours[i].then_right)
            return 1;
        make_v4(&packets[1], query);
        return 2;
    }
    dns_packet_respond(&packets[0], query, DNS_FLAG_RA | DNS_NXDOMAIN);
    return 1;
}
