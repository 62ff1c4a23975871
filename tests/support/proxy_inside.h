/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The inside of the tests' proxy: what its HTTP half and its SOCKS half share.
 * Nobody else includes it.
 */
#ifndef TESTS_SUPPORT_PROXY_INSIDE_H
#define TESTS_SUPPORT_PROXY_INSIDE_H

#include <pthread.h>

#include "support/origin.h"
#include "support/proxy.h"

struct test_proxy {
    struct origin *origin;
    pthread_mutex_t lock;
    struct test_proxy_script script; /* its fault is the lock's, the rest never changes */
    struct test_proxy_seen seen;     /* the lock's */
};

/* How a client asks, and so how it is answered. */
enum dialect { DIALECT_HTTP, DIALECT_SOCKS5, DIALECT_SOCKS5_METHOD, DIALECT_SOCKS4, DIALECTS };

/* Keeps a question; returns how to misbehave. */
enum test_proxy_fault test_proxy_note(struct test_proxy *proxy,
                                      const struct test_proxy_seen *question);

/* Adds to what was done. */
void test_proxy_count(struct test_proxy *proxy, int tunnels, int fetches);

/* Answers as the fault says; whether the answer was good. */
bool test_proxy_answer(struct peer *peer, enum test_proxy_fault fault, enum dialect dialect);

/* Answers, and carries bytes until the client closes. Where nobody is at the far end it refuses. */
void test_proxy_tunnel(struct test_proxy *proxy, struct peer *peer, uint16_t port,
                       enum test_proxy_fault fault, enum dialect dialect);

/* The handlers; arg is the proxy. */
void test_proxy_serve_http(struct peer *peer, void *arg);
void test_proxy_serve_socks(struct peer *peer, void *arg);

#endif
