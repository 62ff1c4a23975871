/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a server showed in its handshake, its certificate and those of CAs: kept by
 * whoever needs it for longer than the connection, put into words when somebody asks.
 *
 * Any thread; no lock.
 */
#ifndef GOFER_NET_TLS_CERTIFICATE_H
#define GOFER_NET_TLS_CERTIFICATE_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/x509v3.h>

#include "base/buf.h"
#include <gofer/tls.h>

struct tls;
struct tls_shown;

/* A reference to what the server showed, in this handshake or in the one that it resumed; NULL:
 * nothing, or without memory. To be given back with tls_certificate_unref(). */
struct tls_shown *tls_certificate_ref(struct tls *tls);

/* NULL is legal. */
void tls_certificate_unref(struct tls_shown *shown);

/* Puts it into words, for gofer_certificate_free(). NULL without memory. The same of a certificate
 * and, where there are any, those it was shown with. */
gofer_certificate *tls_certificate_describe(const struct tls_shown *shown);
gofer_certificate *tls_certificate_describe_one(X509 *own, const STACK_OF(X509) * all);

/* Whether a name of a certificate is a host's, or an address; and appends such a one, escaped, at
 * most max bytes of it. Between tls_enter() and tls_leave(). */
bool tls_certificate_is_host(const GENERAL_NAME *name);
void tls_certificate_write_host(const GENERAL_NAME *name, size_t max, struct buf *out);

#endif
