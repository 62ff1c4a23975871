/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A DNS server for one test: a thread on 127.0.0.1, UDP and TCP on one port that
 * the kernel picks. What it answers is in the name's first label:
 *
 *   both     192.0.2.1 and 2001:db8::1          v4       192.0.2.1, no AAAA
 *   nx       NXDOMAIN                           nodata   no address, no error
 *   fail     SERVFAIL                           refused  REFUSED
 *   silent   nothing                            held     as v4, after dns_server_release()
 *   wrongid  203.0.113.66 under another id, then as v4
 *   wrongq   203.0.113.66 for another name, then as v4
 *   empty    an empty datagram, then as v4
 *   loop     a compression pointer to itself
 *   tc       truncated; over TCP 200 addresses  reset    truncated; TCP is reset
 *
 * Any other name is NXDOMAIN. Functions may be called by any thread; the server's
 * lock guards its counts.
 */
#ifndef TESTS_UNIT_NET_DNS_SERVER_H
#define TESTS_UNIT_NET_DNS_SERVER_H

#include <stdbool.h>
#include <stdint.h>

struct dns_server;

/* Starts it; aborts the test program where it cannot. */
struct dns_server *dns_server_start(void);

/* Ends and joins the thread, closes its sockets. */
void dns_server_stop(struct dns_server *server);

/* The port, and "127.0.0.1:port". */
uint16_t dns_server_port(const struct dns_server *server);
const char *dns_server_address(const struct dns_server *server);

/* How many questions for the A record of a name came, in any case of letters. */
unsigned dns_server_asked(struct dns_server *server, const char *name);

/* Waits until there were n; false where they do not come within ten seconds. */
bool dns_server_wait_asked(struct dns_server *server, const char *name, unsigned n);

/* Answers the questions that are held, and later ones at once. */
void dns_server_release(struct dns_server *server);

#endif
