/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/no_proxy: which hosts a list names (PX-07). The saved tables go through
 * the environment's rules: proxy_env_test.c.
 */
#include "http/no_proxy.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo no_proxy_tests[];

struct row {
    const char *list;
    const char *url;
    bool has;
};

static struct url parse_url(const char *text)
{
    struct url url;
    struct buf why = BUF_INIT;
    EXPECT(url_parse(text, &url, &why) == GOFER_OK, text);
    buf_fini(&why);
    return url;
}

static void check_rows(const struct row *rows, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        struct no_proxy list;
        char row[256];
        snprintf(row, sizeof row, "\"%s\" has %s", rows[i].list, rows[i].url);
        struct url url = parse_url(rows[i].url);
        CU_ASSERT_FATAL(no_proxy_parse(rows[i].list, &list));
        EXPECT(no_proxy_has(&list, &url) == rows[i].has, row);
        no_proxy_fini(&list);
        url_fini(&url);
    }
}

#define CHECK(...)                                                                                 \
    do {                                                                                           \
        static const struct row rows[] = {__VA_ARGS__};                                            \
        check_rows(rows, sizeof rows / sizeof *rows);                                              \
    } while (0)

static void names(void)
{
    CHECK({"d.com", "http://d.com", true}, {"d.com", "http://a.d.com", true},
          {"d.com", "http://a.b.d.com", true}, {"d.com", "http://ad.com", false},
          {"d.com", "http://com", false}, {"d.com", "http://d.com.org", false},
          {".d.com", "http://d.com", false}, {".d.com", "http://a.d.com", true},
          {".d.com", "http://a.b.d.com", true}, {".d.com", "http://ad.com", false},
          {"*.d.com", "http://d.com", false}, {"*.d.com", "http://a.d.com", true},
          {"*.d.com", "http://ad.com", false}, {"D.COM", "http://d.com", true},
          {"d.com", "http://D.Com", true}, {"localhost", "http://localhost", true},
          {"under_score", "http://under_score", true});
}

static void final_dots_say_nothing(void)
{
    CHECK({"d.com.", "http://d.com", true}, {"d.com", "http://d.com.", true},
          {"d.com.", "http://a.d.com.", true}, {".d.com.", "http://a.d.com", true},
          {".d.com.", "http://d.com.", false}, {"d.com..", "http://d.com", false});
}

static void other_scripts(void)
{
    CHECK({"\xe7\xa4\xba\xe4\xbe\x8b.com", "http://xn--fsq092h.com", true},
          {"xn--fsq092h.com", "http://\xe7\xa4\xba\xe4\xbe\x8b.com", true},
          {"*.\xe7\xa4\xba\xe4\xbe\x8b.com", "http://a.xn--fsq092h.com", true},
          {"XN--FSQ092H.com", "http://\xe7\xa4\xba\xe4\xbe\x8b.com", true});
}

static void ports(void)
{
    CHECK({"d.com:80", "http://d.com", true}, {"d.com:80", "http://d.com:80", true},
          {"d.com:80", "https://d.com", false}, {"d.com:443", "https://a.d.com", true},
          {".d.com:81", "http://a.d.com:81", true}, {".d.com:81", "http://a.d.com", false},
          {"*.d.com:81", "http://a.d.com:81", true}, {"d.com:", "http://d.com:81", true},
          {"d.com:0", "http://d.com", false}, {"d.com:x", "http://d.com", false},
          {"d.com:65536", "http://d.com", false}, {"10.0.0.1:80", "http://10.0.0.1", true},
          {"10.0.0.1:81", "http://10.0.0.1", false}, {"[::2]:81", "http://[::2]:81", true},
          {"[::2]:81", "http://[::2]", false}, {"10.0.0.0/8:81", "http://10.1.1.1:81", true},
          {"10.0.0.0/8:81", "http://10.1.1.1", false},
          {"2001::/16:81", "http://[2001::1]:81", true},
          {"2001::/16:81", "http://[2001::1]", false}, {"10.0.0.0/8:", "http://10.1.1.1", false});
}

static void addresses(void)
{
    CHECK({"10.1.2.3", "http://10.1.2.3", true}, {"10.1.2.3", "http://10.1.2.4", false},
          {"2001:db8::1", "http://[2001:DB8:0::1]", true},
          {"[2001:db8::1]", "http://[2001:db8::1]", true},
          {"2001:db8::1", "http://[2001:db8::2]", false}, {"::1", "http://[::1]", true},
          {"10.1.2.3", "http://[::ffff:10.1.2.3]", true},
          {"::ffff:10.1.2.3", "http://10.1.2.3", true}, {"0x7f.1", "http://127.0.0.1", false},
          {"017700000001", "http://127.0.0.1", false}, {"127.1", "http://127.0.0.1", false},
          {"2.3", "http://1.2.3.2", false}, {".2.3.4", "http://1.2.3.4", false},
          {"10.1.2.3", "http://10.1.2.3.example", false}, {"1:2:3", "http://[1:2:3::]", false});
}

static void ranges(void)
{
    CHECK({"10.0.0.0/8", "http://10.255.0.1", true}, {"10.0.0.0/8", "http://11.0.0.1", false},
          {"10.0.0.0/30", "http://10.0.0.3", true}, {"10.0.0.0/30", "http://10.0.0.4", false},
          {"10.0.0.77/24", "http://10.0.0.1", true}, {"10.0.0.1/32", "http://10.0.0.1", true},
          {"10.0.0.1/32", "http://10.0.0.0", false}, {"0.0.0.0/0", "http://1.2.3.4", true},
          {"0.0.0.0/0", "http://[2001::1]", false}, {"0.0.0.0/0", "http://a.com", false},
          {"::/0", "http://[2001::1]", true}, {"::/0", "http://1.2.3.4", false},
          {"2001:db8::/33", "http://[2001:db8:7fff::]", true},
          {"2001:db8::/33", "http://[2001:db8:8000::]", false},
          {"[2001:db8::]/32", "http://[2001:db8::9]", true},
          {"2001:db8::1/128", "http://[2001:db8::1]", true},
          {"2001:db8::1/128", "http://[2001:db8::]", false},
          {"::ffff:10.0.0.0/104", "http://10.9.9.9", true},
          {"10.0.0.0/33", "http://10.0.0.0", false}, {"10.0.0.0/129", "http://10.0.0.0", false},
          {"::/129", "http://[::2]", false}, {"10.0.0.0/", "http://10.0.0.0", false},
          {"10.0.0.0/-1", "http://10.0.0.0", false}, {"10.0.0.0/8/8", "http://10.0.0.0", false},
          {"10/8", "http://10.0.0.0", false}, {"d.com/8", "http://d.com", false},
          {"/8", "http://10.0.0.0", false});
}

static void zones_name_no_host(void)
{
    CHECK({"example.com", "http://[1000::%25.example.com]:123", false},
          {".example.com", "http://[1000::%25.example.com]", false},
          {"1000::", "http://[1000::%25.example.com]", true},
          {"fe80::1", "http://[fe80::1%25en0]", true},
          {"fe80::/10", "http://[fe80::1%25en0]", true},
          {"fe80::1%en0", "http://[fe80::1%25en0]", false},
          {"[fe80::1%25en0]", "http://[fe80::1%25en0]", false},
          {"[fe80::1%25en0]", "http://[fe80::1]", false});
}

static void everything(void)
{
    CHECK({"*", "http://a.com", true}, {"*", "http://1.2.3.4", true}, {"*", "http://[::2]", true},
          {"a.com, * ", "http://b.com", true}, {"**", "http://a.com", false},
          {"*a.com", "http://a.com", false}, {"*:80", "http://a.com", false});
}

static void separators_and_bad_entries(void)
{
    CHECK({"a.com,b.com", "http://b.com", true}, {" a.com ,\tb.com ", "http://b.com", true},
          {"a.com b.com", "http://b.com", true}, {",,,b.com,,", "http://b.com", true},
          {"", "http://a.com", false}, {" ", "http://a.com", false}, {":1", "http://a.com", false},
          {":1", "http://a.com:1", false}, {":1,a.com", "http://a.com", true},
          {".", "http://a.com", false}, {"*.", "http://a.com", false}, {"[", "http://a.com", false},
          {"[]", "http://a.com", false}, {"]:80", "http://a.com", false},
          {"http://a.com", "http://a.com", false}, {"a..com,b.com", "http://b.com", true},
          {"a;b.com", "http://b.com", false}, {"u@a.com", "http://a.com", false},
          {"[1.2.3.4]", "http://1.2.3.4", false});
    struct no_proxy none;
    struct url url = parse_url("http://a.com");
    CU_ASSERT(no_proxy_parse(NULL, &none));
    CU_ASSERT(!no_proxy_has(&none, &url));
    no_proxy_fini(&none);
    url_fini(&url);
}

static void a_long_list(void)
{
    struct buf text = BUF_INIT;
    struct no_proxy list;
    for (int i = 0; i < 5000; i++)
        buf_printf(&text, "h%d.example, 10.%d.%d.0/24,", i, i / 256, i % 256);
    char *joined = buf_take_str(&text);
    struct url name = parse_url("http://x.h4999.example"),
               address = parse_url("http://10.19.135.1");
    struct url other = parse_url("http://h5000.example");
    CU_ASSERT_FATAL(no_proxy_parse(joined, &list));
    CU_ASSERT(no_proxy_has(&list, &name));
    CU_ASSERT(no_proxy_has(&list, &address));
    CU_ASSERT(!no_proxy_has(&list, &other));
    no_proxy_fini(&list);
    url_fini(&name);
    url_fini(&address);
    url_fini(&other);
    free(joined);
}

static void local_hosts(void)
{
    static const struct {
        const char *url;
        bool local;
    } rows[] = {
        {"http://localhost", true},      {"http://LOCALHOST.", true},
        {"http://127.0.0.1", true},      {"http://127.255.0.2:8080", true},
        {"http://[::1]", true},          {"http://[::ffff:127.0.0.1]", true},
        {"http://[::1%25lo]", true},     {"http://a.localhost", false},
        {"http://localhost.net", false}, {"http://128.0.0.1", false},
        {"http://[::2]", false},         {"http://[::]", false},
        {"http://[::127.0.0.1]", false}, {"http://[::ffff:128.0.0.1]", false},
        {"http://0.0.0.0", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct url url = parse_url(rows[i].url);
        EXPECT(no_proxy_is_local(&url) == rows[i].local, rows[i].url);
        url_fini(&url);
    }
}

static gofer_status parse_list(void)
{
    struct no_proxy list;
    bool ok = no_proxy_parse("a.com, .b.com, 10.0.0.0/8, [::2]:80, xn--fsq092h.com", &list);
    CU_ASSERT_EQUAL(list.len, ok ? 5 : 0);
    no_proxy_fini(&list);
    return ok ? GOFER_OK : GOFER_ERR_NOMEM;
}

static void out_of_memory(void)
{
    scarce_run(parse_list);
}

CU_TestInfo no_proxy_tests[] = {
    {"PX-07 d, .d and *.d", names},
    {"PX-07 final dots say nothing", final_dots_say_nothing},
    {"PX-07 names in other scripts", other_scripts},
    {"PX-07 ports", ports},
    {"PX-07 URL-10 addresses, one rule for their spelling", addresses},
    {"PX-07 ranges", ranges},
    {"PX-07 a zone names no host", zones_name_no_host},
    {"PX-07 I13 \"*\" names every host", everything},
    {"PX-07 I13 separators; \":1\" and other bad entries are ignored", separators_and_bad_entries},
    {"PX-07 a list of 10,000 entries", a_long_list},
    {"this machine by name and by address", local_hosts},
    {"out of memory is an error like any other", out_of_memory},
    CU_TEST_INFO_NULL,
};
