/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The examples' server: one thread, one epoll set, a small state for each
 * connection. See origin.h for what it answers, and origin_answers.c for how.
 *
 * Invariant: each connection is in exactly one list, that of what it waits for.
 * All answers of one list wait equally long, so its first connection is the
 * first one due, and a list is all the timer there is. Only the server's thread
 * touches lists and connections; `requests` is the one shared figure.
 */
#define _GNU_SOURCE 1 /* accept4 */

#include "origin.h"
#include "origin_inside.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

static const int list_delay_ms[LISTS] = {0, 50, 2000};

static int64_t now_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- lists and connections ------------------------------------------------ */

static void unlink_conn(struct conn *c)
{
    c->prev->next = c->next;
    c->next->prev = c->prev;
}

static void append_conn(struct origin *o, enum list list, struct conn *c)
{
    struct conn *head = &o->lists[list];

    c->due_ms = now_ms() + list_delay_ms[list];
    c->prev = head->prev;
    c->next = head;
    head->prev->next = c;
    head->prev = c;
}

void origin_move_conn(struct origin *o, enum list list, struct conn *c)
{
    unlink_conn(c);
    append_conn(o, list, c);
}

static void close_conn(struct conn *c)
{
    unlink_conn(c);
    close(c->fd);
    free(c);
}

static void watch(struct origin *o, int op, int fd, uint32_t events, void *ptr)
{
    struct epoll_event event = {.events = events, .data.ptr = ptr};

    epoll_ctl(o->epoll, op, fd, &event);
}

static void accept_conns(struct origin *o)
{
    int one = 1;
    int fd;

    while ((fd = accept4(o->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
        struct conn *c = calloc(1, sizeof *c);

        if (c == NULL) {
            close(fd);
            return;
        }
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        c->fd = fd;
        c->on_input = origin_take_request;
        append_conn(o, LIST_PEER, c);
        watch(o, EPOLL_CTL_ADD, fd, EPOLLIN, c);
    }
}

/* --- answers --------------------------------------------------------------- */

/* Sends on: the head, and the body up to its next whole MiB, where a long one, which is made of the
 * pattern, begins again. */
static ssize_t send_some(struct conn *c)
{
    size_t head_sent = c->sent < c->head_len ? c->sent : c->head_len;
    size_t body_sent = c->sent - head_sent;
    size_t begun = body_sent % ORIGIN_MIB;
    size_t left = c->body_len - body_sent;
    struct iovec parts[2] = {
        {c->head + head_sent, c->head_len - head_sent},
        {left > 0 ? (char *)c->body + begun : NULL,
         left < ORIGIN_MIB - begun ? left : ORIGIN_MIB - begun},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    return sendmsg(c->fd, &message, MSG_NOSIGNAL);
}

void origin_send_answer(struct origin *o, struct conn *c)
{
    while (c->sent < c->head_len + c->body_len) {
        ssize_t n = send_some(c);

        if (n < 0 && errno == EAGAIN) {
            watch(o, EPOLL_CTL_MOD, c->fd, EPOLLOUT, c);
            return;
        }
        if (n < 0) {
            close_conn(c);
            return;
        }
        c->sent += (size_t)n;
    }
    c->in_len = 0;
    watch(o, EPOLL_CTL_MOD, c->fd, EPOLLIN, c);
}

/* --- requests -------------------------------------------------------------- */

static void read_some(struct origin *o, struct conn *c)
{
    ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - 1 - c->in_len, 0);

    if (n <= 0) { /* also when the request is too large for this server */
        close_conn(c);
        return;
    }
    c->in_len += (size_t)n;
    c->in[c->in_len] = '\0';
    c->on_input(o, c);
}

/* --- the thread ------------------------------------------------------------ */

/* How long until the next delayed answer is due; -1 when there is none. */
static int next_due_ms(struct origin *o)
{
    int64_t next = -1;

    for (int list = LIST_50MS; list < LISTS; list++) {
        struct conn *head = &o->lists[list];
        int64_t wait_ms = head->next->due_ms - now_ms();

        if (head->next != head && (next < 0 || wait_ms < next))
            next = wait_ms > 0 ? wait_ms : 0;
    }
    return (int)next;
}

static void answer_due(struct origin *o)
{
    for (int list = LIST_50MS; list < LISTS; list++) {
        struct conn *head = &o->lists[list];

        while (head->next != head && head->next->due_ms <= now_ms()) {
            struct conn *c = head->next;

            origin_move_conn(o, LIST_PEER, c);
            origin_send_answer(o, c);
        }
    }
}

/* Returns 0 when the thread is to end. */
static int handle(struct origin *o, const struct epoll_event *event)
{
    struct conn *c = event->data.ptr;

    if (event->data.ptr == &o->stop)
        return 0;
    if (event->data.ptr == &o->listener)
        accept_conns(o);
    else if (event->events & EPOLLOUT)
        origin_send_answer(o, c);
    else
        read_some(o, c);
    return 1;
}

static void *serve(void *arg)
{
    struct origin *o = arg;
    struct epoll_event events[64];
    int running = 1;

    while (running) {
        int n = epoll_wait(o->epoll, events, 64, next_due_ms(o));

        for (int i = 0; i < n && running; i++)
            running = handle(o, &events[i]);
        answer_due(o);
    }
    return NULL;
}

/* --- start and stop -------------------------------------------------------- */

static int listen_on_loopback(struct origin *o)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof addr;

    o->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (o->listener < 0 || bind(o->listener, (struct sockaddr *)&addr, len) != 0 ||
        listen(o->listener, 4096) != 0 ||
        getsockname(o->listener, (struct sockaddr *)&addr, &len) != 0)
        return -1;
    snprintf(o->url, sizeof o->url, "http://127.0.0.1:%d", ntohs(addr.sin_port));
    return 0;
}

static int prepare(struct origin *o)
{
    o->pattern = malloc(ORIGIN_MIB + 256);
    if (o->pattern == NULL)
        return -1;
    for (size_t i = 0; i < ORIGIN_MIB + 256; i++)
        o->pattern[i] = (char)i;
    o->epoll = epoll_create1(EPOLL_CLOEXEC);
    o->stop = eventfd(0, EFD_CLOEXEC);
    if (o->epoll < 0 || o->stop < 0 || listen_on_loopback(o) != 0)
        return -1;
    watch(o, EPOLL_CTL_ADD, o->listener, EPOLLIN, &o->listener);
    watch(o, EPOLL_CTL_ADD, o->stop, EPOLLIN, &o->stop);
    return 0;
}

static void release(struct origin *o)
{
    for (int list = 0; list < LISTS; list++)
        while (o->lists[list].next != &o->lists[list])
            close_conn(o->lists[list].next);
    if (o->listener >= 0)
        close(o->listener);
    if (o->epoll >= 0)
        close(o->epoll);
    if (o->stop >= 0)
        close(o->stop);
    free(o->pattern);
    free(o);
}

struct origin *origin_start(void)
{
    struct origin *o = calloc(1, sizeof *o);
    int error;

    if (o == NULL)
        return NULL;
    o->listener = o->epoll = o->stop = -1;
    for (int list = 0; list < LISTS; list++)
        o->lists[list].prev = o->lists[list].next = &o->lists[list];
    error = prepare(o) != 0 ? errno : pthread_create(&o->thread, NULL, serve, o);
    if (error == 0)
        return o;
    release(o);
    errno = error;
    return NULL;
}

const char *origin_url(const struct origin *origin)
{
    return origin->url;
}

const char *origin_or_argument(struct origin **origin, int argc, char **argv, const char *path)
{
    *origin = argc > 1 ? NULL : origin_start();
    if (argc > 1)
        return argv[1];
    if (*origin == NULL)
        return NULL;
    snprintf((*origin)->example_url, sizeof(*origin)->example_url, "%s%s", (*origin)->url, path);
    return (*origin)->example_url;
}

size_t origin_requests(struct origin *origin)
{
    return atomic_load(&origin->requests);
}

void origin_stop(struct origin *origin)
{
    uint64_t one = 1;

    if (origin == NULL)
        return;
    if (write(origin->stop, &one, sizeof one) == sizeof one)
        pthread_join(origin->thread, NULL);
    release(origin);
}
