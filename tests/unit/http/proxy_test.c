/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * http/proxy: settings that are proxies, those that are not, and what is shown of
 * the credentials (INJ-05).
 */
#include "http/proxy.h"

#include <CUnit/CUnit.h>

#include "tests/unit/http/expect.h"
#include "tests/unit/http/scarce.h"

extern CU_TestInfo proxy_tests[];

#define LENGTH(rows) (sizeof(rows) / sizeof *(rows))

static char *text_of(const struct proxy *proxy, void (*write)(const struct proxy *, struct buf *))
{
    struct buf out = BUF_INIT;
    write(proxy, &out);
    buf_append_char(&out, '\0');
    CU_ASSERT_FATAL(!buf_failed(&out));
    return out.data;
}

static void expect_text(const struct proxy *proxy,
                        void (*write)(const struct proxy *, struct buf *), const char *want)
{
    char *got = text_of(proxy, write);
    EXPECT(strcmp(got, want) == 0, got);
    free(got);
}

static void parse_ok(const char *text, struct proxy *proxy)
{
    struct buf why = BUF_INIT;
    EXPECT(proxy_parse(text, proxy, &why) == GOFER_OK, text);
    EXPECT(why.len == 0, text);
    CU_ASSERT_PTR_NOT_NULL_FATAL(proxy->host);
    buf_fini(&why);
}

static void every_kind_with_its_port(void)
{
    static const struct {
        const char *text;
        enum proxy_kind kind;
        const char *host;
        uint16_t port;
        const char *masked;
    } rows[] = {
        {"proxy", PROXY_HTTP, "proxy", 80, "http://proxy"},
        {"proxy:3128", PROXY_HTTP, "proxy", 3128, "http://proxy:3128"},
        {"localhost:8080", PROXY_HTTP, "localhost", 8080, "http://localhost:8080"},
        {"127.0.0.1:8080", PROXY_HTTP, "127.0.0.1", 8080, "http://127.0.0.1:8080"},
        {"[::1]:8080", PROXY_HTTP, "::1", 8080, "http://[::1]:8080"},
        {"[fe80::1%25en0]", PROXY_HTTP, "fe80::1", 80, "http://[fe80::1%25en0]"},
        {"http://proxy", PROXY_HTTP, "proxy", 80, "http://proxy"},
        {"http://proxy:80/", PROXY_HTTP, "proxy", 80, "http://proxy"},
        {"HTTP://Proxy.Example:81", PROXY_HTTP, "proxy.example", 81, "http://proxy.example:81"},
        {"https://proxy", PROXY_HTTPS, "proxy", 443, "https://proxy"},
        {"https://proxy:80", PROXY_HTTPS, "proxy", 80, "https://proxy:80"},
        {"socks5://proxy", PROXY_SOCKS5, "proxy", 1080, "socks5://proxy"},
        {"socks5h://proxy:9", PROXY_SOCKS5H, "proxy", 9, "socks5h://proxy:9"},
        {"socks4://proxy", PROXY_SOCKS4, "proxy", 1080, "socks4://proxy"},
        {"socks4a://proxy/", PROXY_SOCKS4A, "proxy", 1080, "socks4a://proxy"},
        {"http:8080", PROXY_HTTP, "http", 8080, "http://http:8080"},
        {"http://\xe7\xa4\xba\xe4\xbe\x8b.com", PROXY_HTTP, "xn--fsq092h.com", 80,
         "http://xn--fsq092h.com"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct proxy proxy;
        parse_ok(rows[i].text, &proxy);
        EXPECT(proxy.kind == rows[i].kind, rows[i].text);
        EXPECT(strcmp(proxy.host, rows[i].host) == 0, proxy.host);
        EXPECT(proxy.port == rows[i].port, rows[i].text);
        EXPECT(proxy.user == NULL && proxy.password == NULL, rows[i].text);
        expect_text(&proxy, proxy_write_masked, rows[i].masked);
        expect_text(&proxy, proxy_write_basic, "");
        proxy_fini(&proxy);
        CU_ASSERT_PTR_NULL(proxy.host);
    }
}

static void credentials_are_decoded(void)
{
    static const struct {
        const char *text, *user, *password, *basic, *masked, *key;
    } rows[] = {
        {"http://u:p@h", "u", "p", "Basic dTpw", "http://u:***@h", "http://u:p@h:80"},
        {"u:p@h:3128", "u", "p", "Basic dTpw", "http://u:***@h:3128", "http://u:p@h:3128"},
        {"http://u@h", "u", NULL, "Basic dTo=", "http://u@h", "http://u@h:80"},
        {"http://u:@h", "u", "", "Basic dTo=", "http://u:***@h", "http://u:@h:80"},
        {"http://:p@h", "", "p", "Basic OnA=", "http://:***@h", "http://:p@h:80"},
        {"http://u:p:q@h", "u", "p:q", "Basic dTpwOnE=", "http://u:***@h", "http://u:p%3Aq@h:80"},
        {"http://u:p@q@h", "u", "p@q", "Basic dTpwQHE=", "http://u:***@h", "http://u:p%40q@h:80"},
        {"http://us%40er:p%20w%2Fx@h", "us@er", "p w/x",
         "Basic dXNAZXI6cCB3L3g=", "http://us%40er:***@h", "http://us%40er:p%20w%2Fx@h:80"},
        {"http://@h", NULL, NULL, "", "http://h", "http://h:80"},
        {"socks5://u:p@[2001:db8::1]", "u", "p", "Basic dTpw", "socks5://u:***@[2001:db8::1]",
         "socks5://u:p@[2001:db8::1]:1080"},
        {"socks4://id@h", "id", NULL, "Basic aWQ6", "socks4://id@h", "socks4://id@h:1080"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct proxy proxy;
        parse_ok(rows[i].text, &proxy);
        EXPECT(same_text(proxy.user, rows[i].user), rows[i].text);
        EXPECT(same_text(proxy.password, rows[i].password), rows[i].text);
        expect_text(&proxy, proxy_write_basic, rows[i].basic);
        expect_text(&proxy, proxy_write_masked, rows[i].masked);
        expect_text(&proxy, proxy_write_key, rows[i].key);
        proxy_fini(&proxy);
    }
}

/* The words may quote a host or a scheme, but nothing of the userinfo, which is "secret" here. */
static void expect_refused(const char *text, const char *words)
{
    struct proxy proxy;
    struct buf why = BUF_INIT;
    EXPECT(proxy_parse(text, &proxy, &why) == GOFER_ERR_INVALID, text);
    CU_ASSERT_PTR_NULL(proxy.host);
    CU_ASSERT_PTR_NULL(proxy.user);
    CU_ASSERT_PTR_NULL(proxy.password);
    buf_append_char(&why, '\0');
    EXPECT(strcmp(why.data, words) == 0, why.data);
    EXPECT(strstr(why.data, "secret") == NULL, why.data);
    buf_fini(&why);
}

static void what_is_no_proxy_is_refused(void)
{
    static const char *const rows[][2] = {
        {"", "no host in proxy URL"},
        {"http://", "no host in proxy URL"},
        {"http://:3128", "no host in proxy URL"},
        {"://proxy", "unsupported proxy scheme \"\""},
        {"foo://host", "unsupported proxy scheme \"foo\""},
        {"socks://host", "unsupported proxy scheme \"socks\""},
        {"git+ssh://host", "unsupported proxy scheme \"git+ssh\""},
        {"http://proxy/pac", "text behind the address in proxy URL"},
        {"http://proxy?a", "text behind the address in proxy URL"},
        {"http://proxy#a", "text behind the address in proxy URL"},
        {"http://proxy\\a", "text behind the address in proxy URL"},
        {"http://pro xy", "invalid host \"pro xy\""},
        {"http://127.1", "invalid host \"127.1\""},
        {"http://proxy:0", "invalid port behind host \"proxy\""},
        {"http://proxy:65536", "invalid port behind host \"proxy\""},
        {"http://proxy:http", "invalid port behind host \"proxy\""},
        {"http://[::1", "invalid host \"[::1\""},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        expect_refused(rows[i][0], rows[i][1]);
}

static void bad_credentials_are_refused_and_not_quoted(void)
{
    static const char *const rows[][2] = {
        {"http://secret%3a:p@h", "encoded ':' in proxy user"},
        {"http://secret%3Ab@h", "encoded ':' in proxy user"},
        {"http://secret%0d%0aX:p@h", "invalid userinfo in proxy URL"},
        {"http://u:secret%0D%0AX-Evil:1@h", "invalid userinfo in proxy URL"},
        {"http://u:secret%00@h", "invalid userinfo in proxy URL"},
        {"http://u:secret%7f@h", "invalid userinfo in proxy URL"},
        {"http://u:secret%@h", "invalid userinfo in proxy URL"},
        {"http://u:secret%4x@h", "invalid userinfo in proxy URL"},
        {"http://u:secret\r\n@h", "control byte in proxy URL"},
        {"http://u\x7f:secret@h", "control byte in proxy URL"},
        {"http://u:12/secret@h", "text behind the address in proxy URL"},
        {"http://u:12?secret@h", "text behind the address in proxy URL"},
        {"http://u:secret@", "no host in proxy URL"},
        {"socks5://:secret@h", "empty user in SOCKS5 proxy URL"},
        {"socks4a://u:secret@h", "password in SOCKS4 proxy URL: the protocol has none"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++)
        expect_refused(rows[i][0], rows[i][1]);
}

/* A setting with a user or a password of n bytes. */
static const char *long_setting(char *out, const char *format, int n)
{
    static char filler[70000];
    memset(filler, 'x', sizeof filler - 1);
    snprintf(out, 71000, format, n, filler);
    return out;
}

static void socks_credentials_have_room_for_255_bytes(void)
{
    static const char *const formats[][2] = {
        {"socks5://%.*s:p@h", "user over 255 bytes in SOCKS5 proxy URL"},
        {"socks5h://u:%.*s@h", "password over 255 bytes in SOCKS5 proxy URL"},
        {"socks4://%.*s@h", "user over 255 bytes in SOCKS4 proxy URL"},
    };
    char *text = malloc(71000);
    struct proxy proxy;
    for (size_t i = 0; i < LENGTH(formats); i++) {
        parse_ok(long_setting(text, formats[i][0], 255), &proxy);
        proxy_fini(&proxy);
        expect_refused(long_setting(text, formats[i][0], 256), formats[i][1]);
    }
    parse_ok(long_setting(text, "http://u:%.*s@h", 60000), &proxy);
    proxy_fini(&proxy);
    expect_refused(long_setting(text, "http://u:%.*s@h", 66000), "proxy URL too long");
    free(text);
}

static void what_a_kind_means(void)
{
    static const struct {
        const char *text;
        bool http, wants_address;
    } rows[] = {
        {"http://h", true, false},     {"https://h", true, false},    {"socks5://h", false, false},
        {"socks5h://h", false, false}, {"socks4a://h", false, false}, {"socks4://h", false, true},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct proxy proxy;
        parse_ok(rows[i].text, &proxy);
        EXPECT(proxy_is_http(&proxy) == rows[i].http, rows[i].text);
        EXPECT(proxy_wants_address(&proxy) == rows[i].wants_address, rows[i].text);
        proxy_fini(&proxy);
    }
}

/* All pairs of settings that must not share a connection. */
static void keys_tell_every_difference(void)
{
    static const char *const rows[] = {
        "http://h",
        "https://h",
        "socks5://h",
        "socks4://h",
        "http://h:81",
        "http://i",
        "http://[::1]",
        "http://u@h",
        "http://u:@h",
        "http://u:p@h",
        "http://u:q@h",
        "http://:u@h",
        "http://v@h",
        "http://u%40@h",
        "http://[fe80::1%25a]",
        "http://u:p%3A@h",
        "http://[fe80::1%25b]",
    };
    char *keys[LENGTH(rows)];
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct proxy proxy;
        parse_ok(rows[i], &proxy);
        keys[i] = text_of(&proxy, proxy_write_key);
        proxy_fini(&proxy);
        for (size_t j = 0; j < i; j++)
            EXPECT(strcmp(keys[i], keys[j]) != 0, keys[i]);
    }
    for (size_t i = 0; i < LENGTH(rows); i++)
        free(keys[i]);
}

static void credentials_may_be_given_apart(void)
{
    static const struct {
        const char *proxy, *user, *password, *why; /* NULL: they are taken */
        const char *key;
    } rows[] = {
        {"http://p", "u", "p:w@", NULL, "http://u:p%3Aw%40@p:80"},
        {"http://old:secret@p", "u", NULL, NULL, "http://u@p:80"},
        {"http://old:secret@p", "", "", NULL, "http://:@p:80"},
        {"socks4a://p", "u", NULL, NULL, "socks4a://u@p:1080"},
        {"http://a:b@p", "us:er", "x", "encoded ':' in proxy user", "http://a:b@p:80"},
        {"http://a:b@p", "u\n", "x", "control byte in proxy credentials", "http://a:b@p:80"},
        {"http://a:b@p", "u", "x\r\nY: z", "control byte in proxy credentials", "http://a:b@p:80"},
        {"socks4://a@p", "u", "x", "password in SOCKS4 proxy URL: the protocol has none",
         "socks4://a@p:1080"},
        {"socks5://a:b@p", "", "x", "empty user in SOCKS5 proxy URL", "socks5://a:b@p:1080"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct proxy proxy;
        struct buf why = BUF_INIT;
        parse_ok(rows[i].proxy, &proxy);
        gofer_status status = proxy_set_credentials(&proxy, rows[i].user, rows[i].password, &why);
        buf_append_char(&why, '\0');
        EXPECT(status == (rows[i].why == NULL ? GOFER_OK : GOFER_ERR_INVALID), rows[i].key);
        EXPECT(strcmp(why.data, rows[i].why != NULL ? rows[i].why : "") == 0, why.data);
        expect_text(&proxy, proxy_write_key, rows[i].key);
        buf_fini(&why);
        proxy_fini(&proxy);
    }
}

static gofer_status parse_copy_write(void)
{
    struct proxy proxy, copy;
    struct buf why = BUF_INIT, out = BUF_INIT;
    gofer_status status = proxy_parse("socks5://user:password@[fe80::1%25en0]:1080", &proxy, &why);
    if (status == GOFER_OK) {
        status = proxy_copy(&copy, &proxy) ? GOFER_OK : GOFER_ERR_NOMEM;
        proxy_fini(&proxy);
    }
    if (status == GOFER_OK) {
        proxy_write_basic(&copy, &out);
        proxy_write_masked(&copy, &out);
        status = buf_failed(&out) ? GOFER_ERR_NOMEM : GOFER_OK;
        proxy_fini(&copy);
    }
    buf_fini(&out);
    buf_fini(&why);
    return status;
}

static void out_of_memory(void)
{
    scarce_run(parse_copy_write);
}

CU_TestInfo proxy_tests[] = {
    {"every scheme, a bare host too, with its default port", every_kind_with_its_port},
    {"I3 credentials are percent-decoded; the password is masked", credentials_are_decoded},
    {"what is no proxy is an error, an unknown scheme too", what_is_no_proxy_is_refused},
    {"INJ-05 user with ':' and control bytes are refused, never quoted",
     bad_credentials_are_refused_and_not_quoted},
    {"PX-10 SOCKS credentials of 255 bytes pass, of 256 do not",
     socks_credentials_have_room_for_255_bytes},
    {"PX-10 only socks4 asks for an address", what_a_kind_means},
    {"PX-06 RU-14 proxies that differ have different keys", keys_tell_every_difference},
    {"INJ-05 credentials may be given apart from the URL", credentials_may_be_given_apart},
    {"out of memory is an error like any other", out_of_memory},
    CU_TEST_INFO_NULL,
};
