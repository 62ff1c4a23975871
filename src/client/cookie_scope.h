/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What of a URL matters to cookies: the host, whether it is secure, and the path.
 * And the host of a cookie: which Domain attribute a host may give. Host is always
 * the URL's: a Host field that a program overrides changes nothing here.
 *
 * A secure scope is https, or this machine: localhost, names under it, loopback
 * addresses. "a.com." is another host than "a.com" (http/host.h), with cookies of
 * its own only. A zone is part of an address: fe80::1%a is not fe80::1%b.
 *
 * Plain data; any thread.
 */
#ifndef GOFER_CLIENT_COOKIE_SCOPE_H
#define GOFER_CLIENT_COOKIE_SCOPE_H

#include <stdbool.h>

#include "client/public_suffix.h"
#include "http/cookie.h"
#include "http/url.h"

enum { COOKIE_HOST_BYTES = 272 }; /* a name of 254 bytes, or an address, '%' and its zone; NUL */

struct cookie_host {
    char name[COOKIE_HOST_BYTES]; /* canonical; an address without brackets; a zone behind '%' */
    bool is_ip;
};

struct cookie_scope {
    struct cookie_host host;
    bool secure;
    struct cookie_span path; /* of the URL's target */
};

/* The scope of a URL; it points into the URL's target. */
void cookie_scope_init(struct cookie_scope *scope, const struct url *url);

/* A cookie's host as a person or a file writes it: a name, maybe with a leading dot, or an address
 * with or without brackets. GOFER_OK, GOFER_ERR_INVALID or GOFER_ERR_NOMEM. */
gofer_status cookie_host_parse(const char *text, struct cookie_host *host);

/* Whether a request to this host gets the cookies that a domain has for hosts below it: the same
 * name, or below it by whole labels (RFC 6265bis section 5.1.3). */
bool cookie_domain_matches(const struct cookie_host *host, const char *domain);

/*
 * What the Domain attribute, empty where there is none, makes of a cookie that
 * `host` sets (RFC 6265bis section 5.7, steps 8 to 10): its domain, a part of
 * host->name, and *include_subdomains. NULL: the cookie is refused.
 */
const char *cookie_domain_choose(const struct cookie_host *host, struct cookie_span attribute,
                                 const struct public_suffixes *suffixes, bool *include_subdomains);

#endif
