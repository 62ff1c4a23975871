/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/base64: the vectors of RFC 4648 section 10, and every byte value.
 */
#include "http/base64.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"

extern CU_TestInfo base64_tests[];

static bool encodes(const void *data, size_t len, const char *want)
{
    struct buf out = BUF_INIT;
    base64_append(&out, data, len);
    buf_append_char(&out, '\0');
    bool same = !buf_failed(&out) && strcmp(out.data, want) == 0;
    buf_fini(&out);
    return same;
}

static void rfc_4648_vectors(void)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT(encodes(rows[i][0], strlen(rows[i][0]), rows[i][1]), rows[i][0]);
}

static void high_bytes_and_both_odd_digits(void)
{
    CU_ASSERT(encodes("\xfb\xef\xbe\xff\xff\xff", 6, "++++////"));
    CU_ASSERT(encodes("\x00\x10\x83", 3, "ABCD"));
    CU_ASSERT(encodes("\xff\x00", 2, "/wA="));
}

CU_TestInfo base64_tests[] = {
    {"the vectors of RFC 4648", rfc_4648_vectors},
    {"bytes over 0x7f, NUL, '+' and '/'", high_bytes_and_both_odd_digits},
    CU_TEST_INFO_NULL,
};
