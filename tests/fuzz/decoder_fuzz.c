/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Content codings. Any bytes, through one to four codings: in one piece, byte by
 * byte and cut in two the same text comes out and the same verdict falls, and no
 * more comes out than the bound allows. Coded text comes out as it went in.
 *
 * The input: a byte's low bits say how many codings, the two highest bits which
 * bound, or 3: the rest is text to code; a byte with two bits for each coding; a
 * byte where to cut; the rest.
 */
#include "fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "http/decoder.h"
#include "tests/support/coded_sample.h"

enum { ROOM = 16 * 1024, COMPARED_MAX = 64 * 1024, TO_CODE = 3 };

static const int64_t ratios[] = {200, 1, 20};

struct decoded {
    struct buf text; /* at most COMPARED_MAX bytes of it */
    uint64_t given;
    gofer_status code;
    size_t taken;
};

/* --- decoding --- */

static const struct coding *coding_of(unsigned choice)
{
    const struct coding *codings[] = {&coding_gzip, &coding_deflate, coding_brotli, coding_zstd};
    const struct coding *coding = codings[choice % 4];
    return coding != NULL ? coding : &coding_gzip;
}

/* Gives one piece; false when it is over. */
static bool feed(struct decoder *decoder, struct decoded *d, const char *data, size_t len,
                 size_t room)
{
    char *piece = fuzz_exact(data, len);
    struct coding_io io = {.in = piece, .in_len = len};
    struct fault fault = {0};
    bool ok;
    do {
        char *out = fuzz_exact("", 0);
        out = realloc(out, room);
        io.out = out;
        io.out_len = room;
        ok = decoder_step(decoder, &io, &fault);
        FUZZ_CHECK(io.out_len <= room && io.in_len <= len);
        size_t got = room - io.out_len;
        d->given += got;
        if (d->text.len + got <= COMPARED_MAX)
            buf_append(&d->text, out, got);
        free(out);
    } while (ok && io.out_len == 0);
    FUZZ_CHECK(ok || fault.code != GOFER_OK);
    FUZZ_CHECK(!ok || io.in_len == 0);
    d->taken += len - io.in_len;
    d->code = fault.code;
    free(piece);
    return ok;
}

static struct decoded decode(const struct coding_list *list, int64_t ratio, const char *data,
                             size_t len, size_t first, size_t step, size_t room)
{
    struct decoded d = {.text = BUF_INIT};
    struct decoder *decoder = decoder_new(list, ratio);
    FUZZ_CHECK(decoder != NULL && decoder_is_at_end(decoder));
    size_t at = 0;
    for (size_t next = first; at < len; next = step) {
        size_t n = next < len - at ? next : len - at;
        if (!feed(decoder, &d, data + at, n, room))
            break;
        at += n;
    }
    struct fault fault = {0};
    if (d.code == GOFER_OK && !decoder_end(decoder, &fault))
        d.code = fault.code;
    decoder_free(decoder);
    return d;
}

/* --- properties --- */

/* What came out before a failure may be more in one cutting than in another, and is the same as far
 * as it goes. */
static void check_same(const struct decoded *a, const struct decoded *b)
{
    size_t common = a->text.len < b->text.len ? a->text.len : b->text.len;
    FUZZ_CHECK(a->code == b->code);
    FUZZ_CHECK(a->code != GOFER_OK || (a->text.len == b->text.len && a->given == b->given));
    FUZZ_CHECK(common == 0 || memcmp(a->text.data, b->text.data, common) == 0);
}

static void check_bounds(const struct decoded *d, size_t len, int64_t ratio)
{
    uint64_t allowed = (uint64_t)ratio * (len + 1);
    allowed = allowed > DECODER_FREE_BYTES ? allowed : DECODER_FREE_BYTES;
    FUZZ_CHECK(d->given <= allowed + ROOM);
    FUZZ_CHECK(d->taken <= len);
    FUZZ_CHECK(d->code == GOFER_OK || d->code == GOFER_ERR_DECODE ||
               d->code == GOFER_ERR_TOO_LARGE);
    FUZZ_CHECK(d->code != GOFER_ERR_TOO_LARGE || d->given > 0);
}

static void decode_any(const struct coding_list *list, int64_t ratio, size_t cut, const char *data,
                       size_t len)
{
    struct decoded whole = decode(list, ratio, data, len, len, len, ROOM);
    check_bounds(&whole, len, ratio);
    /* What expands far is not worth its time twice. */
    if (whole.given <= COMPARED_MAX) {
        struct decoded bytes = decode(list, ratio, data, len, 1, 1, 61);
        struct decoded halves = decode(list, ratio, data, len, cut, len, cut);
        check_same(&whole, &bytes);
        check_same(&whole, &halves);
        buf_fini(&bytes.text);
        buf_fini(&halves.text);
    }
    buf_fini(&whole.text);
}

/* Codes the text with the list's codings, those of zlib, in their order. */
static void decode_coded(struct coding_list *list, size_t cut, const char *text, size_t len)
{
    struct coded_bytes coded = {fuzz_exact(text, len), len};
    for (size_t i = 0; i < list->len; i++) {
        bool zipped = list->items[i] == &coding_gzip;
        enum coded_format format = zipped ? CODED_GZIP : len % 2 != 0 ? CODED_ZLIB : CODED_DEFLATE;
        struct coded_bytes outer = coded_make(format, coded.data, coded.len);
        list->items[i] = zipped ? &coding_gzip : &coding_deflate;
        coded_free_bytes(&coded);
        coded = outer;
    }
    struct decoded d = decode(list, -1, coded.data, coded.len, cut, cut, ROOM);
    FUZZ_CHECK(d.code == GOFER_OK && d.taken == coded.len && d.given == len);
    FUZZ_CHECK(d.text.len == 0 || memcmp(d.text.data, text, d.text.len) == 0);
    buf_fini(&d.text);
    coded_free_bytes(&coded);
}

void fuzz_decoder(struct fuzz *f)
{
    size_t len;
    struct coding_list list = {0};
    unsigned choice = fuzz_byte(f);
    unsigned which = fuzz_byte(f);
    size_t cut = fuzz_byte(f) + 1;
    char *data = fuzz_rest(f, &len);
    list.len = choice % DECODER_CODINGS_MAX + 1;
    for (size_t i = 0; i < list.len; i++)
        list.items[i] = coding_of(which >> 2 * i);
    if (choice >> 6 == TO_CODE)
        decode_coded(&list, cut, data, len);
    else
        decode_any(&list, ratios[choice >> 6], cut, data, len);
    free(data);
}
