/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a request wants of its bytes that others do not: see <gofer/wire.h>. Most
 * requests have none. A head is written as always, and then remade by
 * wire_remake_head(): so the writing of every other one knows nothing of it.
 *
 * Immutable once made; any thread.
 */
#ifndef GOFER_HTTP_WIRE_H
#define GOFER_HTTP_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/refs.h"

struct wire {
    struct refs refs;
    char *target; /* or NULL */
    char **order;
    size_t order_len;
    char **lines; /* how fields are spelled */
    size_t lines_len;
    bool http_1_0;
    bool accept_http_0_9;
    bool keep_chunks;
    bool ignore_length;
    bool decode;
    bool decode_transfer;
    bool tells_bytes;
    bool omit_zero_length;
};

/* With one reference and nothing in it. NULL without memory. */
struct wire *wire_new(void);

/* NULL is legal. */
struct wire *wire_ref(struct wire *wire);
void wire_unref(struct wire *wire);

/* Copies the names, or the lines; once each. False without memory. */
bool wire_set_order(struct wire *wire, const char *const *names, size_t len);
bool wire_set_lines(struct wire *wire, const char *const *lines, size_t len);

/* Whether text can stand in a request line as its target: visible ASCII, and some. */
bool wire_is_target(const char *text);

/* Whether text can stand in a head as a field (RFC 9112 section 5): a name, a colon, a value. */
bool wire_is_line(const char *text);

/* Remakes a head that request_write_head() wrote; path, or NULL, stands in place of the URL's path
 * and query. */
void wire_remake_head(const struct wire *wire, const char *path, struct buf *head);

#endif
