/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A host with an optional port, as it stands in a URL and in a Host field
 * (RFC 3986 section 3.2.2, RFC 6874), made canonical. One rule everywhere:
 *
 * - Names: letters, digits, '-', '_' and '.'; lower case; labels of 1 to 63
 *   bytes, 253 in all and one trailing dot, which stays as typed ("a.com." is
 *   not "a.com"). Percent-encoding, blanks and the like are refused.
 * - Names with bytes over 0x7f are UTF-8 and go through libidn2 (UTS #46
 *   non-transitional, IDNA2008). A label "xn--..." must decode to something that
 *   is not ASCII and encode back to itself.
 * - A name whose last label is a number (digits, or 0x and hexadecimal digits) is
 *   an IPv4 address, and then only four decimal numbers without leading zeros
 *   will do: "127.1", "0x7f.1", "017700000001" and "1.2.3.4." are refused, since
 *   programs disagree on what they mean.
 * - IPv6 literals in brackets, written back by inet_ntop (so "::ffff:127.0.0.1"
 *   stays IPv6). A zone is "%25" and 1 to 15 unreserved characters.
 * - Ports: digits, 1 to 65535; an empty one is none.
 */
#ifndef GOFER_HTTP_HOST_H
#define GOFER_HTTP_HOST_H

#include <stddef.h>

#include "base/buf.h"
#include "http/url.h"
#include <gofer/error.h>

struct host {
    char *name; /* without brackets and zone */
    char *zone; /* or NULL */
    enum url_host_kind kind;
    int port; /* or -1 */
};

/* Parses text[0..len). GOFER_OK, GOFER_ERR_INVALID with a line in why, or GOFER_ERR_NOMEM; empty on
 * failure. */
gofer_status host_parse(const char *text, size_t len, struct host *host, struct buf *why);

/* Writes what makes names canonical, as "libidn2/2.3.3", with a NUL. */
void host_describe_idn(char *out, size_t size);

/* Frees the strings; empty after. */
void host_fini(struct host *host);

#endif
