/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/response_head: status lines, fields, lengths, codings, and what becomes
 * of the connection. Whole messages are in http_message_test.c.
 */
#include "http/response_head.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"
#include "tests/unit/http/pieces.h"

extern CU_TestInfo response_head_tests[];

enum { FIELDS = 8 };

struct scanned {
    enum head_result result;
    size_t head_len;
};

/* The scanner sees the bytes so far, each time in a block of exactly their size. */
static void scan(struct pieces *p, void *arg)
{
    struct scanned *s = arg;
    struct head_scan state = {0};
    const char *piece;
    size_t len;
    s->result = HEAD_MORE;
    while (s->result == HEAD_MORE && pieces_next(p, &piece, &len)) {
        char *so_far = malloc(p->at);
        memcpy(so_far, p->data, p->at);
        s->result = head_scan(&state, so_far, p->at, &s->head_len);
        CU_ASSERT_EQUAL(s->result == HEAD_BAD, state.why != NULL);
        free(so_far);
    }
}

struct want {
    const char *in;
    struct scanned scanned;
};

static void check_scan(struct pieces *p, void *arg)
{
    const struct want *want = arg;
    struct scanned got;
    scan(p, &got);
    EXPECT(got.result == want->scanned.result, want->in);
    if (got.result == HEAD_DONE)
        EXPECT(got.head_len == want->scanned.head_len, want->in);
}

static void expect_scan(const char *in, enum head_result result, size_t head_len)
{
    struct want want = {in, {result, head_len}};
    pieces_every_way(in, strlen(in), check_scan, &want);
}

/* Scans and parses in a block of the exact size; head->why tells of a scan that refused. */
static gofer_status parse(const char *in, bool head_request, struct response_head *head,
                          struct head_field *fields)
{
    struct scanned s;
    size_t len = strlen(in);
    pieces_cut(in, len, len, len, scan, &s);
    *head = (struct response_head){.why = "refused by the scan"};
    if (s.result != HEAD_DONE)
        return GOFER_ERR_PROTOCOL;
    char *exact = malloc(s.head_len);
    memcpy(exact, in, s.head_len);
    gofer_status status = head_parse(exact, s.head_len, head_request, head, fields, FIELDS);
    EXPECT((status == GOFER_OK) == (head->why == NULL), in);
    free(exact);
    return status;
}

static bool parses(const char *in)
{
    struct response_head head;
    struct head_field fields[FIELDS];
    return parse(in, false, &head, fields) == GOFER_OK;
}

/* Parses "HTTP/1.1 200 OK" with these lines. */
static gofer_status parse_lines(const char *lines, struct response_head *head)
{
    struct head_field fields[FIELDS];
    char in[512];
    snprintf(in, sizeof in, "HTTP/1.1 200 OK\r\n%s\r\n", lines);
    return parse(in, false, head, fields);
}

static void the_scan_finds_the_empty_line(void)
{
    expect_scan("HTTP/1.1 200 OK\r\n\r\nbody\r\n\r\n", HEAD_DONE, 19);
    expect_scan("HTTP/1.1 200 OK\n\nbody", HEAD_DONE, 17);
    expect_scan("HTTP/1.1 200 OK\r\nA: b\n\r\n", HEAD_DONE, 24);
    expect_scan("HTTP/1.1 200 OK\r\nA: b\r\n\n", HEAD_DONE, 24);
    expect_scan("HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n", HEAD_DONE, 26);
    expect_scan("HTTP/1.1 200 OK\r\nA: b\r\n\r", HEAD_MORE, 0);
    expect_scan("HTTP/1.1 200 OK\r\nA: b\r\n", HEAD_MORE, 0);
    expect_scan("HTTP/1.0 200\r\n\r\n", HEAD_DONE, 16);
}

static void the_scan_never_looks_twice(void)
{
    static char in[65536];
    struct head_scan state = {0};
    size_t head_len;
    memset(in, 'x', sizeof in);
    memcpy(in, "HTTP/1.1 200 ", 13);
    CU_ASSERT_EQUAL(head_scan(&state, in, 1000, &head_len), HEAD_MORE);
    /* A line end put into what it has seen is not seen. */
    memcpy(in + 500, "\n\n", 2);
    CU_ASSERT_EQUAL(head_scan(&state, in, sizeof in, &head_len), HEAD_MORE);
    CU_ASSERT_EQUAL(state.seen, sizeof in);
}

static void h1_18_what_is_no_http_is_refused_at_once(void)
{
    expect_scan("SSH-2.0-OpenSSH_9.2\r\n", HEAD_BAD, 0);
    expect_scan("\x15\x03\x01\x02\x02", HEAD_BAD, 0);
    expect_scan("<html>hello</html>", HEAD_BAD, 0);
    expect_scan("\r\nHTTP/1.1 200 OK\r\n\r\n", HEAD_BAD, 0);
    expect_scan("HTTP/1.1 x", HEAD_BAD, 0);
    expect_scan("HTTP/1.1 0", HEAD_BAD, 0);
    expect_scan("HTTQ", HEAD_BAD, 0);
    expect_scan("ICY 200 OK\r\n\r\n", HEAD_BAD, 0);
    expect_scan("HT", HEAD_MORE, 0);
    struct scanned s;
    pieces_cut("\x15", 1, 1, 1, scan, &s);
    CU_ASSERT_EQUAL(s.result, HEAD_BAD);
}

/* Table read_response_errors. H1-17 overrides HTTP/1.2 and HTTP/2.0, the design statuses 000 to
 * 099: accepted there, errors here. */
static void table_read_response_errors(void)
{
    static const struct {
        const char *in;
        bool good;
    } rows[] = {
        {"", false},
        {"HTTP/1.1 301 Moved Permanently\r\nFoo: bar", false},
        {"HTTP/1.1", false},
        {"HTTP/2.0", false},
        {"HTTP/1.1 20X Unknown\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 abcd Unknown\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 \xe4\xba\x8c\xe7\x99\xbe/\xe4\xb8\xa4\xe7\x99\xbe OK\r\nFoo: bar\r\n\r\n",
         false},
        {"HTTP/1.1  Unknown\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 c8 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 0x12d Moved Permanently\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\nFoo: bar\r\n\r\n", true},
        {"HTTP/1.1 000 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 001 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 099 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 404 NOTFOUND\r\nFoo: bar\r\n\r\n", true},
        {"HTTP/1.1 20 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 00 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 -10 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 1000 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 999 Done\r\nFoo: bar\r\n\r\n", true},
        {"HTTP/1.1 -1 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 -200 OK\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.2 200 OK\r\n\r\n", false},
        {"HTTP/2.0 200 OK\r\n\r\n", false},
        {"HTTP/1.100000000002 200 OK\r\n\r\n", false},
        {"HTTP/1.-1 200 OK\r\n\r\n", false},
        {"HTTP/A.B 200 OK\r\n\r\n", false},
        {"HTTP/1 200 OK\r\n\r\n", false},
        {"http/1.1 200 OK\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 10\r\nContent-Length: 7\r\n\r\nGopher hey\r\n", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 7\r\nContent-Length: 7\r\n\r\nGophers\r\n", true},
        {"HTTP/1.1 201 OK\r\nContent-Length: 0\r\nContent-Length: 7\r\n\r\nGophers\r\n", false},
        {"HTTP/1.1 300 OK\r\nContent-Length: 0\r\nContent-Length: 0 \r\n\r\nGophers\r\n", true},
        {"HTTP/1.1 200 OK\r\nContent-Length:\r\nContent-Length:\r\n\r\nGophers\r\n", false},
        {"HTTP/1.1 206 OK\r\nContent-Length:\r\nContent-Length: 0 \r\nConnection: close\r\n\r\nGo",
         false},
        {"HTTP/1.1 204 OK\r\nContent-Length: 7\r\nContent-Length: 8\r\n\r\n", false},
        {"HTTP/1.1 204 OK\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\n", true},
        {"HTTP/1.1 304 OK\r\nContent-Length: 880\r\nContent-Length: 1\r\n\r\n", false},
        {"HTTP/1.1 304 OK\r\nContent-Length: 961\r\nContent-Length: 961\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\n Content-type: text/html\r\nFoo: bar\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\n\tContent-type: text/html\r\nFoo: bar\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT(parses(rows[i].in) == rows[i].good, rows[i].in);
}

static void h1_17_versions_and_statuses(void)
{
    static const char *const bad[] = {
        "HTTP/1.1 20\r\n\r\n",
        "HTTP/1.1 2000\r\n\r\n",
        "HTTP/1.1 abc\r\n\r\n",
        "HTTP/1.1 -1\r\n\r\n",
        "HTTP/1.2 200 OK\r\n\r\n",
        "HTTP/2.0 200 OK\r\n\r\n",
        "HTTP/01.1 200 OK\r\n\r\n",
        "HTTP/1.01 200 OK\r\n\r\n",
        "HTTP/1.1\t200 OK\r\n\r\n",
        "HTTP/1.1 200OK\r\n\r\n",
        "HTTP/1.1 200\tOK\r\n\r\n",
        "HTTP/1.1200 OK\r\n\r\n",
        "HTTP/1.1 \r\n\r\n",
        "HTTP/1.1\r\n\r\n",
        "HTTP/1.1          2\r\n\r\n",
        "HTTP/1.1 012 x\r\n\r\n",
        "HTTP/1.1         099\r\n\r\n",
        "HTTP /1.1 200 OK\r\n\r\n",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(!parses(bad[i]), bad[i]);
    char digits[160] = "HTTP/1.1 ";
    memset(digits + 9, '2', 100);
    strcpy(digits + 109, " OK\r\n\r\n");
    expect_scan(digits, HEAD_BAD, 0);
}

static void reasons(void)
{
    static const struct {
        const char *in;
        int status;
        const char *reason;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\n\r\n", 200, "OK"},
        {"HTTP/1.0 303 \r\n\r\n", 303, ""},
        {"HTTP/1.0 303\r\n\r\n", 303, ""},
        {"HTTP/1.0 303\n\n", 303, ""},
        {"HTTP/1.0  401 Un authorized \r\n\r\n", 401, "Un authorized "},
        {"HTTP/1.0            404 far\r\n\r\n", 404, "far"},
        {"HTTP/1.1 599 \xc3\xbc\xff\r\n\r\n", 599, "\xc3\xbc\xff"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response_head head;
        struct head_field fields[FIELDS];
        CU_ASSERT_EQUAL(parse(rows[i].in, false, &head, fields), GOFER_OK);
        EXPECT(head.status == rows[i].status, rows[i].in);
        EXPECT(head.reason_len == strlen(rows[i].reason) &&
                   memcmp(rows[i].in + head.reason, rows[i].reason, head.reason_len) == 0,
               rows[i].in);
    }
}

static void h1_23_a_long_reason_is_one_piece(void)
{
    enum { LONG = 65536 };
    char *in = malloc(LONG + 32);
    struct response_head head;
    strcpy(in, "HTTP/1.1 200 ");
    memset(in + 13, 'r', LONG);
    strcpy(in + 13 + LONG, "\r\n\r\n");
    CU_ASSERT_EQUAL(head_parse(in, LONG + 17, false, &head, NULL, 0), GOFER_OK);
    CU_ASSERT_EQUAL(head.reason_len, LONG);
    free(in);
}

static bool field_is(const char *in, const struct head_field *f, const char *name,
                     const char *value)
{
    return f->name_len == strlen(name) && memcmp(in + f->name, name, f->name_len) == 0 &&
           f->value_len == strlen(value) && memcmp(in + f->value, value, f->value_len) == 0;
}

static void fields_are_slices_without_outer_blanks(void)
{
    static const char in[] =
        "HTTP/1.1 200 OK\r\nA:b\r\nLonger-Name: \t a value\twith tabs \t\r\n"
        "Empty:\r\nBlank:  \nHigh: \xfc\xff\r\n!#$%&'*+-.^_`|~09: \"(:;\r\n\r\n";
    struct response_head head;
    struct head_field f[FIELDS];
    CU_ASSERT_EQUAL_FATAL(parse(in, false, &head, f), GOFER_OK);
    CU_ASSERT_EQUAL(head.fields_len, 6);
    CU_ASSERT(field_is(in, &f[0], "A", "b"));
    CU_ASSERT(field_is(in, &f[1], "Longer-Name", "a value\twith tabs"));
    CU_ASSERT(field_is(in, &f[2], "Empty", ""));
    CU_ASSERT(field_is(in, &f[3], "Blank", ""));
    CU_ASSERT(field_is(in, &f[4], "High", "\xfc\xff"));
    CU_ASSERT(field_is(in, &f[5], "!#$%&'*+-.^_`|~09", "\"(:;"));
}

static void more_fields_than_room_are_counted(void)
{
    static const char in[] = "HTTP/1.1 200 OK\r\nA: 1\r\nB: 2\r\nConnection: close\r\n\r\n";
    struct response_head head;
    struct head_field f[2] = {{0, 0, 0, 0}, {7, 7, 7, 7}};
    CU_ASSERT_EQUAL(head_parse(in, sizeof in - 1, false, &head, f, 1), GOFER_OK);
    CU_ASSERT_EQUAL(head.fields_len, 3);
    CU_ASSERT(field_is(in, &f[0], "A", "1"));
    CU_ASSERT_EQUAL(f[1].name, 7);
    CU_ASSERT_FALSE(head.keep_alive);
}

static void h1_14_h1_15_malformed_lines(void)
{
    static const char *const bad[] = {
        "no colon\r\n",     "nocolon\r\n",        ": no name\r\n",       "Foo : bar\r\n",
        " Foo: bar\r\n",    "\tFoo: bar\r\n",     "A: b\r\n folded\r\n", "A: b\r\n\tfolded\r\n",
        "A: b\r\n \r\n",    "F\xc3\xbc: bar\r\n", "Foo\t: bar\r\n",      "Fo(o): bar\r\n",
        "\"Foo\": bar\r\n", "A: b\n folded\n",
    };
    struct response_head head;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(parse_lines(bad[i], &head) == GOFER_ERR_PROTOCOL, bad[i]);
}

/* Each control byte in name, value (at each place of a word of eight) and reason. */
static void h1_16_control_bytes(void)
{
    static const char frame[] = "HTTP/1.1 200 reason reason\r\nName: value value value\r\n\r\n";
    enum { LEN = sizeof frame - 1, LINE = 28, END = LEN - 4 };
    struct response_head head;
    for (int c = 0; c < 256; c++) {
        bool control = (c < 0x20 && c != '\t') || c == 0x7f;
        for (size_t at = 13; at < END; at++) {
            char in[LEN];
            if (at == LINE - 2 || at == LINE - 1 || c == '\n')
                continue;
            memcpy(in, frame, LEN);
            in[at] = (char)c;
            bool name = at >= LINE && at < LINE + 5;
            gofer_status status = head_parse(in, LEN, false, &head, NULL, 0);
            if (control)
                CU_ASSERT_EQUAL(status, GOFER_ERR_PROTOCOL);
            if (!control && !name)
                CU_ASSERT_EQUAL(status, GOFER_OK);
        }
    }
    CU_ASSERT_FALSE(parses("HTTP/1.1 200 O\rK\r\n\r\n"));
    CU_ASSERT_FALSE(parses("HTTP/1.1 200 OK\r\nA: b\rC: d\r\n\r\n"));
    CU_ASSERT_FALSE(parses("HTTP/1.1 200 OK\r\nA: b\r\r\n\r\n"));
    CU_ASSERT_FALSE(parses("HTTP/1.1 200 OK\r\nA\r: b\r\n\r\n"));
}

static void parse_wants_the_head_exactly(void)
{
    struct response_head head;
    CU_ASSERT_EQUAL(head_parse("", 0, false, &head, NULL, 0), GOFER_ERR_PROTOCOL);
    CU_ASSERT_EQUAL(head_parse("HTTP/1.1 200 OK\r\n", 17, false, &head, NULL, 0),
                    GOFER_ERR_PROTOCOL);
    CU_ASSERT_EQUAL(head_parse("HTTP/1.1 200 OK\r\n\r", 18, false, &head, NULL, 0),
                    GOFER_ERR_PROTOCOL);
    CU_ASSERT_EQUAL(head_parse("HTTP/1.1 200 OK\r\n\r\n\r\n", 21, false, &head, NULL, 0),
                    GOFER_ERR_PROTOCOL);
    CU_ASSERT_EQUAL(head_parse("\n", 1, false, &head, NULL, 0), GOFER_ERR_PROTOCOL);
    CU_ASSERT_EQUAL(head_parse("HTTP/1.1\n", 9, false, &head, NULL, 0), GOFER_ERR_PROTOCOL);
}

static void h1_19_lengths_do_not_matter_to_connect(void)
{
    static const char in[] =
        "HTTP/1.0 200 OK\r\nContent-Length: 1, x\r\nTransfer-Encoding: gzip\r\n"
        "Via: a\r\n\r\n";
    struct response_head head;
    CU_ASSERT_EQUAL(head_parse(in, sizeof in - 1, true, &head, NULL, 0), GOFER_ERR_PROTOCOL);
    CU_ASSERT_EQUAL(head_parse_connect(in, sizeof in - 1, &head), GOFER_OK);
    CU_ASSERT_EQUAL(head.framing, BODY_NONE);
    CU_ASSERT_EQUAL(head.content_length, -1);
    CU_ASSERT_EQUAL(head.fields_len, 3);
    CU_ASSERT_EQUAL(head_parse_connect(in, sizeof in - 3, &head), GOFER_ERR_PROTOCOL);
}

/* 100,000 tiny headers, and one of 7 MB: read once each, nothing kept. */
static void h1_12_many_and_huge_fields_are_linear(void)
{
    enum { TINY = 100000, HUGE_BYTES = 7 << 20 };
    char *in = malloc(HUGE_BYTES + 64);
    struct response_head head;
    size_t len = (size_t)sprintf(in, "HTTP/1.1 200 OK\r\n");
    for (int i = 0; i < TINY; i++, len += 5)
        memcpy(in + len, "a: \r\n", 5);
    memcpy(in + len, "\r\n", 2);
    CU_ASSERT_EQUAL(head_parse(in, len + 2, false, &head, NULL, 0), GOFER_OK);
    CU_ASSERT_EQUAL(head.fields_len, TINY);
    len = (size_t)sprintf(in, "HTTP/1.1 200 OK\r\nBig: ");
    memset(in + len, ' ', HUGE_BYTES);
    len += HUGE_BYTES;
    memcpy(in + len, "x\r\n\r\n", 5);
    CU_ASSERT_EQUAL(head_parse(in, len + 5, false, &head, NULL, 0), GOFER_OK);
    CU_ASSERT_EQUAL(head.fields_len, 1);
    free(in);
}

static void table_is408(void)
{
    static const struct {
        const char *in;
        bool want;
    } rows[] = {
        {"HTTP/1.0 408", true},  {"HTTP/1.1 408", true},  {"HTTP/1.8 408", true},
        {"HTTP/2.0 408", false}, {"HTTP/1.1 408 ", true}, {"HTTP/1.1 40", false},
        {"http/1.0 408", false}, {"HTTP/1-1 408", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT(head_is_408(rows[i].in, strlen(rows[i].in)) == rows[i].want, rows[i].in);
}

static void random_bytes_do_no_harm(void)
{
    static const char *const bits[] = {"HTTP/1.1 200 OK",
                                       "\r\n",
                                       "\r\n",
                                       "\n",
                                       "\r",
                                       ":",
                                       " ",
                                       "Content-Length: 5",
                                       "Transfer-Encoding: chunked",
                                       "x",
                                       "\x80",
                                       "\t",
                                       "Connection: close",
                                       "7",
                                       ",",
                                       "\x01"};
    uint64_t seed = random_seed();
    for (int round = 0; round < 20000; round++) {
        char in[256] = "HTTP/1.0 200";
        for (size_t n = random_below(&seed, 9); n > 0; n--)
            strcat(in, bits[random_below(&seed, sizeof bits / sizeof *bits)]);
        size_t len = strlen(in);
        struct scanned whole, bytes;
        pieces_cut(in, len, len, len, scan, &whole);
        pieces_cut(in, len, 1, 1, scan, &bytes);
        if (whole.result != bytes.result ||
            (whole.result == HEAD_DONE && whole.head_len != bytes.head_len))
            CU_FAIL("whole and byte by byte differ");
        parses(in);
    }
}

/* RFC 9112 section 6.1; what was not asked for is refused. */
static void codings_stand_below_chunked_where_te_was_sent(void)
{
    static const struct {
        const char *value;
        bool good;
    } rows[] = {
        {"gzip, chunked", true},
        {"x-gzip,Chunked", true},
        {"deflate, gzip, chunked", true},
        {"chunked", true},
        {"gzip", false},
        {"chunked, gzip", false},
        {"gzip, , chunked", false},
        {"chunked, chunked", false},
        {"bogus, chunked", false},
        {"gzip, chunked, ", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char head[128];
        struct response_head parsed;
        struct head_field fields[FIELDS];
        int len = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\nTransfer-Encoding: %s\r\n\r\n",
                           rows[i].value);
        bool plain = strcmp(rows[i].value, "chunked") == 0;
        gofer_status status = head_parse(head, (size_t)len, ASKED_CODED, &parsed, fields, FIELDS);
        EXPECT((status == GOFER_OK) == rows[i].good, rows[i].value);
        EXPECT(status != GOFER_OK || parsed.framing == BODY_CHUNKED, rows[i].value);
        EXPECT(status != GOFER_OK || parsed.coded_transfer == !plain, rows[i].value);
        status = head_parse(head, (size_t)len, ASKED_PLAIN, &parsed, fields, FIELDS);
        EXPECT((status == GOFER_OK) == plain, rows[i].value);
    }
}

CU_TestInfo response_head_tests[] = {
    {"codings stand below chunked where TE was sent",
     codings_stand_below_chunked_where_te_was_sent},
    {"H1-24 the scan finds the empty line in every cutting", the_scan_finds_the_empty_line},
    {"the scan never looks twice at a byte", the_scan_never_looks_twice},
    {"H1-18 what is no HTTP is refused at once", h1_18_what_is_no_http_is_refused_at_once},
    {"F2 H1-17 table read_response_errors", table_read_response_errors},
    {"H1-17 odd versions and statuses are errors", h1_17_versions_and_statuses},
    {"H1-23 reasons, empty and missing", reasons},
    {"H1-23 a 64 KiB reason is one piece", h1_23_a_long_reason_is_one_piece},
    {"fields are slices without outer blanks", fields_are_slices_without_outer_blanks},
    {"more fields than there is room for are counted", more_fields_than_room_are_counted},
    {"H1-14 H1-15 F6 malformed and folded lines are errors", h1_14_h1_15_malformed_lines},
    {"H1-16 control bytes are errors at every place", h1_16_control_bytes},
    {"the parser wants the head exactly", parse_wants_the_head_exactly},
    {"H1-19 PX-01 lengths do not matter to CONNECT", h1_19_lengths_do_not_matter_to_connect},
    {"H1-12 many and huge fields cost one look each", h1_12_many_and_huge_fields_are_linear},
    {"table is408", table_is408},
    {"H1-24 random bytes give one result in every cutting", random_bytes_do_no_harm},
    CU_TEST_INFO_NULL,
};
