/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The list of hosts that are reached without a proxy: NO_PROXY in the
 * environment, an option elsewhere. Entries stand between commas or blanks:
 *
 *   *                         every host
 *   example.com               that host and all below it
 *   .example.com *.example.com   those below it only
 *   10.1.2.3 2001:db8::1      that address
 *   10.0.0.0/8 2001:db8::/32  a range of addresses
 *   <-loopback>               no host, but takes back that this machine needs no proxy
 *                             of the environment (no_proxy_is_local(); a word of browsers)
 *
 * each but the last with ":port" behind it where only that port is meant (IPv6 in brackets
 * then, as it may always stand). Names go through the same rules as those of URLs
 * (host.h: IDNA, case); one final dot says nothing, neither in the list nor in the
 * URL. An IPv4 address mapped into IPv6 is the IPv4 address. A URL's zone is not
 * looked at. An entry that is none of these is ignored, one with a zone too.
 *
 * A name is compared with names, an address with addresses: nothing is looked up.
 *
 * A parsed list owns its memory and never changes. Any thread may read it.
 */
#ifndef GOFER_HTTP_NO_PROXY_H
#define GOFER_HTTP_NO_PROXY_H

#include <stdbool.h>
#include <stddef.h>

#include "http/url.h"

struct no_proxy_entry;

struct no_proxy {
    struct no_proxy_entry *entries;
    size_t len;
    bool all;        /* a '*' stands in the list */
    bool with_local; /* "<-loopback>" does */
};

/* Parses a list; NULL is an empty one. False without memory: then *list is empty. */
bool no_proxy_parse(const char *text, struct no_proxy *list);

/* Frees it; empty after. */
void no_proxy_fini(struct no_proxy *list);

/* Whether the list names the URL's host and port. */
bool no_proxy_has(const struct no_proxy *list, const struct url *url);

/* Whether the URL's host is this machine by its name alone: "localhost" (not the names below it:
 * table httpproxy_use_proxy) or a loopback address. */
bool no_proxy_is_local(const struct url *url);

#endif
