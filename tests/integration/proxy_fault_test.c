/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Proxies that do wrong on the way to a tunnel: what a call says then, that it
 * ends in time, and that its connection is closed. With an origin over plain HTTP an
 * HTTP proxy is asked for a tunnel all the same.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/via.h"
#include "support/blackhole.h"

extern CU_TestInfo proxy_fault_tests[];

enum { LIMIT_MS = 300 };

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static gofer_client *tunnel_client(const struct via *via, gofer_client_options options)
{
    options.proxy_tunnel = true;
    return via_client(via, &options);
}

/* The tunnel was refused in these words, and nothing of the request was sent. */
static void expect_refused(const struct outcome *got, const char *words)
{
    rig_expect_error(got, GOFER_ERR_PROXY);
    EXPECT_INT(got->error->phase, GOFER_PHASE_PROXY);
    EXPECT_INT(got->error->sent, GOFER_SENT_NOTHING);
    EXPECT_HOLDS(got->error->message, words);
    /* What broke is nobody's in particular. */
    bool broke = strncmp(words, "proxy: connection broke", 23) == 0;
    bool socks = strncmp(words, "SOCKS", 5) == 0;
    EXPECT_INT(got->error->reason, broke   ? GOFER_REASON_NONE
                                   : socks ? GOFER_REASON_SOCKS
                                           : GOFER_REASON_CONNECT);
}

/* --- misbehaviour --- */

/* How a reset shows here. */
static const struct test_proxy_words reset = {PROXY_FAULT_RESET,
                                              "proxy: connection broke: Connection reset by peer",
                                              "proxy: connection broke: Connection reset by peer",
                                              "proxy: connection broke: Connection reset by peer"};

static void misbehave(const char *scheme, const struct test_proxy_words *row, const char *words)
{
    struct via via;
    struct origin *origin = rig_script(hello);

    via_start(&via, scheme, &(struct test_proxy_script){.fault = row->fault});
    gofer_client *client = tunnel_client(&via, (gofer_client_options){0});
    struct outcome got = rig_get(client, origin, "/");
    expect_refused(&got, words);
    EXPECT(test_proxy_wait_open(via.proxy, 0));
    EXPECT_INT(test_proxy_accepted(via.proxy), 1);
    EXPECT_INT(rig_stats(client).conns_opened, 0);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 0);
    /* It is the proxy's fault alone: the client goes on. */
    test_proxy_misbehave(via.proxy, PROXY_FAULT_NONE);
    got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    rig_end_client(client);
}

static void a_connect_that_is_not_granted_says_why(void)
{
    for (size_t i = 0; i < test_proxy_words_len; i++)
        misbehave("http", &test_proxy_words[i], test_proxy_words[i].http);
    misbehave("http", &reset, reset.http);
}

static void a_socks_request_that_is_not_granted_says_why(void)
{
    for (size_t i = 0; i < test_proxy_words_len; i++) {
        misbehave("socks5", &test_proxy_words[i], test_proxy_words[i].socks5);
        misbehave("socks4", &test_proxy_words[i], test_proxy_words[i].socks4);
    }
    misbehave("socks5", &reset, reset.socks5);
    misbehave("socks4", &reset, reset.socks4);
}

static void a_wrong_password_says_so(void)
{
    static const struct test_proxy_script wants = {
        .authorization = "Basic dTpw", .user = "u", .password = "p"};
    static const struct {
        const char *scheme, *credentials, *words;
    } rows[] = {
        {"http", "u:secret", "proxy refused CONNECT: 407 Proxy Authentication Required"},
        {"socks5", "u:secret", "SOCKS5 proxy: refused the user or the password"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct via via;
        char url[VIA_URL_BYTES];

        via_start(&via, rows[i].scheme, &wants);
        gofer_client *client = tunnel_client(
            &via, (gofer_client_options){.proxy = via_url(&via, rows[i].credentials, url)});
        struct outcome got = rig_get(client, rig_script(hello), "/");
        expect_refused(&got, rows[i].words);
        EXPECT_LACKS(got.error->message, "secret");
    }
}

/* --- answers to CONNECT as raw bytes --- */

static struct outcome get_by_answer(const char *answer, bool whole)
{
    struct route routes[] = {{.reply = answer, .then = whole ? THEN_HOLD : THEN_CLOSE}};
    struct origin *liar = rig_script(routes);
    char proxy[VIA_URL_BYTES];

    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", origin_port(liar));
    gofer_client *client =
        rig_client(&(gofer_client_options){.proxy = proxy, .proxy_tunnel = true});
    return rig_get_url(client, "http://a.test/");
}

static void statuses_without_a_reason_are_shown_as_they_are(void)
{
    static const struct {
        const char *answer, *words;
    } rows[] = {
        {"HTTP/1.1 400\r\n\r\n", "proxy refused CONNECT: 400"},
        {"HTTP/1.1 400 \r\n\r\n", "proxy refused CONNECT: 400"},
        {"HTTP/1.1 799 Odd\r\n\r\n", "proxy refused CONNECT: 799 Odd"},
        {"HTTP/1.1 302 Found\r\nLocation: http://b.test/\r\n\r\n",
         "proxy refused CONNECT: 302 Found"},
        {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: a\r\nConnection: upgrade\r\n\r\n",
         "proxy's answer to CONNECT: 101 Switching Protocols was not asked for"},
        {"HTTP/1.1 407 a\r\nConnection: close\r\nContent-Length: 9\r\n\r\n<html>no!",
         "proxy refused CONNECT: 407 a"},
    };

    for (size_t i = 0; i < 2 * sizeof rows / sizeof *rows; i++) {
        struct outcome got = get_by_answer(rows[i / 2].answer, i % 2);
        expect_refused(&got, rows[i / 2].words);
    }
}

/* --- what belongs to the tunnel --- */

static void lengths_in_a_granted_connect_mean_nothing(void)
{
    struct via via;

    via_start(&via, "http", &(struct test_proxy_script){.fault = PROXY_FAULT_LENGTHS});
    struct outcome got =
        rig_get(tunnel_client(&via, (gofer_client_options){0}), rig_script(hello), "/");
    rig_expect_answer(&got, 200, "hello");
}

static void stray_bytes_are_the_tunnels(void)
{
    static const char *const schemes[] = {"http", "socks5"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        struct via via;
        struct origin *origin = rig_origin_tls(script_serve, (void *)(uintptr_t)hello, "good");
        char url[ORIGIN_URL_BYTES];

        via_start(&via, schemes[i], &(struct test_proxy_script){.fault = PROXY_FAULT_STRAY});
        snprintf(url, sizeof url, "https://127.0.0.1:%u/", origin_port(origin));
        struct outcome got = rig_get_url(via_client(&via, NULL), url);
        rig_expect_error(&got, GOFER_ERR_TLS);
        EXPECT_INT(got.error->phase, GOFER_PHASE_TLS);
        EXPECT_HOLDS(got.error->message, "server does not speak TLS: it began with \"stray");
        EXPECT(test_proxy_wait_open(via.proxy, 0));
    }
}

/* --- time --- */

static void a_proxy_that_stalls_is_given_up(void)
{
    static const enum test_proxy_fault stalls[] = {PROXY_FAULT_STALL, PROXY_FAULT_HALF};

    for (unsigned i = 0; i < 2 * via_schemes_len; i++) {
        struct via via;

        if (strcmp(via_schemes[i / 2], "https") == 0) /* see proxy_tls_test.c */
            continue;
        via_start(&via, via_schemes[i / 2], &(struct test_proxy_script){.fault = stalls[i % 2]});
        gofer_client *client =
            tunnel_client(&via, (gofer_client_options){.connect_timeout_ms = LIMIT_MS});
        struct outcome got = rig_get(client, rig_script(hello), "/");
        rig_expect_timeout(&got, GOFER_PHASE_PROXY, LIMIT_MS);
        EXPECT_HOLDS(got.error->message, "proxy: timed out after 300 ms talking to the proxy");
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
        EXPECT(test_proxy_wait_open(via.proxy, 0)); /* its connection is closed */
    }
}

static void the_calls_own_deadline_names_the_proxy_too(void)
{
    struct via via;
    gofer_request *request = rig_request("GET", rig_script(hello), "/");

    via_start(&via, "socks5", &(struct test_proxy_script){.fault = PROXY_FAULT_STALL});
    gofer_client *client = via_client(&via, NULL);
    gofer_request_set_timeout_ms(request, LIMIT_MS);
    struct outcome got = rig_call(client, request);
    rig_expect_timeout(&got, GOFER_PHASE_PROXY, LIMIT_MS);
}

static void a_cancel_and_the_clients_end_close_what_stalls(void)
{
    for (int ends = 0; ends < 2; ends++) {
        struct via via;
        gofer_cancel *cancel = gofer_cancel_new();
        gofer_request *request = rig_request("GET", rig_script(hello), "/");
        struct caller caller;

        via_start(&via, "http", &(struct test_proxy_script){.fault = PROXY_FAULT_STALL});
        gofer_client *client = tunnel_client(&via, (gofer_client_options){0});
        gofer_request_set_cancel(request, cancel);
        caller_start(&caller, client, request);
        while (via_seen(&via).questions == 0)
            pass_ms(1);
        if (ends)
            rig_end_client(client);
        else
            gofer_cancel_fire(cancel);
        struct outcome got = caller_join(&caller);
        rig_expect_error(&got, ends ? GOFER_ERR_CLOSED : GOFER_ERR_CANCELED);
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
        if (ends)
            EXPECT(test_proxy_wait_open(via.proxy, 0));
        gofer_cancel_free(cancel);
    }
}

/* --- no proxy there --- */

static void a_proxy_that_is_not_there_keeps_the_cause(void)
{
    static const char *const schemes[] = {"http", "https", "socks5", "socks4a"};
    char proxy[VIA_URL_BYTES], words[96];
    struct blackhole hole;

    blackhole_open(&hole);
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        snprintf(proxy, sizeof proxy, "%s://127.0.0.1:1", schemes[i]);
        struct outcome got =
            rig_get(rig_client(&(gofer_client_options){.proxy = proxy}), rig_script(hello), "/");
        rig_expect_error(&got, GOFER_ERR_PROXY);
        EXPECT_INT(got.error->phase, GOFER_PHASE_CONNECT);
        EXPECT_INT(got.error->sys_errno, ECONNREFUSED);
        EXPECT_HOLDS(got.error->message, "proxy: connect to 127.0.0.1:1: Connection refused");

        snprintf(proxy, sizeof proxy, "%s://127.0.0.1:%u", schemes[i], hole.port);
        got = rig_get(
            rig_client(&(gofer_client_options){.proxy = proxy, .connect_timeout_ms = LIMIT_MS}),
            rig_script(hello), "/");
        rig_expect_timeout(&got, GOFER_PHASE_CONNECT, LIMIT_MS);
        snprintf(words, sizeof words, "proxy: timed out after %d ms connecting", LIMIT_MS);
        EXPECT_HOLDS(got.error->message, words);
    }
    blackhole_close(&hole);
}

static void a_proxy_whose_name_is_unknown_says_so(void)
{
    gofer_client *client =
        rig_client(&(gofer_client_options){.proxy = "http://me:secret@proxy.onion"});
    struct outcome got = rig_get(client, rig_script(hello), "/");

    rig_expect_error(&got, GOFER_ERR_PROXY);
    EXPECT_INT(got.error->phase, GOFER_PHASE_RESOLVE);
    EXPECT_HOLDS(got.error->message, "proxy: lookup of proxy.onion: ");
    EXPECT_LACKS(got.error->message, "secret");
}

/* --- the hook --- */

struct hook {
    atomic_uint asked;
    int says;
    int status;
    uint16_t port;
    char proxy[VIA_URL_BYTES];
    char host[64];
    char head[256];
    bool is_text;
    gofer_client *client;
    gofer_status blocking; /* what a blocking call inside it said */
};

static int hook(const gofer_proxy_answer *answer, void *arg)
{
    struct hook *h = arg;

    h->status = answer->status;
    h->port = answer->port;
    snprintf(h->proxy, sizeof h->proxy, "%s", answer->proxy);
    snprintf(h->host, sizeof h->host, "%s", answer->host);
    snprintf(h->head, sizeof h->head, "%s", answer->head);
    h->is_text = strlen(answer->head) == answer->head_len;
    h->blocking = gofer_get(h->client, "http://127.0.0.1:1/", NULL);
    atomic_fetch_add(&h->asked, 1);
    return h->says;
}

static void a_hook_sees_the_answer_before_it_is_judged(void)
{
    static const struct {
        enum test_proxy_fault fault;
        int says;
        gofer_status status;
        const char *words;
    } rows[] = {
        {PROXY_FAULT_NONE, 0, GOFER_OK, NULL},
        {PROXY_FAULT_NONE, EPERM, GOFER_ERR_PROXY,
         "proxy's answer to CONNECT refused by the "
         "program: Operation not permitted"},
        {PROXY_FAULT_REFUSE, 0, GOFER_ERR_PROXY, "proxy refused CONNECT: 403 Filtered"},
        {PROXY_FAULT_REFUSE, EPERM, GOFER_ERR_PROXY, "proxy refused CONNECT: 403 Filtered"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct hook h = {.says = rows[i].says};
        struct via via;
        char url[VIA_URL_BYTES], masked[VIA_URL_BYTES];
        struct origin *origin = rig_script(hello);

        via_start(&via, "http", &(struct test_proxy_script){.fault = rows[i].fault});
        gofer_client *client =
            tunnel_client(&via, (gofer_client_options){.proxy = via_url(&via, "me:secret", url),
                                                       .proxy_answered = hook,
                                                       .proxy_answered_arg = &h});
        h.client = client;
        struct outcome got = rig_get(client, origin, "/");
        EXPECT_STATUS(got.status, rows[i].status);
        if (got.error != NULL)
            EXPECT_HOLDS(got.error->message, rows[i].words);
        EXPECT_INT(atomic_load(&h.asked), 1);
        EXPECT_INT(h.status, rows[i].fault == PROXY_FAULT_NONE ? 200 : 403);
        EXPECT_TEXT(h.host, "127.0.0.1");
        EXPECT(h.is_text);
        EXPECT_INT(h.port, origin_port(origin));
        EXPECT_TEXT(h.proxy, via_url(&via, "me:***", masked));
        EXPECT_HOLDS(h.head, h.status == 200 ? "\r\nVia: 1.1 test\r\n\r\n" : " 403 Filtered\r\n");
        EXPECT_STATUS(h.blocking, GOFER_ERR_INVALID);
        if (rows[i].status != GOFER_OK)
            EXPECT(test_proxy_wait_open(via.proxy, 0));
        EXPECT_INT(test_proxy_accepted(via.proxy), 1);
        rig_end_client(client);
    }
}

CU_TestInfo proxy_fault_tests[] = {
    {"I8, PX-02, PX-03 a CONNECT that is not granted says why",
     a_connect_that_is_not_granted_says_why},
    {"PX-10 a SOCKS request that is not granted says why",
     a_socks_request_that_is_not_granted_says_why},
    {"PX-02 a wrong password says so, without the password", a_wrong_password_says_so},
    {"I9, PX-02 statuses without a reason are shown as they are",
     statuses_without_a_reason_are_shown_as_they_are},
    {"PX-01, H1-19 lengths in a granted CONNECT mean nothing",
     lengths_in_a_granted_connect_mean_nothing},
    {"PX-01 stray bytes are the tunnel's", stray_bytes_are_the_tunnels},
    {"I7, PX-04 a proxy that stalls is given up", a_proxy_that_stalls_is_given_up},
    {"the call's own deadline names the proxy too", the_calls_own_deadline_names_the_proxy_too},
    {"a cancel and the client's end close what stalls",
     a_cancel_and_the_clients_end_close_what_stalls},
    {"I10 a proxy that is not there keeps the cause", a_proxy_that_is_not_there_keeps_the_cause},
    {"I10 a proxy whose name is unknown says so", a_proxy_whose_name_is_unknown_says_so},
    {"I6 a hook sees the answer before it is judged", a_hook_sees_the_answer_before_it_is_judged},
    CU_TEST_INFO_NULL,
};
