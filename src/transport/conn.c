/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Input and output on a connection, plain or through TLS.
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
#include "net/tls.h"
#include "net/tls_certificate.h"
#include "transport/message.h"

struct conn *conn_new(int fd, struct engine *engine, int64_t now_ns)
{
    static _Atomic uint64_t next_number = 1;
    struct conn *conn = mem_zalloc(sizeof(*conn));
    if (conn == NULL)
        return NULL;
    conn->watch = (struct watch){.fd = fd};
    refs_init(&conn->refs, 1);
    conn->engine = engine;
    conn->idle_epoll_fd = -1;
    conn->number = atomic_fetch_add_explicit(&next_number, 1, memory_order_relaxed);
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
    tls_free(c->tls);
    conn_unpin(c);
}

void conn_pin(struct conn *conn)
{
    refs_add(&conn->refs);
}

void conn_unpin(struct conn *conn)
{
    if (!refs_drop(&conn->refs))
        return;
    close(conn->watch.fd);
    mem_free(conn);
}

static ssize_t peek(const struct conn *conn, void *buf, size_t len)
{
    ssize_t n;
    do
        n = recv(conn_fd(conn), buf, len, MSG_PEEK | MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n;
}

enum conn_check conn_check(struct conn *conn)
{
    char bytes[16];
    ssize_t n = peek(conn, bytes, sizeof(bytes));
    /* Raw bytes may be a ticket, which is no offence: TLS knows. */
    if (conn->tls != NULL && (n > 0 || tls_has_buffered(conn->tls)))
        n = tls_peek(conn->tls, bytes, sizeof(bytes));
    if (n < 0)
        return errno == EAGAIN || errno == EWOULDBLOCK ? CONN_QUIET : CONN_CLOSED;
    if (n == 0)
        return CONN_CLOSED;
    return head_is_408(bytes, (size_t)n) ? CONN_TIMED_OUT : CONN_TALKING;
}

static ssize_t send_pieces(const struct conn *conn, const struct iovec *iov, int iov_len, int flags)
{
    struct msghdr msg = {.msg_iov = (struct iovec *)iov, .msg_iovlen = (size_t)iov_len};
    return sendmsg(conn_fd(conn), &msg, flags);
}

ssize_t conn_send(struct conn *conn, const struct iovec *iov, int iov_len, bool wait)
{
    if (conn->tls != NULL)
        return tls_write(conn->tls, iov, iov_len, wait);
    int flags = MSG_NOSIGNAL | (wait ? 0 : MSG_DONTWAIT);
    ssize_t n;
    do
        n = iov_len == 1 ? send(conn_fd(conn), iov->iov_base, iov->iov_len, flags)
                         : send_pieces(conn, iov, iov_len, flags);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t conn_recv(struct conn *conn, void *buf, size_t len, bool wait)
{
    if (conn->tls != NULL)
        return tls_read(conn->tls, buf, len, wait);
    ssize_t n;
    do
        n = recv(conn_fd(conn), buf, len, wait ? 0 : MSG_DONTWAIT);
    while (n < 0 && errno == EINTR);
    return n;
}

ssize_t conn_peek(struct conn *conn, void *buf, size_t len)
{
    return conn->tls != NULL ? tls_peek(conn->tls, buf, len) : peek(conn, buf, len);
}

int conn_end_sending(struct conn *conn)
{
    if (conn->tls != NULL)
        return tls_end_sending(conn->tls);
    return shutdown(conn_fd(conn), SHUT_WR);
}

bool conn_can_send_file(const struct conn *conn)
{
    return conn->tls == NULL;
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

uint32_t conn_send_events(const struct conn *conn)
{
    return conn->tls != NULL ? tls_write_events(conn->tls) : EPOLLOUT;
}

uint32_t conn_recv_events(const struct conn *conn)
{
    return conn->tls != NULL ? tls_read_events(conn->tls) : EPOLLIN;
}

bool conn_has_buffered(const struct conn *conn)
{
    return conn->tls != NULL && tls_has_buffered(conn->tls);
}

void conn_note(const struct conn *conn, struct gofer_response *response)
{
    response->peer = conn->peer;
    if (conn->tls == NULL || conn->tls_ends_at_proxy)
        return;
    struct tls_agreed agreed;
    tls_agreed(conn->tls, &agreed);
    response->tls_version = agreed.version;
    response->tls_cipher = agreed.cipher;
    response->tls_resumed = agreed.resumed;
    response->certificate = tls_certificate_ref(conn->tls);
}

bool conn_explain(const struct conn *conn, gofer_phase phase, struct fault *fault)
{
    return conn->tls != NULL && tls_explain(conn->tls, phase, fault);
}
