/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The bytes below TLS: gofer's own BIO over a socket. OpenSSL's would raise
 * SIGPIPE and knows nothing of MSG_DONTWAIT; this one sends and receives as plain
 * connections do (design 7.2), and remembers what the layers above want to know:
 * how the peer began to talk, whether it ended, which errno there was. Behind a
 * proxy that speaks TLS itself the bytes go through that TLS instead.
 *
 * Part of a struct tls; whoever uses that one uses this.
 */
#ifndef GOFER_NET_TLS_WIRE_H
#define GOFER_NET_TLS_WIRE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/bio.h>

enum { TLS_WIRE_FIRST_BYTES = 8 };

struct tls;

struct tls_wire {
    int fd;
    struct tls *below;                /* what carries the bytes in place of the socket; or NULL */
    bool wait;                        /* the next call may block */
    bool cut;                         /* no more bytes are to be received: see tls.c */
    bool ended;                       /* the peer's FIN was read */
    int err;                          /* errno of the last call that failed for good, or 0 */
    char first[TLS_WIRE_FIRST_BYTES]; /* what the peer began with */
    size_t first_len;
};

/* A BIO on the wire, which must outlive it. NULL without memory. After tls_library_init(). */
BIO *tls_wire_bio(struct tls_wire *wire);

/* Whether the peer began with something else than a TLS record (RFC 8446 section 5.1). */
bool tls_wire_is_foreign(const struct tls_wire *wire);

#endif
