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

/* Tells of an event, where it is about a connection. */
void verbose_conn_event(const struct transfer *t, const gofer_trace_event *e);

/* After the call: tells of the certificate, where the connection was made for it. */
void verbose_conn_certificate(const struct transfer *t);

#endif
