/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A client's TLS and a server's on a socket pair, in one thread. The server is
 * OpenSSL's between two memory buffers; the test carries bytes between these and
 * the socket, as many at a time as it likes, changes them, keeps them back, or
 * puts others in their place. So every split, stall and cut is exact, and nothing
 * waits.
 *
 * One thread; as many pairs as a test likes.
 */
#ifndef TESTS_UNIT_NET_TLS_PAIR_H
#define TESTS_UNIT_NET_TLS_PAIR_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

#include "base/fault.h"
#include "net/tls.h"
#include "net/tls_source.h"

struct tls_pair {
    struct tls *client;
    SSL *server;
    int fds[2]; /* the client's, the server's; -1 once closed */
    struct fault fault;
    enum tls_step step; /* of the client's handshake, the last */
};

/* The options of most tests: "root" is trusted. */
extern const gofer_tls_options *pair_trusting(void);

/* A source of those options; NULL: of pair_trusting(). tls_source_free(). */
struct tls_source *pair_source(const gofer_tls_options *options);

/* A context with a reference of the caller's; fails the test where there is none. */
struct tls_context *pair_context(struct tls_source *source);

/* The same where there may be none: *fault says why. */
struct tls_context *pair_try_context(struct tls_source *source, struct fault *fault);

/* Whether a server of that certificate, as "good.test", is trusted now. */
bool pair_trusts(struct tls_source *source, const char *cert);

/* Begins: a client of the context that wants `name`, a server of ctx (NULL: none). */
void pair_begin(struct tls_pair *pair, struct tls_context *context, SSL_CTX *ctx, const char *name);

/* Frees all. */
void pair_end(struct tls_pair *pair);

/* Carries at most max bytes each way; the server takes its turn. Returns how many moved. */
size_t pair_carry(struct tls_pair *pair, size_t max);

/* Only one way: what the client sent goes to the server; what the server has goes to the client. */
size_t pair_carry_up(struct tls_pair *pair, size_t max);
size_t pair_carry_down(struct tls_pair *pair, size_t max);

/* Shakes hands, `step` bytes at a time (0: as they come), until it is done, failed or stuck. */
enum tls_step pair_shake(struct tls_pair *pair, size_t step);

/* Begins and shakes in one; pair_end() is due either way. */
enum tls_step pair_meet(struct tls_pair *pair, struct tls_source *source, SSL_CTX *ctx,
                        const char *name);

/* The server writes len bytes of TLS data, and they are carried. */
void pair_serve(struct tls_pair *pair, const void *data, size_t len);

/* Raw bytes to the client. */
void pair_send_raw(struct tls_pair *pair, const void *data, size_t len);

/* What the server reads now, after carrying; the count, 0 where nothing. */
size_t pair_receive(struct tls_pair *pair, void *buf, size_t len);

/* The server's end of the stream: with a close_notify, or only a FIN. */
void pair_close_notify(struct tls_pair *pair);
void pair_cut(struct tls_pair *pair);

#endif
