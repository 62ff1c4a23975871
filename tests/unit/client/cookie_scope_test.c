/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/cookie_scope and client/public_suffix: whose cookies a URL's are, which
 * site a host belongs to, and which Domain attributes it may give. Table
 * cookiejar_units; where gofer's URLs refuse what Go's take, the host is refused.
 */
#include "client/cookie_scope.h"

#include <stdlib.h>
#include <unistd.h>

#include "http/host.h"
#include "unit/http/expect.h"
#include "unit/http/scarce.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

extern CU_TestInfo cookie_scope_tests[];

/* The scope of http://AUTHORITY/ or of a whole URL; false where it is refused. Its path is gone. */
static bool scope_of(const char *text, struct cookie_scope *scope)
{
    char whole[400];
    struct url url;
    struct buf why = BUF_INIT;
    snprintf(whole, sizeof whole, "%s%s%s", strstr(text, "//") == NULL ? "http://" : "", text,
             strstr(text, "//") == NULL ? "/" : "");
    bool ok = url_parse(whole, &url, &why) == GOFER_OK;
    buf_fini(&why);
    if (!ok)
        return false;
    cookie_scope_init(scope, &url);
    scope->path = (struct cookie_span){"", 0};
    url_fini(&url);
    return true;
}

static void hosts_are_canonical(void)
{
    static const char *const rows[][2] = {
        {"www.example.com", "www.example.com"},
        {"WWW.EXAMPLE.COM", "www.example.com"},
        {"wWw.eXAmple.CoM", "www.example.com"},
        {"www.example.com:80", "www.example.com"},
        {"192.168.0.10", "192.168.0.10"},
        {"192.168.0.5:8080", "192.168.0.5"},
        {"[2001:4860:0:2001::68]", "2001:4860:0:2001::68"},
        {"[2001:4860:0:2001:0:0:0:68]:8080", "2001:4860:0:2001::68"},
        {"[fe80::1%25eth0]:80", "fe80::1%eth0"},
        {"www.b\xc3\xbc"
         "cher.de",
         "www.xn--bcher-kva.de"},
        {"www.example.com.", "www.example.com."}, /* URL-12: another host, everywhere */
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct cookie_scope scope;
        EXPECT(scope_of(rows[i][0], &scope), rows[i][0]);
        EXPECT(strcmp(scope.host.name, rows[i][1]) == 0, scope.host.name);
    }
}

static void what_is_no_host_has_no_scope(void)
{
    static const char *const rows[] = {
        "",
        ".",
        "..",
        "...",
        ".net",
        ".net.",
        "a..",
        "b.a..",
        "weird.stuff...",
        "[bad.unmatched.bracket:",
        "2001:4860:0:2001::68",
        "[2001:4860:0:::68]:8080",
        "[2001::0:::68]:80",
        "1.1.1.300",
        "127.www.0.0.1",
        "ftp://www.host.test/",
    };
    struct cookie_scope scope;
    struct cookie_host host;
    for (size_t i = 0; i < LENGTH(rows); i++)
        EXPECT(!scope_of(rows[i], &scope), rows[i]);
    CU_ASSERT_EQUAL(cookie_host_parse("", &host), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(cookie_host_parse(".", &host), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(cookie_host_parse("..a.test", &host), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(cookie_host_parse("a.test:80", &host), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(cookie_host_parse("[::1]:80", &host), GOFER_ERR_INVALID);
    CU_ASSERT_EQUAL(cookie_host_parse("a.test/", &host), GOFER_ERR_INVALID);
}

static void ports_are_told_from_hosts(void)
{
    static const struct {
        const char *text;
        bool has_port;
    } rows[] = {
        {"www.example.com", false}, {"www.example.com:80", true},      {"127.0.0.1", false},
        {"127.0.0.1:8080", true},   {"[2001:4860:0:2001::68]", false}, {"[2001::68]:80", true},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct host host;
        struct buf why = BUF_INIT;
        EXPECT(host_parse(rows[i].text, strlen(rows[i].text), &host, &why) == GOFER_OK,
               rows[i].text);
        EXPECT((host.port >= 0) == rows[i].has_port, rows[i].text);
        host_fini(&host);
        buf_fini(&why);
    }
}

static void addresses_are_told_from_names(void)
{
    static const struct {
        const char *text;
        bool is_ip;
    } rows[] = {
        {"127.0.0.1", true},
        {"1.2.3.4", true},
        {"2001:4860:0:2001::68", true},
        {"[::1]", true},
        {"::1%zone", true},
        {"example.com", false},
        {"www.foo.bar.net", false},
        {"123.foo.bar.net", false},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct cookie_host host;
        EXPECT(cookie_host_parse(rows[i].text, &host) == GOFER_OK, rows[i].text);
        EXPECT(host.is_ip == rows[i].is_ip, rows[i].text);
    }
}

static void https_and_this_machine_are_secure(void)
{
    static const struct {
        const char *text;
        bool secure;
    } rows[] = {
        {"https://example.com/", true},     {"http://example.com/", false},
        {"http://localhost/", true},        {"http://a.LOCALHOST:81/", true},
        {"http://localhost./", true},       {"http://notlocalhost/", false},
        {"http://localhost.com/", false},   {"http://127.0.0.1/", true},
        {"http://127.255.0.9:8080/", true}, {"http://128.0.0.1/", false},
        {"http://12.7.0.1/", false},        {"http://[::1]/", true},
        {"http://[::2]/", false},           {"http://127.example.com/", false},
        {"https://[2001:db8::1]/", true},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct cookie_scope scope;
        EXPECT(scope_of(rows[i].text, &scope), rows[i].text);
        EXPECT(scope.secure == rows[i].secure, rows[i].text);
    }
}

static void the_path_ends_at_the_query(void)
{
    struct url url;
    struct cookie_scope scope;
    struct buf why = BUF_INIT;
    CU_ASSERT_EQUAL_FATAL(url_parse("http://a.test/x/../y/z?q=/w#f", &url, &why), GOFER_OK);
    cookie_scope_init(&scope, &url);
    CU_ASSERT_EQUAL(scope.path.len, 4);
    CU_ASSERT(memcmp(scope.path.at, "/y/z", 4) == 0);
    url_fini(&url);
}

/* --- sites --- */

static void sites_are_one_label_under_a_public_suffix(void)
{
    static const char *const rows[][2] = {
        {"foo.www.example.com", "example.com"},
        {"www.example.com", "example.com"},
        {"example.com", "example.com"},
        {"com", "com"},
        {"foo.www.bbc.co.uk", "bbc.co.uk"},
        {"www.bbc.co.uk", "bbc.co.uk"},
        {"bbc.co.uk", "bbc.co.uk"},
        {"co.uk", "co.uk"},
        {"uk", "uk"},
        {"192.168.0.5", "192.168.0.5"},
        {"2001:db8::1", "2001:db8::1"},
        {"www.buggy.psl", "buggy.psl"}, /* libpsl's answers are never wrong in Go's two ways */
        {"www2.buggy.psl", "buggy.psl"},
        {"localhost", "localhost"},
        {"a.b.github.io", "b.github.io"},
        {"www.xn--bcher-kva.de", "xn--bcher-kva.de"},
        {"www.example.com.", "www.example.com."},
        {"", ""},
        {".", "."},
        {"..", ".."},
        {".net", ".net"},
        {"a.", "a."},
        {"b.a.", "b.a."},
        {"weird.stuff..", "weird.stuff.."},
    };
    struct public_suffixes suffixes;
    public_suffixes_init(&suffixes);
    for (size_t i = 0; i < LENGTH(rows); i++) {
        bool is_ip = strchr(rows[i][0], ':') != NULL || rows[i][0][0] == '1';
        const char *site = public_suffixes_site(&suffixes, rows[i][0], is_ip);
        EXPECT(strcmp(site, rows[i][1]) == 0, rows[i][0]);
        EXPECT(site + strlen(site) == rows[i][0] + strlen(rows[i][0]), rows[i][0]);
    }
    public_suffixes_fini(&suffixes);
}

/* The table's own list: one rule, and the one that every last label is a suffix. */
static void a_newer_list_is_read_from_its_file(void)
{
    static const char *const rows[][2] = {
        {"foo.www.bbc.co.uk", "bbc.co.uk"},
        {"www.example.com", "example.com"},
        {"me.github.io", "github.io"}, /* no suffix in this list */
        {"a.b.only.here", "b.only.here"},
    };
    static const char list[] = "// a list\n*\nco.uk\nonly.here\n";
    char path[] = "/tmp/gofer-suffixes-XXXXXX";
    struct public_suffixes suffixes;
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    CU_ASSERT_EQUAL(write(fd, list, sizeof list - 1), sizeof list - 1);
    close(fd);
    public_suffixes_init_from(&suffixes, path);
    for (size_t i = 0; i < LENGTH(rows); i++)
        EXPECT(strcmp(public_suffixes_site(&suffixes, rows[i][0], false), rows[i][1]) == 0,
               rows[i][0]);
    CU_ASSERT(public_suffixes_has(&suffixes, "only.here"));
    public_suffixes_fini(&suffixes);
    unlink(path);
    public_suffixes_init_from(&suffixes, path);
    CU_ASSERT(public_suffixes_has(&suffixes, "github.io"));
    public_suffixes_fini(&suffixes);
}

/* Table jar_key_nil_psl is Go's guess without a list; gofer does not guess. */
static void without_a_list_each_host_is_a_site(void)
{
    static const char *const hosts[] = {"foo.www.example.com", "example.com", "com",
                                        "foo.www.bbc.co.uk",   "192.168.0.5", "a."};
    static const struct public_suffixes none = {NULL, NULL};
    for (size_t i = 0; i < LENGTH(hosts); i++) {
        CU_ASSERT_PTR_EQUAL(public_suffixes_site(&none, hosts[i], false), hosts[i]);
        CU_ASSERT(public_suffixes_has(&none, hosts[i]));
    }
    struct cookie_host host = {.name = "www.example.com"};
    bool subdomains;
    CU_ASSERT_PTR_NULL(
        cookie_domain_choose(&host, (struct cookie_span){"example.com", 11}, &none, &subdomains));
    CU_ASSERT_PTR_EQUAL(cookie_domain_choose(&host, (struct cookie_span){"www.example.com", 15},
                                             &none, &subdomains),
                        host.name);
    CU_ASSERT_FALSE(subdomains);
}

/* --- Domain attributes --- */

struct domain_row {
    const char *host, *attribute;
    const char *domain; /* NULL: refused */
    bool host_only;
};

static void choose_all(const struct domain_row *rows, size_t n)
{
    struct public_suffixes suffixes;
    public_suffixes_init(&suffixes);
    for (size_t i = 0; i < n; i++) {
        const struct domain_row *row = &rows[i];
        char text[100];
        struct cookie_host host = {.is_ip = false};
        bool subdomains = true;
        snprintf(text, sizeof text, "%s: Domain=%s", row->host, row->attribute);
        snprintf(host.name, sizeof host.name, "%s", row->host);
        host.is_ip =
            strchr(row->host, ':') != NULL || strspn(row->host, "0123456789.") == strlen(row->host);
        const char *domain = cookie_domain_choose(
            &host, (struct cookie_span){row->attribute, strlen(row->attribute)}, &suffixes,
            &subdomains);
        EXPECT(same_text(domain, row->domain), text);
        EXPECT(domain == NULL || subdomains == !row->host_only, text);
    }
    public_suffixes_fini(&suffixes);
}

static void domains_as_in_the_table(void)
{
    static const struct domain_row rows[] = {
        {"www.example.com", "", "www.example.com", true},
        {"127.0.0.1", "", "127.0.0.1", true},
        {"2001:4860:0:2001::68", "", "2001:4860:0:2001::68", true},
        {"www.example.com", "example.com", "example.com", false},
        {"www.example.com", ".example.com", "example.com", false},
        {"www.example.com", "www.example.com", "www.example.com", false},
        {"www.example.com", ".www.example.com", "www.example.com", false},
        {"foo.sso.example.com", "sso.example.com", "sso.example.com", false},
        {"bar.co.uk", "bar.co.uk", "bar.co.uk", false},
        {"foo.bar.co.uk", ".bar.co.uk", "bar.co.uk", false},
        {"127.0.0.1", "127.0.0.1", "127.0.0.1", true},
        {"2001:4860:0:2001::68", "2001:4860:0:2001::68", "2001:4860:0:2001::68", true},
        {"www.example.com", ".", NULL, false},
        {"www.example.com", "..", NULL, false},
        {"www.example.com", "other.com", NULL, false},
        {"www.example.com", "com", NULL, false},
        {"www.example.com", ".com", NULL, false},
        {"foo.bar.co.uk", ".co.uk", NULL, false},
        {"127.www.0.0.1", "127.0.0.1", NULL, false},
        {"com", "", "com", true},
        {"com", "com", "com", true},
        {"com", ".com", "com", true},
        {"co.uk", "", "co.uk", true},
        {"co.uk", "co.uk", "co.uk", true},
        {"co.uk", ".co.uk", "co.uk", true},
    };
    choose_all(rows, LENGTH(rows));
}

static void public_suffixes_are_refused(void)
{
    static const struct domain_row rows[] = {
        {"www.bbc.co.uk", "co.uk", NULL, false},
        {"www.bbc.co.uk", "co.UK", NULL, false},
        {"www.bbc.co.uk", ".CO.uk", NULL, false},
        {"www.bbc.co.uk", "co.uk.", NULL, false},
        {"www.bbc.co.uk", ".co.uk.", NULL, false},
        {"www.bbc.co.uk", "uk", NULL, false},
        {"www.bbc.co.uk", "bbc.co.uk.", NULL, false},
        {"me.github.io", "github.io", NULL, false},
        {"me.github.io", "io", NULL, false},
        {"a.me.github.io", "me.github.io", "me.github.io", false},
        {"a.b.kawasaki.jp", "kawasaki.jp", NULL, false}, /* a rule with a wildcard */
        {"a.city.kawasaki.jp", "city.kawasaki.jp", "city.kawasaki.jp", false}, /* its exception */
        /* no public suffix, but above one of the host's */
        {"bucket.s3.amazonaws.com", "amazonaws.com", NULL, false},
        {"bucket.s3.amazonaws.com", "s3.amazonaws.com", NULL, false},
        {"a.intranet", "intranet", NULL, false},
        {"localhost", "localhost", "localhost", true},
        {"a.localhost", "localhost", NULL, false},
        {"www.example.com.", "example.com.", NULL, false},
        {"www.example.com.", "www.example.com.", NULL, false},
        {"www.example.com.", "example.com", NULL, false},
        {"co.uk.", "co.uk", NULL, false},
    };
    choose_all(rows, LENGTH(rows));
}

static void addresses_keep_to_themselves(void)
{
    static const struct domain_row rows[] = {
        {"192.168.0.10", "192.168.0.10", "192.168.0.10", true},
        {"192.168.0.10", ".192.168.0.10", NULL, false},
        {"192.168.0.10", "168.0.10", NULL, false},
        {"192.168.0.10", "0.10", NULL, false},
        {"192.168.0.10", "10", NULL, false},
        {"192.168.0.10", "92.168.0.10", NULL, false},
        {"2001:db8::1", "2001:DB8::1", "2001:db8::1", true},
        {"2001:db8::1", "[2001:db8::1]", NULL, false},
        {"2001:db8::1", "::1", NULL, false},
        {"fe80::1%eth0", "fe80::1", NULL, false},
    };
    choose_all(rows, LENGTH(rows));
    struct cookie_host ip = {.name = "192.168.0.10", .is_ip = true};
    CU_ASSERT_FALSE(cookie_domain_matches(&ip, "0.10"));
    CU_ASSERT(cookie_domain_matches(&ip, "192.168.0.10"));
}

static void labels_are_whole(void)
{
    static const struct domain_row rows[] = {
        {"example.com", "ample.com", NULL, false},
        {"www.example.com", "ample.com", NULL, false},
        {"www.example.com", "ww.example.com", NULL, false},
        {"www.example.com", ".ample.com", NULL, false},
        {"www.example.com", "..example.com", NULL, false},
        {"www.example.com", "www.example.com.evil.test", NULL, false},
        {"www.example.com", "a.www.example.com", NULL, false},
        {"www.example.com", "example.com/", NULL, false},
        {"www.example.com", "example.com:80", NULL, false},
        {"www.example.com", "EXAMPLE.com", "example.com", false},
        {"www.xn--bcher-kva.de",
         "b\xc3\xbc"
         "cher.de",
         NULL, false},
        {"www.xn--bcher-kva.de", "XN--bcher-kva.de", "xn--bcher-kva.de", false},
    };
    choose_all(rows, LENGTH(rows));
    struct cookie_host host = {.name = "example.com"};
    CU_ASSERT_FALSE(cookie_domain_matches(&host, "ample.com"));
    CU_ASSERT_FALSE(cookie_domain_matches(&host, ""));
    CU_ASSERT_FALSE(cookie_domain_matches(&host, "a.example.com"));
    CU_ASSERT(cookie_domain_matches(&host, "example.com"));
    CU_ASSERT(cookie_domain_matches(&host, "com"));
}

static void the_scope_is_the_urls_host(void)
{
    static const char *const urls[] = {
        "http://other.test@www.host.test/",    "http://other.test:x@www.host.test:8080/",
        "http://www.host.test/?other.test",    "http://www.host.test/#@other.test",
        "http://www.host.test/x@other.test/y", "HTTP://WWW.HOST.TEST/",
    };
    for (size_t i = 0; i < LENGTH(urls); i++) {
        struct cookie_scope scope;
        EXPECT(scope_of(urls[i], &scope), urls[i]);
        EXPECT(strcmp(scope.host.name, "www.host.test") == 0, urls[i]);
    }
}

static gofer_status parse_host(void)
{
    struct cookie_host host;
    return cookie_host_parse("fe80::1%eth0", &host);
}

static void out_of_memory(void)
{
    scarce_run(parse_host);
}

CU_TestInfo cookie_scope_tests[] = {
    {"H8 table cookiejar_units: hosts are canonical", hosts_are_canonical},
    {"H8 H9 table cookiejar_units: what is no host has no scope", what_is_no_host_has_no_scope},
    {"H8 table cookiejar_units: ports", ports_are_told_from_hosts},
    {"H8 table cookiejar_units: addresses", addresses_are_told_from_names},
    {"https, localhost and loopback are secure", https_and_this_machine_are_secure},
    {"CK-09 the path ends at the query, without dot segments", the_path_ends_at_the_query},
    {"H8 table cookiejar_units: sites", sites_are_one_label_under_a_public_suffix},
    {"H8 table cookiejar_units: a newer list is read from its file",
     a_newer_list_is_read_from_its_file},
    {"H8 table cookiejar_units: without a list each host is a site",
     without_a_list_each_host_is_a_site},
    {"H8 table cookiejar_units: domain attributes", domains_as_in_the_table},
    {"CK-01 public suffixes are refused, in any spelling", public_suffixes_are_refused},
    {"CK-02 addresses keep to themselves", addresses_keep_to_themselves},
    {"CK-03 labels are whole", labels_are_whole},
    {"CK-11 the scope is the URL's host, whatever stands beside it", the_scope_is_the_urls_host},
    {"out of memory is an error like any other", out_of_memory},
    CU_TEST_INFO_NULL,
};
