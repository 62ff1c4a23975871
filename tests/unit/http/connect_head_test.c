/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/connect_head: the request for a tunnel, byte for byte, and its answer in
 * every cutting.
 */
#include "http/connect_head.h"

#include <CUnit/CUnit.h>

#include "http/proxy.h"
#include "tests/unit/http/expect.h"
#include "tests/unit/http/pieces.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo connect_head_tests[];

#define LENGTH(rows) (sizeof(rows) / sizeof *(rows))

static void expect_head(struct connect_parts parts, const char *want)
{
    struct buf out = BUF_INIT;
    connect_write_head(&parts, &out);
    buf_append_char(&out, '\0');
    CU_ASSERT_FATAL(!buf_failed(&out));
    EXPECT(strcmp(out.data, want) == 0, out.data);
    buf_fini(&out);
}

static void the_request(void)
{
    expect_head((struct connect_parts){.host = "example.com", .port = 443},
                "CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n");
    expect_head((struct connect_parts){.host = "10.1.2.3", .port = 80, .user_agent = ""},
                "CONNECT 10.1.2.3:80 HTTP/1.1\r\nHost: 10.1.2.3:80\r\n\r\n");
    expect_head(
        (struct connect_parts){.host = "2001:db8::1", .port = 8443, .user_agent = "gofer/1"},
        "CONNECT [2001:db8::1]:8443 HTTP/1.1\r\nHost: [2001:db8::1]:8443\r\n"
        "User-Agent: gofer/1\r\n\r\n");
    expect_head((struct connect_parts){.host = "a", .port = 443, .http_1_0 = true},
                "CONNECT a:443 HTTP/1.0\r\nHost: a:443\r\n\r\n");
}

static void credentials_and_fields(void)
{
    struct headers fields = HEADERS_INIT;
    struct connect_parts parts = {.host = "a",
                                  .port = 443,
                                  .user_agent = "gofer/1",
                                  .authorization = "Basic dTpw",
                                  .headers = &fields};
    headers_add(&fields, "X-Team", "blue");
    headers_add(&fields, "proxy-authorization", "Bearer t");
    headers_remove(&fields, "X-None");
    expect_head(parts,
                "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nProxy-Authorization: Basic dTpw\r\n"
                "User-Agent: gofer/1\r\nX-Team: blue\r\n\r\n");
    CU_ASSERT_EQUAL(fields.len, 3);
    parts.authorization = NULL;
    headers_add(&fields, "User-Agent", "mine");
    expect_head(parts, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nX-Team: blue\r\n"
                       "proxy-authorization: Bearer t\r\nUser-Agent: mine\r\n\r\n");
    headers_remove(&fields, "User-Agent");
    expect_head(parts, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\nX-Team: blue\r\n"
                       "proxy-authorization: Bearer t\r\n\r\n");
    headers_fini(&fields);
}

static void the_fields_that_proxies_may_be_sent(void)
{
    static const struct {
        const char *name, *value, *words;
    } rows[] = {
        {"X-Team", "blue", ""},
        {"Proxy-Authorization", "Basic dTpw", ""},
        {"User-Agent", NULL, ""},
        {"bad name", "v", "invalid header field name \"bad name\""},
        {"X-Team", "secret\r\nX-Evil: 1", "invalid header field value for \"X-Team\""},
        {"host", "a", "header field that no proxy is sent: \"host\""},
        {"Content-Length", "1", "header field that no proxy is sent: \"Content-Length\""},
        {"Transfer-Encoding", "x", "header field that no proxy is sent: \"Transfer-Encoding\""},
        {"Trailer", "x", "header field that no proxy is sent: \"Trailer\""},
        {"Expect", "x", "header field that no proxy is sent: \"Expect\""},
        {"Connection", "close", "header field that no proxy is sent: \"Connection\""},
        {"upgrade", "x", "header field that no proxy is sent: \"upgrade\""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct buf why = BUF_INIT;
        gofer_status status = connect_check_field(rows[i].name, rows[i].value, &why);
        EXPECT(status == (*rows[i].words == '\0' ? GOFER_OK : GOFER_ERR_INVALID), rows[i].name);
        buf_append_char(&why, '\0');
        EXPECT(strcmp(why.data, rows[i].words) == 0, why.data);
        buf_fini(&why);
    }
}

/* What an answer comes to. */
struct outcome {
    enum connect_state state;
    int status;
    size_t used;       /* where OPEN */
    const char *words; /* where FAILED, or where the end of the connection would be now */
};

struct want {
    const char *in;
    struct outcome outcome;
};

/* Feeds the pieces as a dial would: what was not taken is the tunnel's. */
static void feed_pieces(struct pieces *p, void *arg)
{
    const struct want *want = arg;
    struct connect_reply reply;
    struct fault fault = {0};
    const char *piece;
    size_t len, used = 0, total = 0;
    connect_reply_init(&reply);
    while (reply.state == CONNECT_READING && pieces_next(p, &piece, &len)) {
        CU_ASSERT_EQUAL(connect_reply_feed(&reply, piece, len, &used, &fault), reply.state);
        CU_ASSERT(used <= len);
        CU_ASSERT(reply.state != CONNECT_READING || used == len);
        total += used;
    }
    EXPECT(reply.state == want->outcome.state, want->in);
    EXPECT(reply.status == want->outcome.status, want->in);
    if (reply.state == CONNECT_OPEN)
        EXPECT(total == want->outcome.used && fault.code == GOFER_OK, want->in);
    if (reply.state == CONNECT_READING)
        connect_reply_eof(&reply, &fault);
    if (reply.state == CONNECT_FAILED) {
        CU_ASSERT(fault.code == GOFER_ERR_PROXY && fault.phase == GOFER_PHASE_PROXY);
        EXPECT(same_text(fault.detail, want->outcome.words), fault.detail);
    }
    connect_reply_fini(&reply);
}

static void check(const struct want *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pieces_every_way(rows[i].in, strlen(rows[i].in), feed_pieces, (void *)&rows[i]);
}

#define CHECK(...)                                                                                 \
    do {                                                                                           \
        static const struct want rows[] = {__VA_ARGS__};                                           \
        check(rows, LENGTH(rows));                                                                 \
    } while (0)

#define OPEN(status_, in_, rest)                                                                   \
    {                                                                                              \
        in_ rest,                                                                                  \
        {                                                                                          \
            CONNECT_OPEN, status_, sizeof(in_) - 1, NULL                                           \
        }                                                                                          \
    }
#define FAILED(status_, in_, words_)                                                               \
    {                                                                                              \
        in_,                                                                                       \
        {                                                                                          \
            CONNECT_FAILED, status_, 0, words_                                                     \
        }                                                                                          \
    }

static void any_2xx_opens(void)
{
    CHECK(OPEN(200, "HTTP/1.1 200 Connection established\r\n\r\n", ""),
          OPEN(200, "HTTP/1.0 200 OK\r\nVia: x\r\n\r\n", ""), OPEN(200, "HTTP/1.1 200\r\n\r\n", ""),
          OPEN(299, "HTTP/1.1 299 Odd\n\n", ""),
          OPEN(204, "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", ""));
}

static void lengths_are_ignored(void)
{
    CHECK(OPEN(200, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "hello"),
          OPEN(200, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "5\r\nhello\r\n0\r\n"),
          OPEN(200, "HTTP/1.1 200 OK\r\ncontent-length: -1\r\nContent-Length: 5, 6\r\n\r\n", ""),
          OPEN(200, "HTTP/1.0 200 OK\r\nTransfer-Encoding: gzip, x\r\n\r\n", "x"),
          OPEN(200, "HTTP/1.1 200 OK\r\nContent-Length:\r\nTransfer-Encoding:\r\n\r\n", ""));
}

static void what_follows_belongs_to_the_tunnel(void)
{
    CHECK(OPEN(200, "HTTP/1.1 200 OK\r\n\r\n", "\x16\x03\x01 tls"),
          OPEN(200, "HTTP/1.1 200 OK\r\n\r\n", "\r\n\r\n"),
          OPEN(200, "HTTP/1.1 200 OK\n\n", "HTTP/1.1 500 Stray\r\n\r\n"));
}

static void interim_answers_are_skipped(void)
{
    CHECK(OPEN(200, "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", "x"),
          OPEN(200,
               "HTTP/1.1 103 E\r\nContent-Length: 9\r\n\r\nHTTP/1.1 102 P\n\nHTTP/1.1 200 OK\n\n",
               "x"),
          FAILED(502, "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 502 Bad\r\n\r\n",
                 "proxy refused CONNECT: 502 Bad"),
          FAILED(0, "HTTP/1.1 101 Switching\r\n\r\n",
                 "proxy's answer to CONNECT: 101 Switching Protocols was not asked for"));
}

static void refusals_show_status_and_reason_only(void)
{
    CHECK(FAILED(407,
                 "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\n"
                 "Content-Length: 9\r\n\r\n<html>no",
                 "proxy refused CONNECT: 407 Proxy Authentication Required"),
          FAILED(403, "HTTP/1.1 403 \r\n\r\n", "proxy refused CONNECT: 403"),
          FAILED(400, "HTTP/1.1 400\r\n\r\n", "proxy refused CONNECT: 400"),
          FAILED(302, "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n",
                 "proxy refused CONNECT: 302 Found"),
          FAILED(0, "HTTP/1.1 999 \x1b[1m\r\n\r\n",
                 "proxy's answer to CONNECT: control byte in the head"),
          FAILED(500, "HTTP/1.1 500 a\"b\\c\xff\r\n\r\n",
                 "proxy refused CONNECT: 500 a\\\"b\\\\c\\xff"));
}

static void a_long_reason_is_cut(void)
{
    char in[1200] = "HTTP/1.1 500 ";
    struct fault fault = {0};
    struct connect_reply reply;
    size_t used, n = strlen(in);
    memset(in + n, '\xe9', 1000);
    strcpy(in + n + 1000, "\r\n\r\n");
    connect_reply_init(&reply);
    CU_ASSERT_EQUAL(connect_reply_feed(&reply, in, strlen(in), &used, &fault), CONNECT_FAILED);
    CU_ASSERT(strlen(fault.detail) < FAULT_DETAIL_BYTES);
    CU_ASSERT_EQUAL(strncmp(fault.detail, "proxy refused CONNECT: 500 \\xe9\\xe9", 35), 0);
    connect_reply_fini(&reply);
}

static void what_is_no_http_fails(void)
{
    CHECK(FAILED(0, "\x05\x01", "proxy's answer to CONNECT: not an HTTP/1 response"),
          FAILED(0, "<html>", "proxy's answer to CONNECT: not an HTTP/1 response"),
          FAILED(0, "HTTP/2 200\r\n\r\n", "proxy's answer to CONNECT: unsupported HTTP version"),
          FAILED(0, "HTTP/1.1 099 x\r\n\r\n", "proxy's answer to CONNECT: malformed status code"),
          FAILED(0, "HTTP/1.1 200 OK\r\nNo colon\r\n\r\n",
                 "proxy's answer to CONNECT: blank in header name"),
          FAILED(0, "HTTP/1.1 200 OK\r\nContent-Length : 5\r\n\r\n",
                 "proxy's answer to CONNECT: blank in header name"),
          FAILED(0, "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
                 "proxy's answer to CONNECT: header line begins with a blank"));
}

static void a_nul_fails(void)
{
    static const char in[] = "HTTP/1.1 200 OK\r\nContent-Length: \0\r\n\r\n";
    struct want want = FAILED(0, in, "proxy's answer to CONNECT: control byte in the head");
    pieces_every_way(in, sizeof in - 1, feed_pieces, &want);
}

static void an_early_end_fails(void)
{
    static const char in[] = "HTTP/1.1 200 OK\r\nVia: x\r\n\r";
    struct want none = {
        "", {CONNECT_READING, 0, 0, "proxy's answer to CONNECT: none, the connection was closed"}};
    pieces_cut("", 0, 1, 1, feed_pieces, &none);
    for (size_t len = 1; len < sizeof in; len++) {
        struct want cut = {in, {CONNECT_READING, 0, 0, "proxy's answer to CONNECT: cut off"}};
        pieces_cut(in, len, 7, 7, feed_pieces, &cut);
    }
}

/* Bytes without end, in pieces of several sizes, until the machine has enough. */
static void expect_enough(const char *begin, const char *more, int status)
{
    static const size_t steps[] = {1, 7, 100, 4096, 16384, 40000};
    struct buf in = BUF_INIT;
    buf_append_str(&in, begin);
    while (in.len < 40000)
        buf_append_str(&in, more);
    struct want want = {
        begin,
        {CONNECT_FAILED, status, 0, "proxy's answer to CONNECT: more than 16 KiB without an end"}};
    for (size_t i = 0; i < LENGTH(steps); i++)
        pieces_cut(in.data, in.len, steps[i], steps[i], feed_pieces, &want);
    buf_fini(&in);
}

static void heads_without_end(void)
{
    expect_enough("HTTP/1.1 200 OK\r\nX: ", "xxxxxxxxxx", 0);
    expect_enough("HTTP/1.1 200 OK\r\n", "A: b\r\n", 0);
    expect_enough("HTTP/1.1 200 ", "O", 0);
    expect_enough("HTTP/1.1 ", "    ", 0);
    expect_enough("", "HTTP/1.1 100 Continue\r\n\r\n", 0);
    expect_enough("HTTP/1.1 103 E\r\nLink: x\r\n\r\n", "HTTP/1.1 102 P\n\n", 0);
}

/* A head of exactly 16 KiB, then one of a byte more. */
static void the_limit_is_16_KiB(void)
{
    static const char begin[] = "HTTP/1.1 200 OK\r\nX: ";
    char *in = malloc(CONNECT_HEADS_MAX + 2);
    for (size_t len = CONNECT_HEADS_MAX; len <= CONNECT_HEADS_MAX + 1; len++) {
        memset(in, 'x', len);
        memcpy(in, begin, sizeof begin - 1);
        memcpy(in + len - 4, "\r\n\r\n", 4);
        struct want want = {begin, {CONNECT_OPEN, 200, len, NULL}};
        if (len > CONNECT_HEADS_MAX)
            want.outcome = (struct outcome){
                CONNECT_FAILED, 0, 0, "proxy's answer to CONNECT: more than 16 KiB without an end"};
        pieces_cut(in, len, len, len, feed_pieces, &want);
        pieces_cut(in, len, 1, 1, feed_pieces, &want);
        pieces_cut(in, len, len - 1, 1, feed_pieces, &want);
        pieces_cut(in, len, 1000, 999, feed_pieces, &want);
    }
    free(in);
}

static gofer_status read_answer(void)
{
    static const char in[] =
        "HTTP/1.1 100 C\r\n\r\nHTTP/1.1 200 OK\r\n"
        "X: 0123456789012345678901234567890123456789012345678901234567\r\n\r\n";
    struct connect_reply reply;
    struct fault fault = {0};
    size_t used;
    connect_reply_init(&reply);
    for (size_t i = 0; i < sizeof in - 1 && reply.state == CONNECT_READING; i++)
        connect_reply_feed(&reply, in + i, 1, &used, &fault);
    CU_ASSERT_EQUAL(reply.state, fault.code == GOFER_OK ? CONNECT_OPEN : CONNECT_FAILED);
    connect_reply_fini(&reply);
    return fault.code;
}

static void out_of_memory(void)
{
    scarce_run(read_answer);
}

CU_TestInfo connect_head_tests[] = {
    {"I1 PX-05 target and Host with the port, and nothing of the call", the_request},
    {"I4 I5 PX-05 the client's fields for proxies, credentials from the URL first",
     credentials_and_fields},
    {"PX-05 fields that no proxy is sent", the_fields_that_proxies_may_be_sent},
    {"PX-01 any 2xx opens the tunnel", any_2xx_opens},
    {"PX-01 H1-19 Content-Length and Transfer-Encoding are ignored", lengths_are_ignored},
    {"PX-01 bytes behind the head belong to the tunnel", what_follows_belongs_to_the_tunnel},
    {"H1-19 interim answers are skipped, 101 is an error", interim_answers_are_skipped},
    {"PX-02 I9 a refusal shows status and reason, escaped", refusals_show_status_and_reason_only},
    {"PX-02 a long reason is cut", a_long_reason_is_cut},
    {"I8 what is no HTTP fails at once", what_is_no_http_fails},
    {"PX-03 a NUL fails", a_nul_fails},
    {"PX-02 an early end fails", an_early_end_fails},
    {"PX-03 I8 heads and interim answers without end", heads_without_end},
    {"PX-03 the limit is 16 KiB", the_limit_is_16_KiB},
    {"out of memory is an error like any other", out_of_memory},
    CU_TEST_INFO_NULL,
};
