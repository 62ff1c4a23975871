/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The digest by which a server's public key is pinned: the SHA-256 of its
 * SubjectPublicKeyInfo (RFC 7469 section 2.4), in base64. Call these between
 * tls_enter() and tls_leave(). No lock.
 */
#ifndef GOFER_NET_TLS_PIN_H
#define GOFER_NET_TLS_PIN_H

#include <stdbool.h>

#include <openssl/x509.h>

#include "base/fault.h"

enum { TLS_PIN_BYTES = 45 }; /* base64 of 32 bytes, and a NUL */

/* That of a certificate. False without memory. */
bool tls_pin_of(X509 *cert, char pin[TLS_PIN_BYTES]);

/* That of the public key in a file, PEM or DER. False with the fault set. */
bool tls_pin_load(const char *path, char pin[TLS_PIN_BYTES], struct fault *fault);

#endif
