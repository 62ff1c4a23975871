/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * CONNECT (RFC 9110 section 9.3.6): the request that asks an HTTP proxy for a
 * tunnel, and its answer, read as the bytes come.
 *
 * Nothing of the call that waits for the tunnel stands in the request: only where
 * it leads, the client's agent, the proxy's credentials and the fields that are
 * meant for proxies (PX-05).
 *
 *     READING ──► OPEN      2xx: whatever its Content-Length and Transfer-Encoding
 *        │                  say, the next byte is the tunnel's (PX-01, H1-19)
 *        └──────► FAILED    any other final status, no HTTP/1, heads of more than
 *                           16 KiB, 1xx ones included (PX-03), the end
 *
 * A refusal's body is never read; the connection has no further use. The outcome
 * is the same in whatever pieces the bytes come.
 *
 * One thread at a time. The strings of the parts are borrowed.
 */
#ifndef GOFER_HTTP_CONNECT_HEAD_H
#define GOFER_HTTP_CONNECT_HEAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/fault.h"
#include "http/header.h"
#include "http/response_head.h"

struct connect_parts {
    const char *host; /* canonical, without brackets and zone */
    uint16_t port;
    const char *user_agent;        /* NULL or "": none */
    const char *authorization;     /* Proxy-Authorization (proxy_write_basic), or NULL */
    const struct headers *headers; /* the client's fields for proxies, or NULL */
    bool http_1_0;                 /* asked with HTTP/1.0 */
};

/*
 * Checks a field that a client wants to send to proxies (value NULL: a "removed"
 * mark). GOFER_ERR_INVALID with a line in why: bad name or value (never quoted),
 * or a field that is about the message or the connection itself: Host,
 * Content-Length, Transfer-Encoding, Trailer, Expect, Connection, Upgrade.
 */
gofer_status connect_check_field(const char *name, const char *value, struct buf *why);

/*
 * Appends the head: "CONNECT host:port HTTP/1.1" (or 1.0), Host, Proxy-Authorization,
 * User-Agent, then the client's fields. The authorization wins over a field of
 * that name, a User-Agent field over user_agent.
 */
void connect_write_head(const struct connect_parts *parts, struct buf *out);

/* All heads of one answer together, 1xx included. */
enum { CONNECT_HEADS_MAX = 16 * 1024 };

enum connect_state { CONNECT_READING, CONNECT_OPEN, CONNECT_FAILED };

struct connect_reply {
    enum connect_state state;
    int status;      /* of the final answer; 0: none yet */
    struct buf head; /* bytes of the current head; afterwards the final head */
    struct head_scan scan;
    size_t taken; /* bytes of all heads */
};

void connect_reply_init(struct connect_reply *reply);
void connect_reply_fini(struct connect_reply *reply);

/*
 * Takes bytes from data[0..len) while READING; *used says how many. OPEN: the
 * others belong to the tunnel. FAILED: *fault has status and, escaped, reason.
 * GOFER_ERR_PROXY, or GOFER_ERR_NOMEM.
 */
enum connect_state connect_reply_feed(struct connect_reply *reply, const char *data, size_t len,
                                      size_t *used, struct fault *fault);

/* The connection ended while READING: FAILED, with words. */
void connect_reply_eof(struct connect_reply *reply, struct fault *fault);

#endif
