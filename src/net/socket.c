/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Opening TCP sockets. A socket option that the kernel refuses is no reason to
 * refuse the connection: Nagle's delay or a missing keepalive is a lesser evil.
 * Whoever opened a socket owns it; one thread at a time.
 */
#include "net/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <unistd.h>

/* The kernel's largest keepalive time. */
enum { KEEPALIVE_MAX_S = 32767 };

static void set_int(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof(value));
}

static void set_options(int fd, int64_t keepalive_ms)
{
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    if (keepalive_ms < 0)
        return;
    int64_t s = keepalive_ms / 1000 + (keepalive_ms % 1000 != 0);
    if (s < 1)
        s = 1;
    if (s > KEEPALIVE_MAX_S)
        s = KEEPALIVE_MAX_S;
    set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, (int)s);
    set_int(fd, IPPROTO_TCP, TCP_KEEPINTVL, (int)s);
    set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
}

/* Whether a connected socket's peer is the socket itself: the kernel picked the very port that is
 * connected to, and the two SYNs met (TCP-06). */
static bool is_own_peer(int fd, const struct addr *peer)
{
    struct addr own = {0};
    socklen_t len = sizeof(own);
    return getsockname(fd, &own.sa, &len) == 0 && addr_equal(&own, peer);
}

static int pending_error(int fd)
{
    int err = 0;
    socklen_t len = sizeof(err);
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len) == 0 ? err : errno;
}

int socket_connect_result(int fd)
{
    /* The peer first: a reset between the two questions is then still an error. */
    struct addr peer = {0};
    socklen_t len = sizeof(peer);
    bool has_peer = getpeername(fd, &peer.sa, &len) == 0;
    int err = has_peer ? 0 : errno;
    int pending = pending_error(fd);
    if (pending != 0)
        return pending;
    if (!has_peer)
        return err == ENOTCONN ? EINPROGRESS : err;
    return is_own_peer(fd, &peer) ? ECONNREFUSED : 0;
}

/* Connects a fresh non-blocking socket: 0, EINPROGRESS or another errno value. */
static int begin(int fd, const struct addr *addr)
{
    if (connect(fd, &addr->sa, addr_len(addr)) == 0)
        return socket_connect_result(fd);
    /* A second connect(2) after EINTR would only say EALREADY: the first one goes on. */
    return errno == EINTR ? EINPROGRESS : errno;
}

int socket_connect(const struct addr *addr, int64_t keepalive_ms, bool *in_progress, int *err)
{
    *in_progress = false;
    int fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (fd < 0) {
        *err = errno;
        return -1;
    }
    set_options(fd, keepalive_ms);
    *err = begin(fd, addr);
    *in_progress = *err == EINPROGRESS;
    if (*err == 0 || *in_progress) {
        *err = 0;
        return fd;
    }
    close(fd);
    return -1;
}

int socket_set_blocking(int fd)
{
    int flags = fcntl(fd, F_GETFL);
    if (flags < 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) < 0)
        return errno;
    return 0;
}
