/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See tls_origin.h.
 */
#include "tls_origin.h"
#include "bulk_origin.h"

#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum { HEAD_MAX = 4096, PIECE_BYTES = 64 * 1024 };

struct connection {
    SSL *ssl;
    size_t len; /* of what is in head */
    char head[HEAD_MAX + 1];
    char piece[PIECE_BYTES];
};

/* Set before the process is forked, which gets copies. */
static const char *cert_path;
static const char *key_path;

static bool write_all(SSL *ssl, const char *data, size_t len)
{
    size_t n;
    return SSL_write_ex(ssl, data, len, &n) == 1;
}

/* The length of the head with its blank line; 0 when the connection ended. */
static size_t read_head(struct connection *c)
{
    for (;;) {
        size_t n;
        const char *end = memmem(c->head, c->len, "\r\n\r\n", 4);
        if (end != NULL)
            return (size_t)(end - c->head) + 4;
        if (c->len == HEAD_MAX || SSL_read_ex(c->ssl, c->head + c->len, HEAD_MAX - c->len, &n) != 1)
            return 0;
        c->len += n;
    }
}

static bool send_body(struct connection *c, uint64_t bytes)
{
    char head[128];
    int len = snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %llu\r\n\r\n",
                       (unsigned long long)bytes);
    bool ok = write_all(c->ssl, head, (size_t)len);
    for (uint64_t left = bytes; ok && left > 0;) {
        size_t n = left < PIECE_BYTES ? (size_t)left : PIECE_BYTES;
        ok = write_all(c->ssl, c->piece, n);
        left -= n;
    }
    return ok;
}

/* `there` bytes of the body came with the head. */
static bool count_body(struct connection *c, uint64_t bytes, uint64_t there)
{
    char answer[160];
    uint64_t got = there;
    while (got < bytes) {
        size_t n;
        if (SSL_read_ex(c->ssl, c->piece, PIECE_BYTES, &n) != 1)
            return false;
        got += n;
    }
    int len =
        snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%0*llu",
                 BULK_ANSWER_BYTES, BULK_ANSWER_BYTES, (unsigned long long)got);
    return write_all(c->ssl, answer, (size_t)len);
}

static uint64_t content_length(const char *head)
{
    const char *field = strcasestr(head, "\r\nContent-Length:");
    return field != NULL ? strtoull(strchr(field, ':') + 1, NULL, 10) : 0;
}

/* One request; whether the connection goes on. */
static bool serve_one(struct connection *c)
{
    static const char down[] = "GET /down?";
    size_t head = read_head(c);
    if (head == 0)
        return false;
    size_t there = c->len - head;
    c->len = 0;
    c->head[head - 1] = '\0';
    if (strncmp(c->head, down, sizeof(down) - 1) == 0)
        return send_body(c, strtoull(c->head + sizeof(down) - 1, NULL, 10));
    return count_body(c, content_length(c->head), there);
}

static void *serve_connection(void *arg)
{
    struct connection *c = arg;
    if (SSL_accept(c->ssl) == 1)
        while (serve_one(c))
            ;
    close(SSL_get_fd(c->ssl));
    SSL_free(c->ssl);
    free(c);
    return NULL;
}

static void accept_one(SSL_CTX *ctx, int listener)
{
    pthread_t thread;
    int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
    struct connection *c = fd >= 0 ? calloc(1, sizeof(*c)) : NULL;
    if (c == NULL)
        return;
    c->ssl = SSL_new(ctx);
    SSL_set_fd(c->ssl, fd);
    if (pthread_create(&thread, NULL, serve_connection, c) == 0)
        pthread_detach(thread);
}

/* Orders there are none; the end of the control is the owner's death. */
static void serve(int listener, int control)
{
    struct pollfd fds[] = {{.fd = control, .events = POLLIN}, {.fd = listener, .events = POLLIN}};
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(ctx, cert_path) != 1 ||
        SSL_CTX_use_PrivateKey_file(ctx, key_path, SSL_FILETYPE_PEM) != 1)
        return;
    while (poll(fds, 2, -1) > 0 && fds[0].revents == 0)
        accept_one(ctx, listener);
}

bool tls_origin_start(struct forked *origin, const char *cert_file, const char *key_file)
{
    cert_path = cert_file;
    key_path = key_file;
    return forked_start(origin, serve);
}
