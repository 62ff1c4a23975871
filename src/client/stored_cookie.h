/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A cookie as a jar keeps it: one allocation with its strings, and the links of
 * the lists that it is in (client/cookie_store.h). It is made, with all checks
 * that need no other cookie, before the jar's lock is taken.
 *
 * Invariant: name, value, domain and path have passed the checks of http/cookie.h
 * and cookie_scope.h; none but include_subdomains is ever set on an address or a
 * public suffix. Immutable but for the links, which the store's lock guards.
 */
#ifndef GOFER_CLIENT_STORED_COOKIE_H
#define GOFER_CLIENT_STORED_COOKIE_H

#include "base/list.h"
#include "client/cookie_scope.h"

struct stored_cookie {
    gofer_cookie cookie; /* its strings are in text */
    const char *site;    /* part of cookie.domain: public_suffixes_site() */
    struct link in_site; /* its site's, in the order in which they are sent */
    struct link by_age;  /* the store's, oldest first */
    struct link by_use;  /* the store's, the one not used for the longest time first */
    char text[];
};

/*
 * What a Set-Cookie line makes in this scope at this time (RFC 6265bis section
 * 5.7, all steps that look at no other cookie). GOFER_OK, GOFER_ERR_INVALID (it is
 * to be ignored) or GOFER_ERR_NOMEM; *out is owned, NULL on failure.
 */
gofer_status stored_cookie_from_line(const char *line, size_t len, const struct cookie_scope *scope,
                                     const struct public_suffixes *suffixes, int64_t now_ms,
                                     struct stored_cookie **out);

/* The same for a cookie that the program or a file brings. path NULL is "/". */
gofer_status stored_cookie_from_public(const gofer_cookie *given,
                                       const struct public_suffixes *suffixes,
                                       struct stored_cookie **out);

/* Frees; it is in no list. NULL is legal. */
void stored_cookie_free(struct stored_cookie *c);

/* Whether a request in this scope sends the cookie; its age is not looked at. */
bool stored_cookie_is_for(const struct stored_cookie *c, const struct cookie_scope *scope);

/* Whether one takes the other's place: same name, domain, path and include_subdomains (RFC 6265bis
 * section 5.7, step 22). */
bool stored_cookie_replaces(const struct stored_cookie *c, const struct stored_cookie *old);

/* Whether c, which is not secure, would hide or outlive the secure cookie `old` (RFC 6265bis
 * section 5.7, step 15): same name, one domain within the other, a path at or below the old one's.
 */
bool stored_cookie_shadows(const struct stored_cookie *c, const struct stored_cookie *old);

#endif
