/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/multipart: the bytes between parts, and names that try to be more than
 * names.
 */
#include "http/multipart.h"

#include <stdlib.h>
#include <string.h>

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"

extern CU_TestInfo multipart_tests[];

static const unsigned char random_bytes[MULTIPART_RANDOM_BYTES] = {
    0x00, 0x01, 0x7f, 0x80, 0xff, 0x10, 0x20, 0x30, 0x40, 0x50, 0x60, 0x70, 0x8a, 0x9b, 0xac, 0xbd};

static bool begins(bool first, const char *name, const char *filename, const char *type,
                   const char *wanted)
{
    struct buf out = BUF_INIT;
    multipart_begin_part(&out, "B", first, &(struct multipart_part){name, filename, type, false});
    char *text = buf_take_str(&out);
    bool same = same_text(text, wanted);
    free(text);
    return same;
}

static void a_boundary_needs_no_quotes(void)
{
    char boundary[MULTIPART_BOUNDARY_BYTES];
    multipart_boundary(random_bytes, boundary);
    CU_ASSERT_STRING_EQUAL(boundary, "gofer-form-00017f80ff102030405060708a9bacbd");
}

static void parts_begin(void)
{
    CU_ASSERT(
        begins(true, "a", NULL, NULL, "--B\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n"));
    CU_ASSERT(begins(false, "a", NULL, "text/plain",
                     "\r\n--B\r\nContent-Disposition: form-data; name=\"a\"\r\n"
                     "Content-Type: text/plain\r\n\r\n"));
    CU_ASSERT(
        begins(false, "", "", NULL,
               "\r\n--B\r\nContent-Disposition: form-data; name=\"\"; filename=\"\"\r\n\r\n"));
}

static void bodies_end(void)
{
    struct buf out = BUF_INIT;
    multipart_end(&out, "B", true);
    multipart_end(&out, "B", false);
    char *text = buf_take_str(&out);
    CU_ASSERT(same_text(text, "--B--\r\n\r\n--B--\r\n"));
    free(text);
}

/* The HTML standard: '"', CR and LF are escaped; in names line ends are made CRLF first. */
static void names_stay_inside_their_quotes(void)
{
    static const struct {
        const char *given;
        const char *name;
        const char *filename;
    } rows[] = {
        {"a\"b", "a%22b", "a%22b"},
        {"a\nb", "a%0D%0Ab", "a%0Ab"},
        {"a\rb", "a%0D%0Ab", "a%0Db"},
        {"a\r\nb", "a%0D%0Ab", "a%0D%0Ab"},
        {"\n\r", "%0D%0A%0D%0A", "%0A%0D"},
        {"\r\r\n\n\"", "%0D%0A%0D%0A%0D%0A%22", "%0D%0D%0A%0A%22"},
        {"a\"; filename=\"x", "a%22; filename=%22x", "a%22; filename=%22x"},
        {"%22\\;\t\xc3\xa4\xff", "%22\\;\t\xc3\xa4\xff", "%22\\;\t\xc3\xa4\xff"},
        {"x\r\n\r\n--B--\r\n", "x%0D%0A%0D%0A--B--%0D%0A", "x%0D%0A%0D%0A--B--%0D%0A"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char wanted[256] = "--B\r\nContent-Disposition: form-data; name=\"";
        strcat(wanted, rows[i].name);
        strcat(wanted, "\"; filename=\"");
        strcat(wanted, rows[i].filename);
        strcat(wanted, "\"\r\n\r\n");
        EXPECT(begins(true, rows[i].given, rows[i].given, NULL, wanted), rows[i].given);
    }
}

/* RFC 2183's quoted-string; line ends would end the field in that way, too. */
static void backslashes_stand_before_what_would_end_the_quotes(void)
{
    struct buf out = BUF_INIT;
    multipart_begin_part(
        &out, "B", true,
        &(struct multipart_part){"a\"b\\\r\n", "\\\"c\n%22", NULL, .backslashes = true});
    char *text = buf_take_str(&out);
    CU_ASSERT(same_text(text, "--B\r\nContent-Disposition: form-data; name=\"a\\\"b\\\\%0D%0A\"; "
                              "filename=\"\\\\\\\"c%0A%22\"\r\n\r\n"));
    free(text);
}

CU_TestInfo multipart_tests[] = {
    {"a boundary needs no quotes", a_boundary_needs_no_quotes},
    {"parts begin", parts_begin},
    {"bodies end", bodies_end},
    {"names stay inside their quotes", names_stay_inside_their_quotes},
    {"backslashes stand before what would end the quotes",
     backslashes_stand_before_what_would_end_the_quotes},
    CU_TEST_INFO_NULL,
};
