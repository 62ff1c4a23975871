/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The first bytes on a connection: the PROXY protocol's header (net/proxy_line),
 * where the client's options ask for it. It goes to whom the way leads to, behind
 * all proxies and before TLS, in steps that do not block.
 *
 * Embedded in a dial, used by its task only.
 */
#ifndef GOFER_TRANSPORT_GREETING_H
#define GOFER_TRANSPORT_GREETING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"
#include "net/addr.h"
#include "net/proxy_line.h"

struct conn;

/* What a client says about it. */
struct greeting_options {
    bool wanted;
    struct addr
        client; /* who is named in place of the connection's own address; family 0: nobody */
};

struct greeting {
    char line[PROXY_LINE_BYTES];
    size_t len;
    size_t sent;
};

enum greeting_step { GREETING_SENT, GREETING_WAIT, GREETING_FAILED };

/* Begins; nothing is sent yet. */
void greeting_begin(struct greeting *greeting, const struct greeting_options *options,
                    const struct conn *conn);

/* Goes on. GREETING_WAIT: once the connection is ready for *events, again. GREETING_FAILED: with
 * the fault. Does not block. */
enum greeting_step greeting_run(struct greeting *greeting, struct conn *conn, uint32_t *events,
                                struct fault *fault);

#endif
