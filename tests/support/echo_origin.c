/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See echo_origin.h. In the child: one thread, no locks.
 */
#include "support/echo_origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/gate.h"
#include "support/leaks.h"

enum { REQUEST_MAX = 4096, DELAY_MS = 3, EVENTS = 64 };

struct client {
    int fd;
    size_t len;
    char request[REQUEST_MAX];
    unsigned long number; /* of the delayed answer */
    int64_t due_ms;       /* 0: none is delayed */
    struct client *next;  /* in the list of delayed answers, oldest first */
};

struct echo {
    int epoll;
    int listener;
    struct client *first; /* delayed */
    struct client **last;
};

size_t echo_body(unsigned long n, char *buf)
{
    static const size_t lengths[] = {24, 300, 24, 2000};
    size_t len = n % 16 == 7 ? ECHO_BODY_MAX : lengths[n % 4];
    char word[24];
    size_t word_len = (size_t)snprintf(word, sizeof word, "%lu.", n);

    for (size_t i = 0; i < len; i++)
        buf[i] = word[i % word_len];
    return len;
}

/* A client that does not read is not worth waiting for: what does not fit is an error. */
static bool put(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        data += n;
        len -= (size_t)n;
    }
    return true;
}

static size_t write_answer(char *out, unsigned long n, const char *fields)
{
    char body[ECHO_BODY_MAX];
    size_t body_len = echo_body(n, body);
    size_t len =
        (size_t)sprintf(out, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", fields, body_len);

    memcpy(out + len, body, body_len);
    return len + body_len;
}

static size_t write_chunked(char *out, unsigned long n)
{
    char body[ECHO_BODY_MAX];
    size_t body_len = echo_body(n, body);
    size_t half = body_len / 2;
    char *at = out;

    at += sprintf(at, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%zx\r\n", half);
    at = (char *)memcpy(at, body, half) + half;
    at += sprintf(at, "\r\n%zx;ext=1\r\n", body_len - half);
    at = (char *)memcpy(at, body + half, body_len - half) + (body_len - half);
    at += sprintf(at, "\r\n0\r\nX-Trailer: 1\r\n\r\n");
    return (size_t)(at - out);
}

static bool answer_twice(int fd, unsigned long n)
{
    static char out[2 * ECHO_BODY_MAX + 512];
    size_t len = write_answer(out, n, "");

    len += write_answer(out + len, n + 1, "");
    return put(fd, out, len);
}

static void reset(int fd)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
}

static void delay(struct echo *echo, struct client *client, unsigned long n)
{
    client->number = n;
    client->due_ms = now_ms() + DELAY_MS;
    client->next = NULL;
    *echo->last = client;
    echo->last = &client->next;
}

/* Whether the connection lives on. */
static bool answer(struct echo *echo, struct client *client, const char *word, unsigned long n)
{
    static char out[ECHO_BODY_MAX + 512];
    size_t len;

    if (strcmp(word, "never") == 0)
        return true;
    if (strcmp(word, "slow") == 0)
        return delay(echo, client, n), true;
    if (strcmp(word, "drop") == 0)
        return false;
    if (strcmp(word, "reset") == 0)
        return reset(client->fd), false;
    if (strcmp(word, "stray") == 0)
        return answer_twice(client->fd, n);
    if (strcmp(word, "chunk") == 0)
        return put(client->fd, out, write_chunked(out, n));
    len = write_answer(out, n, strcmp(word, "bye") == 0 ? "Connection: close\r\n" : "");
    if (strcmp(word, "half") == 0)
        len -= echo_body(n, (char[ECHO_BODY_MAX]){0}) / 2;
    return put(client->fd, out, len) && strcmp(word, "echo") == 0;
}

static size_t request_length(const struct client *client)
{
    const char *end = memmem(client->request, client->len, "\r\n\r\n", 4);
    const char *length;

    if (end == NULL)
        return 0;
    length = memmem(client->request, client->len, "Content-Length: ", 16);
    if (length == NULL || length > end)
        return (size_t)(end - client->request) + 4;
    return (size_t)(end - client->request) + 4 + strtoul(length + 16, NULL, 10);
}

static void drop(struct echo *echo, struct client *client)
{
    epoll_ctl(echo->epoll, EPOLL_CTL_DEL, client->fd, NULL);
    close(client->fd);
    client->fd = -1;
    if (client->due_ms == 0)
        free(client);
}

static bool serve(struct echo *echo, struct client *client)
{
    char word[16];
    unsigned long n;
    size_t len;

    client->request[client->len] = '\0';
    len = request_length(client);
    if (len == 0 || client->len < len)
        return client->len < REQUEST_MAX - 1;
    if (sscanf(client->request, "%*s /%15[a-z]/%lu ", word, &n) != 2)
        return false;
    client->len -= len;
    memmove(client->request, client->request + len, client->len);
    return answer(echo, client, word, n);
}

static void on_readable(struct echo *echo, struct client *client)
{
    ssize_t n = recv(client->fd, client->request + client->len, REQUEST_MAX - 1 - client->len,
                     MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n > 0)
        client->len += (size_t)n;
    if (n <= 0 || !serve(echo, client))
        drop(echo, client);
}

static void on_accept(struct echo *echo)
{
    int fd = accept4(echo->listener, NULL, NULL, SOCK_CLOEXEC);
    struct client *client = fd < 0 ? NULL : calloc(1, sizeof *client);
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = client};
    int one = 1;

    if (client == NULL)
        return;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    client->fd = fd;
    epoll_ctl(echo->epoll, EPOLL_CTL_ADD, fd, &event);
}

/* Sends what is due; returns how long to wait for the next. */
static int send_delayed(struct echo *echo)
{
    static char out[ECHO_BODY_MAX + 512];

    while (echo->first != NULL) {
        struct client *client = echo->first;
        int64_t left = client->due_ms - now_ms();
        if (left > 0)
            return (int)left;
        echo->first = client->next;
        if (echo->first == NULL)
            echo->last = &echo->first;
        client->due_ms = 0;
        if (client->fd < 0)
            free(client);
        else if (!put(client->fd, out, write_answer(out, client->number, "")))
            drop(echo, client);
    }
    return -1;
}

static void run(struct echo *echo)
{
    struct epoll_event events[EVENTS];

    for (;;) {
        int n = epoll_wait(echo->epoll, events, EVENTS, send_delayed(echo));
        for (int i = 0; i < n; i++) {
            if (events[i].data.ptr == NULL)
                on_accept(echo);
            else
                on_readable(echo, events[i].data.ptr);
        }
    }
}

static int listen_loopback(uint16_t *port)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof addr) != 0 || listen(fd, 4096) != 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) != 0) {
        perror("echo origin");
        abort();
    }
    *port = ntohs(addr.sin_port);
    return fd;
}

static void child(int listener)
{
    struct echo echo = {.epoll = epoll_create1(EPOLL_CLOEXEC), .listener = listener};
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGTERM, SIG_DFL);
    leaks_raise_fd_limit();
    echo.last = &echo.first;
    epoll_ctl(echo.epoll, EPOLL_CTL_ADD, listener, &event);
    run(&echo);
}

void echo_origin_start(struct echo_origin *origin)
{
    int listener = listen_loopback(&origin->port);

    origin->pid = fork();
    if (origin->pid == 0)
        child(listener);
    if (origin->pid < 0)
        abort();
    close(listener);
}

void echo_origin_stop(struct echo_origin *origin)
{
    kill(origin->pid, SIGKILL);
    waitpid(origin->pid, NULL, 0);
}
