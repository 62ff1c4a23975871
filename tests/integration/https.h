/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What tests of https share, whatever the driver: clients that trust the workshop's
 * root, origins that show one of its certificates, and calls between them.
 */
#ifndef TESTS_INTEGRATION_HTTPS_H
#define TESTS_INTEGRATION_HTTPS_H

#include "integration/rig.h"

/* A client that trusts the workshop's root; one of other options. */
gofer_client *https_client(void);
gofer_client *https_client_with(const gofer_tls_options *tls);

/* An origin that says hello and shows that certificate. */
struct origin *https_hello(const char *cert);

/* "https://HOST:PORT/", into buf (ORIGIN_URL_BYTES). */
const char *https_url(const struct origin *origin, const char *host, char *buf);

/* A GET of an origin over TLS, whatever it speaks itself. */
struct outcome https_get(gofer_client *client, const struct origin *origin);

/* The handshake failed, in these words, and nothing of the request was sent. */
void https_expect_failed(const struct outcome *got, gofer_status code, const char *words);

#endif
