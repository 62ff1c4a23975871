/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Handshakes: where they run, for their arithmetic is what a new connection costs, so
 * that one thread must not do it for all; servers that do not shake hands; and calls
 * that end in one.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include <openssl/ssl.h>

#include "integration/expect.h"
#include "integration/https.h"
#include "integration/rig.h"
#include "support/certs.h"

extern CU_TestInfo handshake_tests[];

enum { MEETING = 2 };

/* Handshakes that wait for each other. */
static struct gate meeting = GATE_INIT;
static atomic_bool alone;

/* Called inside a handshake, once each for this kind of secret. */
static void on_secret(const SSL *ssl, const char *line)
{
    (void)ssl;
    if (strncmp(line, "CLIENT_TRAFFIC_SECRET_0 ", 24) != 0)
        return;
    gate_pass(&meeting);
    if (!gate_wait(&meeting, MEETING))
        atomic_store(&alone, true);
}

static int watch(SSL_CTX *ctx, void *arg)
{
    (void)arg;
    SSL_CTX_set_keylog_callback(ctx, on_secret);
    return 1;
}

/* Two handshakes are inside at the same moment: each waits there for the other. */
static void handshakes_run_beside_each_other(void)
{
    static const struct route hello[] = {{.reply = REPLY_HELLO}};
    gofer_tls_options tls = {
        .ca_pem = certs_pem("root"), .min_version = GOFER_TLS_1_3, .ssl_ctx = watch};
    struct origin *origin = rig_origin_tls(script_serve, (void *)(uintptr_t)hello, "good");
    gofer_client *client = rig_client(&(gofer_client_options){.tls = &tls, .workers = MEETING});
    gofer_future *futures[MEETING];
    char url[ORIGIN_URL_BYTES];

    gate_reset(&meeting);
    atomic_store(&alone, false);
    origin_url(origin, "/", url);
    for (int i = 0; i < MEETING; i++)
        futures[i] = gofer_submit_get(client, url);
    for (int i = 0; i < MEETING; i++) {
        gofer_response *response;
        EXPECT_STATUS(gofer_future_wait_for(futures[i], -1, &response), GOFER_OK);
        rig_keep(response);
        gofer_future_free(futures[i]);
    }
    EXPECT(!atomic_load(&alone));
    EXPECT(origin_wait(origin, ORIGIN_SHAKEN, MEETING));
}

/* --- servers that do not shake hands --- */

static void hold(struct peer *peer, void *arg)
{
    (void)arg;
    char sink[4096];
    while (recv(peer_fd(peer), sink, sizeof sink, 0) > 0)
        ;
}

static void drip(struct peer *peer, void *arg)
{
    static const char record[4096] = "\x16\x03\x03\x0f\xf0\x02\x00\x0f\xec\x03\x03";

    (void)arg;
    for (size_t i = 0; i < sizeof record && peer_send(peer, record + i, 1); i++)
        pass_ms(5);
}

static gofer_client *impatient_client(int64_t handshake_ms)
{
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};

    return rig_client(
        &(gofer_client_options){.tls = &tls, .tls_handshake_timeout_ms = handshake_ms});
}

static void a_silent_server_times_out(void)
{
    struct outcome got = https_get(impatient_client(80), rig_origin(hold, NULL));

    rig_expect_timeout(&got, GOFER_PHASE_TLS, 80);
    EXPECT_HOLDS(got.error->message, "timed out after 80 ms shaking hands");
}

static void a_server_that_drips_times_out(void)
{
    struct outcome got = https_get(impatient_client(100), rig_origin(drip, NULL));

    rig_expect_timeout(&got, GOFER_PHASE_TLS, 100);
}

static void the_calls_limit_holds_in_the_handshake(void)
{
    char url[ORIGIN_URL_BYTES];
    gofer_request *request =
        rig_request_to("GET", https_url(rig_origin(hold, NULL), "127.0.0.1", url));

    rig_limited_call(https_client(), request, GOFER_PHASE_TLS);
}

static void answer_and_finish(struct peer *peer, void *arg)
{
    const char *bytes = arg;
    char sink[4096];

    if (recv(peer_fd(peer), sink, sizeof sink, 0) > 0)
        peer_send(peer, bytes + 1, (size_t)bytes[0]);
    peer_finish(peer);
    hold(peer, NULL);
}

static void answers_that_are_no_handshake_are_told(void)
{
    static const struct {
        const char *bytes, *words; /* the first byte is the length */
    } rows[] = {
        {"\x00", "server closed the connection in the handshake"},
        {"\x07\x15\x03\x03\x00\x02\x01\x00", "server ended TLS in the handshake (close_notify)"},
        {"\x07\x15\x03\x03\x00\x02\x02\x28", "server refused the handshake"},
        {"\x16SSH-2.0-OpenSSH_9.2p1\r\n", "server does not speak TLS: it began with \"SSH-2.0-\""},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct origin *origin = rig_origin(answer_and_finish, (void *)(uintptr_t)rows[i].bytes);
        struct outcome got = https_get(https_client(), origin);
        https_expect_failed(&got, GOFER_ERR_TLS, rows[i].words);
        EXPECT_INT(got.error->reason, GOFER_REASON_HANDSHAKE);
    }
}

/* A server answers whatever it gets with plain HTTP, as servers do that get a handshake. */
static void say_bad_request(struct peer *peer, void *arg)
{
    char sink[4096];

    (void)arg;
    if (recv(peer_fd(peer), sink, sizeof sink, 0) > 0)
        peer_say(peer, "HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nwhat?");
}

static void plain_http_is_recognized(void)
{
    struct outcome got = https_get(https_client(), rig_origin(say_bad_request, NULL));

    https_expect_failed(&got, GOFER_ERR_TLS, "server answered plain HTTP to a TLS client");
}

static void tls_on_a_plain_port_fails_fast(void)
{
    char url[ORIGIN_URL_BYTES];
    struct origin *origin = https_hello("good");

    snprintf(url, sizeof url, "http://127.0.0.1:%u/", origin_port(origin));
    struct outcome got = rig_get_url(https_client(), url);
    EXPECT(got.status == GOFER_ERR_PROTOCOL || got.status == GOFER_ERR_BROKEN);
    EXPECT(got.took_ms < 10000);
}

/* --- calls that end in one --- */

static void a_call_is_cancelled_in_the_handshake(void)
{
    gofer_client *client = https_client();
    char url[ORIGIN_URL_BYTES];
    struct origin *origin = rig_origin(hold, NULL);
    gofer_cancel *cancel = gofer_cancel_new();
    gofer_request *request = rig_request_to("GET", https_url(origin, "127.0.0.1", url));
    struct caller caller;

    gofer_request_set_cancel(request, cancel);
    caller_start(&caller, client, request);
    EXPECT(origin_wait(origin, ORIGIN_ACCEPTED, 1));
    gofer_cancel_fire(cancel);
    struct outcome got = caller_join(&caller);
    rig_expect_error(&got, GOFER_ERR_CANCELED);
    gofer_cancel_free(cancel);
}

static void a_client_ends_in_the_handshake(void)
{
    gofer_client *client = https_client();
    char url[ORIGIN_URL_BYTES];
    struct origin *origin = rig_origin(hold, NULL);
    gofer_future *future = gofer_submit_get(client, https_url(origin, "127.0.0.1", url));
    gofer_response *response;

    rig_end_client(client);
    EXPECT_STATUS(gofer_future_wait(future, &response), GOFER_ERR_CLOSED);
    rig_keep(response);
    gofer_future_free(future);
}

CU_TestInfo handshake_tests[] = {
    {"handshakes run beside each other", handshakes_run_beside_each_other},
    {"C2 TLS-14 a silent server times out", a_silent_server_times_out},
    {"C2 TLS-14 a server that drips times out", a_server_that_drips_times_out},
    {"TLS-14 the call's limit holds in the handshake", the_calls_limit_holds_in_the_handshake},
    {"TLS-16 TLS-13 answers that are no handshake are told",
     answers_that_are_no_handshake_are_told},
    {"TLS-13 J5 plain HTTP is recognized", plain_http_is_recognized},
    {"TLS-13 TLS on a plain port fails fast", tls_on_a_plain_port_fails_fast},
    {"RU-09 a call is cancelled in the handshake", a_call_is_cancelled_in_the_handshake},
    {"RES-08 a client ends in the handshake", a_client_ends_in_the_handshake},
    CU_TEST_INFO_NULL,
};
