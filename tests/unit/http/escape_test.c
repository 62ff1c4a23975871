/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/escape: what stands and what is encoded, decoding, dot segments.
 */
#include "http/escape.h"

#include <CUnit/CUnit.h>

#include "base/alloc.h"
#include "tests/unit/http/expect.h"

extern CU_TestInfo escape_tests[];

static bool escapes(void (*escape)(struct buf *, const char *, size_t), const char *in,
                    const char *want)
{
    struct buf out = BUF_INIT;
    escape(&out, in, strlen(in));
    buf_append_char(&out, '\0');
    bool same = strcmp(out.data, want) == 0;
    buf_fini(&out);
    return same;
}

static void paths_and_queries_keep_what_may_stand(void)
{
    static const char kept[] = "/AZaz09-._~!$&'()*+,;=:@[]%41%zf";
    CU_ASSERT(escapes(escape_path, kept, "/AZaz09-._~!$&'()*+,;=:@[]%41%25zf"));
    CU_ASSERT(escapes(escape_query, "a=[1]&b=/?%7e", "a=[1]&b=/?%7e"));
    CU_ASSERT(escapes(escape_path, "?", "%3F"));
}

static void everything_else_is_encoded(void)
{
    CU_ASSERT(escapes(escape_path, " \"<>\\^`{|}#", "%20%22%3C%3E%5C%5E%60%7B%7C%7D%23"));
    CU_ASSERT(escapes(escape_query, "\xc3\xbc\x80\xff", "%C3%BC%80%FF"));
    CU_ASSERT(escapes(escape_userinfo, "a:b@c/d%20?[]", "a%3Ab%40c%2Fd%2520%3F%5B%5D"));
}

static void a_percent_without_digits_is_a_percent(void)
{
    CU_ASSERT(escapes(escape_path, "/100%", "/100%25"));
    CU_ASSERT(escapes(escape_path, "/%4", "/%254"));
    CU_ASSERT(escapes(escape_path, "/%4g%41", "/%254g%41"));
    /* Digits behind the piece of text are not its own. */
    struct buf out = BUF_INIT;
    escape_path(&out, "%41", 2);
    CU_ASSERT(out.len == 4 && memcmp(out.data, "%254", 4) == 0);
    buf_fini(&out);
}

static void encoding_twice_changes_nothing(void)
{
    CU_ASSERT(escapes(escape_path, "/a%20b%2520%C3%BC", "/a%20b%2520%C3%BC"));
}

static bool decodes(const char *in, const char *want)
{
    char *out;
    bool good = escape_decode(in, strlen(in), &out);
    bool same = good ? same_text(out, want) : want == NULL && out == NULL;
    mem_free(out);
    return same;
}

static void decoding(void)
{
    CU_ASSERT(decodes("", ""));
    CU_ASSERT(decodes("a%20b%2f%C3%bc", "a b/\xc3\xbc"));
    CU_ASSERT(decodes("%2525", "%25"));
    CU_ASSERT(decodes("%", NULL));
    CU_ASSERT(decodes("%4", NULL));
    CU_ASSERT(decodes("%4x", NULL));
    CU_ASSERT(decodes("a%00b", NULL));
    CU_ASSERT(decodes("a%0d%0ab", NULL));
    CU_ASSERT(decodes("%7f", NULL));
}

static void forms_have_their_own_rules(void)
{
    static const char all[] = "aZ09*-._ ~!'()/?&=+%\"\x7f\xc3";
    struct buf out = BUF_INIT;
    escape_form(&out, all, strlen(all));
    escape_form(&out, "\0", 1);
    char *text = buf_take_str(&out);
    CU_ASSERT_STRING_EQUAL(text, "aZ09*-._+%7E%21%27%28%29%2F%3F%26%3D%2B%25%22%7F%C3%00");
    mem_free(text);
}

static void dot_segments(void)
{
    static const char *const rows[][2] = {
        {"/", "/"},           {"/a/b/c/./../../g", "/a/g"}, /* RFC 3986 section 5.2.4 */
        {"/.", "/"},          {"/..", "/"},
        {"/./", "/"},         {"/../", "/"},
        {"/a/.", "/a/"},      {"/a/..", "/"},
        {"/a/../..", "/"},    {"/a/b/..", "/a/"},
        {"/../../x", "/x"},   {"/a//../b", "/a/b"},
        {"//a/../..", "/"},   {"/.a/..b/c./d..", "/.a/..b/c./d.."},
        {"/.../x", "/.../x"}, {"/%2e%2e/x", "/%2e%2e/x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[64];
        strcpy(path, rows[i][0]);
        path[escape_remove_dots(path, strlen(path))] = '\0';
        EXPECT(strcmp(path, rows[i][1]) == 0, rows[i][0]);
    }
}

CU_TestInfo escape_tests[] = {
    {"paths and queries keep what may stand", paths_and_queries_keep_what_may_stand},
    {"everything else is encoded", everything_else_is_encoded},
    {"a percent without digits is a percent", a_percent_without_digits_is_a_percent},
    {"encoding twice changes nothing", encoding_twice_changes_nothing},
    {"decoding refuses control bytes and bad escapes", decoding},
    {"forms have their own rules", forms_have_their_own_rules},
    {"dot segments (RFC 3986 section 5.2.4)", dot_segments},
    CU_TEST_INFO_NULL,
};
