/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Real proxies on a loopback port: tinyproxy (HTTP) and microsocks (SOCKS5), each
 * with or without credentials. A child of the calling thread that dies with it.
 *
 * One thread at a time.
 */
#ifndef TESTS_SUPPORT_REAL_PROXY_H
#define TESTS_SUPPORT_REAL_PROXY_H

#include <stdint.h>

struct real_proxy;

enum real_proxy_kind { REAL_TINYPROXY, REAL_MICROSOCKS };

/* Starts it and waits until it accepts. user NULL: it wants no credentials. NULL where this machine
 * has no such program. */
struct real_proxy *real_proxy_start(enum real_proxy_kind kind, const char *user,
                                    const char *password);

/* Stops it and removes its files. NULL is legal. */
void real_proxy_stop(struct real_proxy *proxy);

uint16_t real_proxy_port(const struct real_proxy *proxy);

#endif
