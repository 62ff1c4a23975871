/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a host name says before anybody is asked about it. ASCII only: a name in
 * another script was made xn-- by the URL parser. Pure functions; any thread.
 */
#ifndef GOFER_NET_HOSTNAME_H
#define GOFER_NET_HOSTNAME_H

#include <stdbool.h>
#include <stddef.h>

/* The longest name, its final dot not counted (RFC 1035, 2.3.4: 255 bytes on the wire). */
enum { HOSTNAME_MAX = 253 };

/*
 * Whether the name may be asked (DNS-11): at most 253 bytes in labels of 1 to 63
 * letters, digits, hyphens and underscores, one final dot allowed, and not of
 * digits alone: "127.1" is an address in the eyes of some, never a name.
 */
bool hostname_is_valid(const char *host);

/* "localhost" or a name under it: always loopback, never asked (RFC 6761, 6.3). */
bool hostname_is_local(const char *host);

/* A name under "onion": does not exist in the DNS and is never asked (RFC 7686, 2). "onion" alone
 * is a name like any other. */
bool hostname_is_onion(const char *host);

/* The length without the final dot. Names that only differ in it or in case are equal. */
size_t hostname_len(const char *host);
bool hostname_equal(const char *a, const char *b);

#endif
