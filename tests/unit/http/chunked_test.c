/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/chunked: every row in every cutting. A row's outcome is "data|rest" for a
 * complete body, "data..." for a truncated one, "!" for an error.
 */
#include "http/chunked.h"

#include <CUnit/CUnit.h>

#include "base/buf.h"
#include "tests/unit/http/expect.h"
#include "tests/unit/http/pieces.h"

extern CU_TestInfo chunked_tests[];

enum { TRAILER_MAX = 32 };

struct outcome {
    struct buf data;
    size_t rest; /* bytes behind the end */
    bool failed;
    bool done;
};

/* Feeds one piece; what is not taken before the end counts as rest. */
static void feed(struct chunked *c, struct outcome *o, const char *piece, size_t len)
{
    while (len > 0 && !o->failed && !chunked_done(c)) {
        const char *out;
        size_t out_len;
        ptrdiff_t n = chunked_decode(c, piece, len, &out, &out_len);
        o->failed = n < 0;
        if (n < 0)
            return;
        CU_ASSERT((n > 0 || out_len > 0) && (size_t)n <= len);
        CU_ASSERT(out_len == 0 || (out >= piece && out + out_len <= piece + n));
        buf_append(&o->data, out, out_len);
        piece += n;
        len -= (size_t)n;
    }
    o->rest += o->failed ? 0 : len;
}

static void decode(struct pieces *p, struct outcome *o)
{
    struct chunked c;
    const char *piece;
    size_t len;
    *o = (struct outcome){.data = BUF_INIT};
    chunked_init(&c, TRAILER_MAX);
    while (pieces_next(p, &piece, &len) && !o->failed)
        feed(&c, o, piece, len);
    o->done = chunked_done(&c);
    CU_ASSERT_EQUAL(o->failed, c.why != NULL);
}

struct row {
    const char *in;
    const char *want; /* the data; NULL: an error */
    size_t rest;
    bool truncated;
};

static void check_row(struct pieces *p, void *arg)
{
    const struct row *row = arg;
    struct outcome o;
    decode(p, &o);
    EXPECT(o.failed == (row->want == NULL), row->in);
    if (!o.failed && row->want != NULL) {
        EXPECT(o.done != row->truncated, row->in);
        EXPECT(o.rest == row->rest, row->in);
        EXPECT(o.data.len == strlen(row->want) &&
                   memcmp(o.data.data == NULL ? "" : o.data.data, row->want, o.data.len) == 0,
               row->in);
    }
    buf_fini(&o.data);
}

static void check_rows(struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pieces_every_way(rows[i].in, strlen(rows[i].in), check_row, &rows[i]);
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof *(rows))

static void whole_bodies(void)
{
    struct row rows[] = {
        {.in = "0\r\n\r\n", .want = ""},
        {.in = "5\r\nhello\r\n0\r\n\r\n", .want = "hello"},
        {.in = "0a\r\nBody here\n\r\n09\r\ncontinued\r\n0\r\n\r\n", .want = "Body here\ncontinued"},
        {.in = "A\r\n0123456789\r\n000\r\n\r\n", .want = "0123456789"},
        {.in = "1\r\na\r\n1\r\n\r\r\n1\r\n\n\r\n0\r\n\r\n", .want = "a\r\n"},
        {.in = "3\r\nabc\r\n0\r\n\r\nHTTP/1.1", .want = "abc", .rest = 8},
    };
    CHECK_ROWS(rows);
}

/* Table chunked, hex. ffffffffffffffff is a number there; H1-07 makes it an error. */
static void table_chunked_sizes(void)
{
    struct row rows[] = {
        {.in = "x\r\n"},
        {.in = "0000000000000000\r\n\r\n", .want = ""},
        {.in = "0000000000000001\r\na\r\n0\r\n\r\n", .want = "a"},
        {.in = "ffffffffffffffff\r\n"},
        {.in = "000000000000bogus\r\n"},
        {.in = "00000000000000000\r\n"},
        {.in = "10000000000000000\r\n"},
        {.in = "00000000000000001\r\n"},
        {.in = "\r\n"},
    };
    CHECK_ROWS(rows);
}

static void h1_07_sizes(void)
{
    struct row rows[] = {
        {.in = "12345678123456789\r\n"},
        {.in = "8000000000000000\r\n"},
        {.in = "7fffffffffffffff\r\nab", .want = "ab", .truncated = true},
        {.in = "-1\r\n"},
        {.in = "0x5\r\nhello\r\n0\r\n\r\n"},
        {.in = "+5\r\nhello\r\n0\r\n\r\n"},
        {.in = ";a\r\n"},
        {.in = "5 \r\nhello\r\n0\r\n\r\n"},
        {.in = "5 ;a\r\nhello\r\n0\r\n\r\n"},
        {.in = " 5\r\nhello\r\n0\r\n\r\n"},
        {.in = "5\thello"},
        {.in = "5_0\r\n"},
    };
    CHECK_ROWS(rows);
}

/* Table chunked, invalid_bodies, and its relatives. */
static void h1_08_line_ends(void)
{
    struct row rows[] = {
        {.in = "1\na\r\n0\r\n"},     {.in = "1\r\r\na\r\n0\r\n"},      {.in = "1\r\na\n0\r\n"},
        {.in = "1;\na\r\n0\r\n"},    {.in = "1;x\r;\na\r\n0\r\n\r\n"}, {.in = "1\r\na\r\n0\n\n"},
        {.in = "1\r\na\r\n0\r\n\n"}, {.in = "0\r\nA: b\n\r\n"},
    };
    CHECK_ROWS(rows);
}

static void h1_09_data_ends_in_crlf(void)
{
    struct row rows[] = {
        {.in = "5\r\nhello0\r\n\r\n"},
        {.in = "5\r\nhello!\r\n0\r\n\r\n"},
        {.in = "5\r\nhello\rX0\r\n\r\n"},
        {.in = "4\r\nhello\r\n0\r\n\r\n"},
    };
    CHECK_ROWS(rows);
}

static void extensions_are_skipped(void)
{
    struct row rows[] = {
        {.in = "5;a=b;c=\"d;e\"\r\nhello\r\n0;last\r\n\r\n", .want = "hello"},
        {.in = "5;\r\nhello\r\n0\r\n\r\n", .want = "hello"},
        {.in = "5;a\tb \xc3\xbc\r\nhello\r\n0\r\n\r\n", .want = "hello"},
        {.in = "5;a\x01\r\nhello\r\n0\r\n\r\n"},
    };
    CHECK_ROWS(rows);
}

static void trailers_are_checked_and_dropped(void)
{
    struct row rows[] = {
        {.in = "1\r\na\r\n0\r\nX-T: v\r\nY:\r\n\r\n", .want = "a"},
        {.in = "1\r\na\r\n0\r\nContent-Length: 99\r\n\r\nrest", .want = "a", .rest = 4},
        {.in = "0\r\n: v\r\n\r\n"},
        {.in = "0\r\nno colon\r\n\r\n"},
        {.in = "0\r\nX-T : v\r\n\r\n"},
        {.in = "0\r\n X: folded\r\n\r\n"},
        {.in = "0\r\nX: v\rY: w\r\n\r\n"},
        {.in = "0\r\nX: \x01\r\n\r\n"},
        {.in = "0\r\nX\r\n\r\n"},
        {.in = "0\r\n\rX"},
    };
    CHECK_ROWS(rows);
}

static void h1_11_trailer_limit_and_nul(void)
{
    struct row rows[] = {
        {.in = "0\r\nA: 123456789012345678901234567\r\n\r\n", .want = ""}, /* 32 with CRLF */
        {.in = "0\r\nA: 1234567890123456789012345678\r\n\r\n"},
        {.in = "0\r\nA: 1234567890\r\nB: 1234567890\r\nC: 1\r\n\r\n"},
    };
    CHECK_ROWS(rows);
    struct chunked c;
    const char *out;
    size_t out_len;
    chunked_init(&c, 1000);
    CU_ASSERT_EQUAL(chunked_decode(&c, "0\r\nA: b\0c\r\n\r\n", 14, &out, &out_len), -1);
    chunked_init(&c, 0);
    CU_ASSERT_EQUAL(chunked_decode(&c, "0\r\n\r\n", 5, &out, &out_len), 5);
    CU_ASSERT(chunked_done(&c));
}

static void check_kept_trailers(struct pieces *p, void *arg)
{
    struct chunked c;
    struct buf lines = BUF_INIT;
    struct outcome o = {.data = BUF_INIT};
    const char *piece;
    size_t len;
    chunked_init(&c, TRAILER_MAX);
    c.trailers = &lines;
    while (pieces_next(p, &piece, &len) && !o.failed)
        feed(&c, &o, piece, len);
    CU_ASSERT(chunked_done(&c) && !o.failed && o.rest == 1);
    char *text = buf_take_str(&lines);
    EXPECT(same_text(text, arg), text);
    free(text);
    buf_fini(&o.data);
}

/* Of the section its lines, not the empty one, as they came. */
static void trailers_are_kept_where_asked(void)
{
    static char lines[] = "A:  b \r\nHost: c\r\nD:\r\n";
    static const char body[] = "1\r\na\r\n0;x\r\nA:  b \r\nHost: c\r\nD:\r\n\r\n!";
    static const char none[] = "1\r\na\r\n0\r\n\r\n!";
    pieces_every_way(body, sizeof body - 1, check_kept_trailers, lines);
    pieces_every_way(none, sizeof none - 1, check_kept_trailers, "");
}

/* Every proper prefix of a body is neither complete nor wrong. */
static void h1_10_every_truncation_is_truncated(void)
{
    static const char body[] = "3;x=y\r\nabc\r\n1\r\nd\r\n0\r\nT: u\r\n\r\n";
    for (size_t len = 0; len < sizeof body - 1; len++) {
        struct pieces p = {.data = body, .len = len, .next = len, .step = len};
        struct outcome o;
        decode(&p, &o);
        free(p.block);
        CU_ASSERT(!o.failed && !o.done);
        buf_fini(&o.data);
    }
}

/* Decodes the unit n times: how often before it failed. */
static size_t repeats(const char *unit, size_t len, size_t n)
{
    struct chunked c;
    size_t i = 0;
    bool good = true;
    chunked_init(&c, TRAILER_MAX);
    for (; good && i < n; i++) {
        struct outcome o = {.data = BUF_INIT};
        feed(&c, &o, unit, len);
        good = !o.failed;
        buf_fini(&o.data);
    }
    return good ? n : i - 1;
}

static void h1_06_padding_is_bounded(void)
{
    static char unit[4200];
    memset(unit, 'x', sizeof unit);
    memcpy(unit, "1;", 2);
    memcpy(unit + 4096, "\r\na\r\n", 5);
    /* Each costs 4096 + 4 - 16 - 2 bytes of the 16 KiB. */
    CU_ASSERT_EQUAL(repeats(unit, 4096 + 5, 1000), 4);
    memcpy(unit + 28, "\r\na\r\n", 5);
    CU_ASSERT(repeats(unit, 28 + 5, 100000) < 2000);
}

/* A long chunk earns nothing that later ones could pad with. */
static void h1_06_allowance_is_not_saved(void)
{
    enum { DATA = 0x4000, PADDING = 4096, UNITS = 6 };
    static char body[6 + DATA + 2 + UNITS * (PADDING + 5)];
    memset(body, 'x', sizeof body);
    memcpy(body, "4000\r\n", 6);
    memcpy(body + 6 + DATA, "\r\n", 2);
    for (int i = 0; i < UNITS; i++) {
        char *unit = body + 6 + DATA + 2 + i * (PADDING + 5);
        memcpy(unit, "1;", 2);
        memcpy(unit + PADDING, "\r\na\r\n", 5);
    }
    CU_ASSERT_EQUAL(repeats(body, 6 + DATA + 2 + 4 * (PADDING + 5), 1), 1);
    CU_ASSERT_EQUAL(repeats(body, sizeof body, 1), 0);
}

static void h1_06_lines_are_bounded(void)
{
    static char unit[4200];
    memset(unit, 'x', sizeof unit);
    memcpy(unit, "1;", 2);
    CU_ASSERT_EQUAL(repeats(unit, 4096, 1), 1);
    CU_ASSERT_EQUAL(repeats(unit, sizeof unit, 1), 0);
}

static void one_byte_chunks_are_fine_for_ever(void)
{
    CU_ASSERT_EQUAL(repeats("1\r\na\r\n", 6, 100000), 100000);
    CU_ASSERT_EQUAL(repeats("1;ab=cdef\r\na\r\n", 14, 100000), 100000);
}

static void data_is_handed_out_in_place(void)
{
    static const char in[] = "5\r\nhello\r\n3\r\nabc\r\n0\r\n\r\n";
    struct chunked c;
    const char *out;
    size_t out_len;
    chunked_init(&c, TRAILER_MAX);
    CU_ASSERT_EQUAL(chunked_decode(&c, in, sizeof in - 1, &out, &out_len), 8);
    CU_ASSERT(out == in + 3 && out_len == 5);
    CU_ASSERT_EQUAL(chunked_decode(&c, in + 8, sizeof in - 9, &out, &out_len), 8);
    CU_ASSERT(out == in + 13 && out_len == 3);
}

static void random_bytes_do_no_harm(void)
{
    static const char alphabet[] = "0123456789abcdefF;\r\n\r\n\r\nX: -\t\x01";
    uint64_t seed = random_seed();
    for (int round = 0; round < 20000; round++) {
        char in[40];
        size_t len = 1 + random_below(&seed, sizeof in);
        for (size_t i = 0; i < len; i++)
            in[i] = alphabet[random_below(&seed, sizeof alphabet)];
        struct outcome whole, bytes;
        struct pieces a = {.data = in, .len = len, .next = len, .step = len};
        struct pieces b = {.data = in, .len = len, .next = 1, .step = 1};
        decode(&a, &whole);
        decode(&b, &bytes);
        free(a.block);
        free(b.block);
        if (whole.failed != bytes.failed || whole.done != bytes.done || whole.rest != bytes.rest ||
            whole.data.len != bytes.data.len)
            CU_FAIL("whole and byte by byte differ");
        buf_fini(&whole.data);
        buf_fini(&bytes.data);
    }
}

CU_TestInfo chunked_tests[] = {
    {"H1-24 whole bodies in every cutting", whole_bodies},
    {"H1-07 F18 table chunked: sizes", table_chunked_sizes},
    {"H1-07 chunk sizes that are none or too large are errors", h1_07_sizes},
    {"H1-08 F18 table chunked: bare LF and stray CR are errors", h1_08_line_ends},
    {"H1-09 chunk data ends in CRLF", h1_09_data_ends_in_crlf},
    {"F18 extensions are skipped", extensions_are_skipped},
    {"H1-11 trailers are checked and dropped, framing ones too", trailers_are_checked_and_dropped},
    {"H1-11 trailers over the limit or with NUL are errors", h1_11_trailer_limit_and_nul},
    {"F16 H1-24 trailers are kept where asked, in every cutting", trailers_are_kept_where_asked},
    {"H1-10 F18 every truncation is truncated", h1_10_every_truncation_is_truncated},
    {"H1-06 F18 padding is bounded at 16 KiB", h1_06_padding_is_bounded},
    {"H1-06 F18 allowance is not saved for later chunks", h1_06_allowance_is_not_saved},
    {"H1-06 F18 lines are bounded at 4,096 bytes", h1_06_lines_are_bounded},
    {"F18 one-byte chunks are fine for ever", one_byte_chunks_are_fine_for_ever},
    {"data is handed out in place", data_is_handed_out_in_place},
    {"H1-24 random bytes give one result in every cutting", random_bytes_do_no_harm},
    CU_TEST_INFO_NULL,
};
