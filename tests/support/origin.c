/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See origin.h.
 */
#include "support/origin.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "support/gate.h"
#include "support/peer_tls.h"

enum { PEER_STACK_BYTES = 512 * 1024 };

struct peer {
    struct origin *origin;
    struct peer *next;
    pthread_t thread;
    int fd;   /* -1 once closed; guarded by the origin's lock against the stop */
    SSL *ssl; /* or NULL */
    unsigned number;
    unsigned requests;
    char head[ORIGIN_HEAD_BYTES];
    char extra[ORIGIN_HEAD_BYTES]; /* received and not yet read */
    size_t extra_len;
    unsigned segments; /* data segments received up to the last request */
};

struct origin {
    int fd;
    int unix_fd; /* or -1 */
    uint16_t port;
    origin_handler handler;
    void *arg;
    SSL_CTX *tls; /* or NULL */
    pthread_t acceptor;
    pthread_t unix_acceptor;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned counts[ORIGIN_COUNTS];
    struct peer *peers;
    char head[ORIGIN_HEAD_BYTES];
    char *body;
    size_t body_len;
    unsigned segments;
};

static void must(bool holds, const char *what)
{
    if (holds)
        return;
    perror(what);
    abort();
}

static void add(struct origin *origin, enum origin_count which, int delta)
{
    pthread_mutex_lock(&origin->lock);
    origin->counts[which] += (unsigned)delta;
    pthread_cond_broadcast(&origin->changed);
    pthread_mutex_unlock(&origin->lock);
}

static void *peer_main(void *arg)
{
    struct peer *peer = arg;

    if (peer->origin->tls == NULL || peer_start_tls(peer, peer->origin->tls))
        peer->origin->handler(peer, peer->origin->arg);
    peer_close(peer);
    add(peer->origin, ORIGIN_OPEN, -1);
    return NULL;
}

static void start_peer(struct origin *origin, int fd)
{
    struct peer *peer = calloc(1, sizeof *peer);
    pthread_attr_t attr;
    int one = 1;

    must(peer != NULL, "calloc");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    peer->origin = origin;
    peer->fd = fd;
    pthread_mutex_lock(&origin->lock);
    peer->number = ++origin->counts[ORIGIN_ACCEPTED];
    origin->counts[ORIGIN_OPEN]++;
    peer->next = origin->peers;
    origin->peers = peer;
    pthread_cond_broadcast(&origin->changed);
    pthread_mutex_unlock(&origin->lock);
    pthread_attr_init(&attr);
    pthread_attr_setstacksize(&attr, PEER_STACK_BYTES);
    must(pthread_create(&peer->thread, &attr, peer_main, peer) == 0, "pthread_create");
    pthread_attr_destroy(&attr);
}

static void *accept_from(struct origin *origin, int listener)
{
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
        if (fd >= 0)
            start_peer(origin, fd);
        else if (errno == EMFILE || errno == ENFILE)
            pass_ms(1); /* a test takes the descriptors away for a while */
        else if (errno != EINTR && errno != ECONNABORTED)
            return NULL;
    }
}

static void *accept_main(void *arg)
{
    struct origin *origin = arg;

    return accept_from(origin, origin->fd);
}

static void *accept_unix_main(void *arg)
{
    struct origin *origin = arg;

    return accept_from(origin, origin->unix_fd);
}

static void init_lock(struct origin *origin)
{
    pthread_condattr_t attr;

    pthread_mutex_init(&origin->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&origin->changed, &attr);
    pthread_condattr_destroy(&attr);
}

static struct origin *start(origin_handler handler, void *arg, SSL_CTX *tls)
{
    struct origin *origin = calloc(1, sizeof *origin);
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;

    must(origin != NULL, "calloc");
    origin->handler = handler;
    origin->arg = arg;
    origin->tls = tls;
    origin->unix_fd = -1;
    init_lock(origin);
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    origin->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(origin->fd >= 0, "socket");
    must(bind(origin->fd, (struct sockaddr *)&addr, sizeof addr) == 0, "bind");
    must(listen(origin->fd, 1024) == 0, "listen");
    must(getsockname(origin->fd, (struct sockaddr *)&addr, &len) == 0, "getsockname");
    origin->port = ntohs(addr.sin_port);
    must(pthread_create(&origin->acceptor, NULL, accept_main, origin) == 0, "pthread_create");
    return origin;
}

struct origin *origin_start(origin_handler handler, void *arg)
{
    return start(handler, arg, NULL);
}

struct origin *origin_start_tls(origin_handler handler, void *arg, SSL_CTX *ctx)
{
    SSL_CTX_up_ref(ctx);
    return start(handler, arg, ctx);
}

void origin_listen_unix(struct origin *origin, const char *path)
{
    struct sockaddr_un addr = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    must(len < sizeof addr.sun_path, "path");
    memcpy(addr.sun_path, path, len);
    if (path[0] == '@')
        addr.sun_path[0] = '\0';
    len += offsetof(struct sockaddr_un, sun_path);
    origin->unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    must(origin->unix_fd >= 0, "socket");
    must(bind(origin->unix_fd, (struct sockaddr *)&addr, (socklen_t)len) == 0, "bind");
    must(listen(origin->unix_fd, 64) == 0, "listen");
    must(pthread_create(&origin->unix_acceptor, NULL, accept_unix_main, origin) == 0,
         "pthread_create");
}

static void stop_unix(struct origin *origin)
{
    if (origin->unix_fd < 0)
        return;
    shutdown(origin->unix_fd, SHUT_RDWR);
    pthread_join(origin->unix_acceptor, NULL);
    close(origin->unix_fd);
}

static void cut_peers(struct origin *origin)
{
    pthread_mutex_lock(&origin->lock);
    for (struct peer *peer = origin->peers; peer != NULL; peer = peer->next) {
        if (peer->fd >= 0)
            shutdown(peer->fd, SHUT_RDWR);
    }
    pthread_mutex_unlock(&origin->lock);
}

void origin_stop(struct origin *origin)
{
    if (origin == NULL)
        return;
    shutdown(origin->fd, SHUT_RDWR);
    pthread_join(origin->acceptor, NULL);
    close(origin->fd);
    stop_unix(origin);
    cut_peers(origin);
    while (origin->peers != NULL) {
        struct peer *peer = origin->peers;
        origin->peers = peer->next;
        pthread_join(peer->thread, NULL);
        free(peer);
    }
    pthread_cond_destroy(&origin->changed);
    pthread_mutex_destroy(&origin->lock);
    SSL_CTX_free(origin->tls);
    free(origin->body);
    free(origin);
}

uint16_t origin_port(const struct origin *origin)
{
    return origin->port;
}

const char *origin_url(const struct origin *origin, const char *path, char *buf)
{
    snprintf(buf, ORIGIN_URL_BYTES, "%s://127.0.0.1:%u%s", origin->tls != NULL ? "https" : "http",
             origin->port, path);
    return buf;
}

unsigned origin_count(struct origin *origin, enum origin_count which)
{
    unsigned n;

    pthread_mutex_lock(&origin->lock);
    n = origin->counts[which];
    pthread_mutex_unlock(&origin->lock);
    return n;
}

static bool reached(const struct origin *origin, enum origin_count which, unsigned n)
{
    return which == ORIGIN_OPEN ? origin->counts[which] == n : origin->counts[which] >= n;
}

bool origin_wait(struct origin *origin, enum origin_count which, unsigned n)
{
    struct timespec until = patience_end(CLOCK_MONOTONIC);
    bool ok;

    pthread_mutex_lock(&origin->lock);
    while (!reached(origin, which, n)) {
        if (pthread_cond_timedwait(&origin->changed, &origin->lock, &until) == ETIMEDOUT)
            break;
    }
    ok = reached(origin, which, n);
    pthread_mutex_unlock(&origin->lock);
    return ok;
}

const char *origin_last_head(struct origin *origin)
{
    origin_count(origin, ORIGIN_REQUESTS);
    return origin->head;
}

const char *origin_last_body(struct origin *origin, size_t *len)
{
    origin_count(origin, ORIGIN_REQUESTS);
    *len = origin->body_len;
    return origin->body != NULL ? origin->body : "";
}

unsigned origin_last_segments(struct origin *origin)
{
    origin_count(origin, ORIGIN_REQUESTS);
    return origin->segments;
}

unsigned peer_number(const struct peer *peer)
{
    return peer->number;
}

unsigned peer_requests(const struct peer *peer)
{
    return peer->requests;
}

const char *peer_head(const struct peer *peer)
{
    return peer->head;
}

bool peer_asks(const struct peer *peer, const char *target)
{
    const char *at = strchr(peer->head, ' ');
    size_t len = strlen(target);

    return at != NULL && strncmp(at + 1, target, len) == 0 && at[1 + len] == ' ';
}

/* One receive behind what is at hand. */
static bool receive_more(struct peer *peer)
{
    size_t room = sizeof peer->extra - peer->extra_len;
    ssize_t got;

    if (room == 0)
        return false;
    do {
        got = peer->ssl != NULL ? peer_tls_read(peer->ssl, peer->extra + peer->extra_len, room)
                                : recv(peer->fd, peer->extra + peer->extra_len, room, 0);
    } while (got < 0 && errno == EINTR);
    if (got <= 0)
        return false;
    peer->extra_len += (size_t)got;
    return true;
}

static void take_extra(struct peer *peer, void *buf, size_t len)
{
    memcpy(buf, peer->extra, len);
    peer->extra_len -= len;
    memmove(peer->extra, peer->extra + len, peer->extra_len);
}

/* Since the last request: an upload of one send is one segment, on loopback up to 64 KiB. */
static unsigned new_segments(struct peer *peer)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof info;
    unsigned before = peer->segments;

    getsockopt(peer->fd, IPPROTO_TCP, TCP_INFO, &info, &len);
    peer->segments = info.tcpi_data_segs_in;
    return info.tcpi_data_segs_in - before;
}

/* A head, and the body that is to follow; takes the body. */
static void record(struct peer *peer, char *body, size_t body_len)
{
    struct origin *origin = peer->origin;

    pthread_mutex_lock(&origin->lock);
    memcpy(origin->head, peer->head, sizeof origin->head);
    free(origin->body);
    origin->body = body;
    origin->body_len = body_len;
    origin->segments = new_segments(peer);
    origin->counts[ORIGIN_REQUESTS]++;
    pthread_cond_broadcast(&origin->changed);
    pthread_mutex_unlock(&origin->lock);
}

static bool take_head(struct peer *peer)
{
    char *end;

    while ((end = memmem(peer->extra, peer->extra_len, "\r\n\r\n", 4)) == NULL) {
        if (!receive_more(peer))
            return false;
    }
    size_t len = (size_t)(end - peer->extra) + 4;
    if (len >= sizeof peer->head)
        return false;
    take_extra(peer, peer->head, len);
    peer->head[len] = '\0';
    peer->requests++;
    return true;
}

bool peer_read_head(struct peer *peer)
{
    if (!take_head(peer))
        return false;
    record(peer, NULL, 0);
    return true;
}

static size_t body_length(const struct peer *peer)
{
    const char *line = strcasestr(peer->head, "\r\nContent-Length:");

    return line != NULL ? strtoul(line + 17, NULL, 10) : 0;
}

bool peer_read_request(struct peer *peer)
{
    char *body;
    size_t len;

    if (!take_head(peer))
        return false;
    len = body_length(peer);
    body = malloc(len + 1);
    must(body != NULL, "malloc");
    if (!peer_read(peer, body, len)) {
        free(body);
        return false;
    }
    body[len] = '\0';
    record(peer, body, len);
    return true;
}

bool peer_read(struct peer *peer, void *buf, size_t len)
{
    char *to = buf;

    while (len > 0) {
        size_t n = peer->extra_len < len ? peer->extra_len : len;
        take_extra(peer, to, n);
        to += n;
        len -= n;
        if (len > 0 && !receive_more(peer))
            return false;
    }
    return true;
}

size_t peer_take_received(struct peer *peer, void *buf, size_t len)
{
    size_t n = peer->extra_len < len ? peer->extra_len : len;

    take_extra(peer, buf, n);
    return n;
}

size_t peer_receive(struct peer *peer, void *buf, size_t len)
{
    if (peer->extra_len == 0 && !receive_more(peer))
        return 0;
    return peer_take_received(peer, buf, len);
}

bool peer_has_received(const struct peer *peer)
{
    return peer->extra_len > 0 || (peer->ssl != NULL && SSL_pending(peer->ssl) > 0);
}

int peer_fd(const struct peer *peer)
{
    return peer->fd;
}

bool peer_send(struct peer *peer, const void *data, size_t len)
{
    const char *from = data;

    if (peer->ssl != NULL)
        return peer_tls_send(peer->ssl, data, len);
    while (len > 0) {
        ssize_t n = send(peer->fd, from, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        from += n;
        len -= (size_t)n;
    }
    return true;
}

bool peer_say(struct peer *peer, const char *text)
{
    return peer_send(peer, text, strlen(text));
}

bool peer_dribble(struct peer *peer, const void *data, size_t len)
{
    const char *from = data;

    for (size_t i = 0; i < len; i++) {
        if (!peer_send(peer, from + i, 1))
            return false;
    }
    return true;
}

bool peer_sees_end(struct peer *peer)
{
    struct pollfd ready = {.fd = peer->fd, .events = POLLIN};
    char byte;
    int n;

    if (peer->extra_len > 0)
        return false;
    do {
        n = poll(&ready, 1, PATIENCE_MS);
    } while (n < 0 && errno == EINTR);
    if (n <= 0)
        return false;
    if (peer->ssl != NULL)
        return peer_tls_read(peer->ssl, &byte, 1) <= 0;
    ssize_t got = recv(peer->fd, &byte, 1, 0);
    return got == 0 || (got < 0 && errno == ECONNRESET);
}

void peer_finish(struct peer *peer)
{
    if (peer->ssl != NULL)
        peer_tls_finish(peer->ssl);
    shutdown(peer->fd, SHUT_WR);
}

void peer_cut(struct peer *peer)
{
    SSL_free(peer->ssl);
    peer->ssl = NULL;
    pthread_mutex_lock(&peer->origin->lock);
    if (peer->fd >= 0)
        close(peer->fd);
    peer->fd = -1;
    pthread_mutex_unlock(&peer->origin->lock);
}

void peer_close(struct peer *peer)
{
    if (peer->ssl != NULL)
        peer_tls_finish(peer->ssl);
    peer_cut(peer);
}

bool peer_start_tls(struct peer *peer, SSL_CTX *ctx)
{
    peer->ssl = peer_tls_accept(ctx, peer->fd);
    if (peer->ssl == NULL)
        return false;
    if (SSL_session_reused(peer->ssl))
        add(peer->origin, ORIGIN_RESUMED, 1);
    add(peer->origin, ORIGIN_SHAKEN, 1);
    return true;
}

SSL *peer_ssl(const struct peer *peer)
{
    return peer->ssl;
}

void peer_reset(struct peer *peer)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
    peer_cut(peer);
}
