/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/decoder: lists of codings, several of them one on the other, and the
 * bounds on what few bytes may come to.
 */
#include "http/decoder.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "base/buf.h"
#include "tests/support/coded_sample.h"
#include "tests/unit/http/expect.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo decoder_tests[];

static struct coding_list listed(const char *value)
{
    struct coding_list list = {0};
    coding_list_add(&list, value, strlen(value));
    return list;
}

/* --- lists --- */

static void lists_add_up_over_fields(void)
{
    struct coding_list list = listed("gzip, identity ,, deflate");
    coding_list_add(&list, "GZIP", 4);
    CU_ASSERT(list.len == 3 && !list.unknown);
    CU_ASSERT_PTR_EQUAL(list.items[0], &coding_gzip);
    CU_ASSERT_PTR_EQUAL(list.items[1], &coding_deflate);
    CU_ASSERT_PTR_EQUAL(list.items[2], &coding_gzip);
    list = listed("");
    CU_ASSERT(list.len == 0 && !list.unknown);
    list = listed("identity");
    CU_ASSERT(list.len == 0 && !list.unknown);
}

static void an_unknown_name_is_noted(void)
{
    CU_ASSERT(listed("gzip, compress").unknown);
    CU_ASSERT(listed("gzip;q=1").unknown);
    CU_ASSERT(listed("gzip,gzip,gzip,gzip,compress").unknown);
}

/* ZIP-02: counted beyond what there is room for. */
static void zip_02_too_many_are_counted(void)
{
    char many[5 * 1000 + 1] = "";
    for (size_t i = 0; i < 1000; i++)
        memcpy(many + 5 * i, "gzip,", 5);
    CU_ASSERT_EQUAL(listed(many).len, 1000);
}

/* --- several --- */

/* Codes data with gzip, n times. */
static struct coded_bytes wrapped(const char *data, size_t len, int n)
{
    struct coded_bytes bytes = coded_make(CODED_GZIP, data, len);
    while (--n > 0) {
        struct coded_bytes outer = coded_make(CODED_GZIP, bytes.data, bytes.len);
        coded_free_bytes(&bytes);
        bytes = outer;
    }
    return bytes;
}

/* Decodes all of it, `step` bytes of input and `room` of output at a time; text may be NULL. */
static bool decode(struct decoder *d, const struct coded_bytes *bytes, size_t step, size_t room,
                   struct buf *text, struct fault *fault)
{
    char *out = malloc(room);
    bool ok = true;
    for (size_t at = 0; ok && at < bytes->len; at += step) {
        size_t left = bytes->len - at;
        struct coding_io io = {.in = bytes->data + at, .in_len = left < step ? left : step};
        do {
            io.out = out;
            io.out_len = room;
            ok = decoder_step(d, &io, fault);
            if (text != NULL)
                buf_append(text, out, room - io.out_len);
        } while (ok && io.out_len == 0);
        CU_ASSERT(!ok || io.in_len == 0);
    }
    free(out);
    return ok && decoder_end(d, fault);
}

static void the_last_coding_is_undone_first(void)
{
    static const char text[] = "text in three codings";
    static const size_t sizes[] = {1, 3, 4096};
    struct coded_bytes inner = wrapped(text, strlen(text), 1);
    struct coded_bytes middle = coded_make(CODED_ZLIB, inner.data, inner.len);
    struct coded_bytes outer = wrapped(middle.data, middle.len, 1);
    struct coding_list list = listed("gzip, deflate, gzip");
    for (size_t i = 0; i < 9; i++) {
        struct fault fault = {0};
        struct buf got = BUF_INIT;
        struct decoder *d = decoder_new(&list, -1);
        CU_ASSERT(decoder_is_at_end(d));
        CU_ASSERT(decode(d, &outer, sizes[i / 3], sizes[i % 3], &got, &fault));
        CU_ASSERT(got.len == strlen(text) && memcmp(got.data, text, got.len) == 0);
        buf_fini(&got);
        decoder_free(d);
    }
    coded_free_bytes(&inner);
    coded_free_bytes(&middle);
    coded_free_bytes(&outer);
}

/* Every stage must have ended: the outermost of them may be cut, or an inner one alone. */
static void each_coding_must_end(void)
{
    struct coded_bytes inner = wrapped("some text", 9, 1);
    struct coded_bytes cut_inside = wrapped(inner.data, inner.len - 1, 1);
    struct coded_bytes outer = wrapped(inner.data, inner.len, 1);
    struct coding_list list = listed("deflate, gzip");
    struct fault fault = {0};
    list = listed("gzip, gzip");
    struct decoder *d = decoder_new(&list, -1);
    CU_ASSERT(!decode(d, &cut_inside, 100, 100, NULL, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_DECODE);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault.detail, "ended inside its gzip coding"));
    decoder_free(d);
    for (size_t len = 1; len < outer.len; len++) {
        struct coded_bytes cut = {outer.data, len};
        fault = (struct fault){0};
        d = decoder_new(&list, -1);
        CU_ASSERT(!decode(d, &cut, 100, 100, NULL, &fault));
        CU_ASSERT_EQUAL(fault.code, GOFER_ERR_DECODE);
        decoder_free(d);
    }
    coded_free_bytes(&inner);
    coded_free_bytes(&cut_inside);
    coded_free_bytes(&outer);
}

static void what_is_broken_is_named(void)
{
    struct coding_list list = listed("deflate, gzip");
    struct coded_bytes outer = wrapped("\xff\xff\xff\xff", 4, 1);
    struct fault fault = {0};
    struct decoder *d = decoder_new(&list, -1);
    CU_ASSERT(!decode(d, &outer, 100, 100, NULL, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_DECODE);
    CU_ASSERT_EQUAL(fault.phase, GOFER_PHASE_BODY);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault.detail, "broken deflate coding"));
    decoder_free(d);
    coded_free_bytes(&outer);
}

static struct coded_bytes scarce_bytes;

static gofer_status run_scarce(void)
{
    struct coding_list list = listed("gzip, gzip, gzip");
    struct fault fault = {0};
    struct decoder *d = decoder_new(&list, -1);
    if (d == NULL)
        return GOFER_ERR_NOMEM;
    bool ok = decode(d, &scarce_bytes, 100, 100, NULL, &fault);
    decoder_free(d);
    return ok ? GOFER_OK : fault.code;
}

static void without_memory_it_says_so(void)
{
    scarce_bytes = wrapped("text", 4, 3);
    scarce_run(run_scarce);
    coded_free_bytes(&scarce_bytes);
}

/* --- bounds --- */

enum { MIB = 1024 * 1024 };

/* Whether that many zeros, coded `times` times, may come out under a limit. */
static bool expands(size_t zeros, int times, int64_t max_ratio, struct fault *fault)
{
    static const char *const names[] = {"gzip", "gzip, gzip", "gzip, gzip, gzip"};
    struct coded_bytes bytes = coded_zeros(zeros);
    if (times > 1) {
        struct coded_bytes outer = wrapped(bytes.data, bytes.len, times - 1);
        coded_free_bytes(&bytes);
        bytes = outer;
    }
    struct coding_list list = listed(names[times - 1]);
    struct decoder *d = decoder_new(&list, max_ratio);
    *fault = (struct fault){0};
    bool ok = decode(d, &bytes, 4096, 16384, NULL, fault);
    decoder_free(d);
    coded_free_bytes(&bytes);
    return ok;
}

static void zip_01_few_bytes_do_not_become_many(void)
{
    struct fault fault;
    CU_ASSERT(!expands(16 * MIB, 1, 200, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TOO_LARGE);
    CU_ASSERT_PTR_NOT_NULL(strstr(fault.detail, "more than 200 times its size"));
    CU_ASSERT(expands(16 * MIB, 1, 2000, &fault));
    CU_ASSERT(expands(16 * MIB, 1, -1, &fault));
}

static void a_moderate_size_may_expand_from_nothing(void)
{
    struct fault fault;
    CU_ASSERT(expands(DECODER_FREE_BYTES, 1, 1, &fault));
    CU_ASSERT(!expands(DECODER_FREE_BYTES + 1, 1, 1, &fault));
}

/* ZIP-02: what passes between two codings counts as what comes out. */
static void zip_02_nor_do_they_between_two_codings(void)
{
    struct coded_bytes zeros = coded_zeros(16 * MIB);
    struct coded_bytes outer;
    struct coding_list list = listed("gzip, gzip");
    struct fault fault = {0};
    coded_free_bytes(&zeros);
    CU_ASSERT(!expands(16 * MIB, 2, 200, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TOO_LARGE);

    /* The inner stream is a million empty members: nothing comes out at all. */
    struct coded_bytes member = coded_make(CODED_GZIP, "", 0);
    size_t n = 1000 * 1000;
    char *members = malloc(n * member.len);
    for (size_t i = 0; i < n; i++)
        memcpy(members + i * member.len, member.data, member.len);
    outer = coded_make(CODED_GZIP, members, n * member.len);
    free(members);
    struct decoder *d = decoder_new(&list, 100);
    fault = (struct fault){0};
    CU_ASSERT(!decode(d, &outer, 4096, 4096, NULL, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TOO_LARGE);
    decoder_free(d);
    coded_free_bytes(&member);
    coded_free_bytes(&outer);
}

static void zip_01_brotli_expands_furthest(void)
{
    struct coding_list list = listed("br");
    struct fault fault = {0};
    if (list.unknown)
        return;
    struct decoder *d = decoder_new(&list, 200);
    CU_ASSERT(!decode(d, &coded_zeros_brotli, 100, 16384, NULL, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TOO_LARGE);
    decoder_free(d);
}

CU_TestInfo decoder_tests[] = {
    {"lists add up over fields", lists_add_up_over_fields},
    {"an unknown name is noted", an_unknown_name_is_noted},
    {"ZIP-02 too many are counted", zip_02_too_many_are_counted},
    {"the last coding is undone first", the_last_coding_is_undone_first},
    {"each coding must end", each_coding_must_end},
    {"what is broken is named", what_is_broken_is_named},
    {"without memory it says so", without_memory_it_says_so},
    {"ZIP-01 few bytes do not become many", zip_01_few_bytes_do_not_become_many},
    {"a moderate size may expand from nothing", a_moderate_size_may_expand_from_nothing},
    {"ZIP-02 nor do they between two codings", zip_02_nor_do_they_between_two_codings},
    {"ZIP-01 brotli expands furthest", zip_01_brotli_expands_furthest},
    CU_TEST_INFO_NULL,
};
