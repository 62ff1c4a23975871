/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * -v about connections: the lookup, the race of addresses and the handshake as
 * they happen, and afterwards the certificate. A line each on stderr, written
 * whole, since with -Z several threads write.
 */
#ifndef GOFER_CLI_VERBOSE_CONN_H
#define GOFER_CLI_VERBOSE_CONN_H

#include "cli/transfer.h"

/* Has the request's connections told of while they are made. Ends the program without memory. */
void verbose_conn_watch(gofer_request *request);

/* A gofer_proxy_answered that tells of the answer and judges nothing. */
int verbose_conn_tunnel(const gofer_proxy_answer *answer, void *arg);

/* After the call: tells of the certificate, where the connection was made for it. */
void verbose_conn_certificate(const struct transfer *t);

#endif
