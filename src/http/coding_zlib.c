/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * gzip and deflate, by zlib, which checks headers, CRC and lengths. What zlib does
 * not do: gzip's members one behind the other, in a loop; and telling bare deflate
 * (RFC 1951) from zlib's format (RFC 1950) by the first two bytes. A bare stream
 * looks like a zlib header only where it begins with a stored block whose padding
 * bits are not zero, which nobody writes.
 */
#include "http/coding.h"

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#define ZLIB_CONST /* next_in is not written to */
#include <zlib.h>

#include "base/alloc.h"

/* inflateInit2()'s window: the largest; "with a gzip header"; "with no header" is negative. */
enum { WINDOW_BITS = 15, GZIP_HEADER = 16 };

struct inflater {
    z_stream z;
    bool begun;            /* zlib has its state */
    bool over;             /* a stream ended; nothing of another was seen */
    unsigned char head[2]; /* deflate: the first bytes, which tell its format */
    size_t head_len;
    size_t head_at; /* how many zlib has taken */
};

static const char behind_end[] = "data behind its end";

static voidpf take_memory(voidpf arg, uInt count, uInt size)
{
    (void)arg;
    return mem_alloc((size_t)count * size);
}

static void give_memory(voidpf arg, voidpf p)
{
    (void)arg;
    mem_free(p);
}

static bool begin_inflating(struct inflater *f, int window_bits)
{
    f->begun = inflateInit2(&f->z, window_bits) == Z_OK;
    return f->begun;
}

static void end_inflater(void *state)
{
    struct inflater *f = state;
    if (f->begun)
        inflateEnd(&f->z);
    mem_free(f);
}

static struct inflater *new_inflater(void)
{
    struct inflater *f = mem_zalloc(sizeof(*f));
    if (f == NULL)
        return NULL;
    f->z.zalloc = take_memory;
    f->z.zfree = give_memory;
    return f;
}

static enum coding_next judge(const z_stream *z, int result, const char **why)
{
    switch (result) {
    case Z_OK:
    case Z_BUF_ERROR: /* nothing moved */
        return CODING_WITHIN;
    case Z_STREAM_END:
        return CODING_AT_END;
    case Z_MEM_ERROR:
        return CODING_NO_MEMORY;
    case Z_NEED_DICT:
        *why = "it needs a dictionary";
        return CODING_BROKEN;
    default:
        *why = z->msg != NULL ? z->msg : "corrupt data";
        return CODING_BROKEN;
    }
}

static enum coding_next inflate_some(struct inflater *f, struct coding_io *io, const char **why)
{
    z_stream *z = &f->z;
    uInt in = io->in_len < UINT_MAX ? (uInt)io->in_len : UINT_MAX;
    uInt out = io->out_len < UINT_MAX ? (uInt)io->out_len : UINT_MAX;
    z->next_in = (const Bytef *)io->in;
    z->avail_in = in;
    z->next_out = (Bytef *)io->out;
    z->avail_out = out;
    int result = inflate(z, Z_NO_FLUSH);
    io->in += in - z->avail_in;
    io->in_len -= in - z->avail_in;
    io->out += out - z->avail_out;
    io->out_len -= out - z->avail_out;
    return judge(z, result, why);
}

/* --- gzip --- */

static void *begin_gzip(void)
{
    struct inflater *f = new_inflater();
    if (f == NULL || begin_inflating(f, WINDOW_BITS + GZIP_HEADER))
        return f;
    end_inflater(f);
    return NULL;
}

/* Another member, if it begins like one. */
static bool begin_member(struct inflater *f, const struct coding_io *io, const char **why)
{
    if ((unsigned char)*io->in != 0x1f) {
        *why = behind_end;
        return false;
    }
    f->over = false;
    return inflateReset(&f->z) == Z_OK;
}

static enum coding_next step_gzip(void *state, struct coding_io *io, const char **why)
{
    struct inflater *f = state;
    for (;;) {
        if (f->over && io->in_len == 0)
            return CODING_AT_END;
        if (f->over && !begin_member(f, io, why))
            return CODING_BROKEN;
        enum coding_next next = inflate_some(f, io, why);
        if (next != CODING_AT_END)
            return next;
        f->over = true;
    }
}

/* --- deflate --- */

static void *begin_deflate(void)
{
    return new_inflater();
}

/* RFC 1950 section 2.2: method 8, a window of at most 32 KiB, a multiple of 31. */
static bool is_zlib(const unsigned char *head)
{
    return (head[0] & 0x0f) == 8 && head[0] >> 4 <= 7 && (head[0] * 256 + head[1]) % 31 == 0;
}

/* Takes the first two bytes, which are kept for zlib. CODING_AT_END: they are there. */
static enum coding_next take_head(struct inflater *f, struct coding_io *io)
{
    while (f->head_len < sizeof(f->head) && io->in_len > 0) {
        f->head[f->head_len++] = (unsigned char)*io->in++;
        io->in_len--;
    }
    if (f->head_len < sizeof(f->head))
        return CODING_WITHIN;
    bool done = begin_inflating(f, is_zlib(f->head) ? WINDOW_BITS : -WINDOW_BITS);
    return done ? CODING_AT_END : CODING_NO_MEMORY;
}

static enum coding_next inflate_head(struct inflater *f, struct coding_io *io, const char **why)
{
    struct coding_io head = {(const char *)f->head + f->head_at, f->head_len - f->head_at, io->out,
                             io->out_len};
    enum coding_next next = inflate_some(f, &head, why);
    f->head_at = f->head_len - head.in_len;
    io->out = head.out;
    io->out_len = head.out_len;
    return next;
}

static enum coding_next step_deflate(void *state, struct coding_io *io, const char **why)
{
    struct inflater *f = state;
    enum coding_next next = CODING_WITHIN;
    if (!f->begun && (next = take_head(f, io)) != CODING_AT_END)
        return next;
    if (!f->over && f->head_at < f->head_len)
        next = inflate_head(f, io, why);
    if (!f->over && f->head_at == f->head_len && next != CODING_AT_END && next < CODING_BROKEN)
        next = inflate_some(f, io, why);
    f->over = f->over || next == CODING_AT_END;
    if (!f->over)
        return next;
    *why = behind_end;
    return io->in_len == 0 && f->head_at == f->head_len ? CODING_AT_END : CODING_BROKEN;
}

static void describe_zlib(char *out, size_t size)
{
    snprintf(out, size, "zlib/%s", zlibVersion());
}

const struct coding coding_gzip = {"gzip", begin_gzip, step_gzip, end_inflater, describe_zlib};
const struct coding coding_deflate = {"deflate", begin_deflate, step_deflate, end_inflater,
                                      describe_zlib};
