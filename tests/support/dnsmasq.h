/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A real dnsmasq on a loopback port, for UDP and TCP. It is a child of the
 * calling thread, dies with it and knows only what it is told:
 *
 *   v4.test        192.0.2.1          both.test     192.0.2.1 and 2001:db8::1
 *   alias.test     a CNAME to both.test
 *   many.test      200 IPv4 addresses, too many for a datagram
 *   nodata.test    a TXT record only
 *   anything else in "test"           NXDOMAIN
 *   anything else                     REFUSED
 *
 * One thread at a time.
 */
#ifndef TESTS_SUPPORT_DNSMASQ_H
#define TESTS_SUPPORT_DNSMASQ_H

#include <stdint.h>

struct dnsmasq;

enum { DNSMASQ_MANY = 200, DNSMASQ_TTL_S = 60 };

/* Starts it and waits until it answers. NULL where there is no dnsmasq on this machine. */
struct dnsmasq *dnsmasq_start(void);

/* Stops it and removes its folder. NULL is legal. */
void dnsmasq_stop(struct dnsmasq *dnsmasq);

/* The port, and "127.0.0.1:port". */
uint16_t dnsmasq_port(const struct dnsmasq *dnsmasq);
const char *dnsmasq_address(const struct dnsmasq *dnsmasq);

#endif
