/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A workshop for certificates, good and bad ones, made with OpenSSL when a test
 * first asks for them; no file, no clock of its own: validity is relative to now.
 * Each has a name; the list of all is in certs.c. Keys are P-256 where nothing
 * else is the point.
 *
 * What is returned belongs to the workshop, for the life of the process, unless
 * it says otherwise. One thread at a time.
 */
#ifndef TESTS_SUPPORT_CERTS_H
#define TESTS_SUPPORT_CERTS_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

/* Aborts where there is none of that name. */
X509 *certs_get(const char *name);
EVP_PKEY *certs_key(const char *name);

/* PEM of certificates, the names separated by semicolons; of a key, encrypted where there is a
 * password.
 */
const char *certs_pem(const char *names);
const char *certs_key_pem(const char *name, const char *password);

/* PEM of the revocation lists of CAs, the names separated by semicolons. A list revokes what its CA
 * issued and certs.c marks as revoked; it is valid from `from_days` to `to_days` after now. */
const char *certs_crl_pem(const char *cas, int from_days, int to_days);

/* "sha256//..." of the certificate's public key. */
const char *certs_pin(const char *name);

/*
 * A server that shows the certificate and, behind it, those of `chain` (names
 * with semicolons between; NULL: its issuers up to the root, which is not shown). The
 * caller's own (SSL_CTX_free). TLS 1.2 and 1.3, no ALPN, tickets.
 */
SSL_CTX *certs_server(const char *name, const char *chain);

/* How many kinds there are; the name of each. */
size_t certs_count(void);
const char *certs_name(size_t i);

#endif
