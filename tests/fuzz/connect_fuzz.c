/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Answers to CONNECT, whole and in pieces: one verdict, and the same bytes belong
 * to the tunnel.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "http/connect_head.h"

struct verdict {
    enum connect_state state;
    int status;
    size_t used;
    bool has_words;
};

static struct verdict feed(const char *data, size_t len, size_t step)
{
    struct connect_reply reply;
    struct fault fault = {0};
    struct verdict v = {.state = CONNECT_READING};
    connect_reply_init(&reply);
    while (v.used < len && v.state == CONNECT_READING) {
        size_t n = step < len - v.used ? step : len - v.used;
        size_t used = 0;
        char *piece = fuzz_exact(data + v.used, n);
        v.state = connect_reply_feed(&reply, piece, n, &used, &fault);
        FUZZ_CHECK(used <= n && (used == n || v.state != CONNECT_READING));
        v.used += used;
        free(piece);
    }
    if (v.state == CONNECT_READING)
        connect_reply_eof(&reply, &fault);
    v.status = reply.status;
    v.has_words = fault.code != GOFER_OK;
    connect_reply_fini(&reply);
    return v;
}

void fuzz_connect(struct fuzz *f)
{
    size_t len;
    size_t step = fuzz_byte(f) + 1;
    char *data = fuzz_rest(f, &len);
    struct verdict whole = feed(data, len, len);
    struct verdict bytes = feed(data, len, 1);
    struct verdict pieces = feed(data, len, step);
    FUZZ_CHECK(whole.state == bytes.state && whole.state == pieces.state);
    FUZZ_CHECK(whole.state != CONNECT_OPEN || (whole.status >= 200 && whole.status <= 299));
    FUZZ_CHECK(whole.state != CONNECT_OPEN || (whole.used == bytes.used && !whole.has_words));
    FUZZ_CHECK(whole.state == CONNECT_OPEN || whole.has_words);
    free(data);
}
