/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Which proxy a call goes through: the environment's, the client's, the request's, or none.
 * That each way of writing it down is understood, the tables of the unit tests say
 * (no_proxy, proxy_env, proxy).
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/via.h"
#include "support/certs.h"

extern CU_TestInfo proxy_choice_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* --- the environment --- */

static const char *const names[] = {"http_proxy",  "HTTP_PROXY", "https_proxy",
                                    "HTTPS_PROXY", "all_proxy",  "ALL_PROXY",
                                    "no_proxy",    "NO_PROXY",   "REQUEST_METHOD"};

/* As it was; the programs's own proxies are no affair of these tests. */
static void clear_environment(void)
{
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unsetenv(names[i]);
}

/* The variable for the driver's origins. */
static const char *lower_name(void)
{
    return rig_is_tls() ? "https_proxy" : "http_proxy";
}

static const char *upper_name(void)
{
    return rig_is_tls() ? "HTTPS_PROXY" : "HTTP_PROXY";
}

/* A client that knows good.test, which is no loopback name, as the address of this machine. */
static gofer_client *client_with(gofer_client_options options)
{
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};
    static const char *const connect_to[] = {"good.test::127.0.0.1:"};

    options.connect_to = connect_to;
    options.connect_to_len = 1;
    options.proxy_tls = &tls;
    return rig_client(&options);
}

static struct outcome get_at(gofer_client *client, const struct origin *origin, const char *host)
{
    char url[ORIGIN_URL_BYTES];

    return rig_get_url(client, via_origin_url(origin, host, "/", url));
}

/* Whether a new client's call for host goes through the proxy. */
static bool goes_via(const struct via *via, gofer_client_options options, const char *host)
{
    struct origin *origin = rig_script(hello);
    unsigned before = test_proxy_accepted(via->proxy);
    gofer_client *client = client_with(options);
    struct outcome got = get_at(client, origin, host);

    rig_expect_answer(&got, 200, "hello");
    rig_end_client(client);
    return test_proxy_accepted(via->proxy) > before;
}

static void the_environment_names_the_proxy(void)
{
    struct via via, other;
    static const gofer_client_options plain = {0}, without = {.disable_proxy_env = true},
                                      none = {.proxy = ""};

    clear_environment();
    via_start(&via, "http", NULL);
    via_start(&other, "http", NULL);
    EXPECT(!goes_via(&via, plain, "good.test"));
    setenv(upper_name(), via.url, 1);
    EXPECT(goes_via(&via, plain, "good.test"));
    setenv(lower_name(), other.url, 1); /* wins */
    EXPECT(!goes_via(&via, plain, "good.test"));
    EXPECT(goes_via(&other, plain, "good.test"));
    setenv(lower_name(), "", 1); /* as good as none */
    EXPECT(goes_via(&via, plain, "good.test"));
    EXPECT(!goes_via(&via, without, "good.test"));
    EXPECT(!goes_via(&via, none, "good.test"));
    EXPECT(!goes_via(&via, plain, "127.0.0.1")); /* never */
    EXPECT(!goes_via(&via, plain, "localhost"));
    clear_environment();
}

static void the_other_schemes_variable_is_not_looked_at(void)
{
    struct via via;

    clear_environment();
    via_start(&via, "http", NULL);
    setenv(rig_is_tls() ? "http_proxy" : "https_proxy", via.url, 1);
    setenv("all_proxy", via.url, 1);
    setenv("ALL_PROXY", via.url, 1);
    EXPECT(!goes_via(&via, (gofer_client_options){0}, "good.test"));
    clear_environment();
}

static void a_list_of_hosts_needs_none(void)
{
    static const struct {
        const char *variable, *option;
        bool via;
    } rows[] = {
        {NULL, NULL, true},        {"good.test", NULL, false}, {".good.test", NULL, true},
        {"a.test,*", NULL, false}, {"good.test", "", true},    {NULL, "good.test", false},
        {"*", "other.test", true}, {"test", NULL, false},      {"good.test:1", NULL, true},
    };
    struct via via;

    clear_environment();
    via_start(&via, "http", NULL);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setenv(lower_name(), via.url, 1);
        if (rows[i].variable != NULL)
            setenv("no_proxy", rows[i].variable, 1);
        EXPECT_INT(goes_via(&via, (gofer_client_options){.no_proxy = rows[i].option}, "good.test"),
                   rows[i].via);
        clear_environment();
        /* The variable is the environment's alone, the option holds for the option too. */
        if (rows[i].variable != NULL)
            setenv("no_proxy", rows[i].variable, 1);
        EXPECT_INT(goes_via(&via,
                            (gofer_client_options){.proxy = via.url, .no_proxy = rows[i].option},
                            "good.test"),
                   rows[i].option == NULL || strcmp(rows[i].option, "good.test") != 0);
        clear_environment();
    }
}

static void the_environment_is_read_once(void)
{
    struct via via;
    struct origin *origin = rig_script(hello);

    clear_environment();
    via_start(&via, "http", NULL);
    gofer_client *client = client_with((gofer_client_options){0});
    setenv(lower_name(), via.url, 1);
    struct outcome got = get_at(client, origin, "good.test");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(via.proxy), 0);
    client = client_with((gofer_client_options){0});
    clear_environment();
    got = get_at(client, origin, "good.test");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(via.proxy), 1);
}

static void a_cgi_script_ignores_what_a_caller_may_have_set(void)
{
    struct via via;

    clear_environment();
    via_start(&via, "http", NULL);
    setenv(lower_name(), via.url, 1);
    setenv(upper_name(), via.url, 1);
    setenv("REQUEST_METHOD", "GET", 1);
    EXPECT_INT(goes_via(&via, (gofer_client_options){0}, "good.test"), rig_is_tls());
    clear_environment();
}

static void a_bad_value_is_the_error_of_calls_that_would_use_it(void)
{
    static const struct {
        const char *value, *words;
    } rows[] = {
        {"ftp://a.test", "unsupported proxy scheme \"ftp\""},
        {"http://me:secret@", "no host in proxy URL"},
        {"http://a:b%3Ac:secret@p.test:x", "invalid port"},
        {"socks5://me:secret@p.test/path", "text behind the address in proxy URL"},
    };
    struct origin *origin = rig_script(hello);
    char words[160];

    clear_environment();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        setenv(lower_name(), rows[i].value, 1);
        gofer_client *client = client_with((gofer_client_options){0});
        clear_environment();
        struct outcome got = get_at(client, origin, "good.test");
        rig_expect_error(&got, GOFER_ERR_INVALID);
        snprintf(words, sizeof words, "%s in the environment: ", lower_name());
        EXPECT_HOLDS(got.error->message, words);
        EXPECT_HOLDS(got.error->message, rows[i].words);
        EXPECT_LACKS(got.error->message, "secret");
        EXPECT_INT(got.error->attempts, 0);
        got = get_at(client, origin, "127.0.0.1"); /* which would not */
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(rig_stats(client).conns_opened, 1);
    }
}

/* --- redirects --- */

/* From a host behind the environment's proxy to one that needs none. */
static void each_hop_of_a_redirect_chooses_anew(void)
{
    static char reply[ORIGIN_URL_BYTES + 128];
    struct route routes[] = {{.reply = reply}};
    struct origin *far = rig_script(routes), *near = rig_script(hello);
    char url[ORIGIN_URL_BYTES];
    struct via via, own;

    clear_environment();
    via_start(&via, "http", NULL);
    via_start(&own, "socks5", NULL);
    snprintf(reply, sizeof reply, "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n",
             via_origin_url(near, "127.0.0.1", "/", url));
    setenv(lower_name(), via.url, 1);
    gofer_client *client = client_with((gofer_client_options){0});
    clear_environment();
    gofer_request *request = rig_request_to("GET", via_origin_url(far, "good.test", "/", url));
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(via_seen(&via).questions, 1);
    /* A request's own choice holds for all of them. */
    EXPECT_STATUS(gofer_request_set_proxy(request, own.url), GOFER_OK);
    got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(via_seen(&via).questions, 1);
    EXPECT_INT(via_seen(&own).questions, 2);
}

/* --- options --- */

static void bad_options_make_no_client(void)
{
    static const gofer_header nothing[] = {{NULL, "x"}}, host[] = {{"Host", "a"}},
                              split[] = {{"X", "a\r\nB: c"}};
    static const gofer_tls_options two = {.ca_file = "a", .cert_file = "b", .cert_pem = "c"};
    static const gofer_client_options rows[] = {
        {.proxy = "ftp://a.test"},
        {.proxy = "http://"},
        {.proxy = "http://a.test:0x50"},
        {.proxy = "http://us%3Aer:p@a.test"},
        {.proxy = "http://user:p%0d%0aX: y@a.test"},
        {.proxy = "socks4://user:password@a.test"},
        {.proxy = "http://a.test/path"},
        {.proxy = "http://a.test", .proxy_user = "us:er"},
        {.proxy = "http://a.test", .proxy_user = "user", .proxy_password = "p\r\nX: y"},
        {.proxy = "socks4a://a.test", .proxy_user = "user", .proxy_password = "p"},
        {.proxy = "http://a.test", .proxy_password = "p"},
        {.connect_headers = NULL, .connect_headers_len = 1},
        {.connect_headers = nothing, .connect_headers_len = 1},
        {.connect_headers = host, .connect_headers_len = 1},
        {.connect_headers = split, .connect_headers_len = 1},
        {.proxy_tls = &two},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        errno = 0;
        gofer_client *client = gofer_client_new(&rows[i]);
        if (client != NULL)
            printf("\n    row %zu", i);
        EXPECT(client == NULL);
        EXPECT_INT(errno, EINVAL);
        gofer_client_free(client);
    }
}

static void a_requests_bad_proxy_sticks_to_it(void)
{
    static const struct {
        const char *proxy, *words;
    } rows[] = {
        {"gopher://p.test", "unsupported proxy scheme \"gopher\""},
        {"http://us%3Aer:secret@p.test", "encoded ':' in proxy user"},
        {"http://user:secret%0d%0aX: y@p.test", "invalid userinfo in proxy URL"},
        {"http://user:secret\r\nX: y@p.test", "control byte in proxy URL"},
        {"socks5://:secret@p.test", "empty user in SOCKS5 proxy URL"},
        {"http://user:secret@p.test/x", "text behind the address in proxy URL"},
        {":", "no host in proxy URL"},
    };
    gofer_client *client = rig_client(NULL);
    struct origin *origin = rig_script(hello);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gofer_request *request = rig_request("GET", origin, "/");
        EXPECT_STATUS(gofer_request_set_proxy(request, rows[i].proxy), GOFER_ERR_INVALID);
        EXPECT_STATUS(gofer_request_status(request), GOFER_ERR_INVALID);
        struct outcome got = rig_call(client, request);
        rig_expect_error(&got, GOFER_ERR_INVALID);
        EXPECT_HOLDS(got.error->message, rows[i].words);
        EXPECT_LACKS(got.error->message, "secret");
    }
    EXPECT_INT(rig_stats(client).conns_opened, 0);
}

static void a_unix_domain_socket_goes_through_none(void)
{
    struct via via;
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("GET", origin, "/");
    char path[64];

    snprintf(path, sizeof path, "@gofer-proxy-%u", origin_port(origin));
    origin_listen_unix(origin, path);
    via_start(&via, "socks5", NULL);
    gofer_client *client = via_client(&via, NULL);
    gofer_request_set_unix_socket(request, path);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(via.proxy), 0);
}

CU_TestInfo proxy_choice_tests[] = {
    {"I12, I13 the environment names the proxy", the_environment_names_the_proxy},
    {"I13 the other scheme's variable is not looked at",
     the_other_schemes_variable_is_not_looked_at},
    {"I13, PX-07 a list of hosts needs none", a_list_of_hosts_needs_none},
    {"the environment is read once", the_environment_is_read_once},
    {"PX-08 a CGI script ignores what a caller may have set",
     a_cgi_script_ignores_what_a_caller_may_have_set},
    {"I11 a bad value is the error of calls that would use it",
     a_bad_value_is_the_error_of_calls_that_would_use_it},
    {"each hop of a redirect chooses anew", each_hop_of_a_redirect_chooses_anew},
    {"INJ-05 bad options make no client", bad_options_make_no_client},
    {"I11, INJ-05 a request's bad proxy sticks to it", a_requests_bad_proxy_sticks_to_it},
    {"a unix-domain socket goes through none", a_unix_domain_socket_goes_through_none},
    CU_TEST_INFO_NULL,
};
