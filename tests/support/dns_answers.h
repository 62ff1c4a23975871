/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The answers that the scripted DNS server gives by the first label of a name:
 * the list is in dns_server.h. Pure functions.
 */
#ifndef TESTS_SUPPORT_DNS_ANSWERS_H
#define TESTS_SUPPORT_DNS_ANSWERS_H

#include <stdbool.h>

#include "support/dns_packet.h"

/* What ttl the addresses have that no record gives. */
enum { DNS_ANSWER_TTL_S = 60 };

/* Whether this is the name's first label. */
bool dns_query_is(const struct dns_query *query, const char *label);

/* Makes the answer, of one or two packets; returns how many. */
int dns_answer_by_label(const struct dns_query *query, struct dns_packet packets[2]);

#endif
