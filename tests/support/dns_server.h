/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A scripted DNS server: a thread on 127.0.0.1, UDP and TCP on one port that the
 * kernel picks. A test gives it records and rules; for other names what it
 * answers is in the name's first label:
 *
 *   both     192.0.2.1 and 2001:db8::1          v4       192.0.2.1, no AAAA
 *   nodata   no address, no error               held     as v4, after dns_server_release()
 *   held4    as both, the A after release       held6    as both, the AAAA after release
 *   wrongid  203.0.113.66 under another id, then as v4
 *   wrongq   203.0.113.66 for another name, then as v4
 *   empty    an empty datagram, then as v4
 *   loop     a compression pointer to itself    spiral   names of 100 pointers, 50 times
 *   cut      a record that ends too early       noise    nothing else behind the question
 *   alias    a CNAME, then as v4                chain    40 CNAMEs, then as v4
 *   noedns   FORMERR to a question with EDNS, else as both
 *   tc       truncated; over TCP 200 addresses  reset    truncated; TCP is reset
 *   half     truncated; TCP ends in the middle of the answer
 *
 * Any other name is NXDOMAIN. Functions may be called by any thread; the server's
 * lock guards its script and its counts.
 */
#ifndef TESTS_SUPPORT_DNS_SERVER_H
#define TESTS_SUPPORT_DNS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "support/dns_packet.h"

struct dns_server;

enum dns_rule {
    DNS_RULE_SILENT, /* no answer at all */
    DNS_RULE_NX,
    DNS_RULE_NODATA,
    DNS_RULE_SERVFAIL,
    DNS_RULE_REFUSED,
    DNS_RULE_LAME, /* no answer, no error, no recursion: a referral to nowhere */
    DNS_RULE_HOLD  /* what else it would be, after dns_server_release() */
};

/* Starts it; aborts the test program where it cannot. */
struct dns_server *dns_server_start(void);

/* The same on ::1; NULL where this machine has no IPv6. */
struct dns_server *dns_server_start_ipv6(void);

/* Ends and joins the thread, closes its sockets. NULL is legal. */
void dns_server_stop(struct dns_server *server);

/* The port, and "127.0.0.1:port" or "[::1]:port". */
uint16_t dns_server_port(const struct dns_server *server);
const char *dns_server_address(const struct dns_server *server);

/* Adds an address to a name's records. A name with records has no others than these. */
void dns_server_add(struct dns_server *server, const char *name, const char *address,
                    unsigned ttl_s);

/* Puts these addresses (NULL ends them) in place of a name's records, at once. */
void dns_server_move(struct dns_server *server, const char *name, const char *const *addresses,
                     unsigned ttl_s);

/* A rule for a name (NULL: every name) and a type (0: every type); the latest that fits holds. */
void dns_server_rule(struct dns_server *server, const char *name, unsigned type,
                     enum dns_rule rule);

/* Drops records and rules. */
void dns_server_clear(struct dns_server *server);

/* How many questions of a type came for a name, in any case of letters; for its A record. */
unsigned dns_server_asked_type(struct dns_server *server, const char *name, unsigned type);
unsigned dns_server_asked(struct dns_server *server, const char *name);

/* How many questions came at all; how many of them over TCP; the EDNS size of the last. */
unsigned dns_server_questions(struct dns_server *server);
unsigned dns_server_over_tcp(struct dns_server *server);
unsigned dns_server_edns_bytes(struct dns_server *server);

/* Waits until there were n for the A record, or of the type; false where they do not come within
 * ten seconds. */
bool dns_server_wait_asked(struct dns_server *server, const char *name, unsigned n);
bool dns_server_wait_type(struct dns_server *server, const char *name, unsigned type, unsigned n);

/* Answers the questions that are held, and later ones at once. */
void dns_server_release(struct dns_server *server);

#endif
