/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The waiting origin: one thread, one level-triggered epoll set, a table of
 * connections indexed by descriptor. Requests are small GETs, so a connection's
 * buffer holds one head; whatever does not fit closes it.
 *
 * Orders arrive as messages over a SOCK_SEQPACKET pair, whose end of file is the
 * owner's death. No locks: the process has one thread.
 */
#include "hold_origin.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { BACKLOG = 16384, HEAD_MAX = 512, EVENTS = 256, PATIENCE_MS = 30000 };

enum order { ORDER_RELEASE = 1, ORDER_TELL_WHEN_HELD };

struct message {
    enum order order;
    long count;
};

struct connection {
    bool open;
    bool held;
    size_t len;
    char head[HEAD_MAX];
};

struct server {
    int listener;
    int control;
    int epoll;
    size_t size; /* of the table */
    struct connection *table;
    long held;
    long tell_at; /* the owner waits for this many held requests; 0: it does not */
};

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world!";

/* --- the process --- */

static void watch(struct server *server, int fd)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
    epoll_ctl(server->epoll, EPOLL_CTL_ADD, fd, &event);
}

static void accept_all(struct server *server)
{
    int fd;
    while ((fd = accept4(server->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        if ((size_t)fd >= server->size) {
            close(fd);
            continue;
        }
        server->table[fd].open = true;
        server->table[fd].held = false;
        server->table[fd].len = 0;
        watch(server, fd);
    }
}

static void drop(struct server *server, int fd)
{
    server->held -= server->table[fd].held;
    server->table[fd].open = server->table[fd].held = false;
    close(fd);
}

/* The socket's buffer is empty while a request is outstanding, so the answer fits at once. */
static void reply(struct server *server, int fd)
{
    if (send(fd, answer, sizeof(answer) - 1, MSG_NOSIGNAL) != (ssize_t)sizeof(answer) - 1)
        drop(server, fd);
}

static void tell_if_held(struct server *server)
{
    char byte = 1;
    if (server->tell_at == 0 || server->held < server->tell_at)
        return;
    server->tell_at = 0;
    send(server->control, &byte, 1, MSG_NOSIGNAL);
}

static void take_request(struct server *server, int fd)
{
    struct connection *c = &server->table[fd];
    static const char path[] = "GET /hold";
    bool hold = c->len >= sizeof(path) - 1 && memcmp(c->head, path, sizeof(path) - 1) == 0;
    c->len = 0;
    if (!hold) {
        reply(server, fd);
        return;
    }
    c->held = true;
    server->held++;
    tell_if_held(server);
}

static void receive(struct server *server, int fd)
{
    struct connection *c = &server->table[fd];
    ssize_t n = recv(fd, c->head + c->len, sizeof(c->head) - c->len, 0);
    if (n <= 0 || c->held) {
        drop(server, fd);
        return;
    }
    c->len += (size_t)n;
    if (memmem(c->head, c->len, "\r\n\r\n", 4) != NULL)
        take_request(server, fd);
    else if (c->len == sizeof(c->head))
        drop(server, fd);
}

static void release_all(struct server *server)
{
    for (int fd = 0; (size_t)fd < server->size && server->held > 0; fd++) {
        if (!server->table[fd].held)
            continue;
        server->table[fd].held = false;
        server->held--;
        reply(server, fd);
    }
}

/* False when the owner is gone. */
static bool obey(struct server *server)
{
    struct message message;
    if (recv(server->control, &message, sizeof(message), 0) != (ssize_t)sizeof(message))
        return false;
    if (message.order == ORDER_RELEASE)
        release_all(server);
    else
        server->tell_at = message.count;
    tell_if_held(server);
    return true;
}

static bool handle(struct server *server, int fd)
{
    if (fd == server->control)
        return obey(server);
    if (fd == server->listener)
        accept_all(server);
    else if (server->table[fd].open)
        receive(server, fd);
    return true;
}

static void serve(struct server *server)
{
    struct epoll_event events[EVENTS];
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    server->size = limit.rlim_cur < 65536 ? (size_t)limit.rlim_cur : 65536;
    server->table = calloc(server->size, sizeof(*server->table));
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server->table == NULL || server->epoll < 0)
        return;
    watch(server, server->control);
    watch(server, server->listener);
    for (;;) {
        int n = epoll_wait(server->epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++)
            if (!handle(server, events[i].data.fd))
                return;
    }
}

/* --- its owner --- */

static int open_listener(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (bind(fd, (struct sockaddr *)&address, len) != 0 || listen(fd, BACKLOG) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
        close(fd);
        return -1;
    }
    *port = ntohs(address.sin_port);
    return fd;
}

bool hold_origin_start(struct hold_origin *origin)
{
    int pair[2];
    int listener = open_listener(&origin->port);
    if (listener < 0)
        return false;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
        close(listener);
        return false;
    }
    origin->pid = fork();
    if (origin->pid == 0) {
        close(pair[0]);
        serve(&(struct server){.listener = listener, .control = pair[1]});
        _exit(0);
    }
    close(pair[1]);
    close(listener);
    origin->control = pair[0];
    return origin->pid > 0;
}

static void order(struct hold_origin *origin, enum order what, long count)
{
    struct message message = {.order = what, .count = count};
    send(origin->control, &message, sizeof(message), MSG_NOSIGNAL);
}

bool hold_origin_wait_held(struct hold_origin *origin, long count)
{
    struct pollfd pollfd = {.fd = origin->control, .events = POLLIN};
    char byte;
    order(origin, ORDER_TELL_WHEN_HELD, count);
    return poll(&pollfd, 1, PATIENCE_MS) == 1 && recv(origin->control, &byte, 1, 0) == 1;
}

void hold_origin_release(struct hold_origin *origin)
{
    order(origin, ORDER_RELEASE, 0);
}

void hold_origin_stop(struct hold_origin *origin)
{
    close(origin->control);
    waitpid(origin->pid, NULL, 0);
}
