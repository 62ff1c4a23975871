/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/host, through URLs and Host overrides: names, IDNA, IPv4, IPv6 with
 * zones, ports.
 */
#include "http/host.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/url_rows.h"

extern CU_TestInfo host_tests[];

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
        "http://xn--bcher-2pa.de/",
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

CU_TestInfo host_tests[] = {
    {"INJ-02 bytes that no host name has", inj_02_host_bytes},
    {"URL-02 no percent-encoding in hosts", url_02_no_escapes_in_hosts},
    {"URL-03 empty hosts and labels", url_03_empty_hosts},
    {"URL-04 M5 ports", url_04_ports},
    {"URL-05 brackets", url_05_brackets},
    {"URL-06 zones stay out of Host", url_06_zones},
    {"URL-08 URL-09 international names, one rule", url_08_url_09_international_names},
    {"URL-10 IPv4 is four decimal numbers, one rule", url_10_ipv4_is_four_decimal_numbers},
    {"host names are bounded (DNS-11)", host_names_are_bounded},
    {"URL-12 case is folded, a trailing dot stays", url_12_case_is_folded_and_the_dot_stays},
    {"table authority_addr", table_authority_addr},
    {"M4 INJ-02 Host overrides; table httpguts: punycode_host_port", host_overrides},
    CU_TEST_INFO_NULL,
};
