/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See raw_tls.h.
 */
#include "raw_tls.h"
#include "bulk_origin.h"
#include "transfer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <openssl/ssl.h>

enum { SEND_BYTES = 256 * 1024, HEAD_MAX = 512 };

struct raw_tls {
    int fd;
    SSL_CTX *ctx;
    SSL *ssl;
};

void raw_tls_free(struct raw_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->ctx);
    if (tls->fd >= 0)
        close(tls->fd);
    free(tls);
}

static bool shake_hands(struct raw_tls *tls, const char *ca_file)
{
    tls->ctx = SSL_CTX_new(TLS_client_method());
    if (tls->ctx == NULL || SSL_CTX_load_verify_file(tls->ctx, ca_file) != 1)
        return false;
    SSL_CTX_set_verify(tls->ctx, SSL_VERIFY_PEER, NULL);
    tls->ssl = SSL_new(tls->ctx);
    return tls->ssl != NULL && SSL_set_fd(tls->ssl, tls->fd) == 1 && SSL_connect(tls->ssl) == 1;
}

struct raw_tls *raw_tls_new(int port, const char *ca_file)
{
    struct raw_tls *tls = calloc(1, sizeof(*tls));
    if (tls == NULL)
        return NULL;
    tls->fd = raw_connect(port);
    if (tls->fd >= 0 && shake_hands(tls, ca_file))
        return tls;
    raw_tls_free(tls);
    return NULL;
}

static bool send_head(struct raw_tls *tls, const char *format, uint64_t bytes)
{
    char head[HEAD_MAX];
    size_t sent;
    int len = snprintf(head, sizeof(head), format, (unsigned long long)bytes);
    return SSL_write_ex(tls->ssl, head, (size_t)len, &sent) == 1;
}

/* How many bytes of the body, which are put at the buffer's begin, came with the head; -1 on
 * failure. */
static ssize_t read_head(struct raw_tls *tls, char *buffer, size_t size)
{
    size_t len = 0, n;
    while (len < size && SSL_read_ex(tls->ssl, buffer + len, size - len, &n) == 1) {
        len += n;
        const char *end = memmem(buffer, len, "\r\n\r\n", 4);
        if (end == NULL)
            continue;
        size_t head = (size_t)(end - buffer) + 4;
        memmove(buffer, buffer + head, len - head);
        return (ssize_t)(len - head);
    }
    return -1;
}

bool raw_tls_read(struct raw_tls *tls, uint64_t bytes, char *buffer, size_t piece)
{
    if (!send_head(tls, "GET /down?%llu HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", bytes))
        return false;
    ssize_t there = read_head(tls, buffer, piece);
    uint64_t got = there > 0 ? (uint64_t)there : 0;
    while (there >= 0 && got < bytes) {
        size_t n;
        if (SSL_read_ex(tls->ssl, buffer, piece, &n) != 1)
            return false;
        got += n;
    }
    return there >= 0 && got == bytes;
}

/* The origin says how many bytes it got. */
static bool confirm(struct raw_tls *tls, uint64_t bytes)
{
    char buffer[HEAD_MAX + 1];
    size_t n;
    ssize_t len = read_head(tls, buffer, HEAD_MAX);
    while (len >= 0 && len < BULK_ANSWER_BYTES) {
        if (SSL_read_ex(tls->ssl, buffer + len, (size_t)(BULK_ANSWER_BYTES - len), &n) != 1)
            return false;
        len += (ssize_t)n;
    }
    if (len < 0)
        return false;
    buffer[len] = '\0';
    return strtoull(buffer, NULL, 10) == bytes;
}

bool raw_tls_send(struct raw_tls *tls, const char *memory, uint64_t bytes)
{
    if (!send_head(tls, "PUT /up HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %llu\r\n\r\n",
                   bytes))
        return false;
    for (uint64_t at = 0; at < bytes;) {
        size_t n = bytes - at < SEND_BYTES ? (size_t)(bytes - at) : SEND_BYTES;
        if (SSL_write_ex(tls->ssl, memory + at, n, &n) != 1)
            return false;
        at += n;
    }
    return confirm(tls, bytes);
}
