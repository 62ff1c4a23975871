/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The origin of large bodies: one thread, one level-triggered epoll set, a table
 * of connections indexed by descriptor. A connection has one function that is
 * called when its socket is ready for it; it does a bounded part and returns, so
 * that a thousand of them take turns.
 *
 * No locks: the process has one thread.
 */
#include "bulk_origin.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    HEAD_MAX = 1024,
    EVENTS = 256,
    PIECE_BYTES = 256 * 1024,
    SLOW_PIECE_BYTES = 8 * 1024,
    ECHO_BYTES = 64 * 1024,
    TURN_PIECES = 8,
    TURN_ECHOES = 64
};

struct server;

struct connection {
    bool (*ready)(struct server *server, int fd); /* false: the connection is over; NULL: none */
    bool held;
    size_t piece;     /* bytes of a receive */
    uint64_t left;    /* of the body that is sent, or received */
    uint64_t counted; /* of the body that is received */
    char *echo;       /* ECHO_BYTES, of which some are to be sent; or NULL */
    size_t echo_at;
    size_t echo_len;
    size_t len; /* of what is in head */
    char head[HEAD_MAX + 1];
};

struct server {
    int listener;
    int control;
    int epoll;
    size_t size; /* of the table */
    struct connection *table;
    long held;
    long tell_at; /* the owner waits for this many held requests; 0: it does not */
    char piece[PIECE_BYTES];
};

static bool take_head(struct server *server, int fd);

/* --- readiness --- */

static void watch(struct server *server, int op, int fd, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.fd = fd};
    epoll_ctl(server->epoll, op, fd, &event);
}

static void become(struct server *server, int fd, bool (*ready)(struct server *, int),
                   uint32_t events)
{
    server->table[fd].ready = ready;
    watch(server, EPOLL_CTL_MOD, fd, events);
}

static void accept_all(struct server *server)
{
    int fd;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if ((size_t)fd >= server->size) {
            close(fd);
            continue;
        }
        server->table[fd].ready = take_head;
        server->table[fd].len = 0;
        watch(server, EPOLL_CTL_ADD, fd, EPOLLIN);
    }
}

static void drop(struct server *server, int fd)
{
    struct connection *c = &server->table[fd];
    server->held -= c->held;
    free(c->echo);
    *c = (struct connection){0};
    close(fd);
}

/* The head of an answer fits the socket's buffer: nothing else is in it. */
static bool send_all(int fd, const char *data, size_t len)
{
    return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static bool would_block(ssize_t n)
{
    return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

/* --- bodies --- */

static bool send_body(struct server *server, int fd)
{
    struct connection *c = &server->table[fd];
    for (int i = 0; i < TURN_PIECES && c->left > 0; i++) {
        size_t len = c->left < PIECE_BYTES ? (size_t)c->left : PIECE_BYTES;
        ssize_t n = send(fd, server->piece, len, MSG_NOSIGNAL);
        if (would_block(n))
            return true;
        if (n < 0)
            return false;
        c->left -= (uint64_t)n;
    }
    if (c->left == 0)
        become(server, fd, take_head, EPOLLIN);
    return true;
}

static bool answer_count(struct server *server, int fd)
{
    char answer[128];
    int len = snprintf(answer, sizeof(answer),
                       "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%0*llu", BULK_ANSWER_BYTES,
                       BULK_ANSWER_BYTES, (unsigned long long)server->table[fd].counted);
    become(server, fd, take_head, EPOLLIN);
    return send_all(fd, answer, (size_t)len);
}

static bool receive_body(struct server *server, int fd)
{
    struct connection *c = &server->table[fd];
    int pieces = c->piece == PIECE_BYTES ? TURN_PIECES : 1;
    for (int i = 0; i < pieces && c->left > 0; i++) {
        size_t len = c->left < c->piece ? (size_t)c->left : c->piece;
        ssize_t n = recv(fd, server->piece, len, 0);
        if (would_block(n))
            return true;
        if (n <= 0)
            return false;
        c->left -= (uint64_t)n;
        c->counted += (uint64_t)n;
    }
    return c->left > 0 || answer_count(server, fd);
}

static bool echo_has_bytes(const struct connection *c)
{
    return c->echo_at < c->echo_len;
}

/* Sends what was received; then, and not before, receives more. */
static ssize_t echo_once(struct connection *c, int fd)
{
    if (echo_has_bytes(c)) {
        ssize_t n = send(fd, c->echo + c->echo_at, c->echo_len - c->echo_at, MSG_NOSIGNAL);
        c->echo_at += n > 0 ? (size_t)n : 0;
        return n;
    }
    ssize_t n = recv(fd, c->echo, ECHO_BYTES, 0);
    c->echo_at = 0;
    c->echo_len = n > 0 ? (size_t)n : 0;
    c->left -= c->echo_len;
    return n;
}

static bool echo_body(struct server *server, int fd)
{
    struct connection *c = &server->table[fd];
    for (int i = 0; i < TURN_ECHOES && (echo_has_bytes(c) || c->left > 0); i++) {
        ssize_t n = echo_once(c, fd);
        if (would_block(n))
            break;
        if (n <= 0)
            return false;
    }
    if (!echo_has_bytes(c) && c->left == 0)
        become(server, fd, take_head, EPOLLIN);
    else
        watch(server, EPOLL_CTL_MOD, fd, echo_has_bytes(c) ? EPOLLOUT : EPOLLIN);
    return true;
}

/* --- requests --- */

static bool begin_down(struct server *server, int fd, const char *head)
{
    struct connection *c = &server->table[fd];
    char answer[128];
    c->left = strtoull(head + strlen("GET /down?"), NULL, 10);
    int len = snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n",
                       (unsigned long long)c->left);
    become(server, fd, send_body, EPOLLOUT);
    return send_all(fd, answer, (size_t)len);
}

static bool begin_up(struct server *server, int fd, size_t piece)
{
    server->table[fd].piece = piece;
    become(server, fd, receive_body, EPOLLIN);
    return receive_body(server, fd);
}

static void tell_if_held(struct server *server)
{
    if (server->tell_at == 0 || server->held < server->tell_at)
        return;
    server->tell_at = 0;
    forked_tell(server->control);
}

static bool begin_hold(struct server *server, int fd)
{
    become(server, fd, receive_body, 0);
    server->table[fd].held = true;
    server->held++;
    tell_if_held(server);
    return true;
}

static bool begin_echo(struct server *server, int fd, const char *body, size_t len)
{
    struct connection *c = &server->table[fd];
    char answer[128];
    int head_len =
        snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n",
                 (unsigned long long)(c->left + len));
    if (c->echo == NULL && (c->echo = malloc(ECHO_BYTES)) == NULL)
        return false;
    memcpy(c->echo, body, len);
    c->echo_at = 0;
    c->echo_len = len;
    become(server, fd, echo_body, EPOLLIN);
    return send_all(fd, answer, (size_t)head_len) && echo_body(server, fd);
}

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A whole head is there, and maybe some of the body. */
static bool take_request(struct server *server, int fd, const char *end)
{
    struct connection *c = &server->table[fd];
    static const char name[] = "\r\nContent-Length: ";
    const char *field = strstr(c->head, name);
    uint64_t length = field != NULL ? strtoull(field + sizeof(name) - 1, NULL, 10) : 0;
    size_t here = c->len - (size_t)(end - c->head);
    c->len = 0;
    if (here > length)
        return false;
    c->counted = here;
    c->left = length - here;
    c->piece = PIECE_BYTES;
    if (begins(c->head, "GET /down?"))
        return begin_down(server, fd, c->head);
    if (begins(c->head, "PUT /hold"))
        return begin_hold(server, fd);
    if (begins(c->head, "PUT /echo"))
        return begin_echo(server, fd, end, here);
    return begin_up(server, fd, begins(c->head, "PUT /slow") ? SLOW_PIECE_BYTES : PIECE_BYTES);
}

static bool take_head(struct server *server, int fd)
{
    struct connection *c = &server->table[fd];
    ssize_t n = recv(fd, c->head + c->len, HEAD_MAX - c->len, 0);
    if (n <= 0)
        return would_block(n);
    c->len += (size_t)n;
    c->head[c->len] = '\0';
    const char *end = strstr(c->head, "\r\n\r\n");
    if (end != NULL)
        return take_request(server, fd, end + 4);
    return c->len < HEAD_MAX;
}

/* --- the process --- */

static void release_all(struct server *server)
{
    for (int fd = 0; (size_t)fd < server->size && server->held > 0; fd++) {
        if (!server->table[fd].held)
            continue;
        server->table[fd].held = false;
        server->held--;
        watch(server, EPOLL_CTL_MOD, fd, EPOLLIN);
        if (!receive_body(server, fd))
            drop(server, fd);
    }
}

/* False when the owner is gone. */
static bool obey(struct server *server)
{
    long count;
    switch (forked_obey(server->control, &count)) {
    case ORDER_GONE:
        return false;
    case ORDER_RELEASE:
        release_all(server);
        break;
    case ORDER_TELL_WHEN_HELD:
        server->tell_at = count;
        break;
    }
    tell_if_held(server);
    return true;
}

static bool handle(struct server *server, int fd)
{
    if (fd == server->control)
        return obey(server);
    if (fd == server->listener)
        accept_all(server);
    else if (server->table[fd].held ||
             (server->table[fd].ready != NULL && !server->table[fd].ready(server, fd)))
        drop(server, fd); /* a held one reports only that its peer is gone */
    return true;
}

static void serve(int listener, int control)
{
    static struct server s;
    struct epoll_event events[EVENTS];
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    s.listener = listener;
    s.control = control;
    s.size = limit.rlim_cur < 65536 ? (size_t)limit.rlim_cur : 65536;
    s.table = calloc(s.size, sizeof(*s.table));
    s.epoll = epoll_create1(EPOLL_CLOEXEC);
    if (s.table == NULL || s.epoll < 0)
        return;
    watch(&s, EPOLL_CTL_ADD, control, EPOLLIN);
    watch(&s, EPOLL_CTL_ADD, listener, EPOLLIN);
    for (;;) {
        int n = epoll_wait(s.epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++)
            if (!handle(&s, events[i].data.fd))
                return;
    }
}

bool bulk_origin_start(struct forked *origin)
{
    return forked_start(origin, serve);
}
