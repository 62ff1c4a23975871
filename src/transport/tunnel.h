/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Asking a proxy for a tunnel, on a connection to it: CONNECT (http/connect_head)
 * or SOCKS (net/socks), in steps that do not block. Not a byte is read that
 * belongs to the tunnel: what the proxy sends behind its answer is the server's.
 *
 *     ASKING ──► READING ──► OPEN       with SOCKS back and forth
 *        └──────────┴──────► FAILED     the connection has no further use
 *
 * Nothing of the call that waits for it goes to the proxy, only the destination,
 * the proxy's credentials and the client's fields for proxies (PX-05).
 *
 * The dial's; one thread at a time.
 */
#ifndef GOFER_TRANSPORT_TUNNEL_H
#define GOFER_TRANSPORT_TUNNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"

struct conn;
struct connect_reply;
struct headers;
struct proxy;
struct trace;
struct tunnel;

/* What a client says about tunnels. Borrowed. */
struct tunnel_options {
    const char *user_agent;        /* of CONNECT; NULL or "": none */
    const struct headers *headers; /* of CONNECT, or NULL */
    bool http_1_0;                 /* CONNECT is asked with HTTP/1.0 */
    /* Shown each final answer to CONNECT before it is judged; nonzero refuses the tunnel. Or
     * NULL. Called on the dial's thread, without a lock. */
    int (*answered)(const struct proxy *proxy, const char *host, uint16_t port,
                    const struct connect_reply *reply, void *arg);
    void *answered_arg;
};

/* Where it is to lead. Borrowed until it ends. */
struct tunnel_goal {
    const struct proxy *proxy;
    const char *host; /* a name, or an address without brackets and zone */
    uint16_t port;
    struct trace *trace; /* told of CONNECT and its answer; NULL: nobody is */
};

enum tunnel_step { TUNNEL_OPEN, TUNNEL_WAIT, TUNNEL_FAILED };

/* Begins; nothing is sent yet. The options and the goal's strings are borrowed. NULL with the
 * fault set: without memory, or where the proxy cannot be asked for that. */
struct tunnel *tunnel_new(const struct tunnel_options *options, const struct tunnel_goal *goal,
                          struct fault *fault);

/* Goes on. TUNNEL_WAIT: once the connection is ready for *events, again. TUNNEL_FAILED: with the
 * fault. Does not block. */
enum tunnel_step tunnel_run(struct tunnel *tunnel, struct conn *conn, uint32_t *events,
                            struct fault *fault);

/* NULL is legal. */
void tunnel_free(struct tunnel *tunnel);

#endif
