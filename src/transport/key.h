/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The key: everything that two calls must have in common to share a connection,
 * in one canonical text, "scheme://host%zone:port", " tls:name" behind it where
 * TLS is to verify another name, " unix:path" where the way there is a
 * unix-domain socket, and " via proxy" for each that it leads through. Connections to
 * an HTTP proxy that fetches itself are the same for all hosts: "http via proxy".
 * What a client's options
 * decide is the same for all calls of its pool and is not in the text; an option
 * that a single request may set and that changes the connection belongs here.
 *
 * The proxy's password makes keys differ, so it is in the text, behind what may be
 * shown (PX-06).
 */
#ifndef GOFER_TRANSPORT_KEY_H
#define GOFER_TRANSPORT_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "http/url.h"

struct proxy;

struct key {
    char *text; /* owned, as host and zone */
    size_t len;
    size_t shown_len; /* the text's beginning, which holds no secret */
    unsigned hash;
    char *host; /* to dial: ASCII, no brackets */
    char *zone; /* or NULL */
    uint16_t port;
    bool tls;             /* the scheme is https */
    char *tls_name;       /* who the server must be instead of host; or NULL */
    char *unix_socket;    /* the path to connect to instead of host and port; or NULL */
    struct proxy *proxy;  /* owned; or NULL */
    struct proxy *before; /* through which that one is reached, owned; or NULL */
    bool tunnel;          /* the proxy carries bytes to host and port; else it fetches, and these
                             are its own */
};

/* How a request asks to reach its URL's host. */
struct key_route {
    const char *unix_socket;    /* or NULL */
    const char *tls_name;       /* or NULL */
    const struct proxy *proxy;  /* or NULL */
    const struct proxy *before; /* through which that one is reached; or NULL */
    bool tunnel;                /* through the proxy, though it could fetch */
};

/* Whether an HTTP proxy fetches the URL itself on that route, and is sent an absolute target. */
bool key_route_fetches(const struct key_route *route, const struct url *url);

/* Makes the key of a URL that is reached directly, or by a route. False without memory. */
bool key_init(struct key *key, const struct url *url);
bool key_init_route(struct key *key, const struct url *url, const struct key_route *route);

/* A copy with its own strings. False without memory. */
bool key_copy(struct key *to, const struct key *from);

/* What two keys with the same proxies and credentials have in common, and no others. Secret. The
 * key has a proxy. */
static inline const char *key_proxy_text(const struct key *key)
{
    return key->text + key->shown_len + 1;
}

void key_fini(struct key *key);

#endif
