/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An origin: a TCP server on 127.0.0.1, on a port that the kernel picks, that
 * does exactly what a test tells it to. One thread accepts; each connection (a
 * `peer`) has a thread that runs the test's handler, which reads requests and
 * writes bytes, right or wrong ones. When the handler returns the connection is
 * closed.
 *
 * It counts what it sees and keeps the request that came last, so that a test
 * asserts on the test's own thread. origin_stop() cuts every connection, so a
 * handler that reads ends by itself; one that waits at a gate must be let through.
 *
 * An origin may speak TLS: then a connection begins with a handshake, before its
 * handler runs, and ends with a close_notify, unless the handler cuts it.
 *
 * The origin's lock guards its counts, its list of peers, the last request, and
 * each peer's descriptor against the stop.
 */
#ifndef TESTS_SUPPORT_ORIGIN_H
#define TESTS_SUPPORT_ORIGIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct origin;
struct peer;
struct ssl_ctx_st; /* OpenSSL's SSL_CTX and SSL */
struct ssl_st;

/* Runs on the connection's own thread. */
typedef void (*origin_handler)(struct peer *peer, void *arg);

/* What an origin counts. */
enum origin_count {
    ORIGIN_ACCEPTED, /* connections accepted */
    ORIGIN_SHAKEN,   /* of them, those whose TLS handshake was done */
    ORIGIN_RESUMED,  /* and those that resumed a session */
    ORIGIN_REQUESTS, /* request heads read */
    ORIGIN_OPEN,     /* connections whose handler runs */
    ORIGIN_COUNTS
};

enum { ORIGIN_URL_BYTES = 512, ORIGIN_HEAD_BYTES = 16 * 1024 };

/* Starts an origin; aborts the program where the system refuses one. */
struct origin *origin_start(origin_handler handler, void *arg);

/* The same over TLS; it holds a reference to the context. */
struct origin *origin_start_tls(origin_handler handler, void *arg, struct ssl_ctx_st *ctx);

/* Cuts every connection, joins every thread, frees. NULL is legal. */
void origin_stop(struct origin *origin);

/* Serves a unix-domain socket as well; "@name" is abstract. Once an origin; before its first call.
 */
void origin_listen_unix(struct origin *origin, const char *path);

uint16_t origin_port(const struct origin *origin);

/* Writes http://127.0.0.1:port, or https, and path into buf (ORIGIN_URL_BYTES); returns buf. */
const char *origin_url(const struct origin *origin, const char *path, char *buf);

/* A count as it is now. */
unsigned origin_count(struct origin *origin, enum origin_count which);

/* Waits until a count is at least n (ORIGIN_OPEN: exactly n). False where it never is. */
bool origin_wait(struct origin *origin, enum origin_count which, unsigned n);

/* The head of the request that came last, "" before the first; its body. Valid until the next one.
 */
const char *origin_last_head(struct origin *origin);
const char *origin_last_body(struct origin *origin, size_t *len);

/* How many TCP segments with data the last request took. */
unsigned origin_last_segments(struct origin *origin);

/* --- for handlers --- */

/* The connection's number: 1 for the first that was accepted. */
unsigned peer_number(const struct peer *peer);

/* How many requests were read on this connection. */
unsigned peer_requests(const struct peer *peer);

/*
 * Reads a request's head up to its empty line, and a body as long as its
 * Content-Length; bytes beyond stay for the next. False where the connection
 * ended first. peer_read_head() leaves the body unread.
 */
bool peer_read_request(struct peer *peer);
bool peer_read_head(struct peer *peer);

/* The head that was read last, NUL-terminated; whether its target is `target`. */
const char *peer_head(const struct peer *peer);
bool peer_asks(const struct peer *peer, const char *target);

/* Reads exactly len bytes. False where the connection ended first. */
bool peer_read(struct peer *peer, void *buf, size_t len);

/* Takes what was received and not yet read, at most len bytes; how many. Then the descriptor is all
 * there is to read from, for a handler that polls it. */
size_t peer_take_received(struct peer *peer, void *buf, size_t len);
int peer_fd(const struct peer *peer);

/* What comes next, at most len bytes, through TLS too; 0 at the end. Whether some are at hand, so
 * that a poll of the descriptor may not show them. */
size_t peer_receive(struct peer *peer, void *buf, size_t len);
bool peer_has_received(const struct peer *peer);

/* Sends everything, in one go, as text, or a byte a segment. False where the connection broke. */
bool peer_send(struct peer *peer, const void *data, size_t len);
bool peer_say(struct peer *peer, const char *text);
bool peer_dribble(struct peer *peer, const void *data, size_t len);

/* Waits, in a bounded time, until the client closes. Whether it did, without a byte more. */
bool peer_sees_end(struct peer *peer);

/* Half-closes; closes; resets. The first leaves reading alone, the others end the connection. */
void peer_finish(struct peer *peer);
void peer_close(struct peer *peer);
void peer_reset(struct peer *peer);

/* Shakes hands on a connection that is plain so far. False where that fails. */
bool peer_start_tls(struct peer *peer, struct ssl_ctx_st *ctx);

/* The connection's TLS, or NULL. */
struct ssl_st *peer_ssl(const struct peer *peer);

/* A FIN without a close_notify. Ends the connection. */
void peer_cut(struct peer *peer);

#endif
