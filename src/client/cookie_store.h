/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * All cookies of a jar, by site (public_suffixes_site()): every cookie that a host
 * may see or touch is in the one list of its site. The list is in the order of
 * the Cookie field, longer paths first and then older ones, so that a request
 * only walks it; a cookie that replaces another takes its place.
 *
 * Invariants: a site is in the map while its list has a cookie; a cookie is in
 * all three lists or in none; at most COOKIE_STORE_MAX cookies, and
 * COOKIE_DOMAIN_MAX of one domain. Expired ones may be there until somebody looks.
 *
 * The jar's lock guards all of it; nothing here does I/O. Times are the wall
 * clock's (base/clock.h).
 */
#ifndef GOFER_CLIENT_COOKIE_STORE_H
#define GOFER_CLIENT_COOKIE_STORE_H

#include "client/stored_cookie.h"

enum { COOKIE_STORE_MAX = 3000, COOKIE_DOMAIN_MAX = 50 };

struct cookie_site;

/* Zeroed: empty. */
struct cookie_store {
    struct cookie_site *sites; /* a map by name */
    struct list by_age;        /* all, oldest first */
    struct list by_use;        /* all, the one not used for the longest time first */
};

/*
 * Stores a cookie, or removes the one that it would replace where it has expired
 * already. Takes *taken, which is NULL after. is_trusted: it may take the place of a
 * secure one, as it comes from a secure scope or from the program. GOFER_OK;
 * GOFER_ERR_INVALID where it may not, or GOFER_ERR_NOMEM, with the store as before.
 * Evicts where there are too many then (RFC 6265bis section 5.7: expired ones, of
 * a crowded domain those not secure, then the others, and at last any).
 */
gofer_status cookie_store_put(struct cookie_store *store, struct stored_cookie **taken,
                              bool is_trusted, int64_t now_ms);

/* Appends the Cookie field's value for a request in this scope, of the named site, and marks what
 * it takes as used. The buffer may have failed then. */
void cookie_store_write(struct cookie_store *store, const struct cookie_scope *scope,
                        const char *site, int64_t now_ms, struct buf *out);

/* Removes the cookies, one or two, of that domain in that site with that path and name. */
void cookie_store_remove(struct cookie_store *store, const char *site, const char *domain,
                         const char *path, const char *name);

/* Removes those that have expired; those that end with the session; all. */
void cookie_store_remove_expired(struct cookie_store *store, int64_t now_ms);
void cookie_store_remove_session(struct cookie_store *store);
void cookie_store_clear(struct cookie_store *store);

#endif
