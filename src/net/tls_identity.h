/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Who an SSL_CTX says it is: the client's certificate, those of the CAs behind
 * it, and the private key. Nobody is ever asked for a password: it is in the
 * settings or the key is not read. No lock; between tls_enter() and tls_leave().
 */
#ifndef GOFER_NET_TLS_IDENTITY_H
#define GOFER_NET_TLS_IDENTITY_H

#include <stdbool.h>

#include <openssl/ssl.h>

#include "base/fault.h"
#include "net/tls_settings.h"

/* Loads certificate and key where the settings have them. False with the fault set. */
bool tls_identity_load(SSL_CTX *ctx, const struct tls_settings *settings, struct fault *fault);

#endif
