/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/cookie: what a Set-Cookie line says, which are ignored, how long a cookie
 * lives, paths, and the Cookie field.
 */
#include "http/cookie.h"

#include "unit/http/expect.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

extern CU_TestInfo cookie_tests[];

static bool is_text(struct cookie_span span, const char *text)
{
    return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

static struct cookie_span span_of(const char *text)
{
    return (struct cookie_span){text, strlen(text)};
}

static bool parse(const char *line, struct set_cookie *cookie)
{
    return cookie_parse(line, strlen(line), cookie);
}

/* --- the tables --- */

struct line_row {
    const char *line;
    const char *name, *value, *path, *domain;
    int64_t expires_s;
    bool http_only;
    gofer_same_site same_site;
};

/* Both tables have these; a value that Go reports without its quotes keeps them here. */
static const struct line_row rows[] = {
    {"Cookie-1=v$1", "Cookie-1", "v$1", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"NID=99=YsDT5i3E-CXax-; expires=Wed, 23-Nov-2011 01:05:03 GMT; path=/; domain=.google.ch; "
     "HttpOnly",
     "NID", "99=YsDT5i3E-CXax-", "/", ".google.ch", 1322010303, true, GOFER_SAME_SITE_DEFAULT},
    {".ASPXAUTH=7E3AA; expires=Wed, 07-Mar-2012 14:25:06 GMT; path=/; HttpOnly", ".ASPXAUTH",
     "7E3AA", "/", "", 1331130306, true, GOFER_SAME_SITE_DEFAULT},
    {"ASP.NET_SessionId=foo; path=/; HttpOnly", "ASP.NET_SessionId", "foo", "/", "", 0, true,
     GOFER_SAME_SITE_DEFAULT},
    {"samesitedefault=foo; SameSite", "samesitedefault", "foo", "", "", 0, false,
     GOFER_SAME_SITE_DEFAULT},
    {"samesiteinvalidisdefault=foo; SameSite=invalid", "samesiteinvalidisdefault", "foo", "", "", 0,
     false, GOFER_SAME_SITE_DEFAULT},
    {"samesitelax=foo; SameSite=Lax", "samesitelax", "foo", "", "", 0, false, GOFER_SAME_SITE_LAX},
    {"samesitestrict=foo; SameSite=Strict", "samesitestrict", "foo", "", "", 0, false,
     GOFER_SAME_SITE_STRICT},
    {"samesitenone=foo; SameSite=None", "samesitenone", "foo", "", "", 0, false,
     GOFER_SAME_SITE_NONE},
    {"special-1=a z", "special-1", "a z", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"special-2=\" z\"", "special-2", "\" z\"", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"special-3=\"a \"", "special-3", "\"a \"", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"special-4=\" \"", "special-4", "\" \"", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"special-5=a,z", "special-5", "a,z", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"special-6=\",z\"", "special-6", "\",z\"", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"special-7=a,", "special-7", "a,", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"special-8=\",\"", "special-8", "\",\"", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"special-9 =\",\"", "special-9", "\",\"", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
    {"cookie=\"quoted\"", "cookie", "\"quoted\"", "", "", 0, false, GOFER_SAME_SITE_DEFAULT},
};

static void lines_are_parsed(void)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct set_cookie c;
        const struct line_row *row = &rows[i];
        EXPECT(parse(row->line, &c), row->line);
        EXPECT(is_text(c.name, row->name), row->line);
        EXPECT(is_text(c.value, row->value), row->line);
        EXPECT(is_text(c.path, row->path), row->line);
        EXPECT(is_text(c.domain, row->domain), row->line);
        EXPECT(c.has_expires == (row->expires_s != 0), row->line);
        EXPECT(!c.has_expires || c.expires_s == row->expires_s, row->line);
        EXPECT(c.http_only == row->http_only, row->line);
        EXPECT(c.same_site == row->same_site, row->line);
        EXPECT(!c.secure && !c.has_max_age, row->line);
    }
}

static void lines_without_a_cookie_are_ignored(void)
{
    static const char *const lines[] = {
        "",     "equal-not-found", "=v1",        "k1=\\", " = v",  "\t=v",   ";a=b",     "; a=b",
        "k=\"", "k=a\"b",          "k=\"a\"b\"", "k\"=v", "k\\=v", "k; x=y", "k=\"a\"b",
    };
    struct set_cookie c;
    for (size_t i = 0; i < LENGTH(lines); i++)
        EXPECT(!parse(lines[i], &c), lines[i]);
}

static void names_and_values_that_browsers_take(void)
{
    static const char *const lines[][3] = {
        {"a[b]=1", "a[b]", "1"},
        {"user@id={1:2}", "user@id", "{1:2}"},
        {"a=", "a", ""},
        {"a=\"\"", "a", "\"\""},
        {"  a \t=\t b  ; Secure", "a", "b"},
        {"a b=c d", "a b", "c d"},
        {"n\xc3\xa4me=w\xc3\xa4rt", "n\xc3\xa4me", "w\xc3\xa4rt"},
        {"a==b=", "a", "=b="},
        {"a=,", "a", ","},
    };
    struct set_cookie c;
    for (size_t i = 0; i < LENGTH(lines); i++) {
        EXPECT(parse(lines[i][0], &c), lines[i][0]);
        EXPECT(is_text(c.name, lines[i][1]), lines[i][0]);
        EXPECT(is_text(c.value, lines[i][2]), lines[i][0]);
    }
}

/* --- CK-06, CK-07 --- */

static void a_control_byte_anywhere_refuses_the_line(void)
{
    struct set_cookie c;
    for (int byte = 0; byte < 0x80; byte++) {
        if (byte >= 0x20 && byte != 0x7f)
            continue;
        char in_name[] = "n_me=value; Path=/", in_value[] = "name=va_ue; Path=/";
        char in_attribute[] = "name=value; P_th=/";
        char row[24];
        snprintf(row, sizeof row, "byte %d", byte);
        in_name[1] = in_value[7] = in_attribute[13] = (char)byte;
        EXPECT(!cookie_parse(in_name, sizeof in_name - 1, &c), row);
        EXPECT(!cookie_parse(in_value, sizeof in_value - 1, &c), row);
        EXPECT(cookie_parse(in_attribute, sizeof in_attribute - 1, &c) == (byte == '\t'), row);
    }
    CU_ASSERT_FALSE(cookie_parse("a=b\r\nX: y", 9, &c));
    CU_ASSERT_FALSE(cookie_parse("a=b\0", 4, &c));
}

/* A tab in a path would end the field in a cookie file. */
static void a_tab_in_a_path_refuses_the_path(void)
{
    struct set_cookie c;
    CU_ASSERT(parse("a=b; Path=/x\tTRUE\t0", &c));
    CU_ASSERT_EQUAL(c.path.len, 0);
    CU_ASSERT(parse("a=b; Path=\t/x\t", &c));
    CU_ASSERT(is_text(c.path, "/x"));
}

static void a_cookie_over_4096_bytes_is_ignored(void)
{
    static char line[5000];
    struct set_cookie c;
    memset(line, 'x', 4097);
    line[2048] = '='; /* 2048 bytes of name, 2048 of value */
    CU_ASSERT(cookie_parse(line, 4097, &c));
    CU_ASSERT_EQUAL(c.name.len + c.value.len, 4096);
    line[4097] = 'x';
    CU_ASSERT_FALSE(cookie_parse(line, 4098, &c));
    CU_ASSERT(cookie_fits(4096, 0, 1024));
    CU_ASSERT_FALSE(cookie_fits(4096, 1, 1));
    CU_ASSERT_FALSE(cookie_fits(1, SIZE_MAX, 1));
    CU_ASSERT_FALSE(cookie_fits(1, 1, 1025));
}

static void an_attribute_over_1024_bytes_is_ignored(void)
{
    static char line[2000];
    struct set_cookie c;
    char *path = line + sprintf(line, "a=b; Path=/");
    memset(path, 'x', 1024);
    CU_ASSERT(cookie_parse(line, (size_t)(path - line) + 1023, &c));
    CU_ASSERT_EQUAL(c.path.len, 1024);
    CU_ASSERT(cookie_parse(line, (size_t)(path - line) + 1024, &c));
    CU_ASSERT_EQUAL(c.path.len, 0);
    memcpy(line, "a=b; Path=/y; Domain=", 21);
    memset(line + 21, 'x', 1025);
    CU_ASSERT(cookie_parse(line, 21 + 1025, &c));
    CU_ASSERT_EQUAL(c.domain.len, 0);
    CU_ASSERT(is_text(c.path, "/y"));
}

/* --- attributes --- */

static void the_last_of_two_attributes_counts(void)
{
    struct set_cookie c;
    CU_ASSERT(parse("a=b; path=/1; PATH = /2; domain=x; Domain=y; max-age=1; Max-Age=2; "
                    "samesite=lax; SameSite=STRICT; secure=no; hTTponly=0; Partitioned; ;=; x=y",
                    &c));
    CU_ASSERT(is_text(c.path, "/2"));
    CU_ASSERT(is_text(c.domain, "y"));
    CU_ASSERT_EQUAL(c.max_age_s, 2);
    CU_ASSERT_EQUAL(c.same_site, GOFER_SAME_SITE_STRICT);
    CU_ASSERT(c.secure && c.http_only);
    CU_ASSERT(parse("a=b; path=/1; path=x; domain=x; domain=; samesite=lax; samesite=?", &c));
    CU_ASSERT_EQUAL(c.path.len, 0);
    CU_ASSERT_EQUAL(c.domain.len, 0);
    CU_ASSERT_EQUAL(c.same_site, GOFER_SAME_SITE_DEFAULT);
}

#define NOW INT64_C(1357041600000) /* 2013-01-01 12:00:00 */
#define LATEST (NOW + COOKIE_AGE_MAX_S * 1000)

static void expiry_is_clamped_and_max_age_wins(void)
{
    static const struct {
        const char *attributes;
        int64_t at;
    } ages[] = {
        {"", COOKIE_SESSION},
        {"max-age=3", NOW + 3000},
        {"max-age=010", NOW + 10000},
        {"max-age=0", COOKIE_EXPIRED},
        {"max-age=-0", COOKIE_EXPIRED},
        {"max-age=-1", COOKIE_EXPIRED},
        {"max-age=9223372036854775807", LATEST},
        {"max-age=9223372036854775808", LATEST},
        {"max-age=-9223372036854775808", COOKIE_EXPIRED},
        {"max-age=-9223372036854775809", COOKIE_EXPIRED},
        {"max-age=99999999999999999999999999999999999999", LATEST},
        {"max-age=34560000", LATEST},
        {"max-age=34559999", LATEST - 1000},
        {"max-age=34560001", LATEST},
        {"max-age=", COOKIE_SESSION},
        {"max-age=-", COOKIE_SESSION},
        {"max-age=+1", COOKIE_SESSION},
        {"max-age=1s", COOKIE_SESSION},
        {"max-age=1.5", COOKIE_SESSION},
        {"max-age=5; max-age=x", NOW + 5000},
        {"expires=Tue, 01 Jan 2013 12:00:03 UTC", NOW + 3000},
        {"expires=Tue, 01 Jan 2013 11:59:50 UTC", NOW - 10000},
        {"expires=Thu, 01 Jan 1970 00:00:00 GMT", COOKIE_EXPIRED},
        {"expires=Thu, 01 Jan 1601 00:00:00 GMT", COOKIE_EXPIRED},
        {"expires=Fri, 31 Dec 9999 23:59:59 GMT", LATEST},
        {"expires=never", COOKIE_SESSION},
        {"expires=Tue, 01 Jan 2013 12:00:03 UTC; expires=x", NOW + 3000},
        {"max-age=-1; expires=Tue, 01 Jan 2013 12:00:10 UTC", COOKIE_EXPIRED},
        {"expires=Thu, 01 Jan 1970 00:00:00 GMT; max-age=7", NOW + 7000},
        {"max-age=7; expires=Thu, 01 Jan 1970 00:00:00 GMT", NOW + 7000},
    };
    for (size_t i = 0; i < LENGTH(ages); i++) {
        char line[120];
        struct set_cookie c;
        snprintf(line, sizeof line, "a=b; %s", ages[i].attributes);
        EXPECT(parse(line, &c), line);
        EXPECT(cookie_expiry_ms(&c, NOW) == ages[i].at, line);
    }
    CU_ASSERT_FALSE(cookie_is_expired(COOKIE_SESSION, NOW));
    CU_ASSERT_FALSE(cookie_is_expired(NOW + 1, NOW));
    CU_ASSERT(cookie_is_expired(NOW, NOW));
    CU_ASSERT(cookie_is_expired(COOKIE_EXPIRED, 0));
}

static void names_that_promise(void)
{
    static const struct {
        const char *name;
        bool secure, host_only;
        const char *path;
        bool kept;
    } promises[] = {
        {"a", false, false, "", true},           {"__Secure-a", true, false, "", true},
        {"__Secure-a", false, true, "/", false}, {"__SECURE-a", false, true, "/", false},
        {"__secure-", false, true, "/", false},  {"__Secure", false, false, "", true},
        {"__Host-a", true, true, "/", true},     {"__hOST-a", true, true, "/", true},
        {"__Host-a", false, true, "/", false},   {"__host-a", true, false, "/", false},
        {"__HOST-a", true, true, "/a", false},   {"__Host-a", true, true, "", false},
        {"__Hosta", false, false, "", true},     {"x__Host-a", false, false, "", true},
    };
    for (size_t i = 0; i < LENGTH(promises); i++)
        EXPECT(cookie_keeps_promises(span_of(promises[i].name), promises[i].secure,
                                     promises[i].host_only,
                                     span_of(promises[i].path)) == promises[i].kept,
               promises[i].name);
}

/* --- paths --- */

static void default_paths(void)
{
    static const char *const paths[][2] = {
        {"/", "/"},
        {"/abc", "/"},
        {"/abc/", "/abc"},
        {"/abc/xyz", "/abc"},
        {"/abc/xyz/", "/abc/xyz"},
        {"/a/b/c.html", "/a/b"},
        {"", "/"},
        {"strange", "/"},
        {"//", "/"},
        {"/a//b", "/a/"},
        {"/a/./b", "/a/."},
        {"/a/../b", "/a/.."},
    };
    for (size_t i = 0; i < LENGTH(paths); i++)
        EXPECT(is_text(cookie_default_path(paths[i][0], strlen(paths[i][0])), paths[i][1]),
               paths[i][0]);
}

static void paths_match_by_segments(void)
{
    static const struct {
        const char *request, *cookie;
        bool match;
    } pairs[] = {
        {"/foo", "/foo", true},
        {"/foo/", "/foo", true},
        {"/foo/bar", "/foo", true},
        {"/foobar", "/foo", false},
        {"/fo", "/foo", false},
        {"/foo", "/foo/", false},
        {"/foo/bar", "/foo/", true},
        {"/", "/", true},
        {"/x", "/", true},
        {"", "/", false},
        {"/foo", "", false},
        {"/FOO", "/foo", false},
        {"/foo\"", "/foo", false},
        {"/\"foo\"", "/\"foo\"", true},
        {"/foo%2Fbar", "/foo", false},
        {"/a/../b", "/b", false},
    };
    for (size_t i = 0; i < LENGTH(pairs); i++)
        EXPECT(cookie_path_matches(span_of(pairs[i].request), span_of(pairs[i].cookie)) ==
                   pairs[i].match,
               pairs[i].request);
}

/* The bytes end where the span does: an over-read shows under AddressSanitizer. */
static void one_byte_of_path_is_not_read_over(void)
{
    char *request = malloc(1), *cookie = malloc(1);
    *request = *cookie = '/';
    struct cookie_span one = {request, 1}, other = {cookie, 1};
    CU_ASSERT(cookie_path_matches(one, other));
    CU_ASSERT(is_text(cookie_default_path(request, 1), "/"));
    CU_ASSERT(cookie_keeps_promises(span_of("__Host-a"), true, true, other));
    free(request);
    free(cookie);
}

/* --- the Cookie field --- */

static void the_cookie_field_is_bounded(void)
{
    static char big[4100];
    struct buf out = BUF_INIT;
    memset(big, 'x', 4093);
    buf_append_str(&out, "Cookie: ");
    CU_ASSERT(cookie_write_pair(&out, 8, "a", "1"));
    CU_ASSERT(cookie_write_pair(&out, 8, "b", ""));
    CU_ASSERT_EQUAL(out.len, 8 + 7);
    CU_ASSERT(memcmp(out.data, "Cookie: a=1; b=", 15) == 0);
    CU_ASSERT(cookie_write_pair(&out, 8, "c", big)); /* 7 + 2 + 4095 = 4104 */
    big[4079] = '\0';
    CU_ASSERT(cookie_write_pair(&out, 8, "d", big)); /* 4104 + 2 + 4081 = 8187 */
    CU_ASSERT_EQUAL(out.len, 8 + 8187);
    CU_ASSERT_FALSE(cookie_write_pair(&out, 8, "e", ""));
    CU_ASSERT_EQUAL(out.len, 8 + 8187);
    buf_fini(&out);
}

CU_TestInfo cookie_tests[] = {
    {"H10 tables cookie_parse_set_cookie_line and cookie_read_set_cookies: lines are parsed",
     lines_are_parsed},
    {"H10 table cookie_parse_set_cookie_line: lines without a cookie are ignored",
     lines_without_a_cookie_are_ignored},
    {"names and values that browsers take", names_and_values_that_browsers_take},
    {"CK-06 a control byte anywhere refuses the line", a_control_byte_anywhere_refuses_the_line},
    {"CK-06 a tab in a path refuses the path", a_tab_in_a_path_refuses_the_path},
    {"CK-07 a cookie over 4096 bytes is ignored", a_cookie_over_4096_bytes_is_ignored},
    {"CK-07 an attribute over 1024 bytes is ignored", an_attribute_over_1024_bytes_is_ignored},
    {"the last of two attributes counts", the_last_of_two_attributes_counts},
    {"CK-10 Max-Age is clamped and wins over Expires", expiry_is_clamped_and_max_age_wins},
    {"CK-04 __Host- and __Secure- names promise, in any case", names_that_promise},
    {"H8 table cookiejar_units: default paths", default_paths},
    {"CK-09 paths match by segments", paths_match_by_segments},
    {"CK-05 one byte of path is not read over", one_byte_of_path_is_not_read_over},
    {"CK-08 the Cookie field is bounded", the_cookie_field_is_bounded},
    CU_TEST_INFO_NULL,
};
