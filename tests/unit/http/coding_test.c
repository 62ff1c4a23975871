/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/coding: each coding, in every cutting of its bytes and into rooms of every
 * size; ended too early, at every place; with a bit turned, at every place; with
 * bytes behind its end. A coding that was not built in is passed over.
 */
#include "http/coding.h"

#include <stdio.h>
#include <stdlib.h>

#include <CUnit/CUnit.h>

#include "base/buf.h"
#include "tests/support/coded_sample.h"
#include "tests/unit/http/expect.h"
#include "tests/unit/http/pieces.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo coding_tests[];

/* What a whole stream comes to. */
struct result {
    struct buf text;
    enum coding_next next; /* of the last step */
    const char *why;
};

enum { ROOM_MAX = 4096 };

/* Feeds one piece; each step has `room` bytes, in a block of exactly that size. */
static void feed(const struct coding *coding, void *state, const char *piece, size_t len,
                 size_t room, struct result *r)
{
    struct coding_io io = {.in = piece, .in_len = len};
    size_t got;
    do {
        char *block = malloc(room);
        io.out = block;
        io.out_len = room;
        size_t before = io.in_len;
        r->next = coding->step(state, &io, &r->why);
        CU_ASSERT(io.in + io.in_len == piece + len && io.out + io.out_len == block + room);
        got = room - io.out_len;
        buf_append(&r->text, block, got);
        free(block);
        if (got == 0 && io.in_len == before)
            break;
    } while (r->next < CODING_BROKEN && (io.in_len > 0 || got == room));
    CU_ASSERT(io.in_len == 0 || r->next >= CODING_BROKEN);
}

static void decode(const struct coding *coding, struct pieces *p, size_t room, struct result *r)
{
    const char *piece;
    size_t len;
    void *state = coding->begin();
    *r = (struct result){.text = BUF_INIT};
    CU_ASSERT_PTR_NOT_NULL_FATAL(state);
    while (r->next < CODING_BROKEN && pieces_next(p, &piece, &len))
        feed(coding, state, piece, len, room, r);
    coding->end(state);
}

static bool is_text(const struct result *r, const char *wanted)
{
    return r->text.len == strlen(wanted) &&
           (r->text.len == 0 || memcmp(r->text.data, wanted, r->text.len) == 0);
}

/* Decodes in one piece. */
static void decode_whole(const struct coding *coding, const char *data, size_t len,
                         struct result *r)
{
    struct pieces p = {.data = data, .len = len, .next = len, .step = len};
    decode(coding, &p, ROOM_MAX, r);
    free(p.block);
}

/* --- every coding --- */

struct sample {
    const char *name;
    const struct coding *coding; /* NULL: not built in */
    struct coded_bytes bytes;
    bool owned;
};

enum { SAMPLES = 5 };

static void make_samples(struct sample *samples)
{
    const char *text = coded_sample();
    size_t len = strlen(text);
    samples[0] = (struct sample){"gzip", &coding_gzip, coded_make(CODED_GZIP, text, len), true};
    samples[1] = (struct sample){"zlib", &coding_deflate, coded_make(CODED_ZLIB, text, len), true};
    samples[2] =
        (struct sample){"deflate", &coding_deflate, coded_make(CODED_DEFLATE, text, len), true};
    samples[3] = (struct sample){"br", coding_brotli, coded_sample_brotli, false};
    samples[4] = (struct sample){"zstd", coding_zstd, coded_sample_zstd, false};
}

static void each_sample(void (*check)(const struct sample *sample))
{
    struct sample samples[SAMPLES];
    make_samples(samples);
    for (size_t i = 0; i < SAMPLES; i++) {
        if (samples[i].coding != NULL)
            check(&samples[i]);
        if (samples[i].owned)
            coded_free_bytes(&samples[i].bytes);
    }
}

static void check_cutting(struct pieces *p, void *arg)
{
    static const size_t rooms[] = {1, 7, ROOM_MAX};
    const struct sample *s = arg;
    struct pieces again = *p;
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++) {
        struct result r;
        *p = again;
        decode(s->coding, p, rooms[i], &r);
        EXPECT(r.next == CODING_AT_END && is_text(&r, coded_sample()), s->name);
        buf_fini(&r.text);
    }
}

static void cut_every_way(const struct sample *s)
{
    pieces_every_way(s->bytes.data, s->bytes.len, check_cutting, (void *)s);
}

static void in_every_cutting_the_same_comes_out(void)
{
    each_sample(cut_every_way);
}

static void end_everywhere(const struct sample *s)
{
    for (size_t len = 0; len < s->bytes.len; len++) {
        struct result r;
        decode_whole(s->coding, s->bytes.data, len, &r);
        EXPECT(r.next == CODING_WITHIN, s->name);
        buf_fini(&r.text);
    }
}

/* ZIP-04: truncated. */
static void zip_04_nothing_may_end_early(void)
{
    each_sample(end_everywhere);
}

static void turn_every_bit(const struct sample *s)
{
    bool checked = s->coding == &coding_gzip || s->coding == coding_zstd ||
                   strcmp(s->name, "zlib") == 0; /* the others have no sum to check */
    char *copy = malloc(s->bytes.len);
    for (size_t bit = 0; bit < 8 * s->bytes.len; bit++) {
        struct result r;
        memcpy(copy, s->bytes.data, s->bytes.len);
        copy[bit / 8] = (char)(copy[bit / 8] ^ 1 << bit % 8);
        decode_whole(s->coding, copy, s->bytes.len, &r);
        EXPECT(!checked || r.next != CODING_AT_END || is_text(&r, coded_sample()), s->name);
        EXPECT(r.next != CODING_BROKEN || (r.why != NULL && *r.why != '\0'), s->name);
        buf_fini(&r.text);
    }
    free(copy);
}

/* ZIP-04: bad header, CRC, ISIZE. */
static void zip_04_a_turned_bit_is_no_silent_success(void)
{
    each_sample(turn_every_bit);
}

static void put_behind(const struct sample *s)
{
    struct result r;
    char *longer = malloc(s->bytes.len + 5);
    memcpy(longer, s->bytes.data, s->bytes.len);
    memcpy(longer + s->bytes.len, "12345", 5);
    decode_whole(s->coding, longer, s->bytes.len + 5, &r);
    EXPECT(r.next == CODING_BROKEN && strstr(r.why, "behind its end") != NULL, s->name);
    buf_fini(&r.text);
    free(longer);
}

/* ZIP-03: data after the last member. */
static void zip_03_bytes_behind_the_end_are_an_error(void)
{
    each_sample(put_behind);
}

static const struct sample *scarce_sample;

static gofer_status run_scarce(void)
{
    char out[1024];
    struct coding_io io = {scarce_sample->bytes.data, scarce_sample->bytes.len, out, sizeof out};
    const char *why = NULL;
    void *state = scarce_sample->coding->begin();
    if (state == NULL)
        return GOFER_ERR_NOMEM;
    enum coding_next next = scarce_sample->coding->step(state, &io, &why);
    scarce_sample->coding->end(state);
    if (next == CODING_NO_MEMORY)
        return GOFER_ERR_NOMEM;
    return next == CODING_AT_END ? GOFER_OK : GOFER_ERR_DECODE;
}

static void be_scarce(const struct sample *s)
{
    scarce_sample = s;
    scarce_run(run_scarce);
}

static void without_memory_each_says_so(void)
{
    each_sample(be_scarce);
}

/* --- gzip --- */

/* ZIP-03: in a loop, and in constant time each. */
static void zip_03_a_million_empty_members_are_empty(void)
{
    enum { TIMES = 1000, PIECE = 1000 };
    struct coded_bytes one = coded_make(CODED_GZIP, "", 0);
    char *many = malloc(PIECE * one.len), out[8];
    void *state = coding_gzip.begin();
    const char *why = NULL;
    enum coding_next next = CODING_WITHIN;
    for (size_t i = 0; i < PIECE; i++)
        memcpy(many + i * one.len, one.data, one.len);
    for (int i = 0; i < TIMES; i++) {
        struct coding_io io = {many, PIECE * one.len, out, sizeof out};
        next = coding_gzip.step(state, &io, &why);
        CU_ASSERT(io.in_len == 0 && io.out_len == sizeof out);
    }
    CU_ASSERT_EQUAL(next, CODING_AT_END);
    coding_gzip.end(state);
    free(many);
    coded_free_bytes(&one);
}

static void members_are_one_body(void)
{
    struct coded_bytes a = coded_make(CODED_GZIP, "first,", 6);
    struct coded_bytes b = coded_make(CODED_GZIP, "second", 6);
    struct buf both = BUF_INIT;
    struct result r;
    buf_append(&both, a.data, a.len);
    buf_append(&both, b.data, b.len);
    decode_whole(&coding_gzip, both.data, both.len, &r);
    CU_ASSERT(r.next == CODING_AT_END && is_text(&r, "first,second"));
    buf_fini(&r.text);
    decode_whole(&coding_gzip, both.data, both.len - 1, &r);
    CU_ASSERT_EQUAL(r.next, CODING_WITHIN);
    buf_fini(&r.text);
    buf_fini(&both);
    coded_free_bytes(&a);
    coded_free_bytes(&b);
}

/* --- deflate --- */

/* ZIP-05. The shortest bare stream is as long as a zlib header. */
static void zip_05_bare_deflate_may_be_two_bytes(void)
{
    struct result r;
    decode_whole(&coding_deflate, "\x03\x00", 2, &r);
    CU_ASSERT(r.next == CODING_AT_END && r.text.len == 0);
    buf_fini(&r.text);
    decode_whole(&coding_deflate, "\x03\x00x", 3, &r);
    CU_ASSERT(r.next == CODING_BROKEN);
    buf_fini(&r.text);
}

static void zip_05_stored_blocks_are_bare_deflate(void)
{
    struct result r;
    decode_whole(&coding_deflate, "\x01\x02\x00\xfd\xffhi", 7, &r);
    CU_ASSERT(r.next == CODING_AT_END && is_text(&r, "hi"));
    buf_fini(&r.text);
}

static void a_dictionary_is_refused(void)
{
    struct result r;
    decode_whole(&coding_deflate, "\x78\x20\x00\x00\x00\x01\x03\x00", 8, &r);
    CU_ASSERT(r.next == CODING_BROKEN && strstr(r.why, "dictionary") != NULL);
    buf_fini(&r.text);
}

/* --- zstd --- */

#define ZSTD_FRAME(window) "\x28\xb5\x2f\xfd\x00" window "\x09\x00\x00x"

static void frames_are_one_body(void)
{
    static const char two[] = ZSTD_FRAME("\x00") ZSTD_FRAME("\x00");
    struct result r;
    if (coding_zstd == NULL)
        return;
    decode_whole(coding_zstd, two, sizeof two - 1, &r);
    CU_ASSERT(r.next == CODING_AT_END && is_text(&r, "xx"));
    buf_fini(&r.text);
}

/* RFC 9659: windows of more than 8 MiB are refused, whatever follows. */
static void a_zstd_window_is_at_most_8_mib(void)
{
    static const char eight[] = ZSTD_FRAME("\x68"), sixteen[] = ZSTD_FRAME("\x70");
    struct result r;
    if (coding_zstd == NULL)
        return;
    decode_whole(coding_zstd, eight, sizeof eight - 1, &r);
    CU_ASSERT(r.next == CODING_AT_END && is_text(&r, "x"));
    buf_fini(&r.text);
    decode_whole(coding_zstd, sixteen, sizeof sixteen - 1, &r);
    CU_ASSERT_EQUAL(r.next, CODING_BROKEN);
    buf_fini(&r.text);
}

/* A caller that asks again and again before more came makes no mistake. */
static void asking_without_input_is_harmless(void)
{
    struct sample samples[SAMPLES];
    make_samples(samples);
    for (size_t i = 0; i < SAMPLES; i++) {
        const struct sample *s = &samples[i];
        void *state = s->coding != NULL ? s->coding->begin() : NULL;
        char out[8];
        for (int times = 0; state != NULL && times < 100; times++) {
            struct coding_io io = {out, 0, out, sizeof out};
            const char *why = NULL;
            EXPECT(s->coding->step(state, &io, &why) == CODING_WITHIN, s->name);
            EXPECT(io.out_len == sizeof out, s->name);
        }
        if (state != NULL)
            s->coding->end(state);
        if (s->owned)
            coded_free_bytes(&samples[i].bytes);
    }
}

/* --- names --- */

static void names_are_found_in_any_case(void)
{
    CU_ASSERT_PTR_EQUAL(coding_find("gzip", 4), &coding_gzip);
    CU_ASSERT_PTR_EQUAL(coding_find("GZip", 4), &coding_gzip);
    CU_ASSERT_PTR_EQUAL(coding_find("X-GZIP", 6), &coding_gzip);
    CU_ASSERT_PTR_EQUAL(coding_find("deflate", 7), &coding_deflate);
    CU_ASSERT_PTR_EQUAL(coding_find("BR", 2), coding_brotli);
    CU_ASSERT_PTR_EQUAL(coding_find("zstd", 4), coding_zstd);
    CU_ASSERT_PTR_NULL(coding_find("compress", 8));
    CU_ASSERT_PTR_NULL(coding_find("gzi", 3));
    CU_ASSERT_PTR_NULL(coding_find("", 0));
}

static void what_is_asked_for_is_what_can_be_undone(void)
{
    char wanted[64];
    snprintf(wanted, sizeof wanted, "gzip, deflate%s%s", coding_brotli != NULL ? ", br" : "",
             coding_zstd != NULL ? ", zstd" : "");
    CU_ASSERT_STRING_EQUAL(coding_names(), wanted);
}

CU_TestInfo coding_tests[] = {
    {"in every cutting the same comes out", in_every_cutting_the_same_comes_out},
    {"ZIP-04 nothing may end early", zip_04_nothing_may_end_early},
    {"ZIP-04 a turned bit is no silent success", zip_04_a_turned_bit_is_no_silent_success},
    {"ZIP-03 bytes behind the end are an error", zip_03_bytes_behind_the_end_are_an_error},
    {"without memory each says so", without_memory_each_says_so},
    {"ZIP-03 a million empty members are empty", zip_03_a_million_empty_members_are_empty},
    {"members are one body", members_are_one_body},
    {"ZIP-05 bare deflate may be two bytes", zip_05_bare_deflate_may_be_two_bytes},
    {"ZIP-05 stored blocks are bare deflate", zip_05_stored_blocks_are_bare_deflate},
    {"a dictionary is refused", a_dictionary_is_refused},
    {"frames are one body", frames_are_one_body},
    {"a zstd window is at most 8 MiB", a_zstd_window_is_at_most_8_mib},
    {"asking without input is harmless", asking_without_input_is_harmless},
    {"names are found in any case", names_are_found_in_any_case},
    {"what is asked for is what can be undone", what_is_asked_for_is_what_can_be_undone},
    CU_TEST_INFO_NULL,
};
