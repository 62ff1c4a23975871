/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Which of a name's addresses is tried first: RFC 6724, section 6. The rules
 * that need to know more of the system than a source address (deprecated and
 * home addresses, native transport: 3, 4 and 7) are left out, as everybody
 * leaves them out, and rule 9 is for IPv6 only: in IPv4 a common prefix says
 * nothing about distance and would put all load on one server.
 *
 * Invariant: the order is stable. Addresses that no rule tells apart are turned
 * round by `turn`, so that new connections spread over them.
 * Pure functions; any thread.
 */
#ifndef GOFER_NET_ADDRESS_ORDER_H
#define GOFER_NET_ADDRESS_ORDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

/* A destination and the address that the system would send from. */
struct candidate {
    struct addr addr;
    struct addr source; /* where `reachable` */
    bool reachable;     /* there is a source, hence a route */

    /* address_order()'s */
    uint8_t scope;
    uint8_t precedence;
    uint8_t common; /* leading bits that an IPv6 address shares with its source */
    bool scopes_match;
    bool labels_match;
};

/* Sorts, the best first; then turns each run of equals round by `turn` places. */
void address_order(struct candidate *candidates, size_t len, unsigned turn);

/* What the rules look at. An IPv4 address and its mapped form are the same to them. */
enum address_scope {
    SCOPE_INTERFACE = 1,
    SCOPE_LINK = 2,
    SCOPE_ADMIN = 4,
    SCOPE_SITE = 5,
    SCOPE_ORGANIZATION = 8,
    SCOPE_GLOBAL = 14
};
/* RFC 6724, 3.1 and 3.2; of IPv6 multicast the address says it itself (RFC 4291, 2.7). */
uint8_t address_scope(const struct addr *addr);

struct address_policy {
    uint8_t precedence;
    uint8_t label;
};
/* RFC 6724, 2.1: the default table, longest prefix first. */
struct address_policy address_policy(const struct addr *addr);

/* Leading bits that two addresses of one family share; of IPv6, within the first 64. 0 between
 * families. */
unsigned address_common_prefix(const struct addr *a, const struct addr *b);

#endif
