/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Replacing the DNS: a program that finds addresses in its own way (a service
 * registry, DNS over HTTPS, a test) gives a client a function that is asked
 * instead of /etc/hosts and the name servers.
 *
 * It is asynchronous. The function is called with a lookup, must not block, and
 * may answer before it returns or later, from any thread. Until then the lookup
 * belongs to it, and it must be answered once: gofer_lookup_done() or
 * gofer_lookup_fail(), even when the calls that wanted it have ended or the
 * client is gone.
 *
 * A name is looked up once, however many calls want it, and the answer is kept
 * as long as the function says. Addresses in URLs, localhost, names under .onion
 * and gofer_client_options.resolve never reach the function.
 */
#ifndef GOFER_RESOLVER_H
#define GOFER_RESOLVER_H

#include <stdint.h>

#include <gofer/address.h>
#include <gofer/error.h>

GOFER_BEGIN_DECLS

/* A name that is to be looked up. */
typedef struct gofer_lookup gofer_lookup;

/*
 * Looks a name up; gofer_client_options.resolver. Runs on a thread of the
 * library's or on one that waits for a call, one call of it at a time for each
 * client, with no lock held; it must not block. It owns the lookup.
 */
typedef void gofer_resolver(gofer_lookup *lookup, void *arg);

/* The name, in ASCII and lower case, with its final dot if it has one. Lives until the lookup is
 * answered. */
GOFER_API const char *gofer_lookup_host(const gofer_lookup *lookup);

/* Which addresses are wanted. */
GOFER_API gofer_address_family gofer_lookup_family(const gofer_lookup *lookup);

/*
 * Adds an address in digits: "192.0.2.1", "2001:db8::1", "fe80::1%eth0". Before
 * the answer, from one thread at a time. GOFER_OK; GOFER_ERR_INVALID for what is
 * no address or of a family that is not wanted; GOFER_ERR_TOO_LARGE beyond 512;
 * GOFER_ERR_NOMEM.
 */
GOFER_API gofer_status gofer_lookup_add(gofer_lookup *lookup, const char *address);

/*
 * Answers with the addresses that were added; without any the name does not
 * exist. The answer is kept for ttl_ms, at most dns_cache_max_ttl_ms and, where
 * the name does not exist, one second; 0 (or less, other than GOFER_NEVER): it is
 * not kept. Any thread; takes the lookup. NULL is legal.
 */
GOFER_API void gofer_lookup_done(gofer_lookup *lookup, int64_t ttl_ms);

/* Answers that it is not known for the moment: the calls fail with GOFER_ERR_RESOLVE (NOMEM where
 * gofer_lookup_add() did), nothing is kept. Any thread; takes the lookup. NULL is legal. */
GOFER_API void gofer_lookup_fail(gofer_lookup *lookup);

GOFER_END_DECLS

#endif
