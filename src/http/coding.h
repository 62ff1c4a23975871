/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Content codings (RFC 9110 section 8.4.1): each turns coded bytes into plain
 * ones, a piece at a time, with libraries that are good at it. A coding that was
 * not built in is absent, and its name as unknown as any other: each has a .c of
 * its own, and another that stands in for it.
 *
 * What a coding says about the end is a statement about the bytes so far: they
 * may end here. gzip and zstd begin again with what follows (RFC 1952 section
 * 2.2, RFC 8878 section 3); for the others nothing may follow.
 *
 * A state is one thread's at a time.
 */
#ifndef GOFER_HTTP_CODING_H
#define GOFER_HTTP_CODING_H

#include <stddef.h>

/* What is left of the input, and of the room for output; both move on. */
struct coding_io {
    const char *in;
    size_t in_len;
    char *out;
    size_t out_len;
};

enum coding_next {
    CODING_WITHIN, /* the coded bytes may not end here */
    CODING_AT_END, /* they may */
    CODING_BROKEN, /* they are wrong: *why, a static text for a person */
    CODING_NO_MEMORY
};

struct coding {
    const char *name;
    /* A new state, or NULL without memory. */
    void *(*begin)(void);
    /* Goes on until the input is used up or the room is; call again while both are left and
     * something moves. Not again after a failure. */
    enum coding_next (*step)(void *state, struct coding_io *io, const char **why);
    void (*end)(void *state);
    /* Writes what does it, as "zlib/1.2.13", with a NUL. */
    void (*describe)(char *out, size_t size);
};

extern const struct coding coding_gzip;
extern const struct coding
    coding_deflate; /* zlib's format, or bare deflate, as some servers send */

/* NULL: not built in. */
extern const struct coding *const coding_brotli;
extern const struct coding *const coding_zstd;

/* The coding of that name, in any case ("x-gzip" is gzip, RFC 9110 section 8.4.1.3), or NULL. */
const struct coding *coding_find(const char *name, size_t len);

/* The names of those that are built in, as Accept-Encoding lists them. Static. */
const char *coding_names(void);

#endif
