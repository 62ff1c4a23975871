/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * TCP sockets: close-on-exec, TCP_NODELAY, keepalive. Non-blocking while they
 * connect, blocking once connected (design 7.2). No SIGPIPE: every send carries
 * MSG_NOSIGNAL.
 */
#ifndef GOFER_NET_SOCKET_H
#define GOFER_NET_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "net/addr.h"

/*
 * Begins to connect. Returns the descriptor, with *in_progress where the answer
 * is still to come (watch for EPOLLOUT, then socket_connect_result), or -1 with
 * *err. keepalive_ms negative: no keepalive.
 */
int socket_connect(const struct addr *addr, int64_t keepalive_ms, bool *in_progress, int *err);

/* The outcome of a connect in progress: 0, or the errno value; EINPROGRESS where it is still to
 * come. A connection to itself (TCP-06) is ECONNREFUSED. */
int socket_connect_result(int fd);

/* Makes a connected socket blocking. 0 or an errno value. */
int socket_set_blocking(int fd);

#endif
