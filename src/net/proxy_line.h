/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The PROXY protocol's header, version 1 (proxy-protocol.txt section 2.1): one line
 * before all else that tells a server who is at the other end.
 */
#ifndef GOFER_NET_PROXY_LINE_H
#define GOFER_NET_PROXY_LINE_H

#include <stddef.h>

#include "net/addr.h"

enum { PROXY_LINE_BYTES = 108 }; /* the longest and its NUL */

/*
 * Writes "PROXY TCP4 192.0.2.1 192.0.2.2 4711 80\r\n" for a connection between two
 * addresses, or "PROXY UNKNOWN\r\n" where one of them is no IP address. Where only
 * one is IPv6, the other is written as mapped. Returns the length.
 */
size_t proxy_line_write(const struct addr *from, const struct addr *to,
                        char line[PROXY_LINE_BYTES]);

#endif
