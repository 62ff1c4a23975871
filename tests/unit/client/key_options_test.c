/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * client/key_options: each row of the tables is a test of its own (RU-14). Two
 * calls differ in that one thing; how many connections the origin sees says
 * whether they shared.
 */
#include "client/key_options.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <gofer/gofer.h>

#include "http/proxy.h"
#include "support/origin.h"
#include "support/script.h"
#include "transport/key.h"

extern CU_TestInfo key_options_tests[];

/* --- what the rows name --- */

static int other_object;
static gofer_option_error other_option_error;
static gofer_cancel *other_cancel;
static const gofer_header other_headers[] = {{"X-Other", "1"}, {"X-More", "2"}};
static const gofer_header base_headers[] = {{"X-Base", "1"}, {"X-More", "2"}};

static const char *const other_resolve[] = {"a.test:80:192.0.2.1", "b.test:80:192.0.2.2"};
static const char *const base_resolve[] = {"a.test:80:192.0.2.3", "b.test:80:192.0.2.4"};
static const char *const other_connect_to[] = {"a.test:80:c.test:80", "b.test:80:d.test:80"};
static const char *const base_connect_to[] = {"a.test:80:e.test:80", "b.test:80:f.test:80"};

static void other_resolver(gofer_lookup *lookup, void *arg)
{
    (void)arg;
    gofer_lookup_fail(lookup);
}

static const gofer_wire_options other_wire = {.target = "*"};
static const gofer_tls_options other_tls = {.min_version = GOFER_TLS_1_3};
static const char other_pin[] = "sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";

static int other_ssl_ctx(struct ssl_ctx_st *ctx, void *arg)
{
    return ctx != NULL && arg != NULL;
}

/* One for all tests. */
static gofer_cookie_jar *other_jar(void)
{
    static gofer_cookie_jar *jar;
    if (jar == NULL)
        jar = gofer_cookie_jar_new();
    return jar;
}

static void other_hook(void *arg)
{
    (void)arg;
}

static void other_progress(void *arg, int64_t sent, int64_t total)
{
    (void)arg, (void)sent, (void)total;
}

static const int base_statuses[] = {500, 501};
static const int other_statuses[] = {502, 503};

static void other_log(gofer_log_level level, const char *line, void *arg)
{
    (void)level, (void)line, (void)arg;
}

static void other_trace(const gofer_trace_event *event, void *arg)
{
    (void)event, (void)arg;
}

static gofer_redirect_verdict other_check(void *arg, const gofer_redirect *redirect)
{
    (void)arg, (void)redirect;
    return GOFER_REDIRECT_FOLLOW;
}

static bool other_filter(const gofer_address *address, void *arg)
{
    (void)arg;
    return address->addr->sa_family == AF_INET;
}

static int other_opened(int fd, const gofer_address *address, void *arg)
{
    (void)address;
    (void)arg;
    return fd >= 0 ? 0 : EBADF;
}

static int other_answered(const gofer_proxy_answer *answer, void *arg)
{
    (void)arg;
    return answer->status == 200 ? 0 : EACCES;
}

/* A unix-domain socket of the origin that a row calls. */
static char other_path[64];

/* The origin again, as an HTTP proxy: it answers whatever it is asked. */
static char other_proxy[64];

static gofer_request *other_method(gofer_request *request, const char *url)
{
    gofer_request_free(request);
    return gofer_request_new("PUT", url);
}

/* --- calls --- */

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* The client's options that all others differ from in one. */
static const gofer_client_options base = {.workers = GOFER_NO_WORKERS,
                                          .headers = base_headers,
                                          .headers_len = 1,
                                          .resolve = base_resolve,
                                          .resolve_len = 1,
                                          .connect_to = base_connect_to,
                                          .connect_to_len = 1,
                                          .username = "base",
                                          .proxy_user = "base",
                                          .connect_headers = base_headers,
                                          .connect_headers_len = 1,
                                          .proxy_headers = base_headers,
                                          .proxy_headers_len = 1,
                                          .retry_statuses = base_statuses,
                                          .retry_statuses_len = 1};

static void call(gofer_client *client, const gofer_request *request)
{
    CU_ASSERT_EQUAL(gofer_do(client, request, NULL), GOFER_OK);
}

static void get(gofer_client *client, const char *url)
{
    CU_ASSERT_EQUAL(gofer_get(client, url, NULL), GOFER_OK);
}

/* --- options of a client --- */

#define CHANGE_CLIENT(member, scope, about, other)                                                 \
    static void change_##member(gofer_client_options *options)                                     \
    {                                                                                              \
        options->member = other;                                                                   \
    }
CLIENT_OPTIONS(CHANGE_CLIENT)

struct client_row {
    const char *name;
    enum key_scope scope;
    void (*change)(gofer_client_options *options);
};

#define CLIENT_ROW(member, scope, about, other) {#member, scope, change_##member},
static const struct client_row client_rows[] = {CLIENT_OPTIONS(CLIENT_ROW)};

/* A connection of the one client lies idle while the other one calls. */
static void clients_do_not_share(const char *name, const gofer_client_options *changed)
{
    char url[ORIGIN_URL_BYTES];
    struct origin *origin = origin_start(script_serve, (void *)hello);
    gofer_client *one = gofer_client_new(&base), *other = gofer_client_new(changed);
    CU_ASSERT_FATAL(one != NULL && other != NULL);
    origin_url(origin, "/", url);
    get(one, url);
    CU_ASSERT_EQUAL(origin_count(origin, ORIGIN_ACCEPTED), 1);
    get(other, url);
    if (origin_count(origin, ORIGIN_ACCEPTED) != 2)
        printf("\n    %s: shared between clients", name);
    CU_ASSERT_EQUAL(origin_count(origin, ORIGIN_ACCEPTED), 2);
    get(one, url); /* its own is there still */
    CU_ASSERT_EQUAL(origin_count(origin, ORIGIN_ACCEPTED), 2);
    gofer_client_free(one);
    gofer_client_free(other);
    origin_stop(origin);
}

static void clients_that_differ_in_one_option_do_not_share(void)
{
    for (size_t i = 0; i < sizeof client_rows / sizeof *client_rows; i++) {
        gofer_client_options changed = base;
        CU_ASSERT(client_rows[i].scope == PER_CLIENT || client_rows[i].scope == NOT_CONNECTION);
        client_rows[i].change(&changed);
        clients_do_not_share(client_rows[i].name, &changed);
    }
}

/* Whether the row's other value is one: a change that changes nothing proves nothing. */
static void each_row_changes_its_option(void)
{
    for (size_t i = 0; i < sizeof client_rows / sizeof *client_rows; i++) {
        gofer_client_options changed = base;
        client_rows[i].change(&changed);
        CU_ASSERT_NOT_EQUAL(memcmp(&changed, &base, sizeof base), 0);
    }
}

/* --- options of a client's TLS --- */

#define CHANGE_TLS(member, scope, about, change)                                                   \
    static void change_tls_##member(gofer_tls_options *tls)                                        \
    {                                                                                              \
        change;                                                                                    \
    }
TLS_OPTIONS(CHANGE_TLS)

struct tls_row {
    const char *name;
    enum key_scope scope;
    void (*change)(gofer_tls_options *tls);
};

#define TLS_ROW(member, scope, about, change) {"tls." #member, scope, change_tls_##member},
static const struct tls_row tls_rows[] = {TLS_OPTIONS(TLS_ROW)};

/* A key needs a certificate beside it. */
static const gofer_tls_options base_tls = {.cert_file = "base"};

static void clients_that_differ_in_one_tls_option_do_not_share(void)
{
    for (size_t i = 0; i < sizeof tls_rows / sizeof *tls_rows; i++) {
        gofer_tls_options tls = base_tls;
        gofer_client_options changed = base;
        tls_rows[i].change(&tls);
        changed.tls = &tls;
        CU_ASSERT_EQUAL(tls_rows[i].scope, PER_CLIENT);
        CU_ASSERT_NOT_EQUAL(memcmp(&tls, &base_tls, sizeof tls), 0);
        clients_do_not_share(tls_rows[i].name, &changed);
    }
}

/* --- requests --- */

#define CHANGE_REQUEST(member, scope, about, zero, change)                                         \
    static gofer_request *change_request_##member(gofer_request *request, const char *url)         \
    {                                                                                              \
        (void)url;                                                                                 \
        change;                                                                                    \
        return request;                                                                            \
    }
REQUEST_OPTIONS(CHANGE_REQUEST)

struct request_row {
    const char *name;
    enum key_scope scope;
    gofer_request *(*change)(gofer_request *request, const char *url);
};

#define REQUEST_ROW(member, scope, about, zero, change) {#member, scope, change_request_##member},
static const struct request_row request_rows[] = {REQUEST_OPTIONS(REQUEST_ROW)};

/* The connection of a plain request lies idle while the changed one is sent. */
static unsigned connections_of(const struct request_row *row)
{
    char url[ORIGIN_URL_BYTES];
    struct origin *origin = origin_start(script_serve, (void *)hello);
    gofer_client *client = gofer_client_new(&base);
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    gofer_request *request = gofer_request_new("GET", origin_url(origin, "/", url));
    snprintf(other_path, sizeof other_path, "@gofer-key-%ld-%u", (long)getpid(),
             origin_port(origin));
    snprintf(other_proxy, sizeof other_proxy, "http://127.0.0.1:%u", origin_port(origin));
    origin_listen_unix(origin, other_path);
    get(client, url);
    request = row->change(request, url);
    CU_ASSERT_EQUAL(gofer_request_status(request), GOFER_OK);
    call(client, request);
    unsigned n = origin_count(origin, ORIGIN_ACCEPTED);
    gofer_request_free(request);
    gofer_client_free(client);
    origin_stop(origin);
    return n;
}

static void requests_that_differ_in_one_option(void)
{
    other_cancel = gofer_cancel_new();
    for (size_t i = 0; i < sizeof request_rows / sizeof *request_rows; i++) {
        const struct request_row *row = &request_rows[i];
        if (row->scope == DERIVED)
            continue;
        unsigned wanted = row->scope == IN_KEY ? 2 : 1, n = connections_of(row);
        if (n != wanted)
            printf("\n    %s: %u connections, not %u", row->name, n, wanted);
        CU_ASSERT_EQUAL(n, wanted);
    }
    gofer_cancel_free(other_cancel);
}

/* --- URLs --- */

struct url_row {
    const char *name;
    enum key_scope scope;
    const char *urls[2];
};

#define URL_ROW(member, scope, about, one, other) {#member, scope, {one, other}},
static const struct url_row url_rows[] = {URL_PARTS(URL_ROW)};

static void make_key(const char *text, struct key *key)
{
    struct url url;
    struct buf why = BUF_INIT;
    CU_ASSERT_EQUAL_FATAL(url_parse(text, &url, &why), GOFER_OK);
    CU_ASSERT_FATAL(key_init(key, &url));
    url_fini(&url);
    buf_fini(&why);
}

static bool is_same_key(const char *one, const char *other)
{
    struct key a, b;
    make_key(one, &a);
    make_key(other, &b);
    bool same = a.len == b.len && memcmp(a.text, b.text, a.len) == 0;
    CU_ASSERT(!same || a.hash == b.hash);
    key_fini(&a);
    key_fini(&b);
    return same;
}

/* Scheme, host, port and zone keep apart; nothing else does. */
static void urls_that_differ_in_one_part(void)
{
    for (size_t i = 0; i < sizeof url_rows / sizeof *url_rows; i++) {
        const struct url_row *row = &url_rows[i];
        bool same = is_same_key(row->urls[0], row->urls[1]);
        if (same != (row->scope != IN_KEY))
            printf("\n    %s", row->name);
        CU_ASSERT_EQUAL(same, row->scope != IN_KEY);
        CU_ASSERT(is_same_key(row->urls[0], row->urls[0]));
        CU_ASSERT(is_same_key(row->urls[1], row->urls[1]));
    }
}

/* --- proxies --- */

#define PROXY_ROW(member, scope, about, one, other) {#member, scope, {one, other}},
static const struct url_row proxy_rows[] = {PROXY_PARTS(PROXY_ROW)};

static void make_proxied_key(const char *url_text, const char *proxy_text, bool tunnel,
                             struct key *key)
{
    struct url url;
    struct proxy proxy;
    struct buf why = BUF_INIT;
    CU_ASSERT_EQUAL_FATAL(url_parse(url_text, &url, &why), GOFER_OK);
    CU_ASSERT_EQUAL_FATAL(proxy_parse(proxy_text, &proxy, &why), GOFER_OK);
    struct key_route route = {.proxy = &proxy, .tunnel = tunnel};
    CU_ASSERT_FATAL(key_init_route(key, &url, &route));
    url_fini(&url);
    proxy_fini(&proxy);
    buf_fini(&why);
}

static bool has_same_text(struct key *a, struct key *b)
{
    bool same = a->len == b->len && memcmp(a->text, b->text, a->len) == 0;
    key_fini(a);
    key_fini(b);
    return same;
}

static bool is_same_route(const char *url, const char *one, const char *other)
{
    struct key a, b;
    make_proxied_key(url, one, false, &a);
    make_proxied_key(url, other, false, &b);
    return has_same_text(&a, &b);
}

/* Fetched or tunnelled to: the proxy's every part counts. */
static void proxies_that_differ_in_one_part(void)
{
    static const char *const urls[] = {"http://h/", "https://h/"};
    for (size_t i = 0; i < 2 * sizeof proxy_rows / sizeof *proxy_rows; i++) {
        const struct url_row *row = &proxy_rows[i / 2];
        bool same = is_same_route(urls[i % 2], row->urls[0], row->urls[1]);
        if (same != (row->scope != IN_KEY))
            printf("\n    proxy.%s", row->name);
        CU_ASSERT_EQUAL(same, row->scope != IN_KEY);
        CU_ASSERT(is_same_route(urls[i % 2], row->urls[0], row->urls[0]));
    }
}

/* So does every part of the one in front of it. */
static void proxies_in_front_that_differ_in_one_part(void)
{
    struct buf why = BUF_INIT;
    struct url url;
    struct proxy last;
    CU_ASSERT_EQUAL_FATAL(url_parse("http://h/", &url, &why), GOFER_OK);
    CU_ASSERT_EQUAL_FATAL(proxy_parse("http://p:1", &last, &why), GOFER_OK);
    for (size_t i = 0; i < sizeof proxy_rows / sizeof *proxy_rows; i++) {
        const struct url_row *row = &proxy_rows[i];
        struct key keys[2];
        for (int j = 0; j < 2; j++) {
            struct proxy first;
            CU_ASSERT_EQUAL_FATAL(proxy_parse(row->urls[j], &first, &why), GOFER_OK);
            struct key_route route = {.proxy = &last, .before = &first};
            CU_ASSERT_FATAL(key_init_route(&keys[j], &url, &route));
            CU_ASSERT_PTR_NULL(memmem(keys[j].text, keys[j].shown_len, ":q@", 3));
            proxy_fini(&first);
        }
        CU_ASSERT_EQUAL(has_same_text(&keys[0], &keys[1]), row->scope != IN_KEY);
    }
    proxy_fini(&last);
    url_fini(&url);
    buf_fini(&why);
}

/* What is fetched shares a connection for all hosts; a tunnel leads to one. */
static void hosts_share_what_a_proxy_fetches(void)
{
    static const struct {
        const char *one, *other;
        bool tunnel, same;
    } rows[] = {
        {"http://a.test/", "http://b.test:81/", false, true},
        {"http://a.test/", "http://b.test/", true, false},
        {"https://a.test/", "https://b.test/", false, false},
        {"http://a.test/", "https://a.test:80/", false, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct key a, b;
        make_proxied_key(rows[i].one, "http://u:secret@p:1", rows[i].tunnel, &a);
        make_proxied_key(rows[i].other, "http://u:secret@p:1", rows[i].tunnel, &b);
        a.text[a.shown_len] = '\0';
        CU_ASSERT_PTR_NULL(strstr(a.text, "secret"));
        a.text[a.shown_len] = ' ';
        CU_ASSERT_EQUAL(has_same_text(&a, &b), rows[i].same);
    }
}

/* Parts that trade characters must not meet in one text. */
static void parts_do_not_run_into_each_other(void)
{
    static const char *const urls[] = {
        "http://a.test/",      "http://a.test:8080/",   "http://a.test8080/",
        "http://[fe80::1]/",   "http://[fe80::1%251]/", "http://[fe80::1%2511]/",
        "http://[fe80::1:1]/", "http://[fe80::1]:1/",   "http://[fe80::1%251]:1/",
        "https://a.test/",     "https://a.test:80/",    "http://a.test:443/"};
    size_t n = sizeof urls / sizeof *urls;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            if (is_same_key(urls[i], urls[j]))
                printf("\n    %s %s", urls[i], urls[j]);
            CU_ASSERT_FALSE(is_same_key(urls[i], urls[j]));
        }
}

CU_TestInfo key_options_tests[] = {
    {"RU-14 clients that differ in one option do not share",
     clients_that_differ_in_one_option_do_not_share},
    {"each row changes its option", each_row_changes_its_option},
    {"RU-14 clients that differ in one TLS option do not share",
     clients_that_differ_in_one_tls_option_do_not_share},
    {"RU-14 requests that differ in one option share unless it is in the key",
     requests_that_differ_in_one_option},
    {"RU-14 URLs that differ in one part share unless it is in the key",
     urls_that_differ_in_one_part},
    {"RU-14 proxies that differ in one part are not shared", proxies_that_differ_in_one_part},
    {"proxies in front that differ in one part", proxies_in_front_that_differ_in_one_part},
    {"hosts share what a proxy fetches", hosts_share_what_a_proxy_fetches},
    {"RU-14 parts do not run into each other", parts_do_not_run_into_each_other},
    CU_TEST_INFO_NULL,
};
