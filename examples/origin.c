/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The examples' server: one thread, one epoll set, a small state for each
 * connection. See origin.h for what it answers.
 *
 * Invariant: each connection is in exactly one list, that of what it waits for.
 * All answers of one list wait equally long, so its first connection is the
 * first one due, and a list is all the timer there is. Only the server's thread
 * touches lists and connections; `requests` is the one shared figure.
 */
#define _GNU_SOURCE 1 /* accept4, strcasestr */

#include "origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The lists: connections that wait for the peer, or for their time to answer. */
enum list { LIST_PEER, LIST_50MS, LIST_2S, LISTS };

static const int list_delay_ms[LISTS] = {0, 50, 2000};

struct conn {
    struct conn *prev;
    struct conn *next;
    int fd;
    int64_t due_ms;   /* in a list with a delay: when to answer */
    size_t in_len;    /* bytes of the request so far */
    size_t head_len;  /* of the answer */
    size_t body_len;  /* of the answer */
    size_t sent;      /* of head and body together */
    const char *body; /* the answer's: in text, in in, or the pattern */
    char head[320];   /* the answer's */
    char text[32];    /* a short answer's body */
    char in[8192];    /* the request, and a NUL */
};

struct origin {
    pthread_t thread;
    int listener;
    int epoll;
    int stop;                 /* an eventfd: readable when the thread is to end */
    struct conn lists[LISTS]; /* heads of rings */
    _Atomic size_t requests;
    char *pattern; /* ORIGIN_MIB + 256 bytes: byte i is i modulo 256 */
    char url[40];
    char example_url[80]; /* of origin_or_argument() */
};

struct request {
    const char *path;
    size_t path_len;
    unsigned long id;
    const char *body;
    size_t body_len;
};

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

static void move_conn(struct origin *o, enum list list, struct conn *c)
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
        append_conn(o, LIST_PEER, c);
        watch(o, EPOLL_CTL_ADD, fd, EPOLLIN, c);
    }
}

/* --- answers --------------------------------------------------------------- */

/* Sends what is left of the head and the body, as much as the socket takes. */
static ssize_t send_some(struct conn *c)
{
    size_t head_sent = c->sent < c->head_len ? c->sent : c->head_len;
    size_t body_sent = c->sent - head_sent;
    struct iovec parts[2] = {
        {c->head + head_sent, c->head_len - head_sent},
        {(char *)c->body + body_sent, c->body_len - body_sent},
    };
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};

    return sendmsg(c->fd, &message, MSG_NOSIGNAL);
}

static void send_answer(struct origin *o, struct conn *c)
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

static void prepare_head(struct conn *c, const char *status, const char *type, unsigned long id)
{
    int len = snprintf(c->head, sizeof c->head,
                       "HTTP/1.1 %s\r\n"
                       "Content-Type: %.100s\r\n"
                       "Content-Length: %zu\r\n"
                       "X-Id: %lu\r\n\r\n",
                       status, type, c->body_len, id);

    c->head_len = (size_t)len;
    c->sent = 0;
}

static void prepare_text(struct conn *c, const char *status, const struct request *r)
{
    int len =
        snprintf(c->text, sizeof c->text, "%.*s %lu\n", (int)r->path_len - 1, r->path + 1, r->id);

    c->body = c->text;
    c->body_len = (size_t)len;
    prepare_head(c, status, "text/plain", r->id);
}

static void answer_instant(struct origin *o, struct conn *c, const struct request *r)
{
    prepare_text(c, "200 OK", r);
    send_answer(o, c);
}

static void answer_50ms(struct origin *o, struct conn *c, const struct request *r)
{
    prepare_text(c, "200 OK", r);
    move_conn(o, LIST_50MS, c);
}

static void answer_2s(struct origin *o, struct conn *c, const struct request *r)
{
    prepare_text(c, "200 OK", r);
    move_conn(o, LIST_2S, c);
}

static void answer_1mib(struct origin *o, struct conn *c, const struct request *r)
{
    c->body = o->pattern + r->id % 256;
    c->body_len = ORIGIN_MIB;
    prepare_head(c, "200 OK", "application/octet-stream", r->id);
    send_answer(o, c);
}

static void answer_never(struct origin *o, struct conn *c, const struct request *r)
{
    (void)o, (void)r;
    c->in_len = 0;
}

static void answer_echo(struct origin *o, struct conn *c, const struct request *r)
{
    const char *field = strcasestr(c->in, "\r\nContent-Type: ");
    char type[101] = "application/octet-stream";

    if (field != NULL && field < r->body)
        sscanf(field + 16, "%100[^\r\n]", type);
    c->body = r->body;
    c->body_len = r->body_len;
    prepare_head(c, "200 OK", type, r->id);
    send_answer(o, c);
}

static void answer_not_found(struct origin *o, struct conn *c, const struct request *r)
{
    static const char words[] = "no such route\n";

    c->body = words;
    c->body_len = sizeof words - 1;
    prepare_head(c, "404 Not Found", "text/plain", r->id);
    send_answer(o, c);
}

static const struct route {
    const char *path;
    void (*answer)(struct origin *o, struct conn *c, const struct request *r);
} routes[] = {
    {"/instant", answer_instant}, {"/50ms", answer_50ms},   {"/2s", answer_2s},
    {"/1MiB", answer_1mib},       {"/never", answer_never}, {"/echo", answer_echo},
};

static void answer(struct origin *o, struct conn *c, const struct request *r)
{
    atomic_fetch_add(&o->requests, 1);
    for (size_t i = 0; i < sizeof routes / sizeof routes[0]; i++) {
        if (strlen(routes[i].path) == r->path_len &&
            memcmp(routes[i].path, r->path, r->path_len) == 0) {
            routes[i].answer(o, c, r);
            return;
        }
    }
    answer_not_found(o, c, r);
}

/* --- requests -------------------------------------------------------------- */

/* Whether a whole request is there; then *r points into c->in. */
static int parse_request(struct conn *c, struct request *r)
{
    const char *end = strstr(c->in, "\r\n\r\n");
    const char *field = strcasestr(c->in, "\r\nContent-Length: ");
    const char *path = strchr(c->in, '/');
    const char *query;

    if (end == NULL || path == NULL)
        return 0;
    r->body = end + 4;
    r->body_len = field != NULL && field < end ? strtoul(field + 18, NULL, 10) : 0;
    r->path = path;
    r->path_len = strcspn(path, "? ");
    query = path + r->path_len;
    r->id = strncmp(query, "?id=", 4) == 0 ? strtoul(query + 4, NULL, 10) : 0;
    return c->in_len >= (size_t)(r->body - c->in) + r->body_len;
}

static void read_request(struct origin *o, struct conn *c)
{
    struct request r;
    ssize_t n = recv(c->fd, c->in + c->in_len, sizeof c->in - 1 - c->in_len, 0);

    if (n <= 0) { /* also when the request is too large for this server */
        close_conn(c);
        return;
    }
    c->in_len += (size_t)n;
    c->in[c->in_len] = '\0';
    if (parse_request(c, &r))
        answer(o, c, &r);
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

            move_conn(o, LIST_PEER, c);
            send_answer(o, c);
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
        send_answer(o, c);
    else
        read_request(o, c);
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
