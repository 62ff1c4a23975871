/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The scripted DNS server. Its thread polls four descriptors and never blocks
 * elsewhere for long; a byte in its pipe makes it release what it holds, the
 * pipe's end ends it.
 */
#include "support/dns_server.h"

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

#include "support/dns_answers.h"
#include "support/gate.h"

enum {
    NAMES_MAX = 2048,
    RECORDS_MAX = 64,
    RULES_MAX = 32,
    HELD_MAX = 16,
    TCP_ADDRESSES = 200,
    TTL_S = 60
};

union address {
    struct sockaddr sa;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
};

struct question {
    struct dns_query query;
    union address from;
    socklen_t from_len;
};

struct record {
    char name[DNS_NAME_BYTES];
    char address[64];
    unsigned ttl_s;
};

struct rule {
    char name[DNS_NAME_BYTES]; /* "": every name */
    unsigned type;
    enum dns_rule what;
};

struct count {
    char name[DNS_NAME_BYTES];
    unsigned a, aaaa;
};

struct dns_server {
    int udp, tcp;
    int conn; /* the TCP connection or -1; the thread's */
    int pipe[2];
    uint16_t port;
    char address[64];
    pthread_t thread;
    struct question held[HELD_MAX]; /* the thread's */
    int held_len;
    bool released; /* the thread's */

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t asked;
    struct record records[RECORDS_MAX];
    int records_len;
    struct rule rules[RULES_MAX];
    int rules_len;
    struct count names[NAMES_MAX];
    int names_len;
    unsigned questions, over_tcp, edns_bytes;
};

static void must(bool ok, const char *what)
{
    if (ok)
        return;
    perror(what);
    abort();
}

/* --- the script --- */

static void add_locked(struct dns_server *server, const char *name, const char *address,
                       unsigned ttl_s)
{
    must(server->records_len < RECORDS_MAX, "dns_server: too many records");
    struct record *record = &server->records[server->records_len++];
    snprintf(record->name, sizeof(record->name), "%s", name);
    snprintf(record->address, sizeof(record->address), "%s", address);
    record->ttl_s = ttl_s;
}

void dns_server_add(struct dns_server *server, const char *name, const char *address,
                    unsigned ttl_s)
{
    pthread_mutex_lock(&server->lock);
    add_locked(server, name, address, ttl_s);
    pthread_mutex_unlock(&server->lock);
}

void dns_server_move(struct dns_server *server, const char *name, const char *const *addresses,
                     unsigned ttl_s)
{
    int kept = 0;

    pthread_mutex_lock(&server->lock);
    for (int i = 0; i < server->records_len; i++) {
        if (strcasecmp(server->records[i].name, name) != 0)
            server->records[kept++] = server->records[i];
    }
    server->records_len = kept;
    for (; *addresses != NULL; addresses++)
        add_locked(server, name, *addresses, ttl_s);
    pthread_mutex_unlock(&server->lock);
}

void dns_server_rule(struct dns_server *server, const char *name, unsigned type, enum dns_rule rule)
{
    pthread_mutex_lock(&server->lock);
    must(server->rules_len < RULES_MAX, "dns_server: too many rules");
    struct rule *r = &server->rules[server->rules_len++];
    snprintf(r->name, sizeof(r->name), "%s", name != NULL ? name : "");
    r->type = type;
    r->what = rule;
    pthread_mutex_unlock(&server->lock);
}

void dns_server_clear(struct dns_server *server)
{
    pthread_mutex_lock(&server->lock);
    server->records_len = 0;
    server->rules_len = 0;
    pthread_mutex_unlock(&server->lock);
}

/* The latest rule that fits, or -1. */
static int rule_for(struct dns_server *s, const struct dns_query *q)
{
    pthread_mutex_lock(&s->lock);
    int i = s->rules_len - 1;
    while (i >= 0 && !((s->rules[i].type == 0 || s->rules[i].type == q->type) &&
                       (*s->rules[i].name == '\0' || strcasecmp(s->rules[i].name, q->name) == 0)))
        i--;
    int what = i >= 0 ? (int)s->rules[i].what : -1;
    pthread_mutex_unlock(&s->lock);
    return what;
}

/* Adds the name's records of the question's type. False where the name has none of any type. */
static bool add_records(struct dns_server *s, const struct dns_query *q, struct dns_packet *p)
{
    bool has = false;
    pthread_mutex_lock(&s->lock);
    for (int i = 0; i < s->records_len; i++) {
        const struct record *record = &s->records[i];
        if (strcasecmp(record->name, q->name) != 0)
            continue;
        has = true;
        if (dns_is_ipv6(record->address) == (q->type == DNS_AAAA))
            dns_packet_add(p, record->address, record->ttl_s);
    }
    pthread_mutex_unlock(&s->lock);
    return has;
}

/* --- counts --- */

static struct count *count_of_locked(struct dns_server *s, const char *name)
{
    for (int i = 0; i < s->names_len; i++)
        if (strcasecmp(s->names[i].name, name) == 0)
            return &s->names[i];
    must(s->names_len < NAMES_MAX, "dns_server: too many names");
    snprintf(s->names[s->names_len].name, DNS_NAME_BYTES, "%s", name);
    return &s->names[s->names_len++];
}

static void count(struct dns_server *s, const struct dns_query *q, bool tcp)
{
    pthread_mutex_lock(&s->lock);
    struct count *c = count_of_locked(s, q->name);
    *(q->type == DNS_AAAA ? &c->aaaa : &c->a) += 1;
    s->questions++;
    s->over_tcp += tcp;
    s->edns_bytes = q->edns_bytes;
    pthread_cond_broadcast(&s->asked);
    pthread_mutex_unlock(&s->lock);
}

static unsigned asked_locked(struct dns_server *s, const char *name, unsigned type)
{
    const struct count *c = count_of_locked(s, name);
    return type == DNS_AAAA ? c->aaaa : c->a;
}

unsigned dns_server_asked_type(struct dns_server *server, const char *name, unsigned type)
{
    pthread_mutex_lock(&server->lock);
    unsigned n = asked_locked(server, name, type);
    pthread_mutex_unlock(&server->lock);
    return n;
}

unsigned dns_server_asked(struct dns_server *server, const char *name)
{
    return dns_server_asked_type(server, name, DNS_A);
}

static unsigned read_locked(struct dns_server *s, const unsigned *counter)
{
    pthread_mutex_lock(&s->lock);
    unsigned n = *counter;
    pthread_mutex_unlock(&s->lock);
    return n;
}

unsigned dns_server_questions(struct dns_server *server)
{
    return read_locked(server, &server->questions);
}

unsigned dns_server_over_tcp(struct dns_server *server)
{
    return read_locked(server, &server->over_tcp);
}

unsigned dns_server_edns_bytes(struct dns_server *server)
{
    return read_locked(server, &server->edns_bytes);
}

bool dns_server_wait_type(struct dns_server *server, const char *name, unsigned type, unsigned n)
{
    struct timespec limit = patience_end(CLOCK_REALTIME);
    int err = 0;
    pthread_mutex_lock(&server->lock);
    while (asked_locked(server, name, type) < n && err == 0)
        err = pthread_cond_timedwait(&server->asked, &server->lock, &limit);
    bool came = asked_locked(server, name, type) >= n;
    pthread_mutex_unlock(&server->lock);
    return came;
}

bool dns_server_wait_asked(struct dns_server *server, const char *name, unsigned n)
{
    return dns_server_wait_type(server, name, DNS_A, n);
}

/* --- UDP --- */

static void send_udp(struct dns_server *s, const struct question *q, const struct dns_packet *p)
{
    sendto(s->udp, p->bytes, p->len, MSG_NOSIGNAL, &q->from.sa, q->from_len);
}

static void send_flags(struct dns_server *s, const struct question *q, unsigned flags)
{
    struct dns_packet p;
    dns_packet_respond(&p, &q->query, flags);
    send_udp(s, q, &p);
}

static bool is_held(const struct dns_query *q)
{
    return dns_query_is(q, "held") || dns_query_is(q, q->type == DNS_AAAA ? "held6" : "held4");
}

/* What the records or the first label say. */
static void answer(struct dns_server *s, const struct question *q)
{
    struct dns_packet packets[2];
    int n = 1;
    dns_packet_respond(&packets[0], &q->query, DNS_FLAG_RA);
    if (!add_records(s, &q->query, &packets[0]))
        n = dns_answer_by_label(&q->query, packets);
    for (int i = 0; i < n; i++)
        send_udp(s, q, &packets[i]);
}

static void hold_or_answer(struct dns_server *s, const struct question *q, bool hold)
{
    if (!hold || s->released || s->held_len == HELD_MAX)
        answer(s, q);
    else
        s->held[s->held_len++] = *q;
}

static void answer_udp(struct dns_server *s, const struct question *q)
{
    static const unsigned flags[] = {
        [DNS_RULE_NX] = DNS_FLAG_RA | DNS_NXDOMAIN,
        [DNS_RULE_NODATA] = DNS_FLAG_RA,
        [DNS_RULE_SERVFAIL] = DNS_FLAG_RA | DNS_SERVFAIL,
        [DNS_RULE_REFUSED] = DNS_REFUSED,
        [DNS_RULE_LAME] = 0,
    };
    int rule = rule_for(s, &q->query);
    if (rule == DNS_RULE_SILENT)
        return;
    if (rule < 0 || rule == DNS_RULE_HOLD)
        hold_or_answer(s, q, rule == DNS_RULE_HOLD || is_held(&q->query));
    else
        send_flags(s, q, flags[rule]);
}

static void read_udp(struct dns_server *s)
{
    struct question q = {.from_len = sizeof(q.from)};
    ssize_t n =
        recvfrom(s->udp, q.query.packet, sizeof(q.query.packet), 0, &q.from.sa, &q.from_len);
    if (n < DNS_HEAD || !dns_query_parse(&q.query, (size_t)n))
        return;
    count(s, &q.query, false);
    answer_udp(s, &q);
}

/* --- TCP --- */

/* Reads one framed question; a slow client is the test's own resolver. */
static bool read_tcp(int fd, struct dns_query *q)
{
    unsigned char frame[2];
    if (recv(fd, frame, 2, MSG_WAITALL) != 2)
        return false;
    size_t n = (size_t)frame[0] << 8 | frame[1];
    return n <= sizeof(q->packet) && recv(fd, q->packet, n, MSG_WAITALL) == (ssize_t)n &&
           dns_query_parse(q, n);
}

/* 200 addresses, or what the records say. */
static void answer_tcp(struct dns_server *s, const struct dns_query *q)
{
    struct dns_packet p;
    dns_packet_respond(&p, q, DNS_FLAG_RA);
    bool scripted = add_records(s, q, &p);
    for (int i = 0; !scripted && i < TCP_ADDRESSES && q->type == DNS_A; i++) {
        char text[32];
        snprintf(text, sizeof(text), "198.51.100.%d", i);
        dns_packet_add(&p, text, TTL_S);
    }
    unsigned char frame[2] = {(unsigned char)(p.len >> 8), (unsigned char)p.len};
    size_t len = dns_query_is(q, "half") ? p.len / 2 : p.len;
    send(s->conn, frame, 2, MSG_NOSIGNAL | MSG_MORE);
    send(s->conn, p.bytes, len, MSG_NOSIGNAL);
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
    struct dns_query q = {.len = 0};
    struct linger abort_it = {.l_onoff = 1, .l_linger = 0};
    if (!read_tcp(s->conn, &q)) {
        close_conn(s);
        return;
    }
    count(s, &q, true);
    if (dns_query_is(&q, "reset"))
        setsockopt(s->conn, SOL_SOCKET, SO_LINGER, &abort_it, sizeof(abort_it));
    else
        answer_tcp(s, &q);
    if (dns_query_is(&q, "reset") || dns_query_is(&q, "half"))
        close_conn(s);
}

/* --- the thread --- */

static void release(struct dns_server *s)
{
    s->released = true;
    for (int i = 0; i < s->held_len; i++)
        answer(s, &s->held[i]);
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

static uint16_t port_of(const union address *addr)
{
    return ntohs(addr->sa.sa_family == AF_INET6 ? addr->in6.sin6_port : addr->in.sin_port);
}

/* Binds a UDP and a TCP socket to one port; TCP's may be taken where UDP's was free. */
static bool try_bind(struct dns_server *s, const union address *loopback)
{
    union address addr = *loopback;
    socklen_t len = sizeof(addr);
    s->udp = socket(addr.sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    s->tcp = socket(addr.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(s->udp >= 0 && s->tcp >= 0, "dns_server: socket");
    must(bind(s->tcp, &addr.sa, len) == 0, "dns_server: bind");
    must(getsockname(s->tcp, &addr.sa, &len) == 0, "dns_server: getsockname");
    s->port = port_of(&addr);
    if (bind(s->udp, &addr.sa, len) == 0 && listen(s->tcp, 16) == 0)
        return true;
    close(s->udp);
    close(s->tcp);
    return false;
}

static struct dns_server *start(const union address *loopback, const char *shown)
{
    struct dns_server *s = calloc(1, sizeof(*s));
    must(s != NULL, "dns_server: memory");
    s->conn = -1;
    int tries = 0;
    while (!try_bind(s, loopback))
        must(++tries < 100, "dns_server: no port");
    snprintf(s->address, sizeof(s->address), "%s:%u", shown, (unsigned)s->port);
    must(pipe2(s->pipe, O_CLOEXEC) == 0, "dns_server: pipe");
    pthread_mutex_init(&s->lock, NULL);
    pthread_cond_init(&s->asked, NULL);
    must(pthread_create(&s->thread, NULL, serve, s) == 0, "dns_server: thread");
    return s;
}

struct dns_server *dns_server_start(void)
{
    union address loopback = {.in = {.sin_family = AF_INET}};
    loopback.in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return start(&loopback, "127.0.0.1");
}

struct dns_server *dns_server_start_ipv6(void)
{
    union address loopback = {.in6 = {.sin6_family = AF_INET6, .sin6_addr = in6addr_loopback}};
    int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, &loopback.sa, sizeof(loopback)) == 0;
    if (fd >= 0)
        close(fd);
    return has ? start(&loopback, "[::1]") : NULL;
}

void dns_server_stop(struct dns_server *server)
{
    if (server == NULL)
        return;
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
