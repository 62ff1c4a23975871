/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Socket addresses of IPv4 and IPv6 with a port.
 */
#ifndef GOFER_NET_ADDR_H
#define GOFER_NET_ADDR_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "base/buf.h"

struct addr {
    union {
        struct sockaddr sa;
        struct sockaddr_in in;
        struct sockaddr_in6 in6;
    };
};

socklen_t addr_len(const struct addr *addr);
/* Parses a numeric address: "127.0.0.1", "::1"; zone (interface name or number) may be NULL and
 * goes with IPv6 only. False where it is none, or where no interface has that name. */
bool addr_parse(const char *host, const char *zone, uint16_t port, struct addr *addr);
void addr_set_port(struct addr *addr, uint16_t port);
uint16_t addr_port(const struct addr *addr);
bool addr_equal(const struct addr *a, const struct addr *b);
/* Appends "127.0.0.1:80" or "[::1]:80"; a zone as its number: "[fe80::1%2]:80". */
void addr_write(const struct addr *addr, struct buf *out);

#endif
