/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/socks: what is sent, byte for byte, and what becomes of the proxy's bytes
 * in every cutting. Against servers: proxy_talk_test.c.
 */
#include "net/socks.h"

#include <CUnit/CUnit.h>

#include "base/buf.h"
#include "tests/unit/http/expect.h"
#include "tests/unit/http/pieces.h"

extern CU_TestInfo socks_tests[];

#define LENGTH(rows) (sizeof(rows) / sizeof *(rows))

/* Bytes in a literal: NULs may stand in it. */
struct bytes {
    const char *at;
    size_t len;
};
#define BYTES(literal)                                                                             \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }

struct row {
    struct socks_request request;
    struct bytes in;   /* what the proxy sends */
    struct bytes sent; /* all that it was sent */
    size_t rest;       /* bytes at the end of `in` that are the tunnel's */
    const char *words; /* NULL: the tunnel opens. Else the failure, if need be at the end of `in` */
};

static void send_all(struct socks *socks, struct buf *sent)
{
    const void *data;
    for (size_t n; (n = socks_to_send(socks, &data)) > 0;) {
        /* In two parts, as a socket may take them. */
        size_t part = n > 1 ? n / 2 : n;
        CU_ASSERT_EQUAL(socks_to_read(socks), 0);
        buf_append(sent, data, part);
        socks_sent(socks, part);
    }
}

/* Feeds one piece, in between sending what is to be sent; how much of it was taken. */
static size_t feed(struct socks *socks, const char *piece, size_t len, struct buf *sent,
                   struct fault *fault)
{
    size_t taken = 0;
    while (taken < len && socks->state < SOCKS_OPEN) {
        size_t used = 0, want = socks_to_read(socks);
        CU_ASSERT_FATAL(want > 0);
        CU_ASSERT_EQUAL(socks_feed(socks, piece + taken, len - taken, &used, fault), socks->state);
        CU_ASSERT_FATAL(used > 0 && used <= len - taken);
        taken += used;
        send_all(socks, sent);
    }
    return taken;
}

static void run(struct pieces *p, void *arg)
{
    const struct row *row = arg;
    struct socks socks;
    struct fault fault = {0};
    struct buf sent = BUF_INIT;
    const char *piece;
    size_t len, total = 0;
    CU_ASSERT_FATAL(socks_begin(&socks, &row->request, &fault));
    send_all(&socks, &sent);
    while (socks.state < SOCKS_OPEN && pieces_next(p, &piece, &len))
        total += feed(&socks, piece, len, &sent, &fault);
    if (socks.state < SOCKS_OPEN)
        socks_eof(&socks, &fault);
    const char *name = row->words != NULL ? row->words : row->request.host;
    EXPECT(socks.state == (row->words == NULL ? SOCKS_OPEN : SOCKS_FAILED), name);
    EXPECT(sent.len == row->sent.len && memcmp(sent.data, row->sent.at, sent.len) == 0, name);
    CU_ASSERT_EQUAL(socks_to_read(&socks), 0);
    if (row->words == NULL) {
        EXPECT(total == row->in.len - row->rest && fault.code == GOFER_OK, name);
    } else {
        CU_ASSERT(fault.code == GOFER_ERR_PROXY && fault.phase == GOFER_PHASE_PROXY);
        EXPECT(same_text(fault.detail, row->words), fault.detail);
    }
    buf_fini(&sent);
}

static void check(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++)
        pieces_every_way(rows[i].in.at, rows[i].in.len, run, (void *)&rows[i]);
}

#define CHECK(...)                                                                                 \
    do {                                                                                           \
        static const struct row rows[] = {__VA_ARGS__};                                            \
        check(rows, LENGTH(rows));                                                                 \
    } while (0)

#define TO_5(host_, port_)                                                                         \
    {                                                                                              \
        .version = SOCKS_5, .host = host_, .port = port_                                           \
    }
#define LOGIN_5                                                                                    \
    {                                                                                              \
        .version = SOCKS_5, .host = "a", .port = 80, .user = "us", .password = "pw:"               \
    }
#define TO_4(version_, host_, user_)                                                               \
    {                                                                                              \
        .version = version_, .host = host_, .port = 0x1234, .user = user_                          \
    }

#define GREETING "\x05\x01\x00"
#define GREETING_LOGIN "\x05\x02\x00\x02"
#define ASK_A                                                                                      \
    "\x05\x01\x00\x03\x01"                                                                         \
    "a"                                                                                            \
    "\x00\x50"
#define LOGIN "\x01\x02us\x03pw:"
#define GRANTED_5 "\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00"
#define GRANTED_4_ "\x00\x5a\x00\x00\x00\x00\x00\x00"

static void version_5_asks_for_names_and_addresses(void)
{
    CHECK({.request = TO_5("example.com", 443),
           .in = BYTES("\x05\x00" GRANTED_5),
           .sent = BYTES(GREETING "\x05\x01\x00\x03\x0b"
                                  "example.com\x01\xbb")},
          {.request = TO_5("127.0.0.1", 8080),
           .in = BYTES("\x05\x00" GRANTED_5),
           .sent = BYTES(GREETING "\x05\x01\x00\x01\x7f\x00\x00\x01\x1f\x90")},
          {.request = TO_5("2001:db8::1", 65535),
           .in = BYTES("\x05\x00" GRANTED_5),
           .sent = BYTES(GREETING
                         "\x05\x01\x00\x04\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\xff\xff")},
          {.request = TO_5("127.1", 1),
           .in = BYTES("\x05\x00" GRANTED_5),
           .sent = BYTES(GREETING "\x05\x01\x00\x03\x05"
                                  "127.1\x00\x01")});
}

static void version_5_takes_every_type_of_address(void)
{
    CHECK({.request = TO_5("a", 80),
           .in = BYTES("\x05\x00" GRANTED_5 "tunnel"),
           .sent = BYTES(GREETING ASK_A),
           .rest = 6},
          {.request = TO_5("a", 80),
           .in = BYTES("\x05\x00\x05\x00\x00\x04"
                       "0123456789abcdefpp"
                       "\x05"),
           .sent = BYTES(GREETING ASK_A),
           .rest = 1},
          {.request = TO_5("a", 80),
           .in = BYTES("\x05\x00\x05\x00\x00\x03\x04"
                       "hostpp"
                       "\x05\x00"),
           .sent = BYTES(GREETING ASK_A),
           .rest = 2},
          {.request = TO_5("a", 80),
           .in = BYTES("\x05\x00\x05\x00\x00\x03\x00"
                       "pp"
                       "x"),
           .sent = BYTES(GREETING ASK_A),
           .rest = 1});
}

static void version_5_logs_in(void)
{
    CHECK({.request = LOGIN_5,
           .in = BYTES("\x05\x02\x01\x00" GRANTED_5 "t"),
           .sent = BYTES(GREETING_LOGIN LOGIN ASK_A),
           .rest = 1},
          {.request = LOGIN_5,
           .in = BYTES("\x05\x00" GRANTED_5),
           .sent = BYTES(GREETING_LOGIN ASK_A)},
          {.request = {.version = SOCKS_5, .host = "a", .port = 80, .user = "u"},
           .in = BYTES("\x05\x02\x01\x00" GRANTED_5),
           .sent = BYTES(GREETING_LOGIN "\x01\x01u\x00" ASK_A)},
          {.request = LOGIN_5,
           .in = BYTES("\x05\x02\x01\x01"),
           .sent = BYTES(GREETING_LOGIN LOGIN),
           .words = "SOCKS5 proxy: refused the user or the password"},
          {.request = LOGIN_5,
           .in = BYTES("\x05\x02\x05\x00"),
           .sent = BYTES(GREETING_LOGIN LOGIN),
           .words = "SOCKS5 proxy: bad answer to the login, it begins with 0x05"});
}

static void version_5_methods(void)
{
    CHECK({.request = TO_5("a", 80),
           .in = BYTES("\x05\xff"),
           .sent = BYTES(GREETING),
           .words = "SOCKS5 proxy: wants a user and a password"},
          {.request = LOGIN_5,
           .in = BYTES("\x05\xff"),
           .sent = BYTES(GREETING_LOGIN),
           .words = "SOCKS5 proxy: wants another way to log in"},
          {.request = TO_5("a", 80),
           .in = BYTES("\x05\x02"),
           .sent = BYTES(GREETING),
           .words = "SOCKS5 proxy: chose a way to log in that was not offered: 0x02"},
          {.request = LOGIN_5,
           .in = BYTES("\x05\x01"),
           .sent = BYTES(GREETING_LOGIN),
           .words = "SOCKS5 proxy: chose a way to log in that was not offered: 0x01"},
          {.request = TO_5("a", 80),
           .in = BYTES("HTTP/1.1 400 Bad Request\r\n\r\n"),
           .sent = BYTES(GREETING),
           .words = "SOCKS5 proxy: not one, it begins with 0x48"},
          {.request = TO_5("a", 80),
           .in = BYTES("\x04\x00"),
           .sent = BYTES(GREETING),
           .words = "SOCKS5 proxy: not one, it begins with 0x04"});
}

static void version_5_refusals(void)
{
    static const char *const words[] = {
        [1] = "SOCKS5 proxy: general failure",
        [2] = "SOCKS5 proxy: connection not allowed by its rules",
        [3] = "SOCKS5 proxy: network unreachable",
        [4] = "SOCKS5 proxy: host unreachable",
        [5] = "SOCKS5 proxy: connection refused",
        [6] = "SOCKS5 proxy: time to live expired",
        [7] = "SOCKS5 proxy: does not know CONNECT",
        [8] = "SOCKS5 proxy: does not know this type of address",
        [9] = "SOCKS5 proxy: refused, with the unknown reply 0x09",
    };
    char in[] = "\x05\x00\x05\x00\x00\x01\x00\x00\x00\x00\x00\x00";
    for (char code = 1; code <= 9; code++) {
        in[3] = code;
        struct row row = {.request = TO_5("a", 80),
                          .in = BYTES(in),
                          .sent = BYTES(GREETING ASK_A),
                          .words = words[(int)code]};
        check(&row, 1);
        row.in.len = 4; /* and nothing more comes */
        check(&row, 1);
    }
    in[3] = '\xff';
    struct row row = {.request = TO_5("a", 80),
                      .in = BYTES(in),
                      .sent = BYTES(GREETING ASK_A),
                      .words = "SOCKS5 proxy: refused, with the unknown reply 0xff"};
    check(&row, 1);
}

static void version_5_is_strict(void)
{
    CHECK({.request = TO_5("a", 80),
           .in = BYTES("\x05\x00\x04\x00\x00\x01\0\0\0\0\0\0"),
           .sent = BYTES(GREETING ASK_A),
           .words = "SOCKS5 proxy: bad answer, it begins with 0x04"},
          {.request = TO_5("a", 80),
           .in = BYTES("\x05\x00\x05\x00\x01\x01\0\0\0\0\0\0"),
           .sent = BYTES(GREETING ASK_A),
           .words = "SOCKS5 proxy: bad answer, its reserved byte is 0x01"},
          {.request = TO_5("a", 80),
           .in = BYTES("\x05\x00\x05\x00\x00\x02\0\0\0\0\0\0"),
           .sent = BYTES(GREETING ASK_A),
           .words = "SOCKS5 proxy: bad answer, unknown type of address 0x02"});
}

static void version_4_asks_for_addresses(void)
{
    CHECK({.request = TO_4(SOCKS_4, "10.1.2.3", NULL),
           .in = BYTES(GRANTED_4_ "t"),
           .sent = BYTES("\x04\x01\x12\x34\x0a\x01\x02\x03\x00"),
           .rest = 1},
          {.request = TO_4(SOCKS_4, "10.1.2.3", "me"),
           .in = BYTES(GRANTED_4_),
           .sent = BYTES("\x04\x01\x12\x34\x0a\x01\x02\x03me\x00")},
          {.request = TO_4(SOCKS_4A, "10.1.2.3", NULL),
           .in = BYTES("\x00\x5a"
                       "ignore"),
           .sent = BYTES("\x04\x01\x12\x34\x0a\x01\x02\x03\x00")},
          {.request = TO_4(SOCKS_4A, "example.com", NULL),
           .in = BYTES(GRANTED_4_ "tunnel"),
           .sent = BYTES("\x04\x01\x12\x34\x00\x00\x00\x01\x00"
                         "example.com\x00"),
           .rest = 6},
          {.request = TO_4(SOCKS_4A, "example.com", "me"),
           .in = BYTES(GRANTED_4_),
           .sent = BYTES("\x04\x01\x12\x34\x00\x00\x00\x01me\x00"
                         "example.com\x00")});
}

static void version_4_refusals(void)
{
#define ASKED                                                                                      \
    .request = TO_4(SOCKS_4, "10.1.2.3", NULL),                                                    \
    .sent = BYTES("\x04\x01\x12\x34\x0a\x01\x02\x03\x00")
    CHECK(
        {ASKED, .in = BYTES("\x00\x5b\0\0\0\0\0\0"), .words = "SOCKS4 proxy: refused or failed"},
        {ASKED, .in = BYTES("\x00\x5c"),
         .words = "SOCKS4 proxy: cannot reach identd on this machine"},
        {ASKED, .in = BYTES("\x00\x5d"), .words = "SOCKS4 proxy: identd names another user"},
        {ASKED, .in = BYTES("\x00\x5e"),
         .words = "SOCKS4 proxy: refused, with the unknown reply 0x5e"},
        {ASKED, .in = BYTES("\x00\x00"),
         .words = "SOCKS4 proxy: refused, with the unknown reply 0x00"},
        {ASKED, .in = BYTES("\x04\x5a\0\0\0\0\0\0"),
         .words = "SOCKS4 proxy: bad answer, it begins with 0x04"},
        {ASKED, .in = BYTES("\x05\xff"), .words = "SOCKS4 proxy: bad answer, it begins with 0x05"});
#undef ASKED
}

/* The handshake cut off at every byte. */
static void an_early_end_fails(void)
{
    static const struct row whole = {.request = LOGIN_5,
                                     .in = BYTES("\x05\x02\x01\x00" GRANTED_5),
                                     .sent = BYTES(GREETING_LOGIN LOGIN ASK_A)};
    static const size_t greeting = sizeof GREETING_LOGIN - 1, login = sizeof LOGIN - 1;
    for (size_t len = 0; len < whole.in.len; len++) {
        struct row row = whole;
        row.words = "SOCKS5 proxy: closed the connection during the handshake";
        row.in.len = len;
        if (len < 4)
            row.sent.len = len < 2 ? greeting : greeting + login;
        pieces_cut(row.in.at, len, len, len, run, &row);
        pieces_cut(row.in.at, len, 1, 1, run, &row);
    }
}

static void expect_impossible(struct socks_request request, const char *words)
{
    struct socks socks;
    struct fault fault = {0};
    const void *data;
    CU_ASSERT(!socks_begin(&socks, &request, &fault));
    CU_ASSERT_EQUAL(socks.state, SOCKS_FAILED);
    CU_ASSERT_EQUAL(socks_to_send(&socks, &data), 0);
    CU_ASSERT_EQUAL(socks_to_read(&socks), 0);
    CU_ASSERT(fault.code == GOFER_ERR_PROXY && fault.phase == GOFER_PHASE_PROXY);
    EXPECT(strcmp(fault.detail, words) == 0, fault.detail);
}

static void expect_possible(struct socks_request request, size_t bytes)
{
    struct socks socks;
    struct fault fault = {0};
    const void *data;
    CU_ASSERT(socks_begin(&socks, &request, &fault));
    CU_ASSERT_EQUAL(socks_to_send(&socks, &data), bytes);
}

static void what_cannot_be_asked(void)
{
    static char longest[256], longer[257];
    memset(longest, 'a', 255);
    memset(longer, 'a', 256);
    expect_possible((struct socks_request)TO_4(SOCKS_4A, longest, longest), 8 + 256 + 256);
    expect_possible(
        (struct socks_request){
            .version = SOCKS_5, .host = longest, .user = longest, .password = longest},
        4);
    expect_impossible((struct socks_request)TO_5(longer, 80),
                      "SOCKS5 proxy: host name is empty or over 255 bytes");
    expect_impossible((struct socks_request)TO_5("", 80),
                      "SOCKS5 proxy: host name is empty or over 255 bytes");
    expect_impossible((struct socks_request)TO_4(SOCKS_4A, longer, NULL),
                      "SOCKS4a proxy: host name is empty or over 255 bytes");
    expect_impossible((struct socks_request)TO_4(SOCKS_4, "example.com", NULL),
                      "SOCKS4 proxy: cannot be given a name, only an address");
    expect_impossible((struct socks_request)TO_4(SOCKS_4, "127.1", NULL),
                      "SOCKS4 proxy: cannot be given a name, only an address");
    expect_impossible((struct socks_request)TO_4(SOCKS_4, "::1", NULL),
                      "SOCKS4 proxy: cannot reach an IPv6 address");
    expect_impossible((struct socks_request)TO_4(SOCKS_4A, "2001:db8::1", NULL),
                      "SOCKS4a proxy: cannot reach an IPv6 address");
    expect_impossible((struct socks_request)TO_4(SOCKS_4A, "0.0.0.7", NULL),
                      "SOCKS4a proxy: cannot reach an address in 0.0.0.0/24");
    expect_impossible((struct socks_request)TO_4(SOCKS_4A, "a", longer),
                      "SOCKS4a proxy: user over 255 bytes");
    expect_impossible((struct socks_request){.version = SOCKS_5, .host = "a", .user = ""},
                      "SOCKS5 proxy: user is empty or over 255 bytes");
    expect_impossible((struct socks_request){.version = SOCKS_5, .host = "a", .user = longer},
                      "SOCKS5 proxy: user is empty or over 255 bytes");
    expect_impossible(
        (struct socks_request){.version = SOCKS_5, .host = "a", .user = "u", .password = longer},
        "SOCKS5 proxy: password over 255 bytes");
}

/* The longest login, question and answer there are. */
static void everything_at_its_longest(void)
{
    static char text[256];
    struct buf in = BUF_INIT, sent = BUF_INIT;
    memset(text, 'a', 255);
    buf_append(&in, "\x05\x02\x01\x00\x05\x00\x00\x03\xff", 9);
    buf_append(&in, text, 255);
    buf_append_str(&in, "ppx");
    buf_append(&sent, GREETING_LOGIN "\x01\xff", 6);
    buf_append(&sent, text, 255);
    buf_append(&sent, "\xff", 1);
    buf_append(&sent, text, 255);
    buf_append(&sent, "\x05\x01\x00\x03\xff", 5);
    buf_append(&sent, text, 255);
    buf_append(&sent, "\x00\x50", 2);
    struct row row = {.request = {SOCKS_5, text, 80, text, text},
                      .in = {in.data, in.len},
                      .sent = {sent.data, sent.len},
                      .rest = 1};
    check(&row, 1);
    buf_fini(&in);
    buf_fini(&sent);
}

/* Whatever comes: the machine ends or asks for more, and never for a byte too many. */
static void random_bytes(void)
{
    uint64_t seed = random_seed();
    for (int round = 0; round < 20000; round++) {
        struct socks_request request = {
            .version = (enum socks_version)random_below(&seed, 3), .host = "10.1.2.3", .port = 80};
        struct socks socks;
        struct fault fault = {0};
        struct buf sent = BUF_INIT;
        socks_begin(&socks, &request, &fault);
        send_all(&socks, &sent);
        size_t total = 0;
        while (socks.state < SOCKS_OPEN) {
            static const char likely[] = {0, 5, 0, 1, 3, 4, 90, 2};
            size_t pick = random_below(&seed, 16);
            char byte = pick < sizeof likely ? likely[pick] : (char)random_below(&seed, 256);
            total += feed(&socks, &byte, 1, &sent, &fault);
        }
        CU_ASSERT(total <= 2 + SOCKS_IN_MAX);
        CU_ASSERT_EQUAL(socks.state == SOCKS_FAILED, fault.code != GOFER_OK);
        buf_fini(&sent);
    }
}

CU_TestInfo socks_tests[] = {
    {"I2 SOCKS5: greeting, then name or address", version_5_asks_for_names_and_addresses},
    {"I2 SOCKS5: every type of address in the answer; the rest is the tunnel's",
     version_5_takes_every_type_of_address},
    {"I2 SOCKS5: user and password", version_5_logs_in},
    {"I2 SOCKS5: the choice of a method", version_5_methods},
    {"I10 SOCKS5: each refusal in its words, whole or cut", version_5_refusals},
    {"I10 SOCKS5: answers are checked strictly", version_5_is_strict},
    {"SOCKS4 and SOCKS4a: the question", version_4_asks_for_addresses},
    {"I10 SOCKS4: refusals", version_4_refusals},
    {"PX-10 an end in the middle fails", an_early_end_fails},
    {"PX-10 names over 255 bytes, and what else cannot be asked, fail before a byte is sent",
     what_cannot_be_asked},
    {"PX-10 everything at its longest", everything_at_its_longest},
    {"PX-10 random bytes", random_bytes},
    CU_TEST_INFO_NULL,
};
