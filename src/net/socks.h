/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The client's half of a SOCKS handshake: version 5 (RFC 1928) with or without
 * user and password (RFC 1929), version 4 and its extension 4a. A state machine
 * without I/O: it says what to send and how much to read, and is fed the bytes.
 *
 *     METHOD ──► LOGIN ──► ANSWER ──► OPEN      version 5; LOGIN where the proxy asks
 *        └───────────────►   │
 *                          ANSWER ──► OPEN      versions 4 and 4a
 *     any of them ──► FAILED
 *
 * Sending and reading alternate: nothing is read while bytes are to be sent. It
 * never asks for a byte beyond the handshake, so that what follows stays in the
 * socket for the tunnel. The outcome is the same in whatever pieces bytes come.
 *
 * Nothing is looked up here: a name is given to the proxy, or is an error where
 * it cannot be (version 4, more than 255 bytes; PX-10).
 *
 * One thread at a time; no memory is allocated. The request's strings are
 * borrowed until the end. The buffers hold credentials on their way.
 */
#ifndef GOFER_NET_SOCKS_H
#define GOFER_NET_SOCKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/fault.h"

enum socks_version { SOCKS_4, SOCKS_4A, SOCKS_5 };

struct socks_request {
    enum socks_version version;
    const char *host; /* where to: a name or a numeric address, without brackets and zone */
    uint16_t port;
    const char *user;     /* NULL: none. Version 4: the user id */
    const char *password; /* NULL: none, sent as an empty one. Version 5 only */
};

enum socks_state { SOCKS_METHOD, SOCKS_LOGIN, SOCKS_ANSWER, SOCKS_OPEN, SOCKS_FAILED };

enum {
    SOCKS_STRING_MAX = 255,
    SOCKS_OUT_MAX = 8 + 2 * (SOCKS_STRING_MAX + 1), /* version 4a with user and name */
    SOCKS_IN_MAX = 4 + 1 + SOCKS_STRING_MAX + 2     /* an answer of version 5 with a name */
};

struct socks {
    enum socks_state state;
    struct socks_request request;
    unsigned char out[SOCKS_OUT_MAX];
    size_t out_len;
    size_t sent;
    unsigned char in[SOCKS_IN_MAX];
    size_t in_len;
    size_t need; /* bytes of `in` until it is looked at again */
};

/* Begins; there is something to send then. False, FAILED and a fault where the proxy cannot be
 * asked for this. */
bool socks_begin(struct socks *socks, const struct socks_request *request, struct fault *fault);

/* The bytes to send next; 0: none, it is time to read. */
size_t socks_to_send(const struct socks *socks, const void **data);
/* n of them were sent. */
void socks_sent(struct socks *socks, size_t n);

/* How many bytes to read at most; 0: none, there is something to send or it is over. */
size_t socks_to_read(const struct socks *socks);

/*
 * Takes bytes from data[0..len), never more than socks_to_read(); *used says how
 * many. The new state; FAILED: with GOFER_ERR_PROXY and words in *fault. Call it
 * while socks_to_read() is not 0 only.
 */
enum socks_state socks_feed(struct socks *socks, const void *data, size_t len, size_t *used,
                            struct fault *fault);

/* The connection ended: FAILED, with words. */
void socks_eof(struct socks *socks, struct fault *fault);

#endif
