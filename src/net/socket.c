/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Opening sockets. A socket option that the kernel refuses is no reason to
 * refuse the connection where it is a matter of comfort: Nagle's delay or a
 * missing keepalive is a lesser evil. An interface or local address that cannot
 * be had is one: the program asked for that way and no other.
 * Whoever opened a socket owns it; one thread at a time.
 */
#include "net/socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/un.h>
#include <unistd.h>

/* The kernel's largest keepalive time. */
enum { KEEPALIVE_MAX_S = 32767 };

/* --- options --- */

static void set_int(int fd, int level, int option, int value)
{
    setsockopt(fd, level, option, &value, sizeof(value));
}

static void set_keepalive(int fd, int64_t keepalive_ms)
{
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

static int bind_interface(int fd, const char *interface)
{
    if (interface == NULL)
        return 0;
    socklen_t len = (socklen_t)strlen(interface);
    return setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, len) == 0 ? 0 : errno;
}

static bool is_unspecified(const struct addr *addr)
{
    if (addr->sa.sa_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&addr->in6.sin6_addr);
    return addr->in.sin_addr.s_addr == htonl(INADDR_ANY);
}

bool socket_local_fits(const struct socket_options *options, const struct addr *to)
{
    const struct addr *local = options->local;
    return local == NULL || local->sa.sa_family == to->sa.sa_family || is_unspecified(local);
}

/* One port has one connection: the first that is free. */
static int bind_port(int fd, struct addr *from, const struct socket_options *options)
{
    int err = EADDRINUSE;
    for (unsigned port = options->first_port; err == EADDRINUSE && port <= options->last_port;
         port++) {
        addr_set_port(from, (uint16_t)port);
        err = bind(fd, &from->sa, addr_len(from)) == 0 ? 0 : errno;
    }
    return err;
}

static int bind_local(int fd, const struct addr *to, const struct socket_options *options)
{
    struct addr from = {.sa.sa_family = to->sa.sa_family};
    const struct addr *local = options->local;
    bool same = local != NULL && local->sa.sa_family == to->sa.sa_family;
    /* "0.0.0.0" is any address; "::" is any of IPv6, and of mapped IPv4 only on some systems. */
    if (local != NULL && !same && (local->sa.sa_family != AF_INET || !is_unspecified(local)))
        return EAFNOSUPPORT;
    if (same)
        from = *local;
    if (options->first_port != 0)
        return bind_port(fd, &from, options);
    if (!same)
        return 0;
    /* The port is picked by connect(2), which may share it between destinations. */
    set_int(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
    return bind(fd, &from.sa, addr_len(&from)) == 0 ? 0 : errno;
}

static int tell_opened(int fd, const struct sockaddr *sa, socklen_t len, const char *host,
                       const struct socket_options *options)
{
    gofer_address address = {.addr = sa, .addr_len = len, .host = host};
    int err = options->opened != NULL ? options->opened(fd, &address, options->opened_arg) : 0;
    return err >= 0 ? err : EINVAL;
}

static int prepare(int fd, const struct addr *to, const char *host,
                   const struct socket_options *options)
{
    set_int(fd, IPPROTO_TCP, TCP_NODELAY, !options->nagle);
    set_keepalive(fd, options->keepalive_ms);
    int err = bind_interface(fd, options->interface);
    err = err != 0 ? err : tell_opened(fd, &to->sa, addr_len(to), host, options);
    return err != 0 ? err : bind_local(fd, to, options);
}

/* --- outcomes --- */

static bool peer_is_self(int fd, const struct addr *peer)
{
    struct addr own = {0};
    socklen_t len = sizeof(own);
    return getsockname(fd, &own.sa, &len) == 0 && addr_equal(&own, peer);
}

bool socket_is_own_peer(int fd)
{
    struct addr peer = {0};
    socklen_t len = sizeof(peer);
    return getpeername(fd, &peer.sa, &len) == 0 && peer_is_self(fd, &peer);
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
    return peer_is_self(fd, &peer) ? ECONNREFUSED : 0;
}

/* --- connecting --- */

static int give_up(int fd)
{
    close(fd);
    return -1;
}

static int begin(int fd, const struct addr *addr)
{
    /* What succeeds at once is looked at like any other: it may be a connection to itself. */
    if (connect(fd, &addr->sa, addr_len(addr)) == 0)
        return EINPROGRESS;
    /* A second connect(2) after EINTR would only say EALREADY: the first one goes on. */
    return errno == EINTR ? EINPROGRESS : errno;
}

int socket_connect(const struct addr *addr, const char *host, const struct socket_options *options,
                   int *err)
{
    int fd = socket(addr->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, IPPROTO_TCP);
    if (fd < 0) {
        *err = errno;
        return -1;
    }
    *err = prepare(fd, addr, host, options);
    if (*err != 0)
        return give_up(fd);
    *err = begin(fd, addr);
    return *err == EINPROGRESS ? fd : give_up(fd);
}

/* 0 where the path does not fit. */
static socklen_t unix_address(const char *path, struct sockaddr_un *un)
{
    size_t len = strlen(path);
    *un = (struct sockaddr_un){.sun_family = AF_UNIX};
    if (len == 0 || len > SOCKET_UNIX_PATH_MAX)
        return 0;
    memcpy(un->sun_path, path, len);
    /* An abstract name has no end but its length: a final NUL would belong to it. */
    if (path[0] == '@')
        un->sun_path[0] = '\0';
    return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (path[0] != '@'));
}

int socket_connect_unix(const char *path, const char *host, const struct socket_options *options,
                        int *err)
{
    struct sockaddr_un un;
    socklen_t len = unix_address(path, &un);
    *err = ENAMETOOLONG;
    int fd = len > 0 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0) : -1;
    if (len > 0 && fd < 0)
        *err = errno;
    if (fd < 0)
        return -1;
    *err = tell_opened(fd, (const struct sockaddr *)&un, len, host, options);
    if (*err == 0 && connect(fd, (const struct sockaddr *)&un, len) != 0)
        *err = errno;
    return *err == 0 ? fd : give_up(fd);
}

int socket_set_blocking(int fd)
{
    int off = 0;
    return ioctl(fd, FIONBIO, &off) == 0 ? 0 : errno;
}

/* --- looking --- */

bool socket_can_bind(const struct addr *to, const struct socket_options *options)
{
    if (options->local == NULL && options->interface == NULL && options->first_port == 0)
        return true;
    int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
    if (fd < 0)
        return true; /* it is not the address's fault */
    bool bound = bind_interface(fd, options->interface) == 0 && bind_local(fd, to, options) == 0;
    close(fd);
    return bound;
}

bool socket_source(const struct addr *to, const struct socket_options *options, struct addr *source)
{
    /* Connecting a datagram socket sends nothing; it picks a route and an address. */
    int fd = socket(to->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd < 0)
        return false;
    socklen_t len = sizeof(*source);
    struct socket_options any_port = *options;
    any_port.first_port = 0;
    *source = (struct addr){0};
    bool found = bind_interface(fd, options->interface) == 0 &&
                 bind_local(fd, to, &any_port) == 0 && connect(fd, &to->sa, addr_len(to)) == 0 &&
                 getsockname(fd, &source->sa, &len) == 0;
    close(fd);
    return found;
}
