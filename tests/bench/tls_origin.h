/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * bulk_origin's /down and /up over TLS, in a process of its own (forked.h): a
 * thread a connection, each in SSL_read() or SSL_write(). What it takes is part of
 * every figure, a raw loop's as well as gofer's.
 */
#ifndef GOFER_TESTS_BENCH_TLS_ORIGIN_H
#define GOFER_TESTS_BENCH_TLS_ORIGIN_H

#include "forked.h"

/* As forked_start(), with the server's certificate and key as files in PEM. */
bool tls_origin_start(struct forked *origin, const char *cert_file, const char *key_file);

#endif
