/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The rules of redirects (RFC 9110 section 15.4): from a request and the redirect
 * that answered it to the next request, or the reason why there is none. What
 * may be sent where is decided here and nowhere else; how a call goes there is
 * hop.h's.
 *
 * Credentials: what must not be sent to another origin becomes a "removed" mark
 * in the next request's fields. A mark keeps the client-wide field of that name
 * back too, and is copied from hop to hop: what was dropped does not come back.
 *
 * No lock; for the thread that runs the call.
 */
#ifndef GOFER_CLIENT_REDIRECT_H
#define GOFER_CLIENT_REDIRECT_H

#include <stdbool.h>

#include "base/buf.h"
#include "http/header.h"

struct gofer_response;
struct snapshot;

/* What a client says of them. */
struct redirect_rules {
    const struct headers *defaults; /* client-wide fields */
    bool trusts_all;                /* credentials go to any origin */
    bool allows_plain;              /* from https to http, too */
    bool has_jar;                   /* cookies that a redirect sets are the jar's from then on */
};

enum redirect_next {
    REDIRECT_NONE,    /* nothing to follow: the redirect is the response */
    REDIRECT_FOLLOW,  /* *next is the request */
    REDIRECT_REFUSED, /* a line in why */
    REDIRECT_NO_MEMORY
};

/* response has one of the five statuses. *next is the caller's. */
enum redirect_next redirect_next(const struct snapshot *from, const struct gofer_response *response,
                                 const struct redirect_rules *rules, struct snapshot **next,
                                 struct buf *why);

#endif
