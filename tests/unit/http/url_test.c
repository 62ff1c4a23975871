/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/url and http/host: what people and attackers type, part by part.
 * Resolution is in url_resolve_test.c.
 */
#include "http/url.h"

#include <CUnit/CUnit.h>

#include "base/alloc.h"
#include "tests/unit/http/expect.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo url_tests[];

/* What a text parses to, as one line: scheme|user|password|host|zone|port|target|fragment, "-" for
 * NULL; or "!" and the message. Static. */
static const char *parsed(const char *text)
{
    static char line[2048];
    struct url u;
    struct buf why = BUF_INIT;
    gofer_status status = url_parse(text, &u, &why);
    if (status != GOFER_OK) {
        CU_ASSERT(status == GOFER_ERR_INVALID && u.host == NULL && u.target == NULL);
        CU_ASSERT(why.len > 0 && why.len < 400);
        snprintf(line, sizeof line, "!%.*s", (int)why.len, why.data);
        buf_fini(&why);
        return line;
    }
    CU_ASSERT_EQUAL(why.len, 0);
#define OR_DASH(s) ((s) == NULL ? "-" : (s))
    snprintf(line, sizeof line, "%s|%s|%s|%s|%s|%d%s|%s|%s", u.scheme, OR_DASH(u.user),
             OR_DASH(u.password), u.host, OR_DASH(u.zone), u.port, u.port_given ? "!" : "",
             u.target, OR_DASH(u.fragment));
    url_fini(&u);
    CU_ASSERT_PTR_NULL(u.host);
    return line;
}

struct row {
    const char *in;
    const char *want;
};

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        const char *got = parsed(rows[i].in);
        if (strcmp(got, rows[i].want) == 0) {
            CU_PASS("");
            continue;
        }
        char both[1024];
        snprintf(both, sizeof both, "%.200s: %.300s", rows[i].in, got);
        EXPECT(!"parsed as wanted", both);
    }
}

#define CHECK_ROWS(rows) check_rows((rows), sizeof(rows) / sizeof *(rows))

/* Refused, whatever the words. */
static bool refused(const char *text)
{
    return parsed(text)[0] == '!';
}

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

static void inj_02_host_bytes(void)
{
    static const char *const bad[] = {
        "http://a\r\nX: y/", "http://a\nb/", "http://a b/", "http://a\"b/", "http://a<b/",
        "http://a,b/",       "http://a;b/",  "http://a&b/", "http://a=b/",  "http://a|b/",
        "http://a(b)/",      "http://a*b/",  "http://a+b/", "http://a~b/",  "http://a{b}/",
        "http://a]b/",       "http://a$b/",  "http://a!b/", "http://a'b/",  "http://a^b/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(refused(bad[i]), bad[i]);
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

static void url_02_no_escapes_in_hosts(void)
{
    CU_ASSERT(refused("http://example.com%2F10.0.0.1/"));
    CU_ASSERT(refused("http://exa%6dple.com/"));
    CU_ASSERT(refused("http://example.com%00/"));
    CU_ASSERT(refused("http://%31.2.3.4/"));
}

static void url_03_empty_hosts(void)
{
    CU_ASSERT(refused("http://:80/"));
    CU_ASSERT(refused("http:///x"));
    CU_ASSERT(refused("http://@:80/"));
    CU_ASSERT(refused("http://[]/"));
    CU_ASSERT(refused("http://./"));
    CU_ASSERT(refused("http://.a/"));
    CU_ASSERT(refused("http://a..b/"));
    CU_ASSERT(refused("http://a../"));
}

static void url_04_ports(void)
{
    static const struct row rows[] = {
        {"http://a:/", "http|-|-|a|-|80|/|-"},
        {"http://a:80/", "http|-|-|a|-|80|/|-"},
        {"https://a:80/", "https|-|-|a|-|80!|/|-"},
        {"https://a:443/", "https|-|-|a|-|443|/|-"},
        {"http://a:080/", "http|-|-|a|-|80|/|-"},
        {"http://a:0000065535/", "http|-|-|a|-|65535!|/|-"},
        {"http://a:65536/", "!invalid port behind host \"a\""},
        {"http://a:123foo/", "!invalid port behind host \"a\""},
        {"http://a:abc/", "!invalid port behind host \"a\""},
        {"http://a:+80/", "!invalid port behind host \"a\""},
        {"http://a:-1/", "!invalid port behind host \"a\""},
        {"http://a:0/", "!invalid port behind host \"a\""},
        {"http://a:80:80/", "!invalid port behind host \"a\""},
        {"http://a:99999999999999999999/", "!invalid port behind host \"a\""},
        {"http://[::1]:0x50/", "!invalid port behind host \"::1\""},
    };
    CHECK_ROWS(rows);
}

static void url_05_brackets(void)
{
    static const char *const bad[] = {
        "http://[::1/",       "http://[example.com]/", "http://[::1]evil/", "http://[v1.x]/",
        "http://[::1]]/",     "http://[[::1]]/",       "http://::1/",       "http://[127.0.0.1]/",
        "http://[::1%25]/",   "http://[::g]/",         "http://x[::1]/",    "http://[1:2:3]/",
        "http://[:::1]/",     "http://[::1]@/",        "http://[ ::1]/",    "http://[::1",
        "http://[00000::1]/", "http://[::1.2.3.256]/",
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(refused(bad[i]), bad[i]);
    static const struct row rows[] = {
        {"http://[::1]/", "http|-|-|::1|-|80|/|-"},
        {"http://[::1]:8080", "http|-|-|::1|-|8080!|/|-"},
        {"http://[2001:DB8:0:0:0:0:0:1]/", "http|-|-|2001:db8::1|-|80|/|-"},
        {"http://user@[::1]:/", "http|user|-|::1|-|80|/|-"},
    };
    CHECK_ROWS(rows);
}

static void url_06_zones(void)
{
    static const struct row rows[] = {
        {"http://[fe80::1%25eth0]:8080/", "http|-|-|fe80::1|eth0|8080!|/|-"},
        {"http://[fe80::1%25en0.1_a-b~]/", "http|-|-|fe80::1|en0.1_a-b~|80|/|-"},
        {"http://[fe80::1%eth0]/", "!invalid zone in IPv6 host"},
        {"http://[fe80::1%25]/", "!invalid zone in IPv6 host"},
        {"http://[fe80::1%25eth0%2F]/", "!invalid zone in IPv6 host"},
        {"http://[fe80::1%25a b]/", "!invalid zone in IPv6 host"},
        {"http://[fe80::1%25123456789012345]/", "http|-|-|fe80::1|123456789012345|80|/|-"},
        {"http://[fe80::1%251234567890123456]/", "!invalid zone in IPv6 host"},
    };
    CHECK_ROWS(rows);
    struct url u;
    struct buf out = BUF_INIT;
    CU_ASSERT_EQUAL(url_parse("http://[fe80::1%25eth0]:8080/", &u, &out), GOFER_OK);
    url_write_host(&u, &out);
    CU_ASSERT(out.len == 14 && memcmp(out.data, "[fe80::1]:8080", 14) == 0);
    buf_fini(&out);
    url_fini(&u);
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

static void url_08_url_09_international_names(void)
{
    static const struct row rows[] = {
        {"http://b\xc3\xbc"
         "cher.de/",
         "http|-|-|xn--bcher-kva.de|-|80|/|-"},
        {"http://B\xc3\x9c"
         "CHER.de./",
         "http|-|-|xn--bcher-kva.de.|-|80|/|-"},
        {"http://stra\xc3\x9f"
         "e.de/",
         "http|-|-|xn--strae-oqa.de|-|80|/|-"},
        {"http://XN--BCHER-KVA.de/", "http|-|-|xn--bcher-kva.de|-|80|/|-"},
        {"http://b\xc3\xbc"
         "cher\xe3\x80\x82"
         "de/",
         "http|-|-|xn--bcher-kva.de|-|80|/|-"},
        {"http://r3---sn.xn--bcher-kva.de/", "http|-|-|r3---sn.xn--bcher-kva.de|-|80|/|-"},
    };
    static const char *const bad[] = {
        "http://xn--example-.com/",
        "http://xn--/",
        "http://xn--a/",
        "http://a.xn--ASCII-.com/",
        "http://xn--zzzzzzzz999.com/",
        "http://a\357\274\217b.com/", /* full-width solidus */
        "http://a\xff.com/",
        "http://\xc3\xbc..de/",
        "http://\xc2\xad/",
        "http://xn--xn---epa.com/",
        "http://\xed\xa0\x80.com/",
    };
    CHECK_ROWS(rows);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(refused(bad[i]), bad[i]);
}

static void url_10_ipv4_is_four_decimal_numbers(void)
{
    static const char *const bad[] = {
        "http://0x7f.1/",
        "http://017700000001/",
        "http://127.1/",
        "http://2130706433/",
        "http://0x7f000001/",
        "http://127.0.0.01/",
        "http://127.0.0.256/",
        "http://1.2.3.4.5/",
        "http://1.2.3/",
        "http://1.2.3.4./",
        "http://1.2.3.0x4/",
        "http://foo.0x/",
        "http://example.1/",
        "http://0/",
        "http://1.2.3.4a.5/",
        "http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.1/", /* full-width 127 */
    };
    static const struct row rows[] = {
        {"http://127.0.0.1/", "http|-|-|127.0.0.1|-|80|/|-"},
        {"http://[::ffff:127.0.0.1]/", "http|-|-|::ffff:127.0.0.1|-|80|/|-"},
        {"http://[::FFFF:7f00:1]/", "http|-|-|::ffff:127.0.0.1|-|80|/|-"},
        {"http://1.2.3.4a/", "http|-|-|1.2.3.4a|-|80|/|-"},
        {"http://4.3.2.1.in-addr.arpa/", "http|-|-|4.3.2.1.in-addr.arpa|-|80|/|-"},
        {"http://0x7f.example/", "http|-|-|0x7f.example|-|80|/|-"},
        {"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", "http|-|-|127.0.0.1|-|80|/|-"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        EXPECT(refused(bad[i]), bad[i]);
    CHECK_ROWS(rows);
    struct url u;
    struct buf why = BUF_INIT;
    CU_ASSERT_EQUAL(url_parse("http://1.2.3.4/", &u, &why), GOFER_OK);
    CU_ASSERT_EQUAL(u.host_kind, URL_HOST_IPV4);
    url_fini(&u);
    CU_ASSERT_EQUAL(url_parse("http://[::ffff:127.0.0.1]/", &u, &why), GOFER_OK);
    CU_ASSERT_EQUAL(u.host_kind, URL_HOST_IPV6);
    url_fini(&u);
}

static char *repeated(const char *head, const char *unit, size_t n, const char *tail)
{
    size_t unit_len = strlen(unit);
    char *text = malloc(strlen(head) + n * unit_len + strlen(tail) + 1);
    char *at = stpcpy(text, head);
    for (size_t i = 0; i < n; i++)
        at = stpcpy(at, unit);
    strcpy(at, tail);
    return text;
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

static void host_names_are_bounded(void)
{
    char *label63 = repeated("http://", "a", 63, ".de/");
    char *label64 = repeated("http://", "a", 64, ".de/");
    char *name253 = repeated("http://", "a.", 126, "b/");
    char *name253_dot = repeated("http://", "a.", 126, "b./");
    char *name254 = repeated("http://", "a.", 126, "bc/");
    CU_ASSERT_FALSE(refused(label63));
    CU_ASSERT(refused(label64));
    CU_ASSERT_FALSE(refused(name253));
    CU_ASSERT_FALSE(refused(name253_dot));
    CU_ASSERT(refused(name254));
    free(label63);
    free(label64);
    free(name253);
    free(name253_dot);
    free(name254);
}

static void url_12_case_is_folded_and_the_dot_stays(void)
{
    static const struct row rows[] = {
        {"http://EXAMPLE.com/", "http|-|-|example.com|-|80|/|-"},
        {"http://example.com./", "http|-|-|example.com.|-|80|/|-"},
    };
    CHECK_ROWS(rows);
}

/* Table authority_addr. */
static void table_authority_addr(void)
{
    static const struct {
        const char *in;
        const char *want;
    } rows[] = {
        {"http://foo.com", "foo.com:80"},         {"https://foo.com", "foo.com:443"},
        {"https://foo.com:", "foo.com:443"},      {"https://foo.com:1234", "foo.com:1234"},
        {"https://1.2.3.4:1234", "1.2.3.4:1234"}, {"https://1.2.3.4", "1.2.3.4:443"},
        {"https://1.2.3.4:", "1.2.3.4:443"},      {"https://[::1]:1234", "[::1]:1234"},
        {"https://[::1]", "[::1]:443"},           {"https://[::1]:", "[::1]:443"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url u;
        struct buf why = BUF_INIT;
        char text[64];
        CU_ASSERT_EQUAL_FATAL(url_parse(rows[i].in, &u, &why), GOFER_OK);
        snprintf(text, sizeof text, u.host_kind == URL_HOST_IPV6 ? "[%s]:%d" : "%s:%d", u.host,
                 u.port);
        EXPECT(strcmp(text, rows[i].want) == 0, rows[i].in);
        url_fini(&u);
    }
}

/* Table httpguts, punycode_host_port, and Host overrides that are none. want NULL: refused. */
static void host_overrides(void)
{
    static const struct row rows[] = {
        {"www.google.com", "www.google.com"},
        {"\xd0\xb3\xd0\xbe\xd1\x84\xd0\xb5\xd1\x80.\xd1\x80\xd1\x84", "xn--c1ae0ajs.xn--p1ai"},
        {"b\xc3\xbc"
         "cher.de",
         "xn--bcher-kva.de"},
        {"b\xc3\xbc"
         "cher.de:8080",
         "xn--bcher-kva.de:8080"},
        {"[1::6]:8080", "[1::6]:8080"},
        {"EXAMPLE.com:80", "example.com:80"},
        {"example.com:", "example.com"},
        {"example.com.", "example.com."},
        {"[fe80::1%25en0]:8080", "[fe80::1]:8080"},
        {"127.0.0.1:1", "127.0.0.1:1"},
        {"", NULL},
        {":80", NULL},
        {"a b", NULL},
        {"a\r\nX-Injected: 1", NULL},
        {"a/b", NULL},
        {"user@a", NULL},
        {"http://a", NULL},
        {"a:99999", NULL},
        {"::1", NULL},
        {"127.1", NULL},
        {"a,b", NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf out = BUF_INIT;
        gofer_status status = url_check_host_port(rows[i].in, &out);
        EXPECT(status == (rows[i].want == NULL ? GOFER_ERR_INVALID : GOFER_OK), rows[i].in);
        buf_append_char(&out, '\0');
        EXPECT(strcmp(out.data, rows[i].want == NULL ? "" : rows[i].want) == 0, rows[i].in);
        buf_fini(&out);
    }
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
    {"INJ-02 bytes that no host name has", inj_02_host_bytes},
    {"URL-01 the authority ends at the first / ? or #", url_01_the_authority_ends_first},
    {"URL-02 no percent-encoding in hosts", url_02_no_escapes_in_hosts},
    {"URL-03 empty hosts and labels", url_03_empty_hosts},
    {"URL-04 M5 ports", url_04_ports},
    {"URL-05 brackets", url_05_brackets},
    {"URL-06 zones stay out of Host", url_06_zones},
    {"URL-07 M7 the last @ ends the userinfo", url_07_the_last_at_ends_the_userinfo},
    {"URL-08 URL-09 international names, one rule", url_08_url_09_international_names},
    {"URL-10 IPv4 is four decimal numbers, one rule", url_10_ipv4_is_four_decimal_numbers},
    {"URL-11 long URLs are bounded and linear", url_11_bounded_and_linear},
    {"host names are bounded (DNS-11)", host_names_are_bounded},
    {"URL-12 case is folded, a trailing dot stays", url_12_case_is_folded_and_the_dot_stays},
    {"table authority_addr", table_authority_addr},
    {"M4 INJ-02 Host overrides; table httpguts: punycode_host_port", host_overrides},
    {"INJ-12 table strip_password_in_errors", table_strip_password_in_errors},
    {"without userinfo nothing local is written", without_userinfo_nothing_local_is_written},
    {"INJ-12 a text that is no URL is masked", inj_12_a_text_that_is_no_url_is_masked},
    {"INJ-12 messages hold no password", inj_12_messages_hold_no_password},
    {"INJ-12 messages are escaped and bounded", inj_12_messages_are_escaped_and_bounded},
    {"without memory nothing is left", without_memory_nothing_is_left},
    {"random URLs parse to what they print as", random_urls_do_no_harm},
    CU_TEST_INFO_NULL,
};
