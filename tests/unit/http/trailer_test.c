/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/trailer: which names may be trailers, and finding the fields in the lines
 * that the chunked decoder kept.
 */
#include "http/trailer.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"

extern CU_TestInfo trailer_tests[];

/* RFC 9110 section 6.5.1: what frames, routes, modifies, authenticates, or says how to read. */
static const char *const refused[] = {
    "Transfer-Encoding",
    "Content-Length",
    "Host",
    "Trailer",
    "Connection",
    "Keep-Alive",
    "TE",
    "Upgrade",
    "Cache-Control",
    "Expect",
    "Max-Forwards",
    "Range",
    "Authorization",
    "Cookie",
    "Set-Cookie",
    "WWW-Authenticate",
    "Content-Encoding",
    "Content-Type",
    "Content-Range",
    "Proxy-Authorization",
};

static bool is_allowed(const char *name)
{
    return trailer_is_allowed(name, strlen(name));
}

static void framing_and_routing_names_are_refused(void)
{
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        char name[64];
        EXPECT(!is_allowed(refused[i]), refused[i]);
        snprintf(name, sizeof name, "%s", refused[i]);
        for (char *c = name; *c != '\0'; c++)
            *c = (char)(*c >= 'a' && *c <= 'z' ? *c - 32 : *c);
        EXPECT(!is_allowed(name), name);
        snprintf(name, sizeof name, "%s-X", refused[i]);
        EXPECT(is_allowed(name), name);
        EXPECT(is_allowed(refused[i] + 1), refused[i] + 1);
    }
}

static void other_names_are_allowed(void)
{
    static const char *const names[] = {"X-Checksum", "Server-Timing", "ETag", "Grpc-Status", "T"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        EXPECT(is_allowed(names[i]), names[i]);
}

/* The fields as "name=value;", from a block of exactly len bytes. */
static size_t describe(const char *lines, size_t len, size_t cap, char *text, size_t size)
{
    struct head_field fields[8];
    char *block = malloc(len > 0 ? len : 1);
    memcpy(block, lines, len);
    size_t n = trailer_parse(block, len, fields, cap);
    text[0] = '\0';
    for (size_t i = 0; i < n && i < cap; i++)
        snprintf(text + strlen(text), size - strlen(text), "%.*s=%.*s;", (int)fields[i].name_len,
                 block + fields[i].name, (int)fields[i].value_len, block + fields[i].value);
    free(block);
    return n;
}

static void fields_are_found(void)
{
    static const struct {
        const char *lines, *want;
        size_t n;
    } rows[] = {
        {"", "", 0},
        {"A: b\r\n", "A=b;", 1},
        {"A:b\r\nA: c\r\na: d\r\n", "A=b;A=c;a=d;", 3},
        {"A: \t b c \t\r\nB:\r\nC: \r\n", "A=b c;B=;C=;", 3},
        {"A: b:c\r\n", "A=b:c;", 1},
        {"Content-Length: 1\r\n", "", 0},
        {"host: a\r\nA: b\r\nTRAILER: x\r\nB: c\r\nTransfer-Encoding: y\r\n", "A=b;B=c;", 2},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        size_t n = describe(rows[i].lines, strlen(rows[i].lines), 8, text, sizeof text);
        EXPECT(n == rows[i].n, rows[i].lines);
        EXPECT(same_text(text, rows[i].want), rows[i].lines);
    }
}

static void more_fields_than_room_are_counted(void)
{
    static const char lines[] = "A: 1\r\nHost: x\r\nB: 2\r\nC: 3\r\n";
    char text[64];
    CU_ASSERT_EQUAL(describe(lines, sizeof lines - 1, 2, text, sizeof text), 3);
    CU_ASSERT_STRING_EQUAL(text, "A=1;B=2;");
    CU_ASSERT_EQUAL(describe(lines, sizeof lines - 1, 0, text, sizeof text), 3);
}

/* Lines that the decoder would not have let through, cut anywhere: no field too many, no byte
 * beyond. */
static void cut_lines_do_no_harm(void)
{
    static const char lines[] = "A: 1\r\nB 2\r\n:\r\n";
    for (size_t len = 0; len < sizeof lines; len++) {
        char text[64];
        size_t n = describe(lines, len, 8, text, sizeof text);
        EXPECT(n <= 1, text);
    }
}

static void check(const char *name, const char *value, gofer_status want)
{
    struct buf why = BUF_INIT;
    EXPECT(trailer_check(name, value, &why) == want, name);
    EXPECT((why.len > 0) == (want != GOFER_OK), name);
    buf_fini(&why);
}

static void fields_to_send_are_checked(void)
{
    check("X-A", "b", GOFER_OK);
    check("X-A", "", GOFER_OK);
    check("X-A", NULL, GOFER_OK);
    check("X-A", "a\r\nb", GOFER_ERR_INVALID);
    check("X-A", "a\x01", GOFER_ERR_INVALID);
    check("", "b", GOFER_ERR_INVALID);
    check("X A", "b", GOFER_ERR_INVALID);
    check("X-A:", NULL, GOFER_ERR_INVALID);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        check(refused[i], "b", GOFER_ERR_INVALID);
}

static void names_are_announced(void)
{
    struct headers trailers = {0};
    struct buf out = BUF_INIT;
    trailer_write_names(&trailers, &out);
    CU_ASSERT_EQUAL(out.len, 0);
    CU_ASSERT_EQUAL(headers_add(&trailers, "X-A", "1"), GOFER_OK);
    CU_ASSERT_EQUAL(headers_add(&trailers, "X-B", ""), GOFER_OK);
    trailer_write_names(&trailers, &out);
    char *text = buf_take_str(&out);
    CU_ASSERT(same_text(text, "Trailer: X-A, X-B\r\n"));
    free(text);
    headers_fini(&trailers);
}

CU_TestInfo trailer_tests[] = {
    {"F16 H1-11 names that frame, route or authenticate are refused",
     framing_and_routing_names_are_refused},
    {"F16 other names are allowed", other_names_are_allowed},
    {"F16 H1-11 fields are found, framing ones left out", fields_are_found},
    {"more fields than there is room for are counted", more_fields_than_room_are_counted},
    {"H1-11 cut lines do no harm", cut_lines_do_no_harm},
    {"fields to send are checked", fields_to_send_are_checked},
    {"names are announced", names_are_announced},
    CU_TEST_INFO_NULL};
