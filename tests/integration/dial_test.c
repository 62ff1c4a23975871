/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How a program decides where its calls go and on what sockets: the address
 * filter, the socket hook, local addresses, families, unix-domain sockets, and
 * what a dead address family costs.
 */
#include <CUnit/CUnit.h>
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/blackhole.h"
#include "support/leaks.h"

extern CU_TestInfo dial_tests[];

enum { FALLBACK_MS = 300, DIALS = 10 };

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static struct outcome get_at(gofer_client *client, const char *host, const struct origin *origin)
{
    char url[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "http://%s:%u/", host, origin_port(origin));
    return rig_get_url(client, url);
}

static void expect_hello_at(gofer_client *client, const char *host, const struct origin *origin)
{
    struct outcome got = get_at(client, host, origin);

    rig_expect_answer(&got, 200, "hello");
}

/* --- the address filter --- */

static void private_addresses_are_out_of_reach(void)
{
    static const char *const hosts[] = {"127.0.0.1",          "localhost", "[::1]",
                                        "[::ffff:127.0.0.1]", "[::]",      "x.localhost"};
    struct origin *origin = rig_script(hello);
    gofer_client *client =
        rig_client(&(gofer_client_options){.address_filter = gofer_deny_private});

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        struct outcome got = get_at(client, hosts[i], origin);
        rig_expect_error(&got, GOFER_ERR_CONNECT);
        EXPECT_INT(got.error->phase, GOFER_PHASE_CONNECT);
        EXPECT_INT(got.error->sys_errno, EACCES);
        EXPECT_INT(got.error->sent, GOFER_SENT_NOTHING);
        EXPECT_HOLDS(got.error->message, "denied by the address filter");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 0);
}

/* A filter that notes what it is asked, and says what the test wants. */
struct judge {
    gofer_client *client;
    atomic_uint asked, denies;
    atomic_int blocking; /* what a blocking call inside it said */
    char host[64];
};

static bool judge(const gofer_address *address, void *arg)
{
    struct judge *j = arg;

    if (atomic_fetch_add(&j->asked, 1) == 0) {
        snprintf(j->host, sizeof j->host, "%s", address->host);
        atomic_store(&j->blocking, (int)gofer_get(j->client, "http://127.0.0.1/", NULL));
    }
    return atomic_load(&j->denies) == 0;
}

static void a_filter_is_asked_before_each_connect_and_may_not_block(void)
{
    struct judge j = {.client = NULL};
    struct origin *origin = rig_script(hello);
    gofer_client *client =
        rig_client(&(gofer_client_options){.address_filter = judge, .address_filter_arg = &j});

    j.client = client;
    expect_hello_at(client, "localhost", origin);
    EXPECT_TEXT(j.host, "localhost");
    EXPECT_STATUS(atomic_load(&j.blocking), GOFER_ERR_INVALID);
    unsigned asked = atomic_load(&j.asked);
    EXPECT_AT_LEAST(asked, 1);
    expect_hello_at(client, "localhost", origin); /* the connection is there */
    EXPECT_INT(atomic_load(&j.asked), asked);
    gofer_client_close_idle(client);
    atomic_store(&j.denies, 1);
    struct outcome got = get_at(client, "localhost", origin);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT(atomic_load(&j.asked) > asked);
}

/* --- sockets --- */

struct sockets {
    atomic_uint opened;
    int keepalive_s; /* 0: none */
    int error;
    sa_family_t family;
};

static int option(int fd, int level, int name)
{
    int value = -1;
    socklen_t len = sizeof value;

    return getsockopt(fd, level, name, &value, &len) == 0 ? value : -1;
}

static int opened(int fd, const gofer_address *address, void *arg)
{
    struct sockets *s = arg;
    bool keepalive = option(fd, SOL_SOCKET, SO_KEEPALIVE) > 0;

    s->keepalive_s = keepalive ? option(fd, IPPROTO_TCP, TCP_KEEPIDLE) : 0;
    s->family = address->addr->sa_family;
    atomic_fetch_add(&s->opened, 1);
    return s->error;
}

static gofer_client_options with_sockets(struct sockets *s)
{
    return (gofer_client_options){.socket_opened = opened, .socket_opened_arg = s};
}

static void the_hook_sees_each_socket(void)
{
    struct sockets s = {.error = 0};
    struct origin *origin = rig_script(hello);
    gofer_client_options options = with_sockets(&s);
    gofer_client *client = rig_client(&options);

    expect_hello_at(client, "127.0.0.1", origin);
    expect_hello_at(client, "127.0.0.1", origin);
    EXPECT_INT(atomic_load(&s.opened), 1);
    EXPECT_INT(s.family, AF_INET);
    gofer_client_close_idle(client);
    s.error = EPERM;
    struct outcome got = get_at(client, "127.0.0.1", origin);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_INT(got.error->sys_errno, EPERM);
    got = get_at(client, "[::1]", origin);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_INT(s.family, AF_INET6);
    EXPECT_INT(atomic_load(&s.opened), 3);
}

static void keepalive_is_as_the_options_say(void)
{
    static const struct {
        int64_t ms;
        int s;
    } rows[] = {{GOFER_NEVER, 0}, {0, 15}, {5000, 5}, {30000, 30}};
    struct origin *origin = rig_script(hello);

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sockets s = {.error = 0};
        gofer_client_options options = with_sockets(&s);
        options.keepalive_ms = rows[i].ms;
        expect_hello_at(rig_client(&options), "127.0.0.1", origin);
        EXPECT_INT(s.keepalive_s, rows[i].s);
    }
}

/* A second descriptor of the newest socket. */
static int note_local(int fd, const gofer_address *address, void *arg)
{
    (void)address;
    *(int *)arg = dup(fd);
    return 0;
}

static void calls_come_from_the_local_address(void)
{
    struct origin *origin = rig_script(hello);
    struct sockaddr_in own = {.sin_family = AF_UNSPEC};
    socklen_t len = sizeof own;
    int fd = -1;
    gofer_client *client = rig_client(&(gofer_client_options){.local_address = "127.0.0.7",
                                                              .interface = "lo",
                                                              .socket_opened = note_local,
                                                              .socket_opened_arg = &fd});

    expect_hello_at(client, "127.0.0.1", origin);
    REQUIRE(fd >= 0);
    EXPECT_INT(getsockname(fd, (struct sockaddr *)&own, &len), 0);
    close(fd);
    EXPECT_INT(ntohl(own.sin_addr.s_addr), 0x7f000007);
    struct outcome got = get_at(client, "[::1]", origin);
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_HOLDS(got.error->message, "no address of the family");
}

/* What the system does not have to connect from is told apart from a server that is not there. */
static void the_local_end_may_be_to_blame(void)
{
    static const struct {
        gofer_client_options options;
        gofer_reason reason;
    } rows[] = {
        {{.local_address = "192.0.2.7"}, GOFER_REASON_LOCAL_ADDRESS}, /* no machine has it */
        {{.interface = "no-such-device"}, GOFER_REASON_LOCAL_ADDRESS},
        {{.local_address = "127.0.0.7"}, GOFER_REASON_NONE},
        {{.address_filter = gofer_deny_private}, GOFER_REASON_DENIED},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        gofer_client *client = rig_client(&rows[i].options);
        struct outcome got = rig_get_url(client, "http://127.0.0.1:1/"); /* nobody is there */
        rig_expect_error(&got, GOFER_ERR_CONNECT);
        EXPECT_INT(got.error->reason, rows[i].reason);
    }
}

static void bad_options_are_refused(void)
{
    static const gofer_client_options bad[] = {
        {.local_address = "localhost"},
        {.local_address = ""},
        {.local_address = "127.0.0.1:80"},
        {.local_address = "fe80::1%no-such-interface"},
        {.interface = ""},
        {.interface = "a-name-that-is-too-long"},
        {.address_family = (gofer_address_family)3},
        {.fallback_delay_ms = -2},
    };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        errno = 0;
        EXPECT(gofer_client_new(&bad[i]) == NULL);
        EXPECT_INT(errno, EINVAL);
    }
}

/* --- families --- */

static void one_family_may_be_asked_for(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *ipv4 = rig_client(&(gofer_client_options){.address_family = GOFER_IPV4});
    gofer_client *ipv6 = rig_client(&(gofer_client_options){.address_family = GOFER_IPV6});
    static const char *const not_ipv6[] = {"127.0.0.1", "[::ffff:127.0.0.1]"};

    expect_hello_at(ipv4, "localhost", origin);
    expect_hello_at(ipv4, "[::ffff:127.0.0.1]", origin);
    for (int i = 0; i < 2; i++) {
        struct outcome got = get_at(ipv6, not_ipv6[i], origin);
        rig_expect_error(&got, GOFER_ERR_CONNECT);
        EXPECT_HOLDS(got.error->message, "no address of the family");
    }
    struct outcome got = get_at(ipv6, "localhost", origin); /* nobody is there */
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_INT(got.error->sys_errno, ECONNREFUSED);
}

/* A server on 127.0.0.1 and a blackhole on ::1, at one port: localhost has both. */
static void a_dead_family_costs_the_fallback_delay_once(void)
{
    struct origin *origin = rig_script(hello);
    struct blackhole hole;
    struct sockets s = {.error = 0};
    gofer_client_options options = with_sockets(&s);

    options.fallback_delay_ms = FALLBACK_MS;
    options.disable_keep_alives = true;
    gofer_client *client = rig_client(&options);
    blackhole_open_ipv6(&hole, origin_port(origin));
    struct outcome got = get_at(client, "localhost", origin);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_AT_LEAST(got.took_ms, FALLBACK_MS);
    EXPECT_INT(atomic_load(&s.opened), 2);
    got = get_at(client, "localhost", origin); /* what won is remembered */
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(atomic_load(&s.opened), 3);
    blackhole_close(&hole);
}

static void parallel_dials_to_both_families_leak_nothing(void)
{
    struct origin *origin = rig_script(hello);
    struct blackhole hole;
    struct caller callers[DIALS];
    char url[ORIGIN_URL_BYTES];
    gofer_client *client = rig_client(
        &(gofer_client_options){.fallback_delay_ms = FALLBACK_MS, .disable_keep_alives = true});
    struct leaks before, after;

    snprintf(url, sizeof url, "http://localhost:%u/", origin_port(origin));
    blackhole_open_ipv6(&hole, origin_port(origin));
    leaks_count(&before);
    for (int i = 0; i < DIALS; i++)
        caller_start(&callers[i], client, rig_request_to("GET", url));
    for (int i = 0; i < DIALS; i++) {
        struct outcome got = caller_join(&callers[i]);
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT(rig_wait_dialing(client, 0));
    EXPECT(origin_wait(origin, ORIGIN_OPEN, 0));
    leaks_count(&after);
    EXPECT_INT(after.fds, before.fds);
    blackhole_close(&hole);
}

/* --- cancelling --- */

static bool one_dials(void *client)
{
    gofer_worker_run_once(client, 0);
    return rig_stats(client).conns_dialing == 1;
}

static void a_dial_into_a_blackhole_is_cancelled_at_once(void)
{
    struct blackhole hole;
    char url[ORIGIN_URL_BYTES];
    gofer_client *client = rig_client(NULL);

    blackhole_open(&hole);
    snprintf(url, sizeof url, "http://127.0.0.1:%u/", hole.port);
    gofer_future *future = gofer_submit_get(client, url);
    EXPECT(eventually(one_dials, client));
    int64_t begin = now_ms();
    gofer_future_cancel(future);
    EXPECT_STATUS(gofer_future_wait(future, NULL), GOFER_ERR_CANCELED);
    EXPECT(now_ms() - begin < PATIENCE_MS / 4);
    gofer_future_free(future);
    blackhole_close(&hole);
}

static void a_cancel_after_the_dial_leaves_the_connection_alone(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    gofer_request *request = rig_request("GET", origin, "/");
    gofer_cancel *cancel = gofer_cancel_new();

    gofer_request_set_cancel(request, cancel);
    struct outcome got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    gofer_cancel_fire(cancel);
    got = rig_get(client, origin, "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
    gofer_cancel_free(cancel);
}

static void a_response_tells_its_peer(void)
{
    struct origin *origin = rig_script(hello);
    gofer_client *client = rig_client(NULL);
    char expected[32], shown[INET_ADDRSTRLEN + 8];

    snprintf(expected, sizeof expected, "127.0.0.1:%u", origin_port(origin));
    for (int i = 0; i < 2; i++) { /* new and reused */
        struct outcome got = rig_get(client, origin, "/");
        socklen_t len;
        const struct sockaddr *peer = gofer_response_peer(got.response, &len);
        REQUIRE(peer != NULL && peer->sa_family == AF_INET);
        EXPECT_INT(len, sizeof(struct sockaddr_in));
        const struct sockaddr_in *in = (const void *)peer;
        snprintf(shown, sizeof shown, "%s:%u", inet_ntoa(in->sin_addr), ntohs(in->sin_port));
        EXPECT_TEXT(shown, expected);
    }
    struct outcome got = rig_get_url(client, "http://nowhere.invalid./");
    EXPECT(gofer_response_peer(got.response, NULL) == NULL);
    EXPECT(gofer_response_peer(NULL, NULL) == NULL);
}

/* --- unix-domain sockets --- */

static struct outcome get_by(gofer_client *client, const char *url, const char *path)
{
    gofer_request *request = rig_request_to("GET", url);

    EXPECT_STATUS(gofer_request_set_unix_socket(request, path), GOFER_OK);
    return rig_call(client, request);
}

static void calls_go_through_a_unix_socket(void)
{
    static const char *const formats[] = {"/tmp/gofer-dial-%ld", "@gofer-dial-%ld"};
    char path[64];
    struct sockets s = {.error = 0};
    gofer_client_options options = with_sockets(&s);

    options.address_filter = gofer_deny_private; /* which is not asked */
    for (int i = 0; i < 2; i++) {
        struct origin *origin = rig_script(hello);
        gofer_client *client = rig_client(&options);
        snprintf(path, sizeof path, formats[i], (long)getpid());
        origin_listen_unix(origin, path);
        for (int call = 0; call < 2; call++) {
            struct outcome got = get_by(client, "http://api.test/v1", path);
            rig_expect_answer(&got, 200, "hello");
            EXPECT_HOLDS(origin_last_head(origin), "\r\nHost: api.test\r\n");
            EXPECT(gofer_response_peer(got.response, NULL) == NULL);
        }
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 1);
        EXPECT_INT(s.family, AF_UNIX);
        struct outcome got = get_by(client, "http://other.test/", path);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(origin_count(origin, ORIGIN_ACCEPTED), 2); /* another host, another key */
        unlink(path);
    }
}

static void a_unix_socket_that_is_not_there_is_an_error(void)
{
    gofer_client *client = rig_client(NULL);
    char longest[110];
    gofer_request *request = rig_request_to("GET", "http://api.test/");

    struct outcome got = get_by(client, "http://api.test/", "/nonexistent/socket");
    rig_expect_error(&got, GOFER_ERR_CONNECT);
    EXPECT_INT(got.error->sys_errno, ENOENT);
    EXPECT_HOLDS(got.error->message, "/nonexistent/socket");
    memset(longest, 'x', sizeof longest);
    longest[sizeof longest - 1] = '\0';
    EXPECT_STATUS(gofer_request_set_unix_socket(NULL, "/x"), GOFER_ERR_INVALID);
    EXPECT_STATUS(gofer_request_set_unix_socket(request, longest), GOFER_ERR_INVALID);
    got = rig_call(client, request);
    rig_expect_error(&got, GOFER_ERR_INVALID);
    EXPECT_HOLDS(got.error->message, "too long");
    request = rig_request_to("GET", "http://api.test/");
    EXPECT_STATUS(gofer_request_set_unix_socket(request, ""), GOFER_ERR_INVALID);
}

static void the_path_may_be_taken_back(void)
{
    struct origin *origin = rig_script(hello);
    gofer_request *request = rig_request("GET", origin, "/");

    EXPECT_STATUS(gofer_request_set_unix_socket(request, "/nonexistent/socket"), GOFER_OK);
    EXPECT_STATUS(gofer_request_set_unix_socket(request, NULL), GOFER_OK);
    struct outcome got = rig_call(rig_client(NULL), request);
    rig_expect_answer(&got, 200, "hello");
}

CU_TestInfo dial_tests[] = {
    {"DNS-10 private addresses are out of reach", private_addresses_are_out_of_reach},
    {"DNS-10 RES-10 a filter is asked before each connect and may not block",
     a_filter_is_asked_before_each_connect_and_may_not_block},
    {"L13 the hook sees each socket", the_hook_sees_each_socket},
    {"L7 keepalive is as the options say", keepalive_is_as_the_options_say},
    {"L6 calls come from the local address", calls_come_from_the_local_address},
    {"L6 the local end may be to blame", the_local_end_may_be_to_blame},
    {"L6 bad options are refused", bad_options_are_refused},
    {"L12 one family may be asked for", one_family_may_be_asked_for},
    {"L2 DNS-06 a dead family costs the fallback delay, once",
     a_dead_family_costs_the_fallback_delay_once},
    {"L5 parallel dials to both families leak nothing",
     parallel_dials_to_both_families_leak_nothing},
    {"L8 TCP-03 a dial into a blackhole is cancelled at once",
     a_dial_into_a_blackhole_is_cancelled_at_once},
    {"L9 a cancel after the dial leaves the connection alone",
     a_cancel_after_the_dial_leaves_the_connection_alone},
    {"a response tells its peer", a_response_tells_its_peer},
    {"calls go through a unix socket", calls_go_through_a_unix_socket},
    {"a unix socket that is not there is an error", a_unix_socket_that_is_not_there_is_an_error},
    {"the path may be taken back", the_path_may_be_taken_back},
    CU_TEST_INFO_NULL,
};
