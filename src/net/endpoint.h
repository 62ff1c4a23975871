/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading the texts in which programs name hosts, ports and addresses in
 * options: "[::1]:53", "a.test:80:192.0.2.1,[2001:db8::1]". An IPv6 address
 * stands in brackets wherever a colon could follow it. Pure functions.
 */
#ifndef GOFER_NET_ENDPOINT_H
#define GOFER_NET_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/addr.h"

/* Room for a name, or an IPv6 address with a zone, and a NUL. */
enum { ENDPOINT_BYTES = 256 };

/*
 * Copies the field at *at, without its brackets, into out (ENDPOINT_BYTES), and
 * moves *at to what ends it: one of `stops` outside brackets, or the end. False
 * where brackets are wrong or it is too long. An empty field is legal.
 */
bool endpoint_field(const char **at, const char *stops, char *out);

/* A port in digits, 1 to 65535. */
bool endpoint_port(const char *text, uint16_t *port);

/* An address in digits, maybe with "%zone" behind. */
bool endpoint_addr(const char *text, uint16_t port, struct addr *addr);

/*
 * Servers, with commas between them: an address, or address:port; an IPv6
 * address may go without brackets where it has no port. At least one, at most
 * max. False where the text is anything else.
 */
bool endpoint_servers(const char *text, uint16_t port, struct addr *servers, size_t max,
                      size_t *len);

#endif
