/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The server's side of TLS on one of an origin's connections: what origin.c needs
 * in place of recv(2) and send(2). It blocks; its thread takes no SIGPIPE from then
 * on. One thread at a time.
 */
#ifndef TESTS_SUPPORT_PEER_TLS_H
#define TESTS_SUPPORT_PEER_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include <openssl/ssl.h>

/* Shakes hands. NULL where that fails. */
SSL *peer_tls_accept(SSL_CTX *ctx, int fd);

/* As recv(2): 0 at a close_notify, -1 where it broke. */
ssize_t peer_tls_read(SSL *ssl, void *buf, size_t len);

/* Sends everything. False where the connection broke. */
bool peer_tls_send(SSL *ssl, const void *data, size_t len);

/* Sends a close_notify. */
void peer_tls_finish(SSL *ssl);

#endif
