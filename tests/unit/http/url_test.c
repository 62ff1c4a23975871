/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/url: what people and attackers type, part by part. Hosts are in
 * host_test.c, resolution is in url_resolve_test.c.
 */
#include "http/url.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/scarce.h"
#include "tests/unit/http/url_rows.h"

extern CU_TestInfo url_tests[];

static void the_parts_of_a_url(void)
{
    static const struct row rows[] = {
        {"http://example.com", "http|-|-|example.com|-|80|/|-"},
        {"http://example.com/", "http|-|-|example.com|-|80|/|-"},
        {"HTTPS://Example.COM/A?b=C#d", "https|-|-|example.com|-|443|/A?b=C|d"},
        {"http://example.com?q", "http|-|-|example.com|-|80|/?q|-"},
        {"http://example.com/?", "http|-|-|example.com|-|80|/?|-"},
        {"http://example.com#f?x/y#z", "http|-|-|example.com|-|80|/|f?x/y%23z"},
        {"http://example.com#", "http|-|-|example.com|-|80|/|"},
        {"http://a/b?c?d/../e", "http|-|-|a|-|80|/b?c?d/../e|-"},
        {"http://a_b.example-c.com/", "http|-|-|a_b.example-c.com|-|80|/|-"},
        {"http://r3---sn-x.example.com/", "http|-|-|r3---sn-x.example.com|-|80|/|-"},
        {"http://localhost:8080/x", "http|-|-|localhost|-|8080!|/x|-"},
        {"http://a//b", "http|-|-|a|-|80|//b|-"},
    };
    CHECK_ROWS(rows);
}

static void dot_segments_are_removed(void)
{
    static const struct row rows[] = {
        {"http://a/b/./../c/..", "http|-|-|a|-|80|/|-"},
        {"http://a/../../b?/../", "http|-|-|a|-|80|/b?/../|-"},
        {"http://a/b/%2e%2E/c", "http|-|-|a|-|80|/b/%2e%2E/c|-"},
    };
    CHECK_ROWS(rows);
}

static void what_people_type_is_escaped(void)
{
    static const struct row rows[] = {
        {"http://a/b c?d e#f g", "http|-|-|a|-|80|/b%20c?d%20e|f%20g"},
        {"http://a/\xc3\xbc?\xe2\x82\xac=\"<>\"",
         "http|-|-|a|-|80|/%C3%BC?%E2%82%AC=%22%3C%3E%22|-"},
        {"http://a/b\\c?d\\e", "http|-|-|a|-|80|/b%5Cc?d%5Ce|-"},
        {"http://a/100%?x=5%&y=%41", "http|-|-|a|-|80|/100%25?x=5%25&y=%41|-"},
        {"http://a/x[1]?y[]={z}", "http|-|-|a|-|80|/x[1]?y[]=%7Bz%7D|-"},
        {"http://a/%0d%0ax", "http|-|-|a|-|80|/%0d%0ax|-"},
    };
    CHECK_ROWS(rows);
}

/* Table invalid_requests_close_body (its URL rows) and M5. */
static void schemes_and_missing_hosts(void)
{
    static const struct row rows[] = {
        {"faux://a/", "!unsupported protocol scheme \"faux\""},
        {"faux:", "!unsupported protocol scheme \"faux\""},
        {"http:", "!no Host in request URL"},
        {"http:/a", "!no Host in request URL"},
        {"http:a", "!no Host in request URL"},
        {"http://", "!no Host in request URL"},
        {"http:///x", "!no Host in request URL"},
        {"http://?q", "!no Host in request URL"},
        {"http://user@/", "!no Host in request URL"},
        {"http://:80/", "!no Host in request URL"},
        {"localhost:8080/x", "!unsupported protocol scheme \"localhost\""},
        {"example.com/x", "!no scheme in URL"},
        {"", "!no scheme in URL"},
        {"//example.com/", "!no scheme in URL"},
        {"://example.com/", "!no scheme in URL"},
        {" http://example.com/", "!no scheme in URL"},
        {"1http://example.com/", "!no scheme in URL"},
        {"file:///etc/passwd", "!unsupported protocol scheme \"file\""},
    };
    CHECK_ROWS(rows);
}

/* Every control byte in every part; a blank where no escaping is allowed. */
static void inj_01_control_bytes(void)
{
    static const char *const parts[] = {"http://a/b%cc", "http://a/?b%cc", "http://a/#b%cc",
                                        "http://a%cc/",  "http://u%c@a/",  "ht%ctp://a/"};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        for (int c = 1; c < 0x80; c++) {
            char text[64];
            if (c >= 0x20 && c != 0x7f)
                continue;
            snprintf(text, sizeof text, parts[i], c, 'c');
            EXPECT(refused(text), text);
        }
    }
    CU_ASSERT(refused("http://a b/"));
    CU_ASSERT(refused("http://a:8 0/"));
    CU_ASSERT(refused("ht tp://a/"));
}

static void url_01_the_authority_ends_first(void)
{
    static const struct row rows[] = {
        {"http://example.com#@evil.com/", "http|-|-|example.com|-|80|/|@evil.com/"},
        {"http://example.com?@evil.com/", "http|-|-|example.com|-|80|/?@evil.com/|-"},
        {"http://example.com/@evil.com/", "http|-|-|example.com|-|80|/@evil.com/|-"},
        {"http://example.com\\@evil.com/", "!backslash in URL authority"},
        {"http://evil.com\\example.com/", "!backslash in URL authority"},
    };
    CHECK_ROWS(rows);
}

static void url_07_the_last_at_ends_the_userinfo(void)
{
    static const struct row rows[] = {
        {"http://user:p@ss@host/", "http|user|p@ss|host|-|80|/|-"},
        {"http://user:a:b@host/", "http|user|a:b|host|-|80|/|-"},
        {"http://user@host/", "http|user|-|host|-|80|/|-"},
        {"http://user:@host/", "http|user||host|-|80|/|-"},
        {"http://:pw@host/", "http||pw|host|-|80|/|-"},
        {"http://@host/", "http|-|-|host|-|80|/|-"},
        {"http://u%40s%2f:p%3A%25@host/", "http|u@s/|p:%|host|-|80|/|-"},
        {"http://\xc3\xbc:\xc3\xb6@host/", "http|\xc3\xbc|\xc3\xb6|host|-|80|/|-"},
        {"http://u%3As:pw@host/", "!encoded ':' in URL user"},
        {"http://u%0d%0a:pw@host/", "!invalid userinfo in URL"},
        {"http://u:p%00w@host/", "!invalid userinfo in URL"},
        {"http://u:p%zz@host/", "!invalid userinfo in URL"},
    };
    CHECK_ROWS(rows);
}

static void url_11_bounded_and_linear(void)
{
    char *text = repeated("http://a/", "../", 1000000 / 3, "x");
    CU_ASSERT_STRING_EQUAL(parsed(text), "!URL too long");
    free(text);
    text = repeated("http://a/", "../", (URL_MAX_BYTES - 10) / 3, "x");
    CU_ASSERT_STRING_EQUAL(parsed(text), "http|-|-|a|-|80|/x|-");
    free(text);
    text = repeated("http://a/", "b/../", (URL_MAX_BYTES - 10) / 5, "x");
    CU_ASSERT_STRING_EQUAL(parsed(text), "http|-|-|a|-|80|/x|-");
    free(text);
    text = repeated("http://", "a", 64000, "/");
    CU_ASSERT(refused(text));
    free(text);
    text = repeated("http://", "\xc3\xbc", 30000, "/");
    CU_ASSERT(refused(text));
    free(text);
    /* Three times as long once it is encoded. */
    text = repeated("http://a/", "\xc3\xbc", 30000, "");
    CU_ASSERT_STRING_EQUAL(parsed(text), "!URL too long");
    free(text);
}

static bool writes(void (*write)(const struct url *, struct buf *), const char *in,
                   const char *want)
{
    struct url u;
    struct buf out = BUF_INIT;
    if (url_parse(in, &u, &out) != GOFER_OK)
        return false;
    write(&u, &out);
    buf_append_char(&out, '\0');
    bool same = strcmp(out.data, want) == 0;
    buf_fini(&out);
    url_fini(&u);
    return same;
}

/* Table strip_password_in_errors: the URL in the message. */
static void table_strip_password_in_errors(void)
{
    static const struct row rows[] = {
        {"http://user:password@dummy.faketld/", "http://user:***@dummy.faketld/"},
        {"http://user:password@password.faketld/", "http://user:***@password.faketld/"},
        {"http://user:password@dummy.faketld/password", "http://user:***@dummy.faketld/password"},
        {"http://user:pa%2Fssword@dummy.faketld/", "http://user:***@dummy.faketld/"},
        {"http://user@a:81/?q#f", "http://user@a:81/?q"},
        {"http://u%40%22:p@a/", "http://u%40%22:***@a/"},
        {"http://[fe80::1%25eth0]/", "http://[fe80::1%25eth0]/"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        EXPECT(writes(url_write_masked, rows[i].in, rows[i].want), rows[i].in);
}

static void without_userinfo_nothing_local_is_written(void)
{
    CU_ASSERT(writes(url_write_without_userinfo, "http://u:p@a:80/b?c#d", "http://a/b?c"));
    CU_ASSERT(writes(url_write_without_userinfo, "https://u@[fe80::1%25eth0]:1/",
                     "https://[fe80::1]:1/"));
    CU_ASSERT(writes(url_write_host, "https://A:443/x", "a"));
    CU_ASSERT(writes(url_write_host, "https://A:80/x", "a:80"));
}

static void inj_12_a_text_that_is_no_url_is_masked(void)
{
    static const struct row rows[] = {
        {"http://user:secret@host:abc/", "http://user:***@host:abc/"},
        {"http://user:se/cret@host/", "http://user:***@host/"},
        {"http://user:p@ss@ho st/", "http://user:***@ho st/"},
        {"user:secret@host", "user:***@host"},
        {"http:user:secret@host", "http:***@host"},
        {"http://host:80/x", "http://host:80/x"},
        {"http://a\"b\r\n\xff", "http://a\\\"b\\x0d\\x0a\\xff"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = BUF_INIT;
        url_mask_text(rows[i].in, &out);
        buf_append_char(&out, '\0');
        EXPECT(strcmp(out.data, rows[i].want) == 0, rows[i].in);
        buf_fini(&out);
    }
    char *text = repeated("http://", "x", 100000, "");
    struct buf out = BUF_INIT;
    url_mask_text(text, &out);
    CU_ASSERT(out.len < 300);
    buf_fini(&out);
    free(text);
}

/* The message of each URL that fails holds none of its password. */
static void inj_12_messages_hold_no_password(void)
{
    static const char *const bad[] = {
        "http://user:s3cr3t@host:abc/", "http://user:s3cr3t@ho st/",  "http://user:s3cr3t@/",
        "http://user:s3cr3t/x@host/",   "http://user:s3cr3t\r@host/", "http://user:s3cr3t\\@host/",
        "http://user:s3cr3t%@host/",    "faux://user:s3cr3t@host/",   "http://user:s3cr3t",
        "http://u%3a:s3cr3t@host/",     "http://user:s3cr3t?@[::1/",  "http://u:s3cr3t@[::1%25]",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        const char *message = parsed(bad[i]);
        EXPECT(message[0] == '!' && strstr(message, "s3cr3t") == NULL, bad[i]);
    }
}

static void inj_12_messages_are_escaped_and_bounded(void)
{
    char *text = repeated("http://\"\xff", "x", 1000, "/");
    const char *message = parsed(text);
    CU_ASSERT(strncmp(message, "!invalid host \"\\\"\\xff", 18) == 0);
    CU_ASSERT(strlen(message) < 120);
    free(text);
    text = repeated("x", "y", 1000, "://a/");
    CU_ASSERT(strlen(parsed(text)) < 120);
    free(text);
}

static gofer_status parse_everything(void)
{
    struct url u, v;
    struct buf why = BUF_INIT;
    gofer_status status = url_parse("http://u:p@stra\xc3\x9f"
                                    "e.de:81/a b?c#d",
                                    &u, &why);
    if (status != GOFER_OK) {
        CU_ASSERT(u.scheme == NULL && u.target == NULL && u.fragment == NULL);
        return status;
    }
    status = url_resolve(&u, "../x y?z#f", &v, &why);
    url_fini(&u);
    url_fini(&v);
    if (status == GOFER_OK)
        status = url_parse("http://[fe80::1%25eth0]:81/", &u, &why);
    url_fini(&u);
    buf_fini(&why);
    return status;
}

static void without_memory_nothing_is_left(void)
{
    scarce_run(parse_everything);
}

/* Whatever parses prints as something that parses to the same. */
static void random_urls_do_no_harm(void)
{
    static const char *const bits[] = {
        "http://", "https://", "a",        "Example.com", ":80", ":",    "@",     "/",   "//",
        "..",      "/../",     "?",        "#",           "%",   "%41",  "[::1]", "[",   "]",
        " ",       "\\",       "\xc3\xbc", "xn--",        "1",   "0x7f", ".",     "\x7f"};
    uint64_t seed = random_seed();
    for (int round = 0; round < 20000; round++) {
        char text[256] = "http://";
        text[random_below(&seed, 8) == 0 ? 0 : 7] = '\0';
        for (size_t n = random_below(&seed, 8); n > 0; n--)
            strcat(text, bits[random_below(&seed, sizeof bits / sizeof *bits)]);
        struct url u;
        struct buf out = BUF_INIT;
        if (url_parse(text, &u, &out) == GOFER_OK) {
            url_write_without_userinfo(&u, &out);
            buf_append_char(&out, '\0');
            struct url again;
            struct buf why = BUF_INIT;
            gofer_status status = url_parse(out.data, &again, &why);
            EXPECT(status == GOFER_OK && strcmp(u.host, again.host) == 0 &&
                       strcmp(u.target, again.target) == 0 && u.port == again.port,
                   text);
            url_fini(&again);
            buf_fini(&why);
        }
        url_fini(&u);
        buf_fini(&out);
    }
}

CU_TestInfo url_tests[] = {
    {"the parts of a URL", the_parts_of_a_url},
    {"dot segments are removed", dot_segments_are_removed},
    {"what people type is escaped", what_people_type_is_escaped},
    {"M1 M5 schemes and missing hosts", schemes_and_missing_hosts},
    {"INJ-01 control bytes anywhere, blanks in hosts", inj_01_control_bytes},
    {"URL-01 the authority ends at the first / ? or #", url_01_the_authority_ends_first},
    {"URL-07 M7 the last @ ends the userinfo", url_07_the_last_at_ends_the_userinfo},
    {"URL-11 long URLs are bounded and linear", url_11_bounded_and_linear},
    {"INJ-12 table strip_password_in_errors", table_strip_password_in_errors},
    {"without userinfo nothing local is written", without_userinfo_nothing_local_is_written},
    {"INJ-12 a text that is no URL is masked", inj_12_a_text_that_is_no_url_is_masked},
    {"INJ-12 messages hold no password", inj_12_messages_hold_no_password},
    {"INJ-12 messages are escaped and bounded", inj_12_messages_are_escaped_and_bounded},
    {"without memory nothing is left", without_memory_nothing_is_left},
    {"random URLs parse to what they print as", random_urls_do_no_harm},
    CU_TEST_INFO_NULL,
};
