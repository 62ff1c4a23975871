/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where to connect instead, as curl's --connect-to: a call to one host and port
 * is dialled to another. It is the dial's matter alone: the key, the Host header
 * and what TLS verifies stay those of the URL. Made once, never changed; any
 * thread.
 */
#ifndef GOFER_NET_CONNECT_TO_H
#define GOFER_NET_CONNECT_TO_H

#include <stddef.h>
#include <stdint.h>

struct connect_to;

/* Whom a dial goes to. The strings are borrowed. */
struct destination {
    const char *host; /* a name or an address, without brackets */
    const char *zone; /* of an IPv6 address, or NULL */
    uint16_t port;
};

/*
 * Makes it from texts "host:port:other_host:other_port". An empty host or port
 * matches every one; an empty other_host or other_port changes nothing. IPv6
 * addresses stand in brackets, names are ASCII. NULL and *err (EINVAL, ENOMEM)
 * on failure.
 */
struct connect_to *connect_to_new(const char *const *texts, size_t len, int *err);

/* NULL is legal. */
void connect_to_free(struct connect_to *rules);

/* Changes the destination by the first text that matches it; its strings then live as long as the
 * rules. rules may be NULL. */
void connect_to_apply(const struct connect_to *rules, struct destination *to);

#endif
