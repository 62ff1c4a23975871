/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See tls_pair.h.
 */
#include "unit/net/tls_pair.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "support/certs.h"

enum { CARRY_BYTES = 64 * 1024, CARRY_ALL = 1 << 30, SHAKE_ROUNDS_MAX = 100000 };

const gofer_tls_options *pair_trusting(void)
{
    static gofer_tls_options options;
    options = (gofer_tls_options){.ca_pem = certs_pem("root")};
    return &options;
}

struct tls_source *pair_source(const gofer_tls_options *options)
{
    int err = 0;
    struct tls_source *source = tls_source_new(options != NULL ? options : pair_trusting(), &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(source);
    return source;
}

struct tls_context *pair_context(struct tls_source *source)
{
    struct tls_wait wait = {0};
    struct fault fault = {0};
    struct tls_context *context = tls_source_get(source, &wait, &fault);
    CU_ASSERT_STRING_EQUAL(fault.detail, "");
    CU_ASSERT_PTR_NOT_NULL_FATAL(context);
    return context;
}

static SSL *new_server(SSL_CTX *ctx)
{
    SSL *ssl = SSL_new(ctx);
    CU_ASSERT_PTR_NOT_NULL_FATAL(ssl);
    SSL_set_bio(ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(ssl);
    return ssl;
}

void pair_begin(struct tls_pair *pair, struct tls_context *context, SSL_CTX *ctx, const char *name)
{
    *pair = (struct tls_pair){.step = TLS_WAIT};
    CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair->fds), 0);
    struct tls_peer peer = {.host = name, .key = "https://peer"};
    pair->client = tls_new(context, pair->fds[0], &peer);
    CU_ASSERT_PTR_NOT_NULL_FATAL(pair->client);
    pair->server = ctx != NULL ? new_server(ctx) : NULL;
}

void pair_end(struct tls_pair *pair)
{
    tls_free(pair->client);
    SSL_free(pair->server);
    if (pair->fds[0] >= 0)
        close(pair->fds[0]);
    if (pair->fds[1] >= 0)
        close(pair->fds[1]);
    ERR_clear_error();
}

/* --- carrying --- */

size_t pair_carry_up(struct tls_pair *pair, size_t max)
{
    char bytes[CARRY_BYTES];
    size_t room = max < sizeof bytes ? max : sizeof bytes;
    ssize_t n = pair->fds[1] >= 0 ? recv(pair->fds[1], bytes, room, MSG_DONTWAIT) : -1;
    if (n <= 0)
        return 0;
    if (pair->server != NULL)
        CU_ASSERT_EQUAL(BIO_write(SSL_get_rbio(pair->server), bytes, (int)n), n);
    return (size_t)n;
}

size_t pair_carry_down(struct tls_pair *pair, size_t max)
{
    char bytes[CARRY_BYTES];
    size_t room = max < sizeof bytes ? max : sizeof bytes;
    int n = pair->server != NULL && pair->fds[1] >= 0
                ? BIO_read(SSL_get_wbio(pair->server), bytes, (int)room)
                : 0;
    if (n <= 0)
        return 0;
    pair_send_raw(pair, bytes, (size_t)n);
    return (size_t)n;
}

static void step_server(struct tls_pair *pair)
{
    if (pair->server != NULL && !SSL_is_init_finished(pair->server))
        SSL_do_handshake(pair->server);
    ERR_clear_error(); /* the server's errors are no business of the client's */
}

size_t pair_carry(struct tls_pair *pair, size_t max)
{
    size_t n = pair_carry_up(pair, max);
    step_server(pair);
    return n + pair_carry_down(pair, max);
}

enum tls_step pair_shake(struct tls_pair *pair, size_t step)
{
    size_t max = step > 0 ? step : CARRY_ALL;
    for (int i = 0; i < SHAKE_ROUNDS_MAX && pair->step == TLS_WAIT; i++) {
        pair->step = tls_handshake(pair->client, &pair->fault);
        if (pair_carry(pair, max) == 0 && pair->step == TLS_WAIT)
            return TLS_WAIT;
    }
    while (pair_carry(pair, CARRY_ALL) > 0)
        ; /* the client's last flight, and the server's tickets */
    return pair->step;
}

enum tls_step pair_meet(struct tls_pair *pair, struct tls_source *source, SSL_CTX *ctx,
                        const char *name)
{
    struct tls_context *context = pair_context(source);
    pair_begin(pair, context, ctx, name);
    tls_context_unref(context);
    return pair_shake(pair, 0);
}

/* --- the server's words --- */

void pair_send_raw(struct tls_pair *pair, const void *data, size_t len)
{
    ssize_t n = send(pair->fds[1], data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
    CU_ASSERT_EQUAL(n, (ssize_t)len);
}

void pair_serve(struct tls_pair *pair, const void *data, size_t len)
{
    size_t sent = 0;
    CU_ASSERT_EQUAL(SSL_write_ex(pair->server, data, len, &sent), 1);
    CU_ASSERT_EQUAL(sent, len);
    while (pair_carry_down(pair, CARRY_ALL) > 0)
        ;
}

size_t pair_receive(struct tls_pair *pair, void *buf, size_t len)
{
    size_t got = 0;
    while (pair_carry_up(pair, CARRY_ALL) > 0)
        ;
    if (SSL_read_ex(pair->server, buf, len, &got) != 1)
        got = 0;
    ERR_clear_error();
    return got;
}

void pair_close_notify(struct tls_pair *pair)
{
    SSL_shutdown(pair->server);
    ERR_clear_error();
    while (pair_carry_down(pair, CARRY_ALL) > 0)
        ;
}

void pair_cut(struct tls_pair *pair)
{
    close(pair->fds[1]);
    pair->fds[1] = -1;
}

struct tls_context *pair_try_context(struct tls_source *source, struct fault *fault)
{
    struct tls_wait wait = {0};
    *fault = (struct fault){0};
    return tls_source_get(source, &wait, fault);
}

bool pair_trusts(struct tls_source *source, const char *cert)
{
    struct tls_pair pair;
    SSL_CTX *server = certs_server(cert, NULL);
    bool ok = pair_meet(&pair, source, server, "good.test") == TLS_DONE;
    pair_end(&pair);
    SSL_CTX_free(server);
    return ok;
}
