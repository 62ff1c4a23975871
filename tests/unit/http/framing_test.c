/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/response_head: how a body ends and whether the connection lives, where
 * smuggling hides.
 */
#include <CUnit/CUnit.h>

#include "http/response_head.h"
#include "tests/unit/http/expect.h"

extern CU_TestInfo framing_tests[];

static gofer_status parse(const char *in, bool head_request, struct response_head *head)
{
    return head_parse(in, strlen(in), head_request, head, NULL, 0);
}

static bool parses(const char *in)
{
    struct response_head head;
    return parse(in, false, &head) == GOFER_OK;
}

/* Parses "HTTP/1.1 200 OK" with these lines. */
static gofer_status parse_lines(const char *lines, struct response_head *head)
{
    char in[512];
    snprintf(in, sizeof in, "HTTP/1.1 200 OK\r\n%s\r\n", lines);
    return parse(in, false, head);
}

/* Table parse_content_length, H1-01 to H1-03. want -1: an error. */
static void content_lengths(void)
{
    static const struct {
        const char *lines;
        int64_t want;
    } rows[] = {
        {"Content-Length: \r\n", -1},
        {"Content-Length: 3\r\n", 3},
        {"Content-Length: +3\r\n", -1},
        {"Content-Length: -3\r\n", -1},
        {"Content-Length: 9223372036854775807\r\n", INT64_MAX},
        {"Content-Length: 9223372036854775808\r\n", -1},
        {"Content-Length: 42\r\nContent-Length: 30\r\n", -1},
        {"Content-Length: 42, 30\r\n", -1},
        {"Content-Length: 42,42\r\n", 42},
        {"Content-Length: 42 ,\t42\r\ncontent-length: 42\r\n", 42},
        {"CONTENT-LENGTH: 007\r\nContent-Length: 7\r\n", 7},
        {"Content-Length: 42,\r\n", -1},
        {"Content-Length: ,42\r\n", -1},
        {"Content-Length: -6\r\n", -1},
        {"Content-Length: +5\r\n", -1},
        {"Content-Length: 0x20\r\n", -1},
        {"Content-Length: 30s\r\n", -1},
        {"Content-Length: 1 2\r\n", -1},
        {"Content-Length: 1.0\r\n", -1},
        {"Content-Length: \"3\"\r\n", -1},
        {"Content-Length: 18446744073709551621\r\n", -1},
        {"Content-Length: 9999999999999999999\r\n", -1},
        {"Content-Length: 00000000000000000003\r\n", -1},
        {"Content-Length: 0\r\nContent-Length: 0\r\n", 0},
        {"X-Content-Length: 5\r\nContent-Length: 6\r\nContent-Lengths: 7\r\n", 6},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response_head head;
        bool good = parse_lines(rows[i].lines, &head) == GOFER_OK;
        EXPECT(good == (rows[i].want >= 0), rows[i].lines);
        if (good)
            EXPECT(head.content_length == rows[i].want && head.framing == BODY_LENGTH,
                   rows[i].lines);
    }
}

/* Table parse_transfer_encoding and H1-05. */
static void transfer_encodings(void)
{
    static const struct {
        const char *lines;
        bool good;
    } rows[] = {
        {"Transfer-Encoding: fugazi\r\n", false},
        {"Transfer-Encoding: chunked, chunked\r\nTransfer-Encoding: identity\r\n"
         "Transfer-Encoding: chunked\r\n",
         false},
        {"Transfer-Encoding:\r\n", false},
        {"Transfer-Encoding: chunked, identity\r\n", false},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", false},
        {"Transfer-Encoding: \vchunked\r\n", false},
        {"Transfer-Encoding: chunked\r\n", true},
        {"transfer-encoding:CHUNKED\t\r\n", true},
        {"Transfer-Encoding: identity, chunked\r\n", false},
        {"Transfer-Encoding: gzip, chunked\r\n", false},
        {"Transfer-Encoding: identity\r\n", false},
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", false},
        {"Transfer-Encoding: xchunked\r\n", false},
        {"Transfer-Encoding: chunkedx\r\n", false},
        {"Transfer-Encoding: chunked,\r\n", false},
        {"Transfer-Encoding: \"chunked\"\r\n", false},
        {"Transfer-Encoding: chunked;q=1\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response_head head;
        bool good = parse_lines(rows[i].lines, &head) == GOFER_OK;
        EXPECT(good == rows[i].good, rows[i].lines);
        if (good)
            EXPECT(head.framing == BODY_CHUNKED && head.keep_alive, rows[i].lines);
    }
    CU_ASSERT_FALSE(parses("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"));
}

static void h1_04_chunked_beats_content_length_and_ends_the_connection(void)
{
    static const char *const rows[] = {
        "Transfer-Encoding: chunked\r\nContent-Length: 10\r\n",
        "Content-Length: 10\r\nTransfer-Encoding: chunked\r\n",
        "Content-Length: 10\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n",
    };
    struct response_head head;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        CU_ASSERT_EQUAL(parse_lines(rows[i], &head), GOFER_OK);
        EXPECT(head.framing == BODY_CHUNKED && head.content_length == -1 && !head.keep_alive,
               rows[i]);
    }
    CU_ASSERT_EQUAL(parse_lines("Content-Length: x\r\nTransfer-Encoding: chunked\r\n", &head),
                    GOFER_ERR_PROTOCOL);
}

/* Status and fields of a response that has no body whatever they say. */
static void h1_20_f5_no_body(void)
{
    static const struct {
        const char *in;
        bool head_request;
        int64_t length;
    } rows[] = {
        {"HTTP/1.1 204 No Content\r\n\r\n", false, -1},
        {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false, 5},
        {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false, 5},
        {"HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n", false, -1},
        {"HTTP/1.1 100 Continue\r\n\r\n", false, -1},
        {"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 5\r\n\r\n", false, 5},
        {"HTTP/1.1 123 Unknown\r\n\r\n", false, -1},
        {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", true, 5},
        {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", true, -1},
        {"HTTP/1.1 200 OK\r\n\r\n", true, -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response_head head;
        CU_ASSERT_EQUAL(parse(rows[i].in, rows[i].head_request, &head), GOFER_OK);
        EXPECT(head.framing == BODY_NONE && head.keep_alive, rows[i].in);
        EXPECT(head.content_length == rows[i].length, rows[i].in);
    }
    CU_ASSERT_FALSE(parses("HTTP/1.1 204 No Content\r\nContent-Length: -1\r\n\r\n"));
    CU_ASSERT_FALSE(parses("HTTP/1.1 304 x\r\nTransfer-Encoding: gzip\r\n\r\n"));
}

/* Table head_content_length. */
static void f15_head_reports_the_length(void)
{
    static const struct {
        const char *in;
        int64_t want;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n", 1234},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 0},
        {"HTTP/1.1 200 OK\r\n\r\n", -1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response_head head;
        CU_ASSERT_EQUAL(parse(rows[i].in, true, &head), GOFER_OK);
        EXPECT(head.content_length == rows[i].want && head.framing == BODY_NONE, rows[i].in);
    }
}

static void keep_alive(void)
{
    static const struct {
        const char *in;
        bool want;
    } rows[] = {
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Foo, CLOSE\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive, close\r\n\r\n", false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nConnection: keep-alive"
         "\r\n\r\n",
         false},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: closed\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection:\r\n\r\n", true},
        {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnectiom: close\r\n\r\n", true},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: Keep-Alive\r\n\r\n", true},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: x, keep-alive\r\n\r\n", true},
        {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\nConnection: close"
         "\r\n\r\n",
         false},
        {"HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n", false},
        {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct response_head head;
        CU_ASSERT_EQUAL(parse(rows[i].in, false, &head), GOFER_OK);
        EXPECT(head.keep_alive == rows[i].want, rows[i].in);
    }
}

static void h1_19_an_unrequested_101_is_an_error(void)
{
    CU_ASSERT_FALSE(parses("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"));
    CU_ASSERT(parses("HTTP/1.1 102 Processing\r\n\r\n"));
}

CU_TestInfo framing_tests[] = {
    {"H1-01 H1-02 H1-03 F4 table parse_content_length", content_lengths},
    {"H1-05 F4 table parse_transfer_encoding", transfer_encodings},
    {"H1-04 chunked beats Content-Length and ends the connection",
     h1_04_chunked_beats_content_length_and_ends_the_connection},
    {"H1-20 F5 F12 no body with HEAD, 1xx, 204 and 304", h1_20_f5_no_body},
    {"F15 table head_content_length", f15_head_reports_the_length},
    {"H1-21 who is kept alive", keep_alive},
    {"H1-19 an unrequested 101 is an error", h1_19_an_unrequested_101_is_an_error},
    CU_TEST_INFO_NULL,
};
