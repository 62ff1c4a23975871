/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The chunked coding: the same bytes come out, the same verdict falls and the same
 * number of bytes is taken, in one piece, byte by byte and cut in two.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/chunked.h"
#include "http/trailer.h"

enum { TRAILER_MAX = 200, FIELDS = 4 };

struct decoded {
    struct buf body;
    struct buf trailers;
    size_t taken;
    bool failed;
    bool done;
};

/* Feeds one piece; false when it is over. */
static bool feed(struct chunked *c, struct decoded *d, const char *data, size_t len)
{
    char *piece = fuzz_exact(data, len);
    size_t at = 0;
    while (at < len && !chunked_done(c) && !d->failed) {
        const char *out;
        size_t out_len = 0;
        ptrdiff_t took = chunked_decode(c, piece + at, len - at, &out, &out_len);
        d->failed = took < 0;
        if (d->failed)
            break;
        FUZZ_CHECK((size_t)took <= len - at);
        FUZZ_CHECK(took > 0 || chunked_done(c));
        buf_append(&d->body, out_len > 0 ? out : "", out_len);
        at += (size_t)took;
    }
    d->taken += at;
    free(piece);
    return !d->failed && !chunked_done(c);
}

static struct decoded decode(const char *data, size_t len, size_t first, size_t step)
{
    struct decoded d = {.body = BUF_INIT, .trailers = BUF_INIT};
    struct chunked c;
    chunked_init(&c, TRAILER_MAX);
    c.trailers = &d.trailers;
    size_t at = 0;
    size_t next = first;
    while (at < len) {
        size_t n = next < len - at ? next : len - at;
        if (!feed(&c, &d, data + at, n))
            break;
        at += n;
        next = step;
    }
    d.done = chunked_done(&c);
    FUZZ_CHECK(d.failed == (c.why != NULL));
    return d;
}

static void check_same(const struct decoded *a, const struct decoded *b)
{
    FUZZ_CHECK(a->failed == b->failed && a->done == b->done);
    FUZZ_CHECK(a->failed || a->taken == b->taken);
    FUZZ_CHECK(a->body.len == b->body.len);
    FUZZ_CHECK(a->body.len == 0 || memcmp(a->body.data, b->body.data, a->body.len) == 0);
}

static void check_trailers(const struct decoded *d)
{
    struct head_field fields[FIELDS];
    if (!d->done || d->trailers.len == 0)
        return;
    size_t n = trailer_parse(d->trailers.data, d->trailers.len, fields, FIELDS);
    for (size_t i = 0; i < n && i < FIELDS; i++) {
        FUZZ_CHECK(header_is_token(d->trailers.data + fields[i].name, fields[i].name_len));
        FUZZ_CHECK(header_is_value(d->trailers.data + fields[i].value, fields[i].value_len));
    }
}

static void decoded_fini(struct decoded *d)
{
    buf_fini(&d->body);
    buf_fini(&d->trailers);
}

void fuzz_chunked(struct fuzz *f)
{
    size_t len;
    size_t cut = fuzz_byte(f) + 1;
    char *data = fuzz_rest(f, &len);
    struct decoded whole = decode(data, len, len, len);
    struct decoded bytes = decode(data, len, 1, 1);
    struct decoded halves = decode(data, len, cut, len);
    check_same(&whole, &bytes);
    check_same(&whole, &halves);
    check_trailers(&whole);
    decoded_fini(&whole);
    decoded_fini(&bytes);
    decoded_fini(&halves);
    free(data);
}
