/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * TLS onto a connection that a dial has made, in steps that do not block: the
 * context from its source, which may have to be waited for, then the handshake.
 * Where the connection speaks TLS already, with a proxy, the new one goes inside
 * of that. What went wrong stays in words; who waits until when is the dial's
 * affair.
 *
 * Embedded in a dial, used by its task only.
 */
#ifndef GOFER_TRANSPORT_SECURE_H
#define GOFER_TRANSPORT_SECURE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "net/tls.h"
#include "net/tls_source.h"

struct conn;
struct task;

struct secure {
    struct tls_source *source; /* NULL: not begun */
    struct tls_peer peer;      /* borrowed */
    struct tls_wait wait;      /* for the first context */
    bool shaking;              /* the connection has its TLS */
};

/* Begins: nothing is done yet. `task` is woken with EV_ANSWER while the context is waited for. */
void secure_begin(struct secure *secure, struct tls_source *source, const struct tls_peer *peer,
                  struct task *task);

/* Goes on. TLS_WAIT: with *events for the socket, or 0: until the wake. */
enum tls_step secure_run(struct secure *secure, struct conn *conn, uint32_t *events,
                         struct fault *fault);

/* After this no wake comes. Legal at any time; zeroed is fine. */
void secure_end(struct secure *secure);

#endif
