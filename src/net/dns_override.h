/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Addresses that a program names itself, as curl's --resolve: for a host on a
 * port nobody is asked. Made once, never changed; any thread.
 */
#ifndef GOFER_NET_DNS_OVERRIDE_H
#define GOFER_NET_DNS_OVERRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net/answer.h"
#include "net/lookup_key.h"

struct dns_overrides;

/*
 * Makes them from texts "host:port:addr[,addr]...". The host is a name in ASCII,
 * or "*" for every name; an IPv6 address may stand in brackets. NULL and *err
 * (EINVAL, ENOMEM) on failure.
 */
struct dns_overrides *dns_overrides_new(const char *const *texts, size_t len, int *err);

/* NULL is legal. */
void dns_overrides_free(struct dns_overrides *overrides);

/*
 * The answer for a host on a port, false where nothing is said about it. A text
 * that names the host goes before one with "*", a later one before an earlier
 * one. overrides may be NULL.
 */
bool dns_overrides_find(const struct dns_overrides *overrides, const char *host, uint16_t port,
                        enum lookup_kind kind, struct answer *answer);

#endif
