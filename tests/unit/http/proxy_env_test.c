/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/proxy_env: which proxy a URL goes through by the environment. The tables
 * httpproxy_proxy_for_url, httpproxy_use_proxy and proxy_from_environment, with
 * the CGI rows as PX-08 has them (HTTP_PROXY is ignored, no error) and an unknown
 * scheme refused here rather than by the dial.
 */
#include "http/proxy_env.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo proxy_env_tests[];

#define LENGTH(rows) (sizeof(rows) / sizeof *(rows))

/* The environment that fake_getenv() knows: "name", "value" pairs up to a NULL name. */
static const char *const *fake_environment;
static const char *asked_for; /* a name that must not be asked for, once it was */

static char *fake_getenv(const char *name)
{
    if (strcmp(name, "ALL_PROXY") == 0 || strcmp(name, "all_proxy") == 0)
        asked_for = name;
    for (const char *const *at = fake_environment; at[0] != NULL; at += 2)
        if (strcmp(at[0], name) == 0)
            return (char *)at[1];
    return NULL;
}

/* What becomes of a URL: the masked proxy, NULL for a direct connection, or the error's words. The
 * caller frees it. */
static char *choose(const struct proxy_env *env, const struct url *url)
{
    const struct proxy *proxy = NULL;
    struct buf text = BUF_INIT;
    gofer_status status = proxy_env_choose(env, url, &proxy, &text);
    if (status != GOFER_OK)
        CU_ASSERT(status == GOFER_ERR_INVALID && proxy == NULL);
    if (proxy != NULL)
        proxy_write_masked(proxy, &text);
    return status == GOFER_OK && proxy == NULL ? NULL : buf_take_str(&text);
}

/* The table has an ftp URL, which gofer does not even parse. */
static struct url parse_url(const char *text)
{
    struct url url;
    struct buf why = BUF_INIT;
    bool ftp = strncmp(text, "ftp:", 4) == 0;
    EXPECT(url_parse(ftp ? "http://insecure.tld/" : text, &url, &why) == GOFER_OK, text);
    if (ftp)
        memcpy(url.scheme, "ftp", 4);
    buf_fini(&why);
    return url;
}

static void expect_choice(const char *const *environment, const char *text, const char *want)
{
    struct proxy_env env;
    struct url url = parse_url(text);
    fake_environment = environment;
    CU_ASSERT_FATAL(proxy_env_read(&env, fake_getenv));
    char *got = choose(&env, &url);
    EXPECT(same_text(got, want), got != NULL ? got : text);
    free(got);
    url_fini(&url);
    proxy_env_fini(&env);
}

#define ENV(...) ((const char *const[]){__VA_ARGS__, NULL})

/* A row of the saved tables; what is NULL is not set, url: http://example.com. */
struct row {
    const char *http;
    const char *https;
    const char *no_proxy;
    const char *method;
    const char *url;
    const char *want; /* NULL: a direct connection */
};

/* Runs a row with the names in upper or lower case. */
static void check_row(const struct row *row, bool lower)
{
    static const char *const names[][2] = {{"HTTP_PROXY", "http_proxy"},
                                           {"HTTPS_PROXY", "https_proxy"},
                                           {"NO_PROXY", "no_proxy"},
                                           {"REQUEST_METHOD", "REQUEST_METHOD"}};
    const char *const values[] = {row->http, row->https, row->no_proxy, row->method};
    const char *environment[2 * LENGTH(names) + 1];
    size_t n = 0;
    for (size_t i = 0; i < LENGTH(names); i++) {
        if (values[i] == NULL)
            continue;
        environment[n++] = names[i][lower];
        environment[n++] = values[i];
    }
    environment[n] = NULL;
    expect_choice(environment, row->url != NULL ? row->url : "http://example.com", row->want);
}

static const struct row with_local_rows[] = {
    {.http = "p:1", .no_proxy = "<-loopback>", .url = "http://localhost/", .want = "http://p:1"},
    {.http = "p:1", .no_proxy = "a, <-loopback>", .url = "http://127.0.0.1/", .want = "http://p:1"},
    {.https = "p:1", .no_proxy = "<-loopback> b", .url = "https://[::1]/", .want = "http://p:1"},
    {.http = "p:1", .no_proxy = "<-loopback>,127.0.0.1", .url = "http://127.0.0.1/"},
    {.http = "p:1", .no_proxy = "<-loopback>,*", .url = "http://localhost/"},
    {.http = "p:1", .no_proxy = "-loopback", .url = "http://localhost/"},
    {.http = "p:1", .no_proxy = "<-loopback>x", .url = "http://localhost/"},
};

static const struct row proxy_for_url_rows[] = {
    {.http = "127.0.0.1:8080", .want = "http://127.0.0.1:8080"},
    {.http = "cache.corp.example.com:1234", .want = "http://cache.corp.example.com:1234"},
    {.http = "cache.corp.example.com", .want = "http://cache.corp.example.com"},
    {.http = "localhost", .want = "http://localhost"},
    {.http = "https://cache.corp.example.com", .want = "https://cache.corp.example.com"},
    {.http = "http://127.0.0.1:8080", .want = "http://127.0.0.1:8080"},
    {.http = "https://127.0.0.1:8080", .want = "https://127.0.0.1:8080"},
    {.http = "socks5://127.0.0.1", .want = "socks5://127.0.0.1"},
    {.http = "foo://host",
     .want = "HTTP_PROXY in the environment: unsupported proxy scheme \"foo\""},
    {.http = "http.proxy.tld",
     .https = "secure.proxy.tld",
     .url = "http://insecure.tld/",
     .want = "http://http.proxy.tld"},
    {.http = "http.proxy.tld",
     .https = "secure.proxy.tld",
     .url = "https://secure.tld/",
     .want = "http://secure.proxy.tld"},
    {.http = "http.proxy.tld",
     .https = "https://secure.proxy.tld",
     .url = "https://secure.tld/",
     .want = "https://secure.proxy.tld"},
    {.http = "http.proxy.tld", .url = "https://secure.tld/"},
    {.http = "http.proxy.tld", .url = "ftp://insecure.tld/"},
    {.http = "http://10.1.2.3:8080", .method = "GET"},
    {.https = "https://secure.proxy.tld",
     .method = "GET",
     .url = "https://secure.tld/",
     .want = "https://secure.proxy.tld"},
    {.http = NULL},
    {.http = "proxy", .no_proxy = "example.com", .url = "http://example.com/"},
    {.http = "proxy",
     .no_proxy = ".example.com",
     .url = "http://example.com/",
     .want = "http://proxy"},
    {.http = "proxy",
     .no_proxy = "ample.com",
     .url = "http://example.com/",
     .want = "http://proxy"},
    {.http = "proxy", .no_proxy = "example.com", .url = "http://foo.example.com/"},
    {.http = "proxy", .no_proxy = ".foo.com", .url = "http://example.com/", .want = "http://proxy"},
    {.http = "proxy",
     .no_proxy = ".\xe7\xa4\xba\xe4\xbe\x8b.com",
     .url = "http://www.\xe7\xa4\xba\xe4\xbe\x8b.com"},
    {.http = "proxy",
     .no_proxy = "xn--fsq092h.com",
     .url = "http://www.\xe7\xa4\xba\xe4\xbe\x8b.com"},
    {.http = "proxy",
     .no_proxy = "\xe7\xa4\xba\xe4\xbe\x8b.com",
     .url = "http://www.xn--fsq092h.com"},
    {.http = "proxy",
     .no_proxy = "example.com",
     .url = "http://[1000::%25.example.com]:123",
     .want = "http://proxy"},
};

static void table_proxy_for_url(void)
{
    for (size_t i = 0; i < LENGTH(proxy_for_url_rows); i++)
        check_row(&proxy_for_url_rows[i], false);
}

static void this_machine_may_be_reached_through_it(void)
{
    for (size_t i = 0; i < LENGTH(with_local_rows); i++)
        check_row(&with_local_rows[i], i % 2 == 0);
}

static const struct row from_environment_rows[] = {
    {.http = "127.0.0.1:8080", .want = "http://127.0.0.1:8080"},
    {.http = "cache.corp.example.com:1234", .want = "http://cache.corp.example.com:1234"},
    {.http = "cache.corp.example.com", .want = "http://cache.corp.example.com"},
    {.http = "https://cache.corp.example.com", .want = "https://cache.corp.example.com"},
    {.http = "http://127.0.0.1:8080", .want = "http://127.0.0.1:8080"},
    {.http = "https://127.0.0.1:8080", .want = "https://127.0.0.1:8080"},
    {.http = "socks5://127.0.0.1", .want = "socks5://127.0.0.1"},
    {.http = "socks5h://127.0.0.1", .want = "socks5h://127.0.0.1"},
    {.http = "http.proxy.tld",
     .https = "secure.proxy.tld",
     .url = "http://insecure.tld/",
     .want = "http://http.proxy.tld"},
    {.http = "http.proxy.tld",
     .https = "secure.proxy.tld",
     .url = "https://secure.tld/",
     .want = "http://secure.proxy.tld"},
    {.http = "http.proxy.tld",
     .https = "https://secure.proxy.tld",
     .url = "https://secure.tld/",
     .want = "https://secure.proxy.tld"},
    {.http = "http://10.1.2.3:8080", .method = "POST"},
    {.http = NULL},
    {.http = "proxy", .no_proxy = "example.com", .url = "http://example.com/"},
    {.http = "proxy",
     .no_proxy = ".example.com",
     .url = "http://example.com/",
     .want = "http://proxy"},
    {.http = "proxy",
     .no_proxy = "ample.com",
     .url = "http://example.com/",
     .want = "http://proxy"},
    {.http = "proxy", .no_proxy = "example.com", .url = "http://foo.example.com/"},
    {.http = "proxy", .no_proxy = ".foo.com", .url = "http://example.com/", .want = "http://proxy"},
};

static void table_from_environment(void)
{
    for (size_t i = 0; i < LENGTH(from_environment_rows); i++) {
        check_row(&from_environment_rows[i], false);
        check_row(&from_environment_rows[i], true);
    }
}

static const char use_proxy_list[] =
    "foobar.com, .barbaz.net, *.wildcard.io, 192.168.1.1, 192.168.1.2:81, 192.168.1.3:80, "
    "10.0.0.0/30, 2001:db8::52:0:1, [2001:db8::52:0:2]:443, [2001:db8::52:0:3]:80, "
    "2002:db8:a::45/64";

static const struct {
    const char *host;
    bool proxied;
} use_proxy_rows[] = {
    {"localhost", false},
    {"127.0.0.1", false},
    {"127.0.0.2", false},
    {"[::1]", false},
    {"[::2]", true},
    {"192.168.1.1", false},
    {"192.168.1.2", true},
    {"192.168.1.3", false},
    {"192.168.1.4", true},
    {"10.0.0.2", false},
    {"[2001:db8::52:0:1]", false},
    {"[2001:db8::52:0:2]", true},
    {"[2001:db8::52:0:3]", false},
    {"[2002:db8:a::123]", false},
    {"[fe80::424b:c8be:1643:a1b6]", true},
    {"barbaz.net", true},
    {"www.barbaz.net", false},
    {"foobar.com", false},
    {"www.foobar.com", false},
    {"foofoobar.com", true},
    {"baz.com", true},
    {"localhost.net", true},
    {"local.localhost", true},
    {"barbarbaz.net", true},
    {"wildcard.io", true},
    {"nested.wildcard.io", false},
    {"awildcard.io", true},
};
static void expect_use(const char *list, const char *host, bool proxied)
{
    char url[64];
    snprintf(url, sizeof url, "http://%s:80/", host);
    expect_choice(ENV("HTTP_PROXY", "proxy", "NO_PROXY", list), url,
                  proxied ? "http://proxy" : NULL);
}

static void table_use_proxy(void)
{
    for (size_t i = 0; i < LENGTH(use_proxy_rows); i++) {
        expect_use(use_proxy_list, use_proxy_rows[i].host, use_proxy_rows[i].proxied);
        expect_use("*", use_proxy_rows[i].host, false);
    }
    expect_use(":1", "example.com", true);
}

static void lower_case_wins(void)
{
    expect_choice(ENV("HTTP_PROXY", "upper", "http_proxy", "lower"), "http://a.com",
                  "http://lower");
    expect_choice(ENV("HTTPS_PROXY", "upper", "https_proxy", "lower"), "https://a.com",
                  "http://lower");
    expect_choice(ENV("http_proxy", "p", "NO_PROXY", "a.com", "no_proxy", "b.com"), "http://a.com",
                  "http://p");
    expect_choice(ENV("http_proxy", "p", "NO_PROXY", "a.com", "no_proxy", "b.com"), "http://b.com",
                  NULL);
    /* Empty is as good as not set. */
    expect_choice(ENV("HTTP_PROXY", "upper", "http_proxy", ""), "http://a.com", "http://upper");
    expect_choice(ENV("HTTP_PROXY", "", "http_proxy", ""), "http://a.com", NULL);
}

static void all_proxy_is_not_read(void)
{
    asked_for = NULL;
    expect_choice(ENV("ALL_PROXY", "p", "all_proxy", "p"), "http://a.com", NULL);
    CU_ASSERT_PTR_NULL(asked_for);
}

static void a_cgi_script_ignores_http_proxy(void)
{
    expect_choice(ENV("REQUEST_METHOD", "GET", "HTTP_PROXY", "evil"), "http://a.com", NULL);
    expect_choice(ENV("REQUEST_METHOD", "GET", "http_proxy", "evil"), "http://a.com", NULL);
    expect_choice(ENV("REQUEST_METHOD", "", "HTTP_PROXY", "evil"), "http://a.com", NULL);
    expect_choice(ENV("REQUEST_METHOD", "GET", "HTTP_PROXY", "evil", "HTTPS_PROXY", "good"),
                  "https://a.com", "http://good");
    expect_choice(ENV("REQUEST_METHOD", "GET", "HTTP_PROXY", "foo://bad"), "http://a.com", NULL);
}

static void a_bad_value_is_an_error_of_its_calls(void)
{
    const char *const *bad = ENV("http_proxy", "http://u:secret@", "HTTPS_PROXY", "good");
    const char *words = "http_proxy in the environment: no host in proxy URL";
    expect_choice(bad, "http://a.com", words);
    expect_choice(bad, "https://a.com", "http://good");
    expect_choice(bad, "http://localhost", NULL);
    expect_choice(ENV("HTTPS_PROXY", "http://u%3a:secret@h"), "https://a.com",
                  "HTTPS_PROXY in the environment: encoded ':' in proxy user");
}

static void credentials_are_masked(void)
{
    expect_choice(ENV("http_proxy", "http://u:p%40ss@proxy:3128"), "http://a.com",
                  "http://u:***@proxy:3128");
}

static gofer_status read_environment(void)
{
    struct proxy_env env;
    fake_environment = ENV("http_proxy", "http://u:p@h", "HTTPS_PROXY", "socks5://u:p@h:1",
                           "no_proxy", "a.com,10.0.0.0/8,[::2]");
    bool ok = proxy_env_read(&env, fake_getenv);
    CU_ASSERT_EQUAL(env.https.given, ok);
    proxy_env_fini(&env);
    return ok ? GOFER_OK : GOFER_ERR_NOMEM;
}

static void out_of_memory(void)
{
    scarce_run(read_environment);
}

CU_TestInfo proxy_env_tests[] = {
    {"I13 httpproxy_proxy_for_url", table_proxy_for_url},
    {"I12 proxy_from_environment, upper and lower case", table_from_environment},
    {"I13 PX-07 httpproxy_use_proxy, \"*\" and \":1\"", table_use_proxy},
    {"\"<-loopback>\": this machine, too", this_machine_may_be_reached_through_it},
    {"I12 lower case wins; empty is not set", lower_case_wins},
    {"semantics 1.10 ALL_PROXY is not read", all_proxy_is_not_read},
    {"PX-08 with REQUEST_METHOD, HTTP_PROXY is ignored", a_cgi_script_ignores_http_proxy},
    {"I11 a bad value is an error, never a direct connection",
     a_bad_value_is_an_error_of_its_calls},
    {"INJ-05 credentials are masked", credentials_are_masked},
    {"out of memory is an error like any other", out_of_memory},
    CU_TEST_INFO_NULL,
};
