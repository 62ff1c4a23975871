/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Sockets for c-ares. An empty datagram is dropped: old versions took it for the
 * end of the connection (CVE-2023-32067).
 */
#include "net/dns_socket.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/alloc.h"
#include "engine/task.h"
#include "engine/watch.h"

enum { READS_PER_STEP = 64 };

struct sock {
    struct watch watch;
    uint32_t events; /* what c-ares waits for */
    unsigned round;  /* the last dns_sockets_process() that offered it */
    struct link link;
};

static struct sock *sock_of(struct dns_sockets *socks, int fd)
{
    struct link *l = list_first(&socks->open);
    while (l != NULL && list_item(l, struct sock, link)->watch.fd != fd)
        l = list_next(l);
    return list_item(l, struct sock, link);
}

/* --- what c-ares calls --- */

static int sock_open(int family, int type, int protocol, void *arg)
{
    struct dns_sockets *socks = arg;
    struct sock *sock = mem_zalloc(sizeof(*sock));
    if (sock == NULL) {
        errno = ENOMEM;
        return -1;
    }
    sock->watch.fd = socket(family, type | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
    if (sock->watch.fd < 0) {
        mem_free(sock);
        return -1;
    }
    int on = 1;
    if (type == SOCK_STREAM)
        setsockopt(sock->watch.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    list_push(&socks->open, &sock->link);
    return sock->watch.fd;
}

static int sock_close(int fd, void *arg)
{
    struct dns_sockets *socks = arg;
    struct sock *sock = sock_of(socks, fd);
    if (sock != NULL) {
        watch_drop(&sock->watch, socks->task->engine);
        list_remove(&sock->link);
        mem_free(sock);
    }
    return close(fd);
}

/* The interface of the server that has this address; 0 where it needs none. */
static uint32_t scope_of(const struct dns_sockets *socks, const struct sockaddr_in6 *in6)
{
    for (size_t i = 0; i < socks->servers_len; i++) {
        const struct addr *server = &socks->servers[i];
        if (server->sa.sa_family == AF_INET6 &&
            memcmp(&server->in6.sin6_addr, &in6->sin6_addr, sizeof(in6->sin6_addr)) == 0)
            return server->in6.sin6_scope_id;
    }
    return 0;
}

static int sock_connect(int fd, const struct sockaddr *to, ares_socklen_t len, void *arg)
{
    struct addr addr = {0};
    if (len > sizeof(addr)) {
        errno = EINVAL;
        return -1;
    }
    memcpy(&addr, to, len);
    if (addr.sa.sa_family == AF_INET6 && addr.in6.sin6_scope_id == 0)
        addr.in6.sin6_scope_id = scope_of(arg, &addr.in6);
    return connect(fd, &addr.sa, len);
}

static ares_ssize_t sock_read(int fd, void *data, size_t len, int flags, struct sockaddr *from,
                              ares_socklen_t *from_len, void *arg)
{
    struct dns_sockets *socks = arg;
    while (socks->reads_left > 0) {
        socks->reads_left--;
        ssize_t n = recvfrom(fd, data, len, flags, from, from_len);
        bool datagram = from != NULL;
        if ((n == 0 && datagram) || (n < 0 && errno == EINTR))
            continue;
        if (n > 0 && datagram)
            socks->on_datagram(socks->arg, data, (size_t)n);
        return n;
    }
    /* More may be there: the watch, armed again, reports it at once. */
    errno = EAGAIN;
    return -1;
}

static ares_ssize_t sock_write(int fd, const struct iovec *parts, int len, void *arg)
{
    (void)arg;
    struct msghdr msg = {.msg_iov = (struct iovec *)(uintptr_t)parts, .msg_iovlen = (size_t)len};
    bool refused = false;
    for (;;) {
        ssize_t n = sendmsg(fd, &msg, MSG_NOSIGNAL);
        if (n >= 0 || (errno != EINTR && errno != ECONNREFUSED) || refused)
            return n;
        /* Where nobody listens, that is said of the datagram before this one. The next is sent
         * then, and the same said of it is there to be read, which fails all questions at once; as
         * an error of this one it would leave the first to its time-out. */
        refused = errno == ECONNREFUSED;
    }
}

static const struct ares_socket_functions functions = {
    .asocket = sock_open,
    .aclose = sock_close,
    .aconnect = sock_connect,
    .arecvfrom = sock_read,
    .asendv = sock_write,
};

void dns_sockets_attach(struct dns_sockets *socks)
{
    ares_set_socket_functions(socks->channel, &functions, socks);
}

void dns_sockets_note(void *socks, ares_socket_t fd, int readable, int writable)
{
    struct sock *sock = sock_of(socks, fd);
    if (sock != NULL)
        sock->events = (readable ? (uint32_t)EPOLLIN : 0) | (writable ? (uint32_t)EPOLLOUT : 0);
}

/* --- the task's side --- */

static struct sock *next_unoffered(struct dns_sockets *socks)
{
    struct link *l = list_first(&socks->open);
    while (l != NULL && list_item(l, struct sock, link)->round == socks->round)
        l = list_next(l);
    return list_item(l, struct sock, link);
}

void dns_sockets_process(struct dns_sockets *socks)
{
    socks->round++;
    socks->reads_left = READS_PER_STEP;
    /* A socket may be closed and another opened while one is processed; hence no iterator. */
    for (struct sock *s = next_unoffered(socks); s != NULL; s = next_unoffered(socks)) {
        s->round = socks->round;
        ares_process_fd(socks->channel, s->events & EPOLLIN ? s->watch.fd : ARES_SOCKET_BAD,
                        s->events & EPOLLOUT ? s->watch.fd : ARES_SOCKET_BAD);
    }
    ares_process_fd(socks->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

bool dns_sockets_watch(struct dns_sockets *socks)
{
    bool all = true;
    for (struct link *l = list_first(&socks->open); l != NULL; l = list_next(l)) {
        struct sock *s = list_item(l, struct sock, link);
        if (s->events != 0 && watch_arm(&s->watch, socks->task, s->events) != 0)
            all = false;
    }
    return all;
}
