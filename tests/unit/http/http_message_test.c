/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The codec as a whole: raw responses go through head_scan(), head_parse() and
 * chunked_decode() in every cutting (H1-24), as a connection would feed them.
 */
#include <CUnit/CUnit.h>

#include "base/buf.h"
#include "http/chunked.h"
#include "http/response_head.h"
#include "tests/unit/http/expect.h"
#include "tests/unit/http/pieces.h"

extern CU_TestInfo http_message_tests[];

enum { FIELDS = 16 };

struct reader {
    bool head_request;
    struct buf input; /* bytes not taken yet */
    struct head_scan scan;
    struct response_head head; /* of the last message; status 0: none yet */
    struct head_field fields[FIELDS];
    struct buf fields_text; /* "name=value;" of the final head */
    struct chunked chunked;
    struct buf body;
    int interim; /* 1xx heads before it */
    bool failed;
    bool done;
};

static void note_fields(struct reader *r)
{
    buf_fini(&r->fields_text);
    for (size_t i = 0; i < r->head.fields_len; i++) {
        const struct head_field *f = &r->fields[i];
        buf_append(&r->fields_text, r->input.data + f->name, f->name_len);
        buf_append_char(&r->fields_text, '=');
        buf_append(&r->fields_text, r->input.data + f->value, f->value_len);
        buf_append_char(&r->fields_text, ';');
    }
}

/* Whether there was a head to take. */
static bool read_head(struct reader *r)
{
    size_t len;
    enum head_result result = head_scan(&r->scan, r->input.data, r->input.len, &len);
    if (result == HEAD_MORE)
        return false;
    r->failed = result == HEAD_BAD || head_parse(r->input.data, len, r->head_request, &r->head,
                                                 r->fields, FIELDS) != GOFER_OK;
    if (r->failed)
        return false;
    note_fields(r);
    buf_consume(&r->input, len);
    r->scan = (struct head_scan){0};
    if (r->head.status < 200) {
        r->interim++;
        r->head.status = 0;
    }
    chunked_init(&r->chunked, 1000);
    return true;
}

static void read_chunks(struct reader *r)
{
    while (r->input.len > 0 && !chunked_done(&r->chunked)) {
        const char *out;
        size_t out_len;
        ptrdiff_t n = chunked_decode(&r->chunked, r->input.data, r->input.len, &out, &out_len);
        r->failed = n < 0;
        if (r->failed)
            return;
        buf_append(&r->body, out, out_len);
        buf_consume(&r->input, (size_t)n);
    }
    r->done = chunked_done(&r->chunked);
}

static void read_plain(struct reader *r)
{
    size_t n = r->input.len;
    if (r->head.framing == BODY_NONE)
        n = 0;
    if (r->head.framing == BODY_LENGTH && (uint64_t)r->head.content_length - r->body.len < n)
        n = (size_t)r->head.content_length - r->body.len;
    buf_append(&r->body, r->input.data, n);
    buf_consume(&r->input, n);
    r->done = r->head.framing == BODY_NONE ||
              (r->head.framing == BODY_LENGTH && (int64_t)r->body.len == r->head.content_length);
}

static void read_some(struct reader *r)
{
    while (r->head.status == 0)
        if (!read_head(r))
            return;
    if (r->head.framing == BODY_CHUNKED)
        read_chunks(r);
    else if (!r->done)
        read_plain(r);
}

/* Feeds all pieces; at the end comes EOF. */
static void read_all(struct pieces *p, struct reader *r)
{
    const char *piece;
    size_t len;
    while (!r->failed && pieces_next(p, &piece, &len)) {
        buf_append(&r->input, piece, len);
        read_some(r);
    }
    if (!r->failed && r->head.status != 0 && r->head.framing == BODY_TO_EOF)
        r->done = true;
}

static void reader_fini(struct reader *r)
{
    buf_fini(&r->input);
    buf_fini(&r->fields_text);
    buf_fini(&r->body);
}

struct row {
    const char *raw;
    size_t raw_len; /* 0: strlen */
    bool head_request;
    int status;
    int minor;
    bool close;
    int64_t length;
    const char *body; /* NULL: an error; "...": truncated */
    size_t body_len;  /* 0: strlen */
    size_t rest;      /* bytes behind the message */
    int interim;
};

static bool buf_is(const struct buf *b, const char *want, size_t len)
{
    return b->len == len && (len == 0 || memcmp(b->data, want, len) == 0);
}

static void check_row(struct pieces *p, void *arg)
{
    const struct row *row = arg;
    struct reader r = {.head_request = row->head_request};
    read_all(p, &r);
    EXPECT(r.failed == (row->body == NULL), row->raw);
    if (row->body != NULL && strcmp(row->body, "...") == 0) {
        EXPECT(!r.done, row->raw);
    } else if (row->body != NULL) {
        EXPECT(r.done && r.interim == row->interim, row->raw);
        EXPECT(r.head.status == row->status && r.head.minor == row->minor, row->raw);
        EXPECT(r.head.keep_alive == !row->close, row->raw);
        EXPECT(r.head.content_length == row->length, row->raw);
        EXPECT(buf_is(&r.body, row->body, row->body_len > 0 ? row->body_len : strlen(row->body)),
               row->raw);
        EXPECT(r.input.len == row->rest, row->raw);
    }
    reader_fini(&r);
}

static void check_rows(struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t len = rows[i].raw_len > 0 ? rows[i].raw_len : strlen(rows[i].raw);
        pieces_every_way(rows[i].raw, len, check_row, &rows[i]);
    }
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof *(rows))

#define GZIP "\x1f\x8b\x08\0\0\0\0\0\0\0\x73\xf3\xf7\x07\0\xab\x27\xd4\x1a\x03\0\0\0"
#define GZIP_HEAD                                                                                  \
    "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 23\r\n"                          \
    "Connection: keep-alive\r\nKeep-Alive: timeout=7200\r\n\r\n"

/*
 * Table read_response_cases. `close` says what becomes of the connection, which
 * for the rows read to EOF and without keep-alive in HTTP/1.0 is what Close says
 * there. Differences: length is what was declared, so that 204 has -1 rather
 * than 0; Transfer-Encoding beside Content-Length closes (H1-04); and
 * Transfer-Encoding in HTTP/1.0 is an error (H1-05).
 */
static struct row read_response_cases[] = {
    {.raw = "HTTP/1.0 200 OK\r\nConnection: close\r\n\r\nBody here\n",
     .status = 200,
     .close = true,
     .length = -1,
     .body = "Body here\n"},
    {.raw = "HTTP/1.1 200 OK\r\n\r\nBody here\n",
     .status = 200,
     .minor = 1,
     .close = true,
     .length = -1,
     .body = "Body here\n"},
    {.raw = "HTTP/1.1 204 No Content\r\n\r\nBody should not be read!\n",
     .status = 204,
     .minor = 1,
     .length = -1,
     .body = "",
     .rest = 25},
    {.raw = "HTTP/1.0 200 OK\r\nContent-Length: 10\r\nConnection: close\r\n\r\nBody here\n",
     .status = 200,
     .close = true,
     .length = 10,
     .body = "Body here\n"},
    {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
            "0a\r\nBody here\n\r\n09\r\ncontinued\r\n0\r\n\r\n",
     .status = 200,
     .minor = 1,
     .length = -1,
     .body = "Body here\ncontinued"},
    {.raw = "HTTP/1.0 200 OK\r\nTrailer: Content-MD5, Content-Sources\r\n"
            "Content-Length: 10\r\nConnection: close\r\n\r\nBody here\n",
     .status = 200,
     .close = true,
     .length = 10,
     .body = "Body here\n"},
    {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 10\r\n\r\n"
            "0a\r\nBody here\n\r\n0\r\n\r\n",
     .status = 200,
     .minor = 1,
     .close = true,
     .length = -1,
     .body = "Body here\n"},
    {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
     .head_request = true,
     .status = 200,
     .minor = 1,
     .length = -1,
     .body = ""},
    {.raw = "HTTP/1.0 200 OK\r\nContent-Length: 256\r\n\r\n",
     .head_request = true,
     .status = 200,
     .close = true,
     .length = 256,
     .body = ""},
    {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 256\r\n\r\n",
     .head_request = true,
     .status = 200,
     .minor = 1,
     .length = 256,
     .body = ""},
    {.raw = "HTTP/1.0 200 OK\r\n\r\n",
     .head_request = true,
     .status = 200,
     .close = true,
     .length = -1,
     .body = ""},
    {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
     .status = 200,
     .minor = 1,
     .length = 0,
     .body = ""},
    {.raw = "HTTP/1.0 303 \r\n\r\n", .status = 303, .close = true, .length = -1, .body = ""},
    {.raw = "HTTP/1.0 303\r\n\r\n", .status = 303, .close = true, .length = -1, .body = ""},
    {.raw = "HTTP/1.1 206 Partial Content\nConnection: close\n"
            "Content-Type: multipart/byteranges; boundary=18a75608c8f47cef\n\nsome body",
     .status = 206,
     .minor = 1,
     .close = true,
     .length = -1,
     .body = "some body"},
    {.raw = "HTTP/1.1 206 Partial Content\r\nContent-Type: text/plain; charset=utf-8\r\n"
            "Accept-Ranges: bytes\r\nContent-Range: bytes 0-5/1862\r\n"
            "Content-Length: 6\r\n\r\nfoobar",
     .status = 206,
     .minor = 1,
     .length = 6,
     .body = "foobar"},
    {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 256\r\nConnection: keep-alive, close\r\n\r\n",
     .head_request = true,
     .status = 200,
     .minor = 1,
     .close = true,
     .length = 256,
     .body = ""},
    {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 256\r\nConnection: keep-alive\r\n"
            "Connection: close\r\n\r\n",
     .head_request = true,
     .status = 200,
     .minor = 1,
     .close = true,
     .length = 256,
     .body = ""},
    {.raw = "HTTP/1.0 200 OK\r\nTransfer-Encoding: bogus\r\n\r\nBody here\n", .body = NULL},
    {.raw = "HTTP/1.0 200 OK\r\nTransfer-Encoding: bogus\r\nContent-Length: 10\r\n\r\n"
            "Body here\n",
     .body = NULL},
    {.raw = GZIP_HEAD GZIP,
     .raw_len = sizeof GZIP_HEAD GZIP - 1,
     .status = 200,
     .minor = 1,
     .length = 23,
     .body = GZIP,
     .body_len = 23},
    {.raw = "HTTP/1.0  401 Unauthorized\r\nContent-type: text/html\r\n"
            "WWW-Authenticate: Basic realm=\"\"\r\n\r\nYour Authentication failed.\r\n",
     .status = 401,
     .close = true,
     .length = -1,
     .body = "Your Authentication failed.\r\n"},
};

static void table_read_response_cases(void)
{
    CHECK_ROWS(read_response_cases);
}

static void h1_10_short_bodies_are_truncated(void)
{
    struct row rows[] = {
        {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nBody", .body = "..."},
        {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", .body = "..."},
        {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", .body = "..."},
        {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
         .body = "..."},
        {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", .body = "..."},
        {.raw = "HTTP/1.1 200 OK\r\nFoo: bar", .body = "..."},
    };
    CHECK_ROWS(rows);
}

static void bytes_behind_a_message_are_left(void)
{
    struct row rows[] = {
        {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n",
         .status = 200,
         .minor = 1,
         .length = 2,
         .body = "ok",
         .rest = 17},
        {.raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\nX",
         .status = 200,
         .minor = 1,
         .length = -1,
         .body = "ok",
         .rest = 1},
        {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
         .head_request = true,
         .status = 200,
         .minor = 1,
         .length = 5,
         .body = "",
         .rest = 5},
        {.raw = "HTTP/1.1 304 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
         .status = 304,
         .minor = 1,
         .length = -1,
         .body = "",
         .rest = 5},
        {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nab",
         .status = 200,
         .minor = 1,
         .close = true,
         .length = 1,
         .body = "a",
         .rest = 1},
    };
    CHECK_ROWS(rows);
}

static void interim_responses_are_skipped(void)
{
    struct row rows[] = {
        {.raw = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
         .status = 200,
         .minor = 1,
         .length = 2,
         .body = "ok",
         .interim = 1},
        {.raw = "HTTP/1.1 123 Fun\r\nA: b\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
         .status = 200,
         .minor = 1,
         .length = 0,
         .body = "",
         .interim = 1},
        {.raw = "HTTP/1.1 103 Early Hints\r\nContent-Length: 123\r\nLink: </style.css>\r\n\r\n"
                "HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\nLink: </script.js>\r\n\r\n"
                "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHello",
         .status = 200,
         .minor = 1,
         .length = 5,
         .body = "Hello",
         .interim = 2},
        {.raw = "HTTP/1.1 101 Switching Protocols\r\n\r\nHTTP/1.1 200 OK\r\n\r\n"},
    };
    CHECK_ROWS(rows);
}

static void fields_survive_every_cutting(void)
{
    static const char raw[] = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\n"
                              "Date: Sat, 22 Nov 2025 16:41:00 GMT\r\nX-Empty:\r\n"
                              "Content-Length: 2\r\n\r\nok";
    static const char want[] = "Server=nginx/1.22.1;Date=Sat, 22 Nov 2025 16:41:00 GMT;X-Empty=;"
                               "Content-Length=2;";
    for (size_t first = 1; first < sizeof raw; first++) {
        struct reader r = {.head_request = false};
        struct pieces p = {.data = raw, .len = sizeof raw - 1, .next = first, .step = 1};
        read_all(&p, &r);
        free(p.block);
        CU_ASSERT(r.done && buf_is(&r.fields_text, want, sizeof want - 1));
        reader_fini(&r);
    }
}

CU_TestInfo http_message_tests[] = {
    {"F1 H1-24 table read_response_cases in every cutting", table_read_response_cases},
    {"H1-10 short bodies are truncated", h1_10_short_bodies_are_truncated},
    {"H1-20 H1-22 bytes behind a message are left", bytes_behind_a_message_are_left},
    {"F8 F12 H1-19 1xx are skipped, 101 is an error", interim_responses_are_skipped},
    {"H1-24 fields survive every cutting", fields_survive_every_cutting},
    CU_TEST_INFO_NULL,
};
