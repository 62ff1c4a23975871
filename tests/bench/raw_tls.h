/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The floor of large bodies over TLS: OpenSSL on a blocking socket, and a loop of
 * SSL_read() or SSL_write(). One thread owns a struct raw_tls.
 */
#ifndef GOFER_TESTS_BENCH_RAW_TLS_H
#define GOFER_TESTS_BENCH_RAW_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct raw_tls;

/* Connects, and checks the server against the CA of the file. NULL on failure. */
struct raw_tls *raw_tls_new(int port, const char *ca_file);
void raw_tls_free(struct raw_tls *tls);

/* GETs /down?bytes and reads it in pieces of at most that size. Whether all came. */
bool raw_tls_read(struct raw_tls *tls, uint64_t bytes, char *buffer, size_t piece);

/* PUTs what is in memory, and has the origin say how much came. */
bool raw_tls_send(struct raw_tls *tls, const char *memory, uint64_t bytes);

#endif
