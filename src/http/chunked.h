/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The chunked transfer coding (RFC 9112 section 7.1), decoded incrementally and
 * in place: data is handed out as slices of the input, nothing is copied.
 *
 *     SIZE ──► EXTENSION ──► SIZE_LF ──► DATA ──► DATA_CR ──► DATA_LF ──► SIZE
 *       └──────────────────────┘  │size 0
 *                                 └► TRAILER ──► TRAILER_NAME ──► TRAILER_VALUE
 *                           END ◄── END_LF ◄──┘  ▲── TRAILER_LF ◄──┘
 *
 * Bounds: a chunk-size line (extension included, CRLF not) is at most 4,096
 * bytes; a size is 1 to 16 hexadecimal digits and at most INT64_MAX; framing
 * bytes beyond 16 a chunk plus twice the data may not exceed 16 KiB in all, and
 * what a chunk leaves of its allowance is not saved for later ones; the lines of
 * the trailer section are at most `trailer_max` bytes. Lines end in CRLF only.
 * Extensions are skipped; no blank stands before them. Trailer fields are checked
 * as header fields are; their lines are kept in `trailers` where that is set.
 * What of them may be used is the reader's business (http/trailer.h).
 *
 * One thread at a time; no memory is allocated but for the trailers.
 */
#ifndef GOFER_HTTP_CHUNKED_H
#define GOFER_HTTP_CHUNKED_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum chunked_state {
    CHUNKED_SIZE,
    CHUNKED_EXTENSION,
    CHUNKED_SIZE_LF,
    CHUNKED_DATA,
    CHUNKED_DATA_CR,
    CHUNKED_DATA_LF,
    CHUNKED_TRAILER, /* at the beginning of a line */
    CHUNKED_TRAILER_NAME,
    CHUNKED_TRAILER_VALUE,
    CHUNKED_TRAILER_LF,
    CHUNKED_END_LF,
    CHUNKED_END
};

struct chunked {
    enum chunked_state state;
    unsigned digits;  /* of the chunk size read */
    uint64_t left;    /* of the chunk's data; the size while it is read */
    uint32_t line;    /* bytes of the current chunk-size line */
    int32_t excess;   /* framing bytes beyond the allowance */
    uint32_t trailer; /* bytes of the trailer section's lines */
    uint32_t trailer_max;
    struct buf *trailers; /* where the lines of the trailer section go; or NULL */
    const char *why;      /* static text where decoding failed */
};

void chunked_init(struct chunked *c, uint32_t trailer_max);

/*
 * Decodes from data[0..len): returns how many bytes it took, or -1 where they
 * are wrong (c->why says why; do not call again). *out, *out_len are one slice
 * of decoded data (maybe empty). It returns at the end of each slice; call again
 * while bytes are left and chunked_done() is false. Bytes behind the end are not
 * taken. Input that ends before chunked_done() is truncated.
 */
ptrdiff_t chunked_decode(struct chunked *c, const char *data, size_t len, const char **out,
                         size_t *out_len);

static inline int chunked_done(const struct chunked *c)
{
    return c->state == CHUNKED_END;
}

#endif
