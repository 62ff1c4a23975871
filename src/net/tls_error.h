/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * TLS failures in words that a person can act on: "certificate has expired (2
 * days ago)", "certificate is for a.example, not b.example", "server answered
 * plain HTTP to a TLS client". What a server sent (names, text) is escaped and
 * cut; what it presented is described where it is at hand, inside OpenSSL's
 * verification, because OpenSSL forgets a certificate that it refused.
 *
 * All set a fault and return nothing; the first fault wins. Call them between
 * tls_enter() and tls_leave(). No lock.
 */
#ifndef GOFER_NET_TLS_ERROR_H
#define GOFER_NET_TLS_ERROR_H

#include <openssl/x509.h>

#include "base/fault.h"
#include "net/tls_wire.h"

/* A certificate that X509_verify_cert() refused; name is who the server should have been. */
void tls_error_certificate(struct fault *fault, X509_STORE_CTX *verified, const char *name);

/* A certificate whose public key is not pinned; base64 is the key's digest. */
void tls_error_pin(struct fault *fault, const char *base64);

/* A handshake that failed with SSL_get_error()'s `error`, from what came over the wire and what is
 * in OpenSSL's queue. */
void tls_error_handshake(struct fault *fault, int error, const struct tls_wire *wire);

/* Settings that OpenSSL refused, or a file with them: `what` says which ("client key"), path may be
 * NULL. Why, in words, is OpenSSL's last error. */
void tls_error_settings(struct fault *fault, gofer_reason reason, const char *what,
                        const char *path);

/* The file could not be read. */
void tls_error_file(struct fault *fault, gofer_reason reason, const char *what, const char *path,
                    int err);

/* A connection that broke after its handshake, with OpenSSL's error, in this phase of a call. */
void tls_error_broken(struct fault *fault, gofer_phase phase, unsigned long error);

#endif
