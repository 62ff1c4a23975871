/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The waiting origin: one thread, one level-triggered epoll set, a table of
 * connections indexed by descriptor. Requests are small GETs, so a connection's
 * buffer holds one head; whatever does not fit closes it.
 *
 * What is answered after a time waits in a queue, first come first: its callers
 * all ask for the same time.
 *
 * No locks: the process has one thread.
 */
#include "hold_origin.h"
#include "bench.h"

#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { HEAD_MAX = 512, EVENTS = 256 };

struct connection {
    bool open;
    unsigned uses; /* of the descriptor, so that an answer does not go to the next user */
    bool held;
    size_t len;
    char head[HEAD_MAX];
};

/* An answer that is due later. */
struct due {
    int64_t at_ns;
    int fd;
    unsigned uses;
};

struct server {
    int listener;
    int control;
    int epoll;
    size_t size; /* of the table */
    struct connection *table;
    long held;
    long tell_at;     /* the owner waits for this many held requests; 0: it does not */
    struct due *dues; /* a ring of as many as the table has places */
    size_t first_due;
    size_t dues_len;
};

static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\nHello, world!";

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
        server->table[fd].uses++;
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
    if (server->tell_at == 0 || server->held < server->tell_at)
        return;
    server->tell_at = 0;
    forked_tell(server->control);
}

/* --- answers that are due later --- */

static void reply_after(struct server *server, int fd, int64_t delay_ms)
{
    if (server->dues_len == server->size) {
        drop(server, fd);
        return;
    }
    server->dues[(server->first_due + server->dues_len++) % server->size] = (struct due){
        .at_ns = now_ns() + delay_ms * 1000000, .fd = fd, .uses = server->table[fd].uses};
}

static void reply_due(struct server *server)
{
    int64_t now = server->dues_len > 0 ? now_ns() : 0;
    while (server->dues_len > 0 && server->dues[server->first_due].at_ns <= now) {
        struct due due = server->dues[server->first_due];
        server->first_due = (server->first_due + 1) % server->size;
        server->dues_len--;
        if (server->table[due.fd].open && server->table[due.fd].uses == due.uses)
            reply(server, due.fd);
    }
}

/* For epoll_wait: until the first is due. */
static int milliseconds_left(const struct server *server)
{
    if (server->dues_len == 0)
        return -1;
    int64_t left = server->dues[server->first_due].at_ns - now_ns();
    return left > 0 ? (int)((left + 999999) / 1000000) : 0;
}

/* --- requests --- */

static bool begins_with(const struct connection *c, const char *text)
{
    return c->len >= strlen(text) && memcmp(c->head, text, strlen(text)) == 0;
}

static void take_request(struct server *server, int fd)
{
    static const char after[] = "GET /after?";
    struct connection *c = &server->table[fd];
    if (begins_with(c, after)) {
        reply_after(server, fd, strtol(c->head + sizeof(after) - 1, NULL, 10));
    } else if (begins_with(c, "GET /hold")) {
        c->held = true;
        server->held++;
        tell_if_held(server);
    } else {
        reply(server, fd);
    }
    c->len = 0;
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
    else if (server->table[fd].open)
        receive(server, fd);
    return true;
}

static void serve(int listener, int control)
{
    struct server *server = &(struct server){.listener = listener, .control = control};
    struct epoll_event events[EVENTS];
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    server->size = limit.rlim_cur < 65536 ? (size_t)limit.rlim_cur : 65536;
    server->table = calloc(server->size, sizeof(*server->table));
    server->dues = calloc(server->size, sizeof(*server->dues));
    server->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (server->table == NULL || server->dues == NULL || server->epoll < 0)
        return;
    watch(server, server->control);
    watch(server, server->listener);
    for (;;) {
        int n = epoll_wait(server->epoll, events, EVENTS, milliseconds_left(server));
        reply_due(server);
        for (int i = 0; i < n; i++)
            if (!handle(server, events[i].data.fd))
                return;
    }
}

bool hold_origin_start(struct forked *origin)
{
    return forked_start(origin, serve);
}
