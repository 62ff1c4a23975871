/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Calls through each kind of proxy: how it is asked, what it is told and what
 * not, and who shares connections to it. What it does wrong is in
 * proxy_fault_test.c, who goes through which in proxy_choice_test.c.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/via.h"

extern CU_TestInfo proxy_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static struct outcome get_at(gofer_client *client, const struct origin *origin, const char *host)
{
    char url[ORIGIN_URL_BYTES];

    return rig_get_url(client, via_origin_url(origin, host, "/", url));
}

static void expect_hello(gofer_client *client, const struct origin *origin, const char *host)
{
    struct outcome got = get_at(client, origin, host);

    rig_expect_answer(&got, 200, "hello");
}

/* Whether a call goes through a tunnel, rather than being fetched. */
static bool tunnels(const struct via *via)
{
    return rig_is_tls() || !via_is_http(via);
}

/* --- each kind --- */

static void every_kind_of_proxy_reaches_the_origin(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        struct origin *origin = rig_script(hello);
        char head[ORIGIN_URL_BYTES];

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, NULL);
        expect_hello(client, origin, "127.0.0.1");
        via_expect_asked(&via, origin, "127.0.0.1");
        /* The origin sees what it would see without. */
        snprintf(head, sizeof head, "GET / HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n",
                 origin_port(origin));
        EXPECT(strncmp(origin_last_head(origin), head, strlen(head)) == 0);
        EXPECT_INT(via_seen(&via).tunnels, tunnels(&via));
        EXPECT_INT(via_seen(&via).fetches, !tunnels(&via));
        expect_hello(client, origin, "127.0.0.1");
        EXPECT_INT(test_proxy_accepted(via.proxy), 1);
        EXPECT_INT(rig_stats(client).conns_reused, 1);
    }
}

static void a_slow_proxy_is_waited_for_byte_by_byte(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        static const struct test_proxy_script slow = {.fault = PROXY_FAULT_SLOW};
        struct via via;
        struct origin *origin = rig_script(hello);

        via_start(&via, via_schemes[i], &slow);
        expect_hello(via_client(&via, NULL), origin, "127.0.0.1");
    }
}

static void a_proxy_may_be_asked_to_tunnel_plain_http(void)
{
    struct via via;
    struct origin *origin = rig_script(hello);

    via_start(&via, "http", NULL);
    gofer_client *client = via_client(&via, &(gofer_client_options){.proxy_tunnel = true});
    expect_hello(client, origin, "127.0.0.1");
    EXPECT_INT(via_seen(&via).tunnels, 1);
    EXPECT_INT(via_seen(&via).fetches, 0);
    EXPECT_HOLDS(via_seen(&via).head, "CONNECT 127.0.0.1:");
    EXPECT_HOLDS(origin_last_head(origin), "GET / HTTP/1.1\r\n");
}

/* --- names --- */

static void count_lookup(gofer_lookup *lookup, void *arg)
{
    atomic_fetch_add((atomic_uint *)arg, 1);
    gofer_lookup_fail(lookup);
}

static void names_are_looked_up_by_the_proxy(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        atomic_uint lookups = 0;
        struct origin *origin = rig_script(hello);

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(
            &via, &(gofer_client_options){.resolver = count_lookup, .resolver_arg = &lookups});
        struct outcome got = get_at(client, origin, "good.test");
        if (strcmp(via.scheme, "socks4") == 0) { /* it knows addresses only */
            rig_expect_error(&got, GOFER_ERR_RESOLVE);
            EXPECT_INT(got.error->phase, GOFER_PHASE_RESOLVE);
            EXPECT_HOLDS(got.error->message, "lookup of good.test: ");
            EXPECT_INT(atomic_load(&lookups), 1);
            EXPECT_INT(test_proxy_accepted(via.proxy), 0);
        } else {
            rig_expect_answer(&got, 200, "hello");
            via_expect_asked(&via, origin, "good.test");
            EXPECT_INT(via_seen(&via).is_name, !via_is_http(&via));
            EXPECT_INT(atomic_load(&lookups), 0);
        }
        rig_end_client(client);
    }
}

static void a_socks4_proxy_is_told_the_address(void)
{
    struct via via;
    char texts[2][64];
    const char *list[2] = {texts[0], texts[1]};
    struct origin *origin = rig_script(hello);

    snprintf(texts[0], sizeof texts[0], "good.test:%u:192.0.2.9", origin_port(origin));
    snprintf(texts[1], sizeof texts[1], "six.test:%u:[2001:db8::1]", origin_port(origin));
    via_start(&via, "socks4", NULL);
    gofer_client *client =
        via_client(&via, &(gofer_client_options){.resolve = list, .resolve_len = 2});
    expect_hello(client, origin, "good.test");
    via_expect_asked(&via, origin, "192.0.2.9");
    EXPECT(!via_seen(&via).is_name);
    struct outcome got = get_at(client, origin, "six.test");
    rig_expect_error(&got, GOFER_ERR_RESOLVE);
    EXPECT_HOLDS(got.error->message, "or of another family");
    got = get_at(client, origin, "[2001:db8::1]");
    rig_expect_error(&got, GOFER_ERR_PROXY);
    EXPECT_HOLDS(got.error->message, "SOCKS4 proxy: cannot reach an IPv6 address");
}

/* --- credentials --- */

static void credentials_are_decoded_and_reach_the_proxy_only(void)
{
    static const char basic[] = "Basic dXNlcjpwQHNz"; /* user:p@ss */
    static const struct test_proxy_script wants = {
        .authorization = basic, .user = "user", .password = "p@ss"};

    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        char url[VIA_URL_BYTES];
        struct origin *origin = rig_script(hello);

        if (strncmp(via_schemes[i], "socks4", 6) == 0) /* it has no password */
            continue;
        via_start(&via, via_schemes[i], &wants);
        gofer_client *client =
            via_client(&via, &(gofer_client_options){.proxy = via_url(&via, "user:p%40ss", url)});
        expect_hello(client, origin, "127.0.0.1");
        if (via_is_http(&via))
            EXPECT_HOLDS(via_seen(&via).head, "\r\nProxy-Authorization: Basic dXNlcjpwQHNz\r\n");
        EXPECT_LACKS(origin_last_head(origin), "roxy-");
        EXPECT_LACKS(origin_last_head(origin), "dXNlcjpwQHNz");

        gofer_client *apart = via_client(
            &via, &(gofer_client_options){.proxy_user = "user", .proxy_password = "p@ss"});
        expect_hello(apart, origin, "127.0.0.1");
    }
}

static void a_socks4_proxy_is_told_the_user(void)
{
    for (int i = 0; i < 2; i++) {
        static const struct test_proxy_script wants = {.user = "me"};
        struct via via;
        char url[VIA_URL_BYTES];
        struct origin *origin = rig_script(hello);

        via_start(&via, i == 0 ? "socks4" : "socks4a", &wants);
        expect_hello(via_client(&via, &(gofer_client_options){.proxy = via_url(&via, "me", url)}),
                     origin, "127.0.0.1");
        EXPECT_TEXT(via_seen(&via).user, "me");
        struct outcome got = get_at(via_client(&via, NULL), origin, "127.0.0.1");
        rig_expect_error(&got, GOFER_ERR_PROXY);
    }
}

static void nothing_of_a_call_is_in_a_connect(void)
{
    static const gofer_header connect[] = {{"X-Tunnel", "yes"}, {"Proxy-Note", "a"}};
    static const gofer_header all[] = {{"X-All", "origin"}};
    struct via via;
    struct origin *origin = rig_script(hello);

    via_start(&via, "http", NULL);
    gofer_client *client = via_client(&via, &(gofer_client_options){.connect_headers = connect,
                                                                    .connect_headers_len = 2,
                                                                    .headers = all,
                                                                    .headers_len = 1,
                                                                    .user_agent = "agent/1",
                                                                    .proxy_tunnel = true});
    for (int i = 0; i < 2; i++) { /* the list is the client's, and as it was */
        gofer_request *request = rig_request("GET", origin, "/secret?path");
        gofer_request_set_header(request, "Authorization", "Bearer secret");
        gofer_request_set_header(request, "Cookie", "a=secret");
        gofer_request_set_header(request, "Proxy-Authorization", "Basic secret");
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_LACKS(via_seen(&via).head, "secret");
        EXPECT_LACKS(via_seen(&via).head, "X-All");
        EXPECT_HOLDS(via_seen(&via).head, "\r\nUser-Agent: agent/1\r\nX-Tunnel: yes\r\n"
                                          "Proxy-Note: a\r\n\r\n");
        EXPECT_HOLDS(origin_last_head(origin), "\r\nAuthorization: Bearer secret\r\n");
        EXPECT_LACKS(origin_last_head(origin), "roxy-");
        EXPECT_LACKS(origin_last_head(origin), "X-Tunnel");
        gofer_client_close_idle(client);
    }
    EXPECT_INT(via_seen(&via).tunnels, 2);
}

static void a_requests_own_proxy_authorization_reaches_proxies_that_fetch(void)
{
    static const struct test_proxy_script wants = {.authorization = "Basic own"};
    struct via via;
    struct origin *origin = rig_script(hello);

    via_start(&via, "http", &wants);
    gofer_client *client = via_client(&via, NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_request_set_header(request, "Proxy-Authorization", "Basic own");
    struct outcome got = rig_call(client, request);
    if (rig_is_tls()) {
        rig_expect_error(&got, GOFER_ERR_PROXY);
        EXPECT_HOLDS(got.error->message,
                     "proxy refused CONNECT: 407 Proxy Authentication Required");
        return;
    }
    rig_expect_answer(&got, 200, "hello");
    got = rig_call(client, rig_request("GET", origin, "/"));
    rig_expect_answer(&got, 407, ""); /* of no call but that one; a response like any other */
}

/* --- who shares --- */

static void credentials_of_one_host_are_not_sent_for_another(void)
{
    struct via via;
    struct origin *one = rig_script(hello), *other = rig_script(hello);
    char url[ORIGIN_URL_BYTES];

    via_start(&via, "http", NULL);
    gofer_client *client = via_client(&via, NULL);
    struct outcome got =
        rig_get_url(client, via_origin_url(one, "user:secret@127.0.0.1", "/", url));
    rig_expect_answer(&got, 200, "hello");
    EXPECT_HOLDS(origin_last_head(one), "\r\nAuthorization: Basic ");
    expect_hello(client, other, "127.0.0.1");
    EXPECT_LACKS(origin_last_head(other), "uthorization");
    expect_hello(client, one, "127.0.0.1");
    EXPECT_LACKS(origin_last_head(one), "uthorization");
    /* One connection fetches for all hosts; a tunnel leads to one. */
    EXPECT_INT(test_proxy_accepted(via.proxy), rig_is_tls() ? 2 : 1);
    EXPECT_INT(rig_stats(client).conns_reused, rig_is_tls() ? 1 : 2);
}

static void other_credentials_are_another_tunnel(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        static const char *const credentials[] = {"a:x", "a:y", "b:x", "a:x"};
        static const char *const users[] = {"a", "b", "c", "a"};
        struct via via;
        struct origin *origin = rig_script(hello);
        bool four = strncmp(via_schemes[i], "socks4", 6) == 0;
        char url[VIA_URL_BYTES];

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, NULL);
        expect_hello(client, origin, "127.0.0.1");
        for (unsigned n = 0; n < 4; n++) {
            gofer_request *request = rig_request("GET", origin, "/");
            EXPECT_STATUS(gofer_request_set_proxy(
                              request, via_url(&via, four ? users[n] : credentials[n], url)),
                          GOFER_OK);
            struct outcome got = rig_call(client, request);
            rig_expect_answer(&got, 200, "hello");
            EXPECT_INT(test_proxy_accepted(via.proxy), n < 3 ? n + 2 : 4);
        }
    }
}

static void a_request_may_choose_its_own_proxy_or_none(void)
{
    struct via client_proxy, own;
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("GET", origin, "/");
    struct outcome got;

    via_start(&client_proxy, "http", NULL);
    via_start(&own, "socks5", NULL);
    gofer_client *client = via_client(&client_proxy, NULL);
    EXPECT_STATUS(gofer_request_set_proxy(request, own.url), GOFER_OK);
    got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(own.proxy), 1);
    EXPECT_STATUS(gofer_request_set_proxy(request, ""), GOFER_OK);
    got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(client_proxy.proxy), 0);
    EXPECT_INT(test_proxy_accepted(own.proxy), 1);
    EXPECT_STATUS(gofer_request_set_proxy(request, NULL), GOFER_OK);
    got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(client_proxy.proxy), 1);
    EXPECT_STATUS(gofer_request_set_proxy(NULL, ""), GOFER_ERR_INVALID);
}

static void no_password_is_in_the_counters(void)
{
    struct via via;
    char url[VIA_URL_BYTES];
    struct origin *origin = rig_script(hello);
    gofer_origin_stats stats;
    char name[sizeof stats.origin];

    via_start(&via, "http", NULL);
    gofer_client *client =
        via_client(&via, &(gofer_client_options){.proxy = via_url(&via, "me:secret", url)});
    expect_hello(client, origin, "127.0.0.1");
    EXPECT_INT(gofer_client_origins(client, &stats, 1), 1);
    if (rig_is_tls())
        snprintf(name, sizeof name, "https://127.0.0.1:%u via http://me:***@127.0.0.1:%u",
                 origin_port(origin), test_proxy_port(via.proxy));
    else
        snprintf(name, sizeof name, "http via http://me:***@127.0.0.1:%u",
                 test_proxy_port(via.proxy));
    EXPECT_TEXT(stats.origin, name);
}

CU_TestInfo proxy_tests[] = {
    {"I1, I2 every kind of proxy reaches the origin", every_kind_of_proxy_reaches_the_origin},
    {"PX-10 a slow proxy is waited for byte by byte", a_slow_proxy_is_waited_for_byte_by_byte},
    {"a proxy may be asked to tunnel plain http", a_proxy_may_be_asked_to_tunnel_plain_http},
    {"PX-10 names are looked up by the proxy", names_are_looked_up_by_the_proxy},
    {"a SOCKS4 proxy is told the address", a_socks4_proxy_is_told_the_address},
    {"I3, PX-05 credentials are decoded and reach the proxy only",
     credentials_are_decoded_and_reach_the_proxy_only},
    {"a SOCKS4 proxy is told the user", a_socks4_proxy_is_told_the_user},
    {"I4, I5, PX-05 nothing of a call is in a CONNECT", nothing_of_a_call_is_in_a_connect},
    {"PX-05 a request's own Proxy-Authorization reaches proxies that fetch",
     a_requests_own_proxy_authorization_reaches_proxies_that_fetch},
    {"PX-11 credentials of one host are not sent for another",
     credentials_of_one_host_are_not_sent_for_another},
    {"PX-06 other credentials are another tunnel", other_credentials_are_another_tunnel},
    {"a request may choose its own proxy, or none", a_request_may_choose_its_own_proxy_or_none},
    {"no password is in the counters", no_password_is_in_the_counters},
    CU_TEST_INFO_NULL,
};
