/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where a client connects to: hooks that a program sets in its
 * gofer_client_options to decide about addresses and to see sockets, and a
 * ready-made decision for servers that fetch what strangers name.
 *
 * Hooks run on the thread that dials, must not block, may not make blocking
 * gofer calls, and may run on several threads at once.
 */
#ifndef GOFER_ADDRESS_H
#define GOFER_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

#include <gofer/export.h>

GOFER_BEGIN_DECLS

/* Which IP addresses are used. */
typedef enum gofer_address_family {
    GOFER_ANY_FAMILY = 0,
    GOFER_IPV4, /* mapped addresses (::ffff:192.0.2.1) are IPv4 */
    GOFER_IPV6
} gofer_address_family;

/* An address about to be connected to. Valid during the call. Members may be added at the end. */
typedef struct gofer_address {
    const struct sockaddr *addr; /* AF_INET, AF_INET6, or AF_UNIX */
    socklen_t addr_len;
    const char *host; /* whose address it is: the name looked up, or the literal, no brackets */
} gofer_address;

/*
 * Whether `address` may be connected to. Asked for every address before every
 * connect, whether it came from a name, a literal or a redirect; the connection is
 * then made to that very address, so a name that changes between lookups gets
 * nowhere. Not asked for unix-domain sockets, which only the program itself names.
 * Through a proxy (<gofer/proxy.h>) the connection is to the proxy, and so is the
 * address: where a call ends up is for the proxy to restrict.
 */
typedef bool gofer_address_filter(const gofer_address *address, void *arg);

/*
 * A gofer_address_filter that says no to every address that is not of the public
 * internet: loopback, private, shared, link-local, unique-local, site-local,
 * multicast, reserved and documentation ranges, IPv4 as mapped or compatible
 * IPv6, and IPv4 addresses of such a kind inside NAT64 (64:ff9b::/96) and 6to4
 * (2002::/16). arg is not used. Callable from any thread, also by filters of
 * your own.
 */
GOFER_API bool gofer_deny_private(const gofer_address *address, void *arg);

/*
 * Called for each new socket, with its options set, before it is bound and
 * connected: to set further options. 0, or an errno value that makes this address
 * fail. The socket stays the library's: do not close it.
 */
typedef int gofer_socket_opened(int fd, const gofer_address *address, void *arg);

GOFER_END_DECLS

#endif
