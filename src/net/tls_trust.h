/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whom an SSL_CTX trusts: the CAs and revocation lists of the settings, and the
 * check of a server's chain, name and pins inside the handshake, before a byte of
 * a request is sent.
 *
 * What a handshake fails by is written into tls->fault. No lock; between
 * tls_enter() and tls_leave().
 */
#ifndef GOFER_NET_TLS_TRUST_H
#define GOFER_NET_TLS_TRUST_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/fault.h"
#include "net/tls_settings.h"

/* Loads what is trusted, and installs the check. The settings must outlive the context. False with
 * the fault set. */
bool tls_trust_load(SSL_CTX *ctx, const struct tls_settings *settings, struct fault *fault);

struct tls;

/* Has a handshake check tls->name, and tells it to the server where it is no address (RFC 6066
 * section 3). False without memory. */
bool tls_trust_expect(struct tls *tls);

#endif
