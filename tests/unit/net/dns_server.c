/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The scripted DNS server. Its thread polls three descriptors and never blocks
 * elsewhere; a byte in its pipe makes it release what it holds, the pipe's end
 * ends it.
 */
#include "tests/unit/net/dns_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    HEAD = 12,
    PACKET_MAX = 8192,
    NAME_MAX_LEN = 256,
    NAMES_MAX = 256,
    HELD_MAX = 16,
    TCP_ADDRESSES = 200,
    TYPE_A = 1,
    TYPE_AAAA = 28,
    FLAG_TC = 0x0200,
    SERVFAIL = 2,
    NXDOMAIN = 3,
    REFUSED = 5
};

struct question {
    unsigned char packet[512]; /* head and question */
    size_t len;                /* of them */
    char name[NAME_MAX_LEN];
    unsigned type;
    struct sockaddr_in from;
};

struct dns_server {
    int udp, tcp;
    int conn; /* the TCP connection or -1; the thread's */
    int pipe[2];
    uint16_t port;
    char address[32];
    pthread_t thread;
    struct question held[HELD_MAX]; /* the thread's */
    int held_len;
    bool released; /* the thread's */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t asked;
    struct {
        char name[NAME_MAX_LEN];
        unsigned count;
    } names[NAMES_MAX];
    int names_len;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

/* --- packets --- */

struct packet {
    unsigned char bytes[PACKET_MAX];
    size_t len;
};

static void put16(struct packet *p, unsigned value)
{
    p->bytes[p->len++] = (unsigned char)(value >> 8);
    p->bytes[p->len++] = (unsigned char)value;
}

static void set16(struct packet *p, size_t at, unsigned value)
{
    p->bytes[at] = (unsigned char)(value >> 8);
    p->bytes[at + 1] = (unsigned char)value;
}

/* A response to q with the given flags and no answer yet. */
static struct packet response(const struct question *q, unsigned flags)
{
    struct packet p = {.len = q->len};
    memcpy(p.bytes, q->packet, q->len);
    set16(&p, 2, 0x8180 | flags);
    set16(&p, 4, 1);
    set16(&p, 6, 0);
    set16(&p, 8, 0);
    set16(&p, 10, 0);
    return p;
}

/* Adds an address record of the question's name. */
static void add_address(struct packet *p, int family, const char *text)
{
    set16(p, 6, (unsigned)(p->bytes[6] << 8 | p->bytes[7]) + 1);
    put16(p, 0xc000 | HEAD);
    put16(p, family == AF_INET ? TYPE_A : TYPE_AAAA);
    put16(p, 1);
    put16(p, 0);
    put16(p, 60);
    put16(p, family == AF_INET ? 4 : 16);
    inet_pton(family, text, p->bytes + p->len);
    p->len += family == AF_INET ? 4 : 16;
}

/* Reads head and question out of a packet of n bytes. */
static bool parse(struct question *q, size_t n)
{
    size_t at = HEAD;
    size_t out = 0;
    while (at < n && q->packet[at] != 0) {
        size_t label = q->packet[at++];
        if (at + label >= n || out + label + 2 > sizeof(q->name))
            return false;
        memcpy(q->name + out, q->packet + at, label);
        at += label;
        out += label;
        q->name[out++] = '.';
    }
    if (at + 5 > n || out == 0)
        return false;
    q->name[out - 1] = '\0';
    q->type = (unsigned)(q->packet[at + 1] << 8 | q->packet[at + 2]);
    q->len = at + 5;
    return true;
}

/* --- counts --- */

static unsigned *count_of_locked(struct dns_server *s, const char *name)
{
    for (int i = 0; i < s->names_len; i++)
        if (strcasecmp(s->names[i].name, name) == 0)
            return &s->names[i].count;
    must(s->names_len < NAMES_MAX, "dns_server: too many names");
    snprintf(s->names[s->names_len].name, NAME_MAX_LEN, "%s", name);
    return &s->names[s->names_len++].count;
}

static void count(struct dns_server *s, const struct question *q)
{
    if (q->type != TYPE_A)
        return;
    pthread_mutex_lock(&s->lock);
    ++*count_of_locked(s, q->name);
    pthread_cond_broadcast(&s->asked);
    pthread_mutex_unlock(&s->lock);
}

unsigned dns_server_asked(struct dns_server *server, const char *name)
{
    pthread_mutex_lock(&server->lock);
    unsigned n = *count_of_locked(server, name);
    pthread_mutex_unlock(&server->lock);
    return n;
}

bool dns_server_wait_asked(struct dns_server *server, const char *name, unsigned n)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += 10;
    int err = 0;
    pthread_mutex_lock(&server->lock);
    while (*count_of_locked(server, name) < n && err == 0)
        err = pthread_cond_timedwait(&server->asked, &server->lock, &limit);
    bool came = *count_of_locked(server, name) >= n;
    pthread_mutex_unlock(&server->lock);
    return came;
}

/* --- answering --- */

static bool is(const struct question *q, const char *label)
{
    size_t len = strlen(label);
    return strncasecmp(q->name, label, len) == 0 && (q->name[len] == '.' || q->name[len] == '\0');
}

static void send_udp(struct dns_server *s, const struct question *q, const struct packet *p)
{
    sendto(s->udp, p->bytes, p->len, MSG_NOSIGNAL, (const struct sockaddr *)&q->from,
           sizeof(q->from));
}

static void send_v4(struct dns_server *s, const struct question *q)
{
    struct packet p = response(q, 0);
    if (q->type == TYPE_A)
        add_address(&p, AF_INET, "192.0.2.1");
    send_udp(s, q, &p);
}

static void send_both(struct dns_server *s, const struct question *q)
{
    struct packet p = response(q, 0);
    if (q->type == TYPE_A)
        add_address(&p, AF_INET, "192.0.2.1");
    else
        add_address(&p, AF_INET6, "2001:db8::1");
    send_udp(s, q, &p);
}

/* An answer that is not to be believed, before the right one. */
static void send_forged(struct dns_server *s, const struct question *q)
{
    struct packet p = response(q, 0);
    add_address(&p, AF_INET, "203.0.113.66");
    if (is(q, "wrongid"))
        p.bytes[1] ^= 0x5a;
    else
        p.bytes[HEAD + 1] = 'x';
    send_udp(s, q, &p);
    send_v4(s, q);
}

static void send_loop(struct dns_server *s, const struct question *q)
{
    struct packet p = response(q, 0);
    size_t at = p.len;
    add_address(&p, AF_INET, "192.0.2.1");
    set16(&p, at, 0xc000 | (unsigned)at);
    send_udp(s, q, &p);
}

static void hold(struct dns_server *s, const struct question *q)
{
    if (s->released || s->held_len == HELD_MAX)
        send_v4(s, q);
    else
        s->held[s->held_len++] = *q;
}

static void send_flags(struct dns_server *s, const struct question *q)
{
    unsigned flags = NXDOMAIN;
    if (is(q, "nodata"))
        flags = 0;
    else if (is(q, "fail"))
        flags = SERVFAIL;
    else if (is(q, "refused"))
        flags = REFUSED;
    else if (is(q, "tc") || is(q, "reset"))
        flags = FLAG_TC;
    struct packet p = response(q, flags);
    send_udp(s, q, &p);
}

static void answer_udp(struct dns_server *s, const struct question *q)
{
    if (is(q, "silent"))
        return;
    if (is(q, "held"))
        hold(s, q);
    else if (is(q, "both"))
        send_both(s, q);
    else if (is(q, "wrongid") || is(q, "wrongq"))
        send_forged(s, q);
    else if (is(q, "loop"))
        send_loop(s, q);
    else if (is(q, "empty"))
        send_udp(s, q, &(struct packet){.len = 0});
    else if (!is(q, "v4"))
        send_flags(s, q);
    if (is(q, "v4") || is(q, "empty"))
        send_v4(s, q);
}

static void read_udp(struct dns_server *s)
{
    struct question q = {.len = 0};
    socklen_t len = sizeof(q.from);
    ssize_t n = recvfrom(s->udp, q.packet, sizeof(q.packet), 0, (struct sockaddr *)&q.from, &len);
    if (n < HEAD || !parse(&q, (size_t)n))
        return;
    count(s, &q);
    answer_udp(s, &q);
}

/* Reads one framed question; a slow client is the test's own resolver. */
static bool read_tcp(int fd, struct question *q)
{
    unsigned char frame[2];
    if (recv(fd, frame, 2, MSG_WAITALL) != 2)
        return false;
    size_t n = (size_t)frame[0] << 8 | frame[1];
    return n <= sizeof(q->packet) && recv(fd, q->packet, n, MSG_WAITALL) == (ssize_t)n &&
           parse(q, n);
}

static void answer_tcp(int fd, const struct question *q)
{
    struct packet p = response(q, 0);
    for (int i = 0; i < TCP_ADDRESSES && q->type == TYPE_A; i++) {
        char text[32];
        snprintf(text, sizeof(text), "198.51.100.%d", i);
        add_address(&p, AF_INET, text);
    }
    unsigned char frame[2] = {(unsigned char)(p.len >> 8), (unsigned char)p.len};
    send(fd, frame, 2, MSG_NOSIGNAL | MSG_MORE);
    send(fd, p.bytes, p.len, MSG_NOSIGNAL);
}

static void close_conn(struct dns_server *s)
{
    if (s->conn >= 0)
        close(s->conn);
    s->conn = -1;
}

/* One connection at a time: a new one replaces it. */
static void accept_tcp(struct dns_server *s)
{
    struct timeval limit = {.tv_sec = 2};
    close_conn(s);
    s->conn = accept4(s->tcp, NULL, NULL, SOCK_CLOEXEC);
    if (s->conn >= 0)
        setsockopt(s->conn, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
}

/* Serves one question of the connection. */
static void serve_tcp(struct dns_server *s)
{
    struct question q = {.len = 0};
    struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    if (!read_tcp(s->conn, &q)) {
        close_conn(s);
        return;
    }
    count(s, &q);
    if (!is(&q, "reset")) {
        answer_tcp(s->conn, &q);
        return;
    }
    setsockopt(s->conn, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
    close_conn(s);
}

static void release(struct dns_server *s)
{
    s->released = true;
    for (int i = 0; i < s->held_len; i++)
        send_v4(s, &s->held[i]);
    s->held_len = 0;
}

static void *serve(void *arg)
{
    struct dns_server *s = arg;
    for (;;) {
        struct pollfd fds[] = {{s->udp, POLLIN, 0},
                               {s->tcp, POLLIN, 0},
                               {s->pipe[0], POLLIN, 0},
                               {s->conn, POLLIN, 0}};
        poll(fds, 4, -1);
        if (fds[0].revents != 0)
            read_udp(s);
        if (fds[3].revents != 0)
            serve_tcp(s);
        if (fds[1].revents != 0)
            accept_tcp(s);
        char byte;
        if (fds[2].revents == 0)
            continue;
        if (read(s->pipe[0], &byte, 1) != 1)
            return NULL;
        release(s);
    }
}

/* --- life --- */

/* Binds a UDP and a TCP socket to one port; TCP's may be taken where UDP's was free. */
static bool try_bind(struct dns_server *s)
{
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(addr);
    s->udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    s->tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(s->udp >= 0 && s->tcp >= 0, "dns_server: socket");
    must(bind(s->tcp, (struct sockaddr *)&addr, len) == 0, "dns_server: bind");
    must(getsockname(s->tcp, (struct sockaddr *)&addr, &len) == 0, "dns_server: getsockname");
    s->port = ntohs(addr.sin_port);
    if (bind(s->udp, (struct sockaddr *)&addr, len) == 0 && listen(s->tcp, 16) == 0)
        return true;
    close(s->udp);
    close(s->tcp);
    return false;
}

struct dns_server *dns_server_start(void)
{
    struct dns_server *s = calloc(1, sizeof(*s));
    must(s != NULL, "dns_server: memory");
    s->conn = -1;
    int tries = 0;
    while (!try_bind(s))
        must(++tries < 100, "dns_server: no port");
    snprintf(s->address, sizeof(s->address), "127.0.0.1:%u", (unsigned)s->port);
    must(pipe2(s->pipe, O_CLOEXEC) == 0, "dns_server: pipe");
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->asked, NULL);
    must(pthread_create(&s->thread, NULL, serve, s) == 0, "dns_server: thread");
    return s;
}

void dns_server_stop(struct dns_server *server)
{
    close(server->pipe[1]);
    pthread_join(server->thread, NULL);
    close_conn(server);
    close(server->pipe[0]);
    close(server->udp);
    close(server->tcp);
    pthread_cond_destroy(&server->asked);
    pthread_mutex_destroy(&server->lock);
    free(server);
}

uint16_t dns_server_port(const struct dns_server *server)
{
    return server->port;
}

const char *dns_server_address(const struct dns_server *server)
{
    return server->address;
}

void dns_server_release(struct dns_server *server)
{
    must(write(server->pipe[1], "r", 1) == 1, "dns_server: write");
}
