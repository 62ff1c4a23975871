/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/wire: heads that are remade: target, path, version and order of fields.
 */
#include "http/wire.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"

extern CU_TestInfo wire_tests[];

#define HEAD "GET /x?y HTTP/1.1\r\nHost: h\r\nA: 1\r\nB:\r\nA: 2\r\nC: 3\r\nAA: 4\r\n\r\n"

static void check_head(const char *head, const char *target, const char *path, bool old,
                       const char *const *order, size_t len, const char *want)
{
    struct wire *wire = wire_new();
    struct buf got = BUF_INIT;
    buf_append_str(&got, head);
    wire->target = target != NULL ? mem_strdup(target) : NULL;
    wire->http_1_0 = old;
    EXPECT(wire_set_order(wire, order, len), want);
    wire_remake_head(wire, path, &got);
    char *text = buf_take_str(&got);
    EXPECT(same_text(text, want), text);
    mem_free(text);
    wire_unref(wire);
}

static void nothing_asked_for_changes_nothing(void)
{
    check_head(HEAD, NULL, NULL, false, NULL, 0, HEAD);
}

static void the_request_line_is_remade(void)
{
    check_head("GET /x HTTP/1.1\r\nHost: h\r\n\r\n", "*", "/never", false, NULL, 0,
               "GET * HTTP/1.1\r\nHost: h\r\n\r\n");
    check_head("GET /x HTTP/1.1\r\nHost: h\r\n\r\n", NULL, "/../a", true, NULL, 0,
               "GET /../a HTTP/1.0\r\nHost: h\r\n\r\n");
    check_head("GET http://h:1/x?http://z/ HTTP/1.1\r\nHost: h\r\n\r\n", NULL, "/./b", false, NULL,
               0, "GET http://h:1/./b HTTP/1.1\r\nHost: h\r\n\r\n");
}

static void fields_stand_in_their_order(void)
{
    static const char *const some[] = {"c", "*", "Host"};
    check_head(HEAD, NULL, NULL, false, some, 3,
               "GET /x?y HTTP/1.1\r\nC: 3\r\nA: 1\r\nB:\r\nA: 2\r\nAA: 4\r\nHost: h\r\n\r\n");
}

static void those_not_named_come_last(void)
{
    static const char *const one[] = {"AA", "None"};
    check_head(HEAD, NULL, NULL, false, one, 2,
               "GET /x?y HTTP/1.1\r\nAA: 4\r\nHost: h\r\nA: 1\r\nB:\r\nA: 2\r\nC: 3\r\n\r\n");
}

static void a_name_that_stands_again_takes_one_each(void)
{
    static const char *const twice[] = {"A", "C", "a", "B"};
    check_head(HEAD, NULL, NULL, false, twice, 4,
               "GET /x?y HTTP/1.1\r\nA: 1\r\nC: 3\r\nA: 2\r\nB:\r\nHost: h\r\nAA: 4\r\n\r\n");
}

static void check_lines(const char *head, const char *const *lines, size_t len, const char *want)
{
    struct wire *wire = wire_new();
    struct buf got = BUF_INIT;
    buf_append_str(&got, head);
    EXPECT(wire_set_lines(wire, lines, len), want);
    wire_remake_head(wire, NULL, &got);
    char *text = buf_take_str(&got);
    EXPECT(same_text(text, want), text);
    mem_free(text);
    wire_unref(wire);
}

static void fields_are_spelled_as_the_lines_are(void)
{
    static const char *const lines[] = {"a:2", "A:\t1 ", "c: 4", "None:1", "b:"};
    check_lines(HEAD, lines, 5,
                "GET /x?y HTTP/1.1\r\nHost: h\r\nA:\t1 \r\nb:\r\na:2\r\nC: 3\r\nAA: 4\r\n\r\n");
}

static void equal_fields_take_a_line_each(void)
{
    static const char *const lines[] = {"A:1", "A:  1"};
    check_lines("GET / HTTP/1.1\r\nA: 1\r\nA: 1\r\nA: 1\r\n\r\n", lines, 2,
                "GET / HTTP/1.1\r\nA:1\r\nA:  1\r\nA: 1\r\n\r\n");
}

static void lines_are_header_fields(void)
{
    EXPECT(wire_is_line("A:b"), "A:b");
    EXPECT(wire_is_line("A:"), "no value");
    EXPECT(!wire_is_line("A"), "no colon");
    EXPECT(!wire_is_line("A :b"), "blank in the name");
    EXPECT(!wire_is_line(":b"), "no name");
    EXPECT(!wire_is_line("A: b\r\nC: d"), "line end");
}

static void targets_are_visible_ascii(void)
{
    EXPECT(wire_is_target("*"), "*");
    EXPECT(wire_is_target("/a?b"), "/a?b");
    EXPECT(!wire_is_target(""), "empty");
    EXPECT(!wire_is_target("/a b"), "blank");
    EXPECT(!wire_is_target("/a\r\nX: y"), "line end");
    EXPECT(!wire_is_target("/\x80"), "not ASCII");
}

CU_TestInfo wire_tests[] = {
    {"without options a head stays as it is", nothing_asked_for_changes_nothing},
    {"target, path and version are replaced", the_request_line_is_remade},
    {"fields stand in the order asked for", fields_stand_in_their_order},
    {"fields that are not named come last", those_not_named_come_last},
    {"a name that stands again takes a field each", a_name_that_stands_again_takes_one_each},
    {"fields are spelled as the lines are", fields_are_spelled_as_the_lines_are},
    {"equal fields take a line each", equal_fields_take_a_line_each},
    {"lines are header fields", lines_are_header_fields},
    {"targets are visible ASCII", targets_are_visible_ascii},
    CU_TEST_INFO_NULL};
