/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Connections through proxies in the pool: overtaken dials, stale connections,
 * limits, and options about addresses and names.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/via.h"
#include "support/heap.h"

extern CU_TestInfo proxy_pool_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static struct outcome get_at(gofer_client *client, const struct origin *origin, const char *host)
{
    char url[ORIGIN_URL_BYTES];

    return rig_get_url(client, via_origin_url(origin, host, "/", url));
}

/* --- late binding --- */

static bool has_asked_twice(void *arg)
{
    return via_seen(arg).questions == 2;
}

static void a_freed_connection_beats_a_dial_that_waits_for_its_proxy(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct gate *gate = rig_gate();
        struct route routes[] = {{.target = "/slow", .reply = REPLY_HELLO, .go = gate},
                                 {.reply = REPLY_HELLO}};
        struct origin *origin = rig_script(routes);
        struct via via;
        struct caller slow, next;

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, &(gofer_client_options){.proxy_tunnel = true});
        caller_start(&slow, client, rig_request("GET", origin, "/slow"));
        EXPECT(origin_wait(origin, ORIGIN_REQUESTS, 1));
        test_proxy_misbehave(via.proxy, PROXY_FAULT_STALL);
        caller_start(&next, client, rig_request("GET", origin, "/next"));
        EXPECT(eventually(has_asked_twice, &via));
        gate_pass(gate);
        struct outcome got = caller_join(&slow);
        rig_expect_answer(&got, 200, "hello");
        got = caller_join(&next);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(rig_stats(client).conns_late_bound, 1);
        EXPECT_INT(rig_stats(client).conns_opened, 1);
        EXPECT_INT(rig_stats(client).conns_dialing, 1);
        rig_end_client(client);
        EXPECT(test_proxy_wait_open(via.proxy, 0));
    }
}

/* --- connections that died --- */

static void a_tunnel_whose_far_end_closed_is_not_used_again(void)
{
    static const struct route once[] = {{.reply = REPLY_HELLO, .then = THEN_CLOSE}};

    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        struct origin *origin = rig_script(once);

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, NULL);
        for (int n = 0; n < 3; n++) {
            struct outcome got = get_at(client, origin, "127.0.0.1");
            rig_expect_answer(&got, 200, "hello");
        }
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 3);
        rig_end_client(client);
    }
}

/* Hears the second request of its first connection, and goes. */
static void fickle(struct peer *peer, void *arg)
{
    (void)arg;
    while (peer_read_request(peer)) {
        if (peer_number(peer) == 1 && peer_requests(peer) == 2)
            return;
        peer_say(peer, REPLY_HELLO);
    }
}

static void a_call_on_a_dead_tunnel_is_sent_once_more(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        struct origin *origin = rig_origin(fickle, NULL);

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, &(gofer_client_options){.proxy_tunnel = true});
        for (int n = 0; n < 2; n++) {
            struct outcome got = get_at(client, origin, "127.0.0.1");
            rig_expect_answer(&got, 200, "hello");
        }
        EXPECT_INT(rig_stats(client).calls_retried, 1);
        EXPECT_INT(test_proxy_accepted(via.proxy), 2);
        rig_end_client(client);
    }
}

/* --- limits --- */

static void limits_count_what_leads_to_one_place(void)
{
    struct gate *gate = rig_gate();
    struct route slow[] = {{.reply = REPLY_HELLO, .go = gate}};
    struct origin *one = rig_script(slow), *other = rig_script(hello);
    struct via via;
    struct caller first, second;

    via_start(&via, "http", NULL);
    gofer_client *client = via_client(&via, &(gofer_client_options){.max_conns_per_host = 1});
    caller_start(&first, client, rig_request("GET", one, "/"));
    EXPECT(origin_wait(one, ORIGIN_REQUESTS, 1));
    caller_start(&second, client, rig_request("GET", other, "/"));
    if (rig_is_tls()) /* a tunnel of its own */
        EXPECT(origin_wait(other, ORIGIN_REQUESTS, 1));
    gate_pass(gate);
    struct outcome got = caller_join(&first);
    rig_expect_answer(&got, 200, "hello");
    got = caller_join(&second);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(via.proxy), rig_is_tls() ? 2 : 1);
}

/* --- addresses --- */

struct judge {
    atomic_uint asked;
    uint16_t port;
    uint16_t denied;
    char host[64];
};

static bool judge(const gofer_address *address, void *arg)
{
    struct judge *j = arg;

    j->port = ntohs(((const struct sockaddr_in *)(const void *)address->addr)->sin_port);
    snprintf(j->host, sizeof j->host, "%s", address->host);
    atomic_fetch_add(&j->asked, 1);
    return j->port != j->denied;
}

static void the_filter_is_asked_for_the_proxys_address(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct judge j = {.denied = 0};
        struct via via;
        struct origin *origin = rig_script(hello);

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(
            &via, &(gofer_client_options){.address_filter = judge, .address_filter_arg = &j});
        struct outcome got = get_at(client, origin, "127.0.0.1");
        rig_expect_answer(&got, 200, "hello");
        /* SOCKS4 is told an address, of which it is asked first. */
        EXPECT_INT(atomic_load(&j.asked), strcmp(via_schemes[i], "socks4") == 0 ? 2 : 1);
        EXPECT_INT(j.port, test_proxy_port(via.proxy));
        EXPECT_TEXT(j.host, "127.0.0.1");
        gofer_client_close_idle(client);
        j.denied = test_proxy_port(via.proxy);
        got = get_at(client, origin, "127.0.0.1");
        rig_expect_error(&got, GOFER_ERR_PROXY);
        EXPECT_INT(got.error->sys_errno, EACCES);
        EXPECT_HOLDS(got.error->message, "proxy: connect to 127.0.0.1");
        EXPECT_HOLDS(got.error->message, "denied by the address filter");
        rig_end_client(client);
    }
}

static bool only_loopback(const gofer_address *address, void *arg)
{
    const struct sockaddr_in *in = (const void *)address->addr;

    (void)arg;
    return ntohl(in->sin_addr.s_addr) >> 24 == 127;
}

static void the_filter_is_asked_for_what_socks4_is_told(void)
{
    struct via via;
    char texts[2][64];
    const char *list[2] = {texts[0], texts[1]};
    static const char *const denied[] = {"192.0.2.8", "outside.test"};
    struct origin *origin = rig_script(hello);

    snprintf(texts[0], sizeof texts[0], "good.test:%u:192.0.2.9,127.0.0.1", origin_port(origin));
    snprintf(texts[1], sizeof texts[1], "outside.test:%u:192.0.2.8", origin_port(origin));
    via_start(&via, "socks4", NULL);
    gofer_client *client =
        via_client(&via, &(gofer_client_options){
                             .address_filter = only_loopback, .resolve = list, .resolve_len = 2});
    struct outcome got = get_at(client, origin, "good.test");
    rig_expect_answer(&got, 200, "hello");
    via_expect_asked(&via, origin, "127.0.0.1");
    for (int i = 0; i < 2; i++) {
        got = get_at(client, origin, denied[i]);
        rig_expect_error(&got, GOFER_ERR_CONNECT);
        EXPECT_INT(got.error->reason, GOFER_REASON_DENIED);
        EXPECT_INT(got.error->sys_errno, EACCES);
        EXPECT_HOLDS(got.error->message, "connect to 192.0.2.8 denied by the address filter");
    }
    EXPECT_INT(test_proxy_accepted(via.proxy), 1);
}

static void a_tunnel_may_be_led_elsewhere_and_a_proxy_not(void)
{
    struct via via;
    struct origin *origin = rig_script(hello);
    char texts[2][64];
    const char *rules[] = {texts[0], texts[1]};
    char url[ORIGIN_URL_BYTES];

    via_start(&via, "http", NULL);
    snprintf(texts[0], sizeof texts[0], "good.test:7:localhost:%u", origin_port(origin));
    snprintf(texts[1], sizeof texts[1], "127.0.0.1:%u:127.0.0.1:1", test_proxy_port(via.proxy));
    gofer_client *client = via_client(
        &via,
        &(gofer_client_options){.connect_to = rules, .connect_to_len = 2, .proxy_tunnel = true});
    snprintf(url, sizeof url, "%s://good.test:7/", rig_scheme());
    struct outcome got = rig_get_url(client, url);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(via_seen(&via).host, "localhost");
    EXPECT_INT(via_seen(&via).port, origin_port(origin));
    EXPECT_HOLDS(origin_last_head(origin), "\r\nHost: good.test:7\r\n");
}

static void the_proxys_name_is_looked_up_here(void)
{
    struct via via;
    struct origin *origin = rig_script(hello);
    char text[64], proxy[VIA_URL_BYTES];
    const char *resolve[] = {text};

    via_start(&via, "socks5", NULL);
    snprintf(text, sizeof text, "proxy.test:%u:127.0.0.1", test_proxy_port(via.proxy));
    snprintf(proxy, sizeof proxy, "socks5://proxy.test:%u", test_proxy_port(via.proxy));
    gofer_client *client = via_client(
        &via, &(gofer_client_options){.proxy = proxy, .resolve = resolve, .resolve_len = 1});
    struct outcome got = get_at(client, origin, "good.test");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(via_seen(&via).host, "good.test");
}

/* --- upgrades --- */

/* Lets the protocol be switched, and says what it hears. */
static void switching(struct peer *peer, void *arg)
{
    char bytes[4];

    (void)arg;
    if (!peer_read_request(peer) ||
        !peer_say(peer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: echo\r\n"
                        "Connection: upgrade\r\n\r\n"))
        return;
    while (peer_read(peer, bytes, sizeof bytes))
        if (!peer_send(peer, bytes, sizeof bytes))
            return;
}

static void an_upgrade_takes_a_tunnel(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        struct origin *origin = rig_origin(switching, NULL);
        gofer_request *request = rig_request("GET", origin, "/");
        char bytes[5] = "";

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, NULL);
        EXPECT_STATUS(gofer_request_set_upgrade(request, "echo"), GOFER_OK);
        struct outcome got = rig_call(client, request);
        EXPECT_STATUS(got.status, GOFER_OK);
        EXPECT_INT(gofer_response_status(got.response), 101);
        EXPECT_INT(via_seen(&via).tunnels, 1);
        gofer_response *response = (gofer_response *)(uintptr_t)got.response;
        EXPECT_INT(gofer_response_write(response, "ping", 4), 4);
        for (size_t n = 0; n < 4;) {
            ssize_t more = gofer_response_read(response, bytes + n, 4 - n);
            if (!EXPECT(more > 0))
                break;
            n += (size_t)more;
        }
        EXPECT_TEXT(bytes, "ping");
        gofer_response_close(response);
    }
}

/* --- memory --- */

enum { ALLOCATIONS = 500 };

/* A call of its own proxy and connection, whose n-th allocation fails; whether one did. */
static bool call_without(gofer_client *client, const struct via *via, const struct origin *origin,
                         long n)
{
    char proxy[VIA_URL_BYTES], url[ORIGIN_URL_BYTES];
    gofer_request *request = gofer_request_new("GET", origin_url(origin, "/", url));
    gofer_response *response = NULL;

    via_url(via, strncmp(via->scheme, "socks4", 6) == 0 ? "me" : "me:secret", proxy);
    heap_fail_at(n);
    gofer_status status = gofer_request_set_proxy(request, proxy);
    if (status == GOFER_OK)
        status = gofer_do(client, request, &response);
    bool failed = heap_failed();
    heap_fail_at(0);
    if (status != GOFER_OK)
        EXPECT_STATUS(status, GOFER_ERR_NOMEM);
    EXPECT(failed || status == GOFER_OK);
    gofer_response_free(response);
    gofer_request_free(request);
    gofer_client_close_idle(client);
    return failed;
}

static void every_allocation_of_a_call_may_fail(void)
{
    for (unsigned i = 0; i < via_schemes_len; i++) {
        struct via via;
        struct origin *origin = rig_script(hello);
        long n = 0;

        via_start(&via, via_schemes[i], NULL);
        gofer_client *client = via_client(&via, &(gofer_client_options){.proxy_tunnel = true});
        while (call_without(client, &via, origin, ++n) && n < ALLOCATIONS)
            continue;
        EXPECT(n > 10 && n < ALLOCATIONS);
        EXPECT_INT(rig_stats(client).calls_active, 0);
        rig_end_client(client);
    }
}

static void every_allocation_of_a_client_may_fail(void)
{
    static const gofer_header header = {"X-Tunnel", "1"};
    static const gofer_tls_options tls = {.ca_file = "root.pem"};
    static const gofer_client_options options = {.proxy = "http://user:password@proxy.test",
                                                 .no_proxy = "a.test,10.0.0.0/8",
                                                 .proxy_user = "other",
                                                 .proxy_password = "other",
                                                 .connect_headers = &header,
                                                 .connect_headers_len = 1,
                                                 .proxy_tls = &tls};
    bool failed = true;
    long n = 0;

    while (failed && n < ALLOCATIONS) {
        errno = 0;
        heap_fail_at(++n);
        gofer_client *client = gofer_client_new(&options);
        failed = heap_failed();
        heap_fail_at(0);
        if (client == NULL)
            EXPECT_INT(errno, ENOMEM);
        EXPECT(failed || client != NULL);
        gofer_client_free(client);
    }
    EXPECT(n > 10 && n < ALLOCATIONS);
}

CU_TestInfo proxy_pool_tests[] = {
    {"a freed connection beats a dial that waits for its proxy",
     a_freed_connection_beats_a_dial_that_waits_for_its_proxy},
    {"PX-11 a tunnel whose far end closed is not used again",
     a_tunnel_whose_far_end_closed_is_not_used_again},
    {"PX-11 a call on a dead tunnel is sent once more", a_call_on_a_dead_tunnel_is_sent_once_more},
    {"limits count what leads to one place", limits_count_what_leads_to_one_place},
    {"the filter is asked for the proxy's address", the_filter_is_asked_for_the_proxys_address},
    {"the filter is asked for what SOCKS4 is told", the_filter_is_asked_for_what_socks4_is_told},
    {"a tunnel may be led elsewhere, and a proxy not",
     a_tunnel_may_be_led_elsewhere_and_a_proxy_not},
    {"the proxy's name is looked up here", the_proxys_name_is_looked_up_here},
    {"an upgrade takes a tunnel", an_upgrade_takes_a_tunnel},
    {"RES-01 every allocation of a call through a proxy may fail",
     every_allocation_of_a_call_may_fail},
    {"RES-01 every allocation of a client with a proxy may fail",
     every_allocation_of_a_client_may_fail},
    CU_TEST_INFO_NULL,
};
