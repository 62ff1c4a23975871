/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The inside of a TLS connection, which tls.c shares with those whom OpenSSL calls
 * back: the check of a certificate (tls_trust.c), new sessions and key logs
 * (tls_context.c). OpenSSL carries a pointer to it in each SSL.
 *
 *     SHAKING ──► OPEN ──► BROKEN
 *        └──────────────────►▲
 *
 * Invariant: BROKEN stays so, and OpenSSL is not called for I/O any more.
 */
#ifndef GOFER_NET_TLS_STATE_H
#define GOFER_NET_TLS_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include <openssl/ssl.h>

#include "base/fault.h"
#include "net/tls_context.h"
#include "net/tls_wire.h"

/* Messages of the handshake protocol behind the handshake and without a byte for us between them
 * (TLS-11); servers in use send two tickets. */
enum { TLS_IDLE_MESSAGES_MAX = 64 };

enum tls_phase { TLS_SHAKING, TLS_OPEN, TLS_BROKEN };

struct tls {
    SSL *ssl;
    struct tls_context *context;
    struct tls_wire wire;
    enum tls_phase phase;
    char *name;          /* who the server must be: a host's name without a trailing dot, or an
                            address */
    char *session_key;   /* see tls_session.h */
    bool offered;        /* a session to be resumed */
    struct fault *fault; /* where callbacks write during tls_handshake() */
    unsigned idle_messages;
    bool notified; /* our close_notify was sent, or cannot be */
    bool hoards;   /* a message behind the handshake made OpenSSL take buffers that it keeps */
    bool drained;  /* the last read found nothing more that a poll would not show */
    uint32_t read_events;
    uint32_t write_events;
    int broken_errno;           /* BROKEN: what calls return, and */
    unsigned long broken_error; /* OpenSSL's error, or 0 */
    int verify_result;          /* see tls_verify_result() */
    struct tls_shown *shown;    /* see tls_certificate_ref(); NULL until somebody asks */
};

static inline struct tls *tls_of(const SSL *ssl)
{
    return SSL_get_app_data(ssl);
}

#endif
