/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The tests' proxy (support/proxy.h) in an integration test: of any of the schemes
 * that a proxy's URL may have, gone when the test is over, and clients that go
 * through it. Its proxies speak TLS with the workshop's "good" certificate where the
 * scheme says so.
 *
 * For the test's own thread.
 */
#ifndef TESTS_INTEGRATION_VIA_H
#define TESTS_INTEGRATION_VIA_H

#include <gofer/gofer.h>
#include <stdbool.h>

#include "integration/rig.h"
#include "support/proxy.h"

enum { VIA_URL_BYTES = 128 };

struct via {
    struct test_proxy *proxy;
    const char *scheme;
    char url[VIA_URL_BYTES]; /* without credentials */
};

/* All schemes; how many. */
extern const char *const via_schemes[];
extern const unsigned via_schemes_len;

bool via_is_http(const struct via *via);

/* Starts a proxy; the script's kind and certificate follow from the scheme. script may be NULL. */
void via_start(struct via *via, const char *scheme, const struct test_proxy_script *script);

/* Its URL with "user:password", into buf (VIA_URL_BYTES); returns buf. */
const char *via_url(const struct via *via, const char *credentials, char *buf);

/* A client whose proxy is this one, or what the options name; options may be NULL. It trusts the
 * workshop's proxies. */
gofer_client *via_client(const struct via *via, const gofer_client_options *options);

struct test_proxy_seen via_seen(const struct via *via);

/* What the proxy was asked last leads to the origin, as its scheme has it. */
void via_expect_asked(const struct via *via, const struct origin *origin, const char *host);

/* The URL of an origin's path under another name, into buf (ORIGIN_URL_BYTES); returns buf. */
const char *via_origin_url(const struct origin *origin, const char *host, const char *path,
                           char *buf);

#endif
