/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Input and output on a connection's socket, plain TCP.
 */
#include "transport/conn.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/lock.h"
#include "base/quiet_pipe.h"
#include "http/response_head.h"

struct conn *conn_new(int fd, struct engine *engine, int64_t now_ns)
{
    struct conn *conn = mem_zalloc(sizeof(*conn));
    if (conn == NULL)
        return NULL;
    conn->watch = (struct watch){.fd = fd};
    atomic_init(&conn->refs, 1);
    conn->engine = engine;
    conn->idle_epoll_fd = -1;
    conn->born_ns = now_ns;
    return conn;
}

void conn_close(struct conn **conn)
{
    struct conn *c = *conn;
    if (c == NULL)
        return;
    lock_assert_none();
    *conn = NULL;
    watch_drop(&c->watch, c->engine);
    if (c->idle_epoll_fd >= 0)
        epoll_ctl(c->idle_epoll_fd, EPOLL_CTL_DEL, c->watch.fd, NULL);
    conn_unpin(c);
}

void conn_pin(struct conn *conn)
{
    atomic_fetch_add_explicit(&conn->refs, 1, memory_order_relaxed);
}

void conn_unpin(struct conn *conn)
{
    if (atomic_fetch_sub(&conn->refs, 1) != 1)
        return;
    close(conn->watch.fd);
    mem_free(conn);
}

enum conn_check conn_check(struct conn *conn)
{
    char bytes[16];
    ssize_t n;
    do
        n = recv(conn_fd(conn), bytes, sizeof(bytes), MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? CONN_QUIET : CONN_CLOSED;
    if (n == 0)
        return CONN_CLOSED;
    return head_is_408(bytes, (size_t)n) ? CONN_TIMED_OUT : CONN_TALKING;
}

ssize_t conn_send(struct conn *conn, const struct iovec *iov, int iov_len, bool wait)
{
    struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)iov_len};
    int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    ssize_t n;
    do
        n = sendmsg(conn_fd(conn), &msg, flags);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t conn_recv(struct conn *conn, void *buf, size_t len, bool wait)
{
    ssize_t n;
    do
        n = recv(conn_fd(conn), buf, len, wait ? 0 : MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n;
}

int conn_end_sending(struct conn *conn)
{
    return shutdown(conn_fd(conn), SHUT_WR);
}

bool conn_can_send_file(const struct conn *conn)
{
    (void)conn;
    return true;
}

ssize_t conn_send_file(struct conn *conn, int fd, int64_t offset, size_t count)
{
    if (!conn->nonblocking) {
        int flags = fcntl(conn_fd(conn), F_GETFL);
        if (flags < 0 || fcntl(conn_fd(conn), F_SETFL, flags | O_NONBLOCK) != 0)
            return -1;
        conn->nonblocking = true;
    }
    return quiet_sendfile(conn_fd(conn), fd, offset, count);
}
