/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See epoll_loop.h. A connection is ADD-ed once, level-triggered, and waits for
 * writability only until it is connected: one epoll_ctl a connection then, none a
 * request. The head must come in one piece, as heads of some hundred bytes do.
 */
#include "epoll_loop.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 256, BUFFER_BYTES = 65536 };

enum state { CONNECTING, READY, FAILED };

struct conn {
    int fd;
    enum state state;
    size_t left; /* of the body; 0: the head has not come */
};

struct epoll_loop {
    const struct raw_target *target;
    size_t body_len;
    int epoll;
    int conns_len;
    int connecting; /* connections */
    int busy;       /* requests that are out */
    long ok;
    struct conn *conns;
    char buffer[BUFFER_BYTES];
};

static bool watch(struct epoll_loop *loop, struct conn *conn, int op, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = conn};
    return epoll_ctl(loop->epoll, op, conn->fd, &event) == 0;
}

static bool open_conn(struct epoll_loop *loop, struct conn *conn)
{
    conn->fd = raw_dial(loop->target, false);
    return conn->fd >= 0 && watch(loop, conn, EPOLL_CTL_ADD, EPOLLOUT);
}

struct epoll_loop *epoll_loop_new(const struct raw_target *target, int conns, size_t body_len)
{
    struct epoll_loop *loop = calloc(1, sizeof(*loop));
    if (loop == NULL)
        return NULL;
    loop->target = target;
    loop->body_len = body_len;
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    loop->conns = calloc((size_t)conns, sizeof(*loop->conns));
    while (loop->conns != NULL && loop->conns_len < conns &&
           open_conn(loop, &loop->conns[loop->conns_len]))
        loop->conns_len++;
    loop->connecting = loop->conns_len;
    if (loop->conns_len == conns)
        return loop;
    epoll_loop_free(loop);
    return NULL;
}

void epoll_loop_free(struct epoll_loop *loop)
{
    if (loop == NULL)
        return;
    for (int i = 0; i < loop->conns_len; i++)
        close(loop->conns[i].fd);
    close(loop->epoll);
    free(loop->conns);
    free(loop);
}

/* Ends what is in flight on it; a connection that failed is not used again. */
static void finish(struct epoll_loop *loop, struct conn *conn, bool ok)
{
    loop->busy--;
    loop->ok += ok;
    conn->left = 0;
    if (ok)
        return;
    conn->state = FAILED;
    watch(loop, conn, EPOLL_CTL_DEL, 0);
}

static void start(struct epoll_loop *loop, struct conn *conn, atomic_long *tickets)
{
    if (atomic_fetch_sub_explicit(tickets, 1, memory_order_relaxed) <= 0)
        return;
    loop->busy++;
    if (send(conn->fd, loop->target->request, loop->target->request_len, MSG_NOSIGNAL) !=
        (ssize_t)loop->target->request_len)
        finish(loop, conn, false);
}

/* Counts what was read; whether the answer is over, rightly or not (*ok). */
static bool is_over(struct epoll_loop *loop, struct conn *conn, ssize_t n, bool *ok)
{
    *ok = false;
    if (n <= 0)
        return !(n < 0 && errno == EAGAIN);
    if (conn->left == 0) {
        ssize_t total = raw_answer_len(loop->buffer, (size_t)n, loop->body_len);
        if (total <= 0)
            return true;
        conn->left = (size_t)total;
    }
    if ((size_t)n > conn->left)
        return true;
    conn->left -= (size_t)n;
    *ok = conn->left == 0;
    return *ok;
}

/* True when an answer ended. */
static bool handle(struct epoll_loop *loop, struct conn *conn, atomic_long *tickets)
{
    bool ok;
    if (conn->state == CONNECTING) {
        loop->connecting--;
        conn->state = READY;
        watch(loop, conn, EPOLL_CTL_MOD, EPOLLIN);
        start(loop, conn, tickets);
        return false;
    }
    if (!is_over(loop, conn, recv(conn->fd, loop->buffer, BUFFER_BYTES, 0), &ok))
        return false;
    finish(loop, conn, ok);
    if (ok)
        start(loop, conn, tickets);
    return true;
}

/* Connections of an earlier run are idle and make no event: they are started here. */
static void start_idle(struct epoll_loop *loop, atomic_long *tickets)
{
    for (int i = 0; i < loop->conns_len; i++)
        if (loop->conns[i].state == READY)
            start(loop, &loop->conns[i], tickets);
}

long epoll_loop_run(struct epoll_loop *loop, atomic_long *tickets, void (*answered)(void *arg),
                    void *arg)
{
    struct epoll_event events[EVENTS];
    loop->ok = 0;
    start_idle(loop, tickets);
    while (loop->busy > 0 || (loop->connecting > 0 && atomic_load(tickets) > 0)) {
        int n = epoll_wait(loop->epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++)
            if (handle(loop, events[i].data.ptr, tickets) && answered != NULL)
                answered(arg);
    }
    return loop->ok;
}
