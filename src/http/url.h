/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * URLs: RFC 3986 for http and https, plus what people type. Spaces, quotes and
 * bytes over 0x7f in path and query are percent-encoded (escape.h); control bytes
 * are refused anywhere; hosts are made canonical (host.h: IDNA, lower case, one
 * rule for IPv4); ports are explicit inside and hidden where default.
 * One rule for every use: what stands in `host` is dialled, sent in Host, and
 * compared.
 *
 * - Text and target are at most URL_MAX_BYTES each; the work is linear.
 * - The authority ends at the first '/', '?' or '#'; the last '@' in it ends the
 *   userinfo; a '\' in it is refused. An empty userinfo is none.
 * - Dot segments are removed when parsing, as curl does (RFC 3986 section 5.2.4).
 *   "%2e" is no dot.
 * - Other schemes than http and https are refused, by name.
 *
 * A parsed URL owns its strings and never changes. Any thread may read it.
 */
#ifndef GOFER_HTTP_URL_H
#define GOFER_HTTP_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include <gofer/error.h>

enum url_host_kind { URL_HOST_NAME, URL_HOST_IPV4, URL_HOST_IPV6 };

enum { URL_MAX_BYTES = 65536 };

struct url {
    char *scheme;    /* "http" or "https", lower case */
    char *user;      /* decoded, or NULL: no userinfo */
    char *password;  /* decoded, or NULL: no ':' in the userinfo */
    char *host;      /* ASCII, lower case, without brackets and zone */
    char *zone;      /* decoded IPv6 zone, or NULL */
    char *authority; /* host[:port] as in a Host field: brackets, no zone, no default port */
    char *target;    /* path and query as they go on the wire; begins with '/' */
    char *fragment;  /* encoded, without '#'; or NULL */
    uint16_t port;   /* explicit or the scheme's */
    bool port_given; /* explicit and not the scheme's default */
    enum url_host_kind host_kind;
};

/*
 * Parses an absolute URL. GOFER_OK, GOFER_ERR_INVALID or GOFER_ERR_NOMEM; on
 * failure *url is empty and one line for a person (quoting bounded, escaped
 * parts of the input, never its password) is appended to why.
 */
gofer_status url_parse(const char *text, struct url *url, struct buf *why);

/*
 * Resolves a reference against a base (RFC 3986 section 5.2, strict, dot segments
 * removed); same results. Userinfo comes along with the base's authority; the
 * base's fragment does not.
 */
gofer_status url_resolve(const struct url *base, const char *reference, struct url *url,
                         struct buf *why);

/* A copy with its own strings. False without memory: then *to is empty. */
bool url_copy(struct url *to, const struct url *from);

/* Frees the strings; the struct is empty after. */
void url_fini(struct url *url);

/* Appends authority. */
void url_write_host(const struct url *url, struct buf *out);

/*
 * Appends scheme://host:port/target, without fragment and default port. Masked,
 * for a person: with user, "***" for the password, and zone. Without userinfo,
 * for what may leave this machine: no zone either.
 */
void url_write_masked(const struct url *url, struct buf *out);
void url_write_without_userinfo(const struct url *url, struct buf *out);

/* Whether two URLs are of one origin (RFC 6454): the same scheme, host, zone and port. */
bool url_same_origin(const struct url *a, const struct url *b);

/*
 * Appends a text that may be no URL, for a person: escaped, bounded, and with "***"
 * for all that may be a password (from the first ':' behind "//" to the last '@').
 */
void url_mask_text(const char *text, struct buf *out);

/* Checks and normalises a Host override ("name", "name:port", "[v6]:port") into out, zone dropped.
 * GOFER_ERR_INVALID where it is none; then out is as it was. */
gofer_status url_check_host_port(const char *text, struct buf *out);

#endif
