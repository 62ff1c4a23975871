/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A proxy as it is named in an option or in the environment: a URL whose scheme
 * is http, https, socks5, socks5h, socks4 or socks4a, or host[:port] alone, which
 * means http. Hosts and ports follow the rules of every other URL (host.h).
 *
 * - User and password are percent-decoded. A user with ':' is refused, since it
 *   would move the border between the two (RFC 7617 section 2), and so is a
 *   control byte in either (INJ-05). SOCKS5 has room for 255 bytes of each
 *   (RFC 1929), SOCKS4 for a user and no password.
 * - Behind the address stands nothing but "/": what follows would be ignored, or
 *   is the rest of a password with a '/' in it, whose first half is then no host.
 * - A scheme that is not known is an error, never a direct connection.
 *
 * The credentials leave this module in two ways only: as a Basic value for the
 * proxy itself, and in the key, which nobody prints.
 *
 * A parsed proxy owns its strings and never changes. Any thread may read it.
 */
#ifndef GOFER_HTTP_PROXY_H
#define GOFER_HTTP_PROXY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "http/url.h"
#include <gofer/error.h>

enum proxy_kind {
    PROXY_HTTP,    /* absolute targets for http, CONNECT for https */
    PROXY_HTTPS,   /* the same inside TLS */
    PROXY_SOCKS5,  /* RFC 1928; the proxy looks up names, as for socks5h (semantics 1.1) */
    PROXY_SOCKS5H, /* the same thing, spelled as curl does */
    PROXY_SOCKS4,  /* addresses only: the caller looks up names */
    PROXY_SOCKS4A  /* the proxy looks up names */
};

struct proxy {
    enum proxy_kind kind;
    char *user;     /* decoded, or NULL: no userinfo */
    char *password; /* decoded, or NULL: no ':' in the userinfo */
    char *host;     /* ASCII, lower case, without brackets and zone */
    char *zone;     /* IPv6 zone, or NULL */
    uint16_t port;  /* explicit or the scheme's: 80, 443, 1080 */
    enum url_host_kind host_kind;
};

/*
 * Parses a setting. GOFER_OK, GOFER_ERR_INVALID or GOFER_ERR_NOMEM; on failure
 * *proxy is empty and one line for a person, without credentials, is appended to
 * why. "" is an error: what it means is the caller's affair.
 */
gofer_status proxy_parse(const char *text, struct proxy *proxy, struct buf *why);

/*
 * Gives it other credentials, as they are, not encoded (password NULL: none). The
 * rules of those in a URL. The results of proxy_parse(); on failure the proxy is
 * as it was.
 */
gofer_status proxy_set_credentials(struct proxy *proxy, const char *user, const char *password,
                                   struct buf *why);

/* A copy with its own strings. False without memory: then *to is empty. */
bool proxy_copy(struct proxy *to, const struct proxy *from);

/* Frees the strings; the struct is empty after. */
void proxy_fini(struct proxy *proxy);

/* Whether it speaks HTTP (http, https), not SOCKS. */
bool proxy_is_http(const struct proxy *proxy);

/* Whether names must be looked up before it is asked (socks4). For every other kind a lookup on
 * this side would tell what the user meant to keep to the proxy (PX-10). */
bool proxy_wants_address(const struct proxy *proxy);

/* Appends scheme://user:***@host:port, without a default port: for a person. */
void proxy_write_masked(const struct proxy *proxy, struct buf *out);

/* Appends the same with the password and the port: equal texts mean the same proxy and the same
 * credentials (PX-06). Secret. */
void proxy_write_key(const struct proxy *proxy, struct buf *out);

/* Appends the value of Proxy-Authorization, "Basic ..." (RFC 7617); nothing without userinfo.
 * Secret. */
void proxy_write_basic(const struct proxy *proxy, struct buf *out);

#endif
