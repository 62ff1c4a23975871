/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Sockets that connect, TCP and unix-domain: close-on-exec, TCP_NODELAY,
 * keepalive. Non-blocking while they connect, blocking once connected (design
 * 7.2). No SIGPIPE: every send carries MSG_NOSIGNAL.
 */
#ifndef GOFER_NET_SOCKET_H
#define GOFER_NET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"
#include <gofer/address.h>

/* How a client opens its sockets. What it points to is borrowed. */
struct socket_options {
    int64_t keepalive_ms;        /* idle time and interval; negative: no keepalive */
    const struct addr *local;    /* to bind to, its port is not used; or NULL */
    uint16_t first_port;         /* to bind to the first free port from here ... */
    uint16_t last_port;          /* ... to here; both 0: any */
    bool nagle;                  /* no TCP_NODELAY */
    const char *interface;       /* to bind to (SO_BINDTODEVICE); or NULL */
    gofer_socket_opened *opened; /* or NULL */
    void *opened_arg;
};

/*
 * Begins to connect. host is for the hook alone. Returns the descriptor, with the
 * outcome to come (watch for EPOLLOUT, then socket_connect_result), or -1 with
 * *err.
 */
int socket_connect(const struct addr *addr, const char *host, const struct socket_options *options,
                   int *err);

/*
 * Connects to a unix-domain socket; "@name" is abstract. The descriptor is
 * connected. Where the listener's queue is full, it is -1 with EAGAIN, and nothing
 * tells when it no longer is. ENAMETOOLONG where the path is empty or longer than
 * SOCKET_UNIX_PATH_MAX.
 */
enum { SOCKET_UNIX_PATH_MAX = 107 };
int socket_connect_unix(const char *path, const char *host, const struct socket_options *options,
                        int *err);

/* The outcome of a connect in progress: 0, or the errno value; EINPROGRESS where it is still to
 * come. A connection to itself (TCP-06) is ECONNREFUSED. */
int socket_connect_result(int fd);

/* Whether a socket is connected to itself: the kernel picked the very port that is connected to,
 * and the two SYNs met. */
bool socket_is_own_peer(int fd);

/* Makes a connected socket blocking. 0 or an errno value. */
int socket_set_blocking(int fd);

/* Whether a destination can be reached from the local address: of the same family, or that one is
 * unspecified ("0.0.0.0", "::"). */
bool socket_local_fits(const struct socket_options *options, const struct addr *to);

/* Whether a socket can be bound as the options say: tried on one that is closed again. */
bool socket_can_bind(const struct addr *to, const struct socket_options *options);

/* The address that the system would send from. False where it has none, hence no route. */
bool socket_source(const struct addr *to, const struct socket_options *options,
                   struct addr *source);

#endif
