/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From a request's parts to the bytes of its head (RFC 9112 sections 2, 3 and 5),
 * and every check that must hold before anything is dialled: method, header
 * names and values, framing fields that belong to the library.
 *
 * Order on the wire: request line, Host, Proxy-Authorization, Authorization,
 * User-Agent, Accept, Accept-Encoding, the caller's other fields in their order, the client-wide
 * ones, Connection, then Content-Length or Transfer-Encoding and Trailer, and
 * Expect. A field that the caller sets stands at its default's place.
 *
 * No lock; the parts are only read.
 */
#ifndef GOFER_HTTP_REQUEST_HEAD_H
#define GOFER_HTTP_REQUEST_HEAD_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/header.h"
#include "http/url.h"

/* What goes into a head; all borrowed. */
struct request_parts {
    const char *method;
    const struct url *url;
    const struct headers *headers; /* the caller's */
    const struct headers
        *defaults;          /* the client's, or NULL: sent where the caller has none of the name */
    const char *user_agent; /* default agent; "" or NULL: none */
    bool has_body;
    int64_t body_len;               /* with has_body; negative: unknown, sent in chunks */
    const struct headers *trailers; /* behind the body, which is sent in chunks; or NULL */
    const char *accept_encoding;    /* sent; NULL: none but the caller's */
    bool omit_zero_length;          /* where there is no body, whatever the method */
    bool close;                     /* send "Connection: close" */
    bool absolute;       /* to an HTTP proxy that is to fetch it (RFC 9112 section 3.2.2) */
    const char *cookies; /* a jar's; sent behind the caller's, or else the client-wide ones, in one
                            Cookie field (RFC 6265 section 5.4); or NULL */
    const char *proxy_authorization;    /* with absolute: the proxy's credentials, or NULL */
    const struct headers *proxy_fields; /* with absolute: as defaults, for the proxy; or NULL */
};

/*
 * Checks one field that a caller sets or adds (value NULL: a "removed" mark), or
 * that is to be sent with every request of a client. GOFER_ERR_INVALID with a
 * line in why: bad name or value (the value is never quoted), Transfer-Encoding,
 * Trailer, an Expect other than 100-continue, an Upgrade that is no list of
 * protocols, Connection options other than close, keep-alive and upgrade (or two
 * that contradict), Content-Length that is no number, a Host that is no host.
 */
gofer_status request_check_field(const char *name, const char *value, struct buf *why);

/*
 * Checks the whole: the method is a token and not CONNECT; Host, Content-Length,
 * Connection, Expect and Upgrade stand at most once; Content-Length is the body's;
 * TRACE has no body; Upgrade and "Connection: upgrade" come together; trailers
 * have a body; the default agent is a value. Single fields were checked before.
 */
gofer_status request_check(const struct request_parts *parts, struct buf *why);

/*
 * Appends the head, its empty line included, of parts that passed the checks.
 *
 * Authorization: the caller's, else Basic from the URL's userinfo, else the
 * client-wide one. User-Agent: the first of the caller's, else the client-wide
 * one, else user_agent; an empty one is not sent. Accept: all of the caller's,
 * else the client-wide ones, else any type. A caller's Host is sent normalised; a
 * client-wide Host or Content-Length is never sent.
 * Absolute: the target is the URL without userinfo, fragment and zone, and
 * Proxy-Authorization follows: proxy_authorization, else the caller's, else the
 * client-wide one, else that of proxy_fields, of which the others follow the
 * client-wide ones. Else, no Proxy-Authorization is sent at all: it would reach the
 * origin (PX-05).
 * Content-Length: with a body, for POST, PUT and PATCH without one (not with
 * omit_zero_length), and where the caller says 0.
 */
void request_write_head(const struct request_parts *parts, struct buf *out);

/* Whether "Connection: close" is sent: by parts->close, the caller's field, or else the client's.
 */
bool request_will_close(const struct request_parts *parts);

/* Whether the caller asked for "Connection: close". */
bool request_wants_close(const struct headers *headers);

/* Whether the caller asks for another protocol (Upgrade); whether the body waits for a 100
 * (Expect; RFC 9110 section 10.1.1: not without a body). */
bool request_wants_upgrade(const struct headers *headers);
bool request_expects_continue(const struct request_parts *parts);

/* Whether the body is sent in chunks (RFC 9112 section 7.1). */
bool request_is_chunked(const struct request_parts *parts);

/* Whether a method may be repeated without asking: GET, HEAD, OPTIONS, TRACE; or an
 * (X-)Idempotency-Key field stands. */
bool request_is_replayable(const char *method, const struct headers *headers);

/* Whether the method is HEAD (methods are case-sensitive). */
bool request_method_is_head(const char *method);

#endif
