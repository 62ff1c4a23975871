/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A proxy in front of another: who is asked for what, who is told which
 * credentials, and whose fault it is.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/via.h"

extern CU_TestInfo proxy_chain_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};
static const char *const firsts[] = {"socks5", "socks4", "socks4a"};

enum { FIRSTS = sizeof firsts / sizeof *firsts };

/* A client whose calls go through the first proxy to the second. */
static gofer_client *chain_client(const struct via *first, const struct via *second,
                                  gofer_client_options options)
{
    if (options.preproxy == NULL)
        options.preproxy = first->url;
    return via_client(second, &options);
}

static void the_first_leads_to_the_second_and_that_to_the_host(void)
{
    for (unsigned i = 0; i < FIRSTS * via_schemes_len; i++) {
        struct via first, second;
        struct origin *origin = rig_script(hello);

        via_start(&first, firsts[i % FIRSTS], NULL);
        via_start(&second, via_schemes[i / FIRSTS], NULL);
        gofer_client *client = chain_client(&first, &second, (gofer_client_options){0});
        for (int again = 0; again < 2; again++) {
            struct outcome got = rig_get(client, origin, "/");
            rig_expect_answer(&got, 200, "hello");
        }
        EXPECT_TEXT(via_seen(&first).host, "127.0.0.1");
        EXPECT_INT(via_seen(&first).port, test_proxy_port(second.proxy));
        via_expect_asked(&second, origin, "127.0.0.1");
        EXPECT_INT(test_proxy_accepted(first.proxy), 1);
        EXPECT_INT(test_proxy_accepted(second.proxy), 1);
        rig_end_client(client);
    }
}

/* SOCKS4 is told an address: of the second proxy, whose name is looked up for that. */
static void the_second_may_have_a_name(void)
{
    struct via first, second;
    char text[64], url[VIA_URL_BYTES];
    const char *list[] = {text};
    struct origin *origin = rig_script(hello);

    via_start(&second, "http", NULL);
    snprintf(text, sizeof text, "second.test:%u:192.0.2.9", test_proxy_port(second.proxy));
    snprintf(url, sizeof url, "http://second.test:%u", test_proxy_port(second.proxy));
    for (int i = 0; i < FIRSTS; i++) {
        via_start(&first, firsts[i], NULL);
        gofer_client *client =
            chain_client(&first, &second,
                         (gofer_client_options){.proxy = url, .resolve = list, .resolve_len = 1});
        struct outcome got = rig_get(client, origin, "/");
        rig_expect_answer(&got, 200, "hello");
        bool four = strcmp(firsts[i], "socks4") == 0;
        EXPECT_TEXT(via_seen(&first).host, four ? "192.0.2.9" : "second.test");
        EXPECT_INT(via_seen(&first).is_name, !four);
        rig_end_client(client);
    }
}

static void alone_it_is_the_proxy(void)
{
    struct via first;
    struct origin *origin = rig_script(hello);

    via_start(&first, "socks5", NULL);
    gofer_client *client =
        rig_client(&(gofer_client_options){.preproxy = first.url, .no_proxy = "localhost"});
    struct outcome got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(via_seen(&first).port, origin_port(origin));
    char url[ORIGIN_URL_BYTES];
    got = rig_get_url(client, via_origin_url(origin, "localhost", "/", url));
    if (!rig_is_tls()) /* the workshop's certificate has another name */
        rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(via_seen(&first).questions, 1);
}

static void a_requests_own_proxy_is_behind_it(void)
{
    struct via first, second, third;
    struct origin *origin = rig_script(hello);

    via_start(&first, "socks5", NULL);
    via_start(&second, "http", NULL);
    via_start(&third, "socks5h", NULL);
    gofer_client *client = chain_client(&first, &second, (gofer_client_options){0});
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_request_set_proxy(request, third.url);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(via_seen(&first).port, test_proxy_port(third.proxy));
    EXPECT_INT(via_seen(&third).questions, 1);
    EXPECT_INT(via_seen(&second).questions, 0);
    gofer_request_set_proxy(request, "");
    got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(first.proxy), 1); /* that was direct */
}

static void each_has_its_own_credentials(void)
{
    static const struct test_proxy_script first_wants = {.user = "one", .password = "first"};
    static const struct test_proxy_script second_wants = {.authorization =
                                                              "Basic dHdvOnNlY29uZA=="};
    struct via first, second;
    char one[VIA_URL_BYTES];
    struct origin *origin = rig_script(hello);

    via_start(&first, "socks5", &first_wants);
    via_start(&second, "http", &second_wants);
    gofer_client *client =
        chain_client(&first, &second,
                     (gofer_client_options){.preproxy = via_url(&first, "one:first", one),
                                            .proxy_user = "two",
                                            .proxy_password = "second"});
    struct outcome got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(via_seen(&first).user, "one");
    EXPECT_LACKS(origin_last_head(origin), "roxy-");
    gofer_origin_stats stats;
    EXPECT_INT(gofer_client_origins(client, &stats, 1), 1);
    EXPECT_LACKS(stats.origin, "first");
    EXPECT_LACKS(stats.origin, "second");
    EXPECT_HOLDS(stats.origin, " via socks5://one:***@127.0.0.1:");
    EXPECT_HOLDS(stats.origin, " via http://two:***@127.0.0.1:");
}

static void whoever_refuses_is_told(void)
{
    struct via first, second;
    struct origin *origin = rig_script(hello);

    via_start(&first, "socks5", NULL);
    via_start(&second, "http", NULL);
    gofer_client *client =
        chain_client(&first, &second, (gofer_client_options){.proxy_tunnel = true});
    test_proxy_misbehave(first.proxy, PROXY_FAULT_REFUSE);
    struct outcome got = rig_get(client, origin, "/");
    rig_expect_error(&got, GOFER_ERR_PROXY);
    EXPECT_INT(got.error->reason, GOFER_REASON_SOCKS);
    EXPECT_INT(via_seen(&second).questions, 0);
    test_proxy_misbehave(first.proxy, PROXY_FAULT_NONE);
    test_proxy_misbehave(second.proxy, PROXY_FAULT_REFUSE);
    got = rig_get(client, origin, "/");
    rig_expect_error(&got, GOFER_ERR_PROXY);
    EXPECT_INT(got.error->reason, GOFER_REASON_CONNECT);
    EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 0);
}

static void only_socks_is_in_front(void)
{
    gofer_option_error told;

    errno = 0;
    EXPECT(gofer_client_new(&(gofer_client_options){.preproxy = "http://u:secret@127.0.0.1",
                                                    .option_error = &told}) == NULL);
    EXPECT_INT(errno, EINVAL);
    EXPECT_TEXT(told.option, "preproxy");
    EXPECT_TEXT(told.why, "a proxy in front of another speaks SOCKS");
}

static void connect_may_be_asked_with_http_1_0(void)
{
    struct via via;
    struct origin *origin = rig_script(hello);

    via_start(&via, "http", NULL);
    gofer_client *client =
        via_client(&via, &(gofer_client_options){.proxy_tunnel = true, .connect_http_1_0 = true});
    struct outcome got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(via_seen(&via).head, " HTTP/1.0\r\nHost: ");
    EXPECT_HOLDS(origin_last_head(origin), " HTTP/1.1\r\n");
}

CU_TestInfo proxy_chain_tests[] = {
    {"the first leads to the second, and that to the host",
     the_first_leads_to_the_second_and_that_to_the_host},
    {"the second may have a name", the_second_may_have_a_name},
    {"alone it is the proxy", alone_it_is_the_proxy},
    {"a request's own proxy is behind it", a_requests_own_proxy_is_behind_it},
    {"PX-05 each has its own credentials", each_has_its_own_credentials},
    {"whoever refuses is told", whoever_refuses_is_told},
    {"only SOCKS is in front", only_socks_is_in_front},
    {"CONNECT may be asked with HTTP/1.0", connect_may_be_asked_with_http_1_0},
    CU_TEST_INFO_NULL,
};
