/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See peer_tls.h.
 */
#include "support/peer_tls.h"

#include <pthread.h>
#include <signal.h>

#include <openssl/err.h>

/* OpenSSL writes to sockets with write(2). */
static void block_sigpipe(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
}

SSL *peer_tls_accept(SSL_CTX *ctx, int fd)
{
    SSL *ssl = SSL_new(ctx);

    block_sigpipe();
    if (ssl != NULL && SSL_set_fd(ssl, fd) == 1 && SSL_accept(ssl) == 1)
        return ssl;
    SSL_free(ssl);
    ERR_clear_error();
    return NULL;
}

ssize_t peer_tls_read(SSL *ssl, void *buf, size_t len)
{
    size_t got = 0;

    if (SSL_read_ex(ssl, buf, len, &got) == 1)
        return (ssize_t)got;
    bool ended = SSL_get_error(ssl, 0) == SSL_ERROR_ZERO_RETURN;
    ERR_clear_error();
    return ended ? 0 : -1;
}

bool peer_tls_send(SSL *ssl, const void *data, size_t len)
{
    size_t sent;

    if (len == 0 || SSL_write_ex(ssl, data, len, &sent) == 1)
        return true;
    ERR_clear_error();
    return false;
}

void peer_tls_finish(SSL *ssl)
{
    if ((SSL_get_shutdown(ssl) & SSL_SENT_SHUTDOWN) == 0)
        SSL_shutdown(ssl);
    ERR_clear_error();
}
