/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Proxies that speak TLS, and TLS inside of theirs: whom they must prove to be, and
 * what the two have to do with each other (nothing).
 */
#include <CUnit/CUnit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "integration/diary.h"
#include "integration/expect.h"
#include "integration/rig.h"
#include "integration/via.h"
#include "support/certs.h"

extern CU_TestInfo proxy_tls_tests[];

enum { LIMIT_MS = 300 };

static const struct route hello[] = {{.reply = REPLY_HELLO}};

static struct origin *secure_origin(void)
{
    return rig_origin_tls(script_serve, (void *)(uintptr_t)hello, "good");
}

/* A client that trusts servers, and whose options say whom of proxies. */
static gofer_client *client_via(const struct via *via, const gofer_tls_options *proxy_tls)
{
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};

    return rig_client(
        &(gofer_client_options){.proxy = via->url, .tls = &tls, .proxy_tls = proxy_tls});
}

static gofer_client *trusting_client(const struct via *via)
{
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};

    return client_via(via, &tls);
}

static struct outcome get_secure(gofer_client *client, const struct origin *origin)
{
    char url[ORIGIN_URL_BYTES];

    snprintf(url, sizeof url, "https://127.0.0.1:%u/", origin_port(origin));
    return rig_get_url(client, url);
}

/* --- two of them --- */

static void tls_goes_inside_of_tls(void)
{
    struct via via;
    struct origin *origin = secure_origin();

    via_start(&via, "https", NULL);
    gofer_client *client = trusting_client(&via);
    struct outcome got = get_secure(client, origin);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(gofer_response_tls_version(got.response), "TLSv1.3");
    EXPECT_INT(via_seen(&via).tunnels, 1);
    got = get_secure(client, origin);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(via.proxy), 1);
}

static void what_a_proxy_fetches_is_not_secured(void)
{
    struct via via;

    via_start(&via, "https", NULL);
    struct outcome got = rig_get(trusting_client(&via), rig_script(hello), "/");
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(via_seen(&via).fetches, 1);
    EXPECT(gofer_response_tls_version(got.response) == NULL);
    EXPECT(gofer_response_certificate(got.response) == NULL);
}

static void sessions_are_kept_apart(void)
{
    struct via via;
    struct origin *origin = secure_origin();
    gofer_request *direct;
    char url[ORIGIN_URL_BYTES];

    via_start(&via, "https", NULL);
    gofer_client *client = trusting_client(&via);
    for (unsigned i = 0; i < 3; i++) {
        struct outcome got = get_secure(client, origin);
        rig_expect_answer(&got, 200, "hello");
        /* Each resumes its own. */
        EXPECT_INT(test_proxy_resumed(via.proxy), i);
        EXPECT_INT(origin_count(origin, ORIGIN_RESUMED), i);
        gofer_client_close_idle(client);
    }
    /* The same server without the proxy, and the proxy as a server: nothing to resume. */
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", origin_port(origin));
    direct = rig_request_to("GET", url);
    gofer_request_set_proxy(direct, "");
    struct outcome got = rig_call(client, direct);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(origin_count(origin, ORIGIN_RESUMED), 2);
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", test_proxy_port(via.proxy));
    direct = rig_request_to("GET", url);
    gofer_request_set_proxy(direct, "");
    got = rig_call(client, direct);
    EXPECT_STATUS(got.status, GOFER_OK);
    EXPECT_INT(gofer_response_status(got.response), 400);
    EXPECT_INT(test_proxy_resumed(via.proxy), 2);
}

static void other_credentials_resume_no_session(void)
{
    struct via via;
    struct origin *origin = secure_origin();
    char url[VIA_URL_BYTES], target[ORIGIN_URL_BYTES];
    static const char *const credentials[] = {"a:x", "a:y", "a:x"};

    via_start(&via, "https", NULL);
    gofer_client *client = trusting_client(&via);
    snprintf(target, sizeof target, "https://127.0.0.1:%u/", origin_port(origin));
    for (unsigned i = 0; i < 3; i++) {
        gofer_request *request = rig_request_to("GET", target);
        gofer_request_set_proxy(request, via_url(&via, credentials[i], url));
        struct outcome got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
        gofer_client_close_idle(client);
        EXPECT_INT(test_proxy_resumed(via.proxy), i == 2);
        EXPECT_INT(origin_count(origin, ORIGIN_RESUMED), i == 2);
    }
}

/* --- traces --- */

static void a_trace_tells_of_both_handshakes(void)
{
    static struct diary diary;
    static const struct {
        enum test_proxy_fault fault;
        const char *words;
    } rows[] = {
        {PROXY_FAULT_NONE, "begin get_conn connect_start connect_done tls_start tls_done "
                           "tls_start tls_done got_conn "},
        {PROXY_FAULT_REFUSE, "begin get_conn connect_start connect_done tls_start tls_done end"},
    };
    char url[ORIGIN_URL_BYTES], text[DIARY_TEXT];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct via via;

        via_start(&via, "https", &(struct test_proxy_script){.fault = rows[i].fault});
        snprintf(url, sizeof url, "https://127.0.0.1:%u/", origin_port(secure_origin()));
        gofer_request *request = rig_request_to("GET", url);
        diary_begin(&diary);
        gofer_request_set_trace(request, diary_write, &diary, diary_close);
        struct outcome got = rig_call(trusting_client(&via), request);
        EXPECT_STATUS(got.status, i == 0 ? GOFER_OK : GOFER_ERR_PROXY);
        diary_text(&diary, text);
        EXPECT_HOLDS(text, rows[i].words);
        EXPECT_INT(diary_count(&diary, GOFER_TRACE_TLS_START),
                   diary_count(&diary, GOFER_TRACE_TLS_DONE));
    }
}

/* --- trust --- */

static void expect_refused(const struct outcome *got, const char *words)
{
    rig_expect_error(got, GOFER_ERR_PROXY);
    EXPECT_INT(got->error->phase, GOFER_PHASE_PROXY);
    EXPECT_INT(got->error->sent, GOFER_SENT_NOTHING);
    EXPECT_HOLDS(got->error->message, words);
}

static void a_proxy_must_be_who_it_should_be(void)
{
    static const struct {
        const char *cert, *words;
    } rows[] = {
        {"old", "proxy: certificate has expired (2 days ago)"},
        {"wrong name", "proxy: certificate is for a.test, not 127.0.0.1"},
        {"unknown issuer",
         "proxy: CA certificate \"other middle\"'s issuer \"other root\" is unknown"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct via via;

        via_start(&via, "https", &(struct test_proxy_script){.cert = rows[i].cert});
        gofer_client *client = trusting_client(&via);
        struct outcome got = rig_get(client, rig_script(hello), "/");
        expect_refused(&got, rows[i].words);
        got = get_secure(client, secure_origin());
        expect_refused(&got, rows[i].words);
        EXPECT_INT(via_seen(&via).questions, 0);
    }
}

static void trust_in_servers_is_no_trust_in_proxies(void)
{
    struct via via;
    gofer_tls_options insecure = {.verify = GOFER_TLS_INSECURE},
                      trusting = {.ca_pem = certs_pem("root")};

    via_start(&via, "https", NULL);
    struct outcome got = get_secure(client_via(&via, NULL), secure_origin());
    expect_refused(&got, "proxy: CA certificate \"middle\"'s issuer \"root\" is unknown");
    got = get_secure(rig_client(&(gofer_client_options){.proxy = via.url, .tls = &insecure}),
                     secure_origin());
    expect_refused(&got, "proxy: CA certificate \"middle\"'s issuer \"root\" is unknown");
    /* And the other way round. */
    got = get_secure(rig_client(&(gofer_client_options){.proxy = via.url, .proxy_tls = &trusting}),
                     secure_origin());
    rig_expect_error(&got, GOFER_ERR_CERTIFICATE);
    EXPECT_INT(got.error->phase, GOFER_PHASE_TLS);
    EXPECT_LACKS(got.error->message, "proxy");
}

/* A request's server name, and the client's, concern the server. */
static void a_server_name_is_not_the_proxys(void)
{
    struct via via;
    gofer_tls_options root = {.ca_pem = certs_pem("root")},
                      named = {.ca_pem = certs_pem("root"), .server_name = "good.test"};
    struct origin *origin = secure_origin();
    char url[ORIGIN_URL_BYTES];

    via_start(&via, "https", &(struct test_proxy_script){.cert = "address"});
    gofer_client *client =
        rig_client(&(gofer_client_options){.proxy = via.url, .tls = &named, .proxy_tls = &root});
    struct outcome got = get_secure(client, origin);
    rig_expect_answer(&got, 200, "hello");
    snprintf(url, sizeof url, "https://127.0.0.1:%u/", origin_port(origin));
    gofer_request *request = rig_request_to("GET", url);
    gofer_request_set_tls_server_name(request, "localhost");
    got = rig_call(client, request);
    rig_expect_answer(&got, 200, "hello");
    EXPECT_INT(test_proxy_accepted(via.proxy), 2);
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "we");

    REQUIRE(file != NULL);
    fputs(text, file);
    fclose(file);
}

/* As for a server (tls_test.c): the tunnel that lies idle was made under the old CA. */
static void a_new_ca_file_retires_tunnels(void)
{
    char path[] = "/tmp/gofer-ca-XXXXXX";
    struct via via;
    struct origin *origin = secure_origin();
    int fd = mkstemp(path);

    REQUIRE(fd >= 0);
    close(fd);
    write_file(path, certs_pem("root"));
    via_start(&via, "https", NULL);
    gofer_client *client = client_via(&via, &(gofer_tls_options){.ca_file = path});
    for (int i = 0; i < 2; i++) {
        struct outcome got = get_secure(client, origin);
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(test_proxy_accepted(via.proxy), 1);
    write_file(path, certs_pem("other root"));
    pass_ms(1100);
    struct outcome got = get_secure(client, secure_origin()); /* a dial looks at the file */
    expect_refused(&got, "is unknown");
    got = get_secure(client, origin);
    expect_refused(&got, "is unknown");
    unlink(path);
}

/* --- no TLS there --- */

static void talks_first(struct peer *peer, void *arg)
{
    (void)arg;
    peer_say(peer, "HTTP/1.1 400 Bad Request\r\n\r\n");
    peer_sees_end(peer);
}

static void listens(struct peer *peer, void *arg)
{
    char bytes[4096];

    (void)arg;
    while (peer_receive(peer, bytes, sizeof bytes) > 0)
        continue;
}

static struct via via_of(const struct origin *origin)
{
    struct via via = {.scheme = "https"};

    snprintf(via.url, sizeof via.url, "https://127.0.0.1:%u", origin_port(origin));
    return via;
}

static void a_proxy_without_tls_says_so(void)
{
    struct via via = via_of(rig_origin(talks_first, NULL));
    struct outcome got = rig_get(trusting_client(&via), rig_script(hello), "/");

    expect_refused(&got, "proxy: server answered plain HTTP to a TLS client");
}

static void a_handshake_that_stalls_is_given_up(void)
{
    struct origin *silent = rig_origin(listens, NULL);
    struct via via = via_of(silent);
    gofer_client *client =
        rig_client(&(gofer_client_options){.proxy = via.url, .connect_timeout_ms = LIMIT_MS});
    struct outcome got = get_secure(client, secure_origin());

    rig_expect_timeout(&got, GOFER_PHASE_PROXY, LIMIT_MS);
    EXPECT_HOLDS(got.error->message, "proxy: timed out after 300 ms talking to the proxy");
    EXPECT(origin_wait(silent, ORIGIN_OPEN, 0));
}

static void a_connect_that_stalls_inside_tls_is_given_up(void)
{
    struct via via;
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};

    via_start(&via, "https", &(struct test_proxy_script){.fault = PROXY_FAULT_HALF});
    gofer_client *client = rig_client(&(gofer_client_options){
        .proxy = via.url, .proxy_tls = &tls, .connect_timeout_ms = LIMIT_MS});
    struct outcome got = get_secure(client, secure_origin());
    rig_expect_timeout(&got, GOFER_PHASE_PROXY, LIMIT_MS);
    EXPECT(test_proxy_wait_open(via.proxy, 0));
}

static void what_a_proxy_refuses_inside_tls_says_why(void)
{
    static const struct {
        enum test_proxy_fault fault;
        const char *words;
    } rows[] = {
        {PROXY_FAULT_REFUSE, "proxy refused CONNECT: 403 Filtered"},
        {PROXY_FAULT_CLOSE, "proxy's answer to CONNECT: none, the connection was closed"},
        {PROXY_FAULT_HALF_CLOSE, "proxy's answer to CONNECT: cut off"},
        {PROXY_FAULT_ENDLESS_HEAD, "proxy's answer to CONNECT: more than 16 KiB without an end"},
        {PROXY_FAULT_ENDLESS_BODY, "proxy refused CONNECT: 407 Proxy Authentication Required"},
        {PROXY_FAULT_PAGE, "proxy refused CONNECT: 407 Proxy Authentication Required"},
        {PROXY_FAULT_INTERIM, "proxy's answer to CONNECT: more than 16 KiB without an end"},
        {PROXY_FAULT_RESET, "proxy: connection broke"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct via via;

        via_start(&via, "https", &(struct test_proxy_script){.fault = rows[i].fault});
        struct outcome got = get_secure(trusting_client(&via), secure_origin());
        expect_refused(&got, rows[i].words);
        EXPECT(test_proxy_wait_open(via.proxy, 0));
    }
}

CU_TestInfo proxy_tls_tests[] = {
    {"I1 TLS goes inside of TLS", tls_goes_inside_of_tls},
    {"I1 what a proxy fetches is not secured", what_a_proxy_fetches_is_not_secured},
    {"PX-09 sessions are kept apart", sessions_are_kept_apart},
    {"PX-06, RU-14 other credentials resume no session", other_credentials_resume_no_session},
    {"L14 a trace tells of both handshakes", a_trace_tells_of_both_handshakes},
    {"a proxy must be who it should be", a_proxy_must_be_who_it_should_be},
    {"trust in servers is no trust in proxies", trust_in_servers_is_no_trust_in_proxies},
    {"a server name is not the proxy's", a_server_name_is_not_the_proxys},
    {"TLS-17 a new CA file retires tunnels", a_new_ca_file_retires_tunnels},
    {"a proxy without TLS says so", a_proxy_without_tls_says_so},
    {"I7, PX-04 a handshake that stalls is given up", a_handshake_that_stalls_is_given_up},
    {"I7, PX-04 a CONNECT that stalls inside TLS is given up",
     a_connect_that_stalls_inside_tls_is_given_up},
    {"PX-02, PX-03 what a proxy refuses inside TLS says why",
     what_a_proxy_refuses_inside_tls_says_why},
    CU_TEST_INFO_NULL,
};
