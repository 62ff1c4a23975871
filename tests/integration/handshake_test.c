/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where handshakes run: their arithmetic is what a new connection costs, so one
 * thread must not do it for all.
 */
#include <CUnit/CUnit.h>
#include <stdatomic.h>
#include <string.h>

#include <openssl/ssl.h>

#include "integration/expect.h"
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

CU_TestInfo handshake_tests[] = {
    {"handshakes run beside each other", handshakes_run_beside_each_other},
    CU_TEST_INFO_NULL,
};
