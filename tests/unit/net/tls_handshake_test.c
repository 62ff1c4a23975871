/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls: handshakes, whole and in pieces; what is spoken and what is not; servers
 * that are none, and those that ask who we are.
 */
#include "net/tls.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <CUnit/CUnit.h>

#include "support/certs.h"
#include "unit/net/tls_scene.h"

extern CU_TestInfo tls_handshake_tests[];

/* --- handshakes --- */

static void both_versions_are_spoken(void)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    static const char *const names[] = {"TLSv1.2", "TLSv1.3"};
    for (int i = 0; i < 2; i++) {
        struct scene s;
        scene_set(&s, NULL);
        SSL_CTX_set_max_proto_version(s.server, versions[i]);
        CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_DONE);
        struct tls_agreed agreed;
        tls_agreed(s.pair.client, &agreed);
        CU_ASSERT_STRING_EQUAL(agreed.version, names[i]);
        CU_ASSERT_STRING_EQUAL(agreed.cipher, SSL_get_cipher_name(s.pair.server));
        CU_ASSERT_FALSE(agreed.resumed);
        scene_end(&s);
    }
}

static void older_versions_are_refused(void)
{
    static const int versions[] = {TLS1_VERSION, TLS1_1_VERSION};
    for (int i = 0; i < 2; i++) {
        struct scene s;
        scene_set(&s, NULL);
        SSL_CTX_set_min_proto_version(s.server, versions[i]);
        SSL_CTX_set_max_proto_version(s.server, versions[i]);
        pair_meet(&s.pair, s.source, s.server, "good.test");
        CU_ASSERT(scene_failed(&s, "server speaks no version of TLS that is allowed here"));
        scene_end(&s);
    }
}

static void versions_keep_to_the_options(void)
{
    struct scene s;
    gofer_tls_options o = *pair_trusting();
    o.max_version = GOFER_TLS_1_2;
    scene_set(&s, &o);
    struct tls_agreed agreed;
    CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_DONE);
    tls_agreed(s.pair.client, &agreed);
    CU_ASSERT_STRING_EQUAL(agreed.version, "TLSv1.2");
    scene_end(&s);
    o.max_version = GOFER_TLS_ANY;
    o.min_version = GOFER_TLS_1_3;
    scene_set(&s, &o);
    SSL_CTX_set_max_proto_version(s.server, TLS1_2_VERSION);
    CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_FAILED);
    CU_ASSERT(scene_failed(&s, "server speaks no version of TLS that is allowed here"));
    scene_end(&s);
}

static void handshakes_go_byte_by_byte(void)
{
    struct scene s;
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, s.server, "good.test");
    CU_ASSERT_EQUAL(pair_shake(&s.pair, 1), TLS_DONE);
    tls_context_unref(context);
    scene_end(&s);
}

static void a_silent_server_is_waited_for(void)
{
    struct scene s;
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
        CU_ASSERT_EQUAL(tls_read_events(s.pair.client), EPOLLIN);
    }
    CU_ASSERT_EQUAL(s.pair.fault.code, GOFER_OK);
    tls_context_unref(context);
    scene_end(&s);
}

/* The socket takes no byte: what is waited for is room. */
static void a_full_socket_is_waited_for(void)
{
    struct scene s;
    static char junk[64 * 1024];
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    while (send(s.pair.fds[0], junk, sizeof junk, MSG_DONTWAIT | MSG_NOSIGNAL) > 0)
        ;
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
    CU_ASSERT_EQUAL(tls_read_events(s.pair.client), EPOLLOUT);
    while (pair_carry_up(&s.pair, sizeof junk) > 0)
        ;
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
    CU_ASSERT_EQUAL(tls_read_events(s.pair.client), EPOLLIN);
    tls_context_unref(context);
    scene_end(&s);
}

/* What a server says in place of its part of a handshake, and what is made of it. */
static void check_answer(const char *bytes, size_t len, bool then_ends, const char *words)
{
    struct scene s;
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_WAIT);
    pair_carry_up(&s.pair, 65536);
    if (len > 0)
        pair_send_raw(&s.pair, bytes, len);
    if (then_ends)
        pair_cut(&s.pair);
    s.pair.step = tls_handshake(s.pair.client, &s.pair.fault);
    CU_ASSERT(scene_failed(&s, words));
    if (!scene_failed(&s, words))
        printf("\n    \"%s\" is not \"%s\"", s.pair.fault.detail, words);
    tls_context_unref(context);
    scene_end(&s);
}

#define CHECK_ANSWER(bytes, then_ends, words)                                                      \
    check_answer(bytes, sizeof(bytes) - 1, then_ends, words)

static void plain_http_is_recognized(void)
{
    CHECK_ANSWER("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", true,
                 "server answered plain HTTP to a TLS client");
    CHECK_ANSWER("HTTP/1.0 200 OK\r\n\r\n", false, "server answered plain HTTP to a TLS client");
}

static void what_is_not_tls_is_shown(void)
{
    CHECK_ANSWER("SSH-2.0-OpenSSH_9.2\r\n", false,
                 "server does not speak TLS: it began with \"SSH-2.0-\"");
    CHECK_ANSWER("220 mail.test ESMTP\r\n", false,
                 "server does not speak TLS: it began with \"220 mail\"");
    CHECK_ANSWER("\x00\xff\x1b[2J\"\\rest of it", false,
                 "server does not speak TLS: it began with \"\\x00\\xff\\x1b[2J\\\"\\\\\"");
}

static void a_handshake_that_ends_is_an_error(void)
{
    CHECK_ANSWER("", true, "server closed the connection in the handshake");
    CHECK_ANSWER("\x16\x03\x03", true, "server closed the connection in the handshake");
    /* a close_notify, and nothing behind it */
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x01\x00", false,
                 "server ended TLS in the handshake (close_notify)");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x01\x00", true,
                 "server ended TLS in the handshake (close_notify)");
}

static void alerts_say_what_to_change(void)
{
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x28", false,
                 "server refused the handshake: no cipher in common, or it wants a certificate");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x70", false,
                 "server does not know the name it was asked for");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x46", false,
                 "server speaks no version of TLS that is allowed here");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x78", false,
                 "server speaks none of the protocols offered (ALPN)");
    CHECK_ANSWER("\x15\x03\x03\x00\x02\x02\x50", false,
                 "server sent the TLS alert \"internal error\"");
}

static void nonsense_in_records_is_an_error(void)
{
    struct scene s;
    static const char record[] = "\x16\x03\x03\x00\x05\x02\x00\x00\x01\x00";
    scene_set(&s, NULL);
    struct tls_context *context = pair_context(s.source);
    pair_begin(&s.pair, context, NULL, "good.test");
    tls_handshake(s.pair.client, &s.pair.fault);
    pair_send_raw(&s.pair, record, sizeof record - 1);
    CU_ASSERT_EQUAL(tls_handshake(s.pair.client, &s.pair.fault), TLS_FAILED);
    CU_ASSERT_EQUAL(strncmp(s.pair.fault.detail, "TLS handshake failed: ", 22), 0);
    /* Nothing more is tried. */
    CU_ASSERT_EQUAL(tls_read(s.pair.client, (char[1]){0}, 1, false), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    tls_context_unref(context);
    scene_end(&s);
}

/* --- ALPN, ciphers --- */

static int choose(SSL *ssl, const unsigned char **out, unsigned char *len,
                  const unsigned char *offered, unsigned offered_len, void *arg)
{
    const char *wanted = arg;
    (void)ssl;
    unsigned char *chosen;
    int found = SSL_select_next_proto(&chosen, len, (const unsigned char *)wanted,
                                      (unsigned)strlen(wanted), offered, offered_len);
    *out = chosen;
    return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

/* A handshake with a server that wants a protocol, in wire form. */
static void meet_choosy(struct scene *s, const char *offer, const char *wanted)
{
    gofer_tls_options o = *pair_trusting();
    o.alpn = offer;
    scene_set(s, &o);
    SSL_CTX_set_alpn_select_cb(s->server, choose, (void *)wanted);
    pair_meet(&s->pair, s->source, s->server, "good.test");
}

static void http_1_1_is_offered(void)
{
    struct scene s;
    struct tls_agreed agreed;
    meet_choosy(&s, NULL, "\x08http/1.1");
    CU_ASSERT_EQUAL(s.pair.step, TLS_DONE);
    tls_agreed(s.pair.client, &agreed);
    CU_ASSERT_EQUAL_FATAL(agreed.alpn_len, 8);
    CU_ASSERT_EQUAL(memcmp(agreed.alpn, "http/1.1", 8), 0);
    scene_end(&s);
    scene_open(&s); /* a server without ALPN will do */
    tls_agreed(s.pair.client, &agreed);
    CU_ASSERT_EQUAL(agreed.alpn_len, 0);
    scene_end(&s);
}

static void http_2_is_not_spoken(void)
{
    struct scene s;
    meet_choosy(&s, NULL, "\x02h2");
    CU_ASSERT(scene_failed(&s, "server speaks none of the protocols offered (ALPN)"));
    scene_end(&s);
    meet_choosy(&s, "h2,http/1.1", "\x02h2");
    CU_ASSERT(scene_failed(&s, "server chose the protocol \"h2\", which gofer does not speak"));
    scene_end(&s);
    meet_choosy(&s, "h2,http/1.1", "\x08http/1.1\x02h2");
    CU_ASSERT_EQUAL(s.pair.step, TLS_DONE);
    scene_end(&s);
}

static void ciphers_keep_to_the_options(void)
{
    struct scene s;
    struct tls_agreed agreed;
    gofer_tls_options o = *pair_trusting();
    o.ciphersuites = "TLS_CHACHA20_POLY1305_SHA256";
    o.ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256";
    for (int i = 0; i < 2; i++) {
        scene_set(&s, &o);
        SSL_CTX_set_max_proto_version(s.server, i == 0 ? TLS1_3_VERSION : TLS1_2_VERSION);
        CU_ASSERT_EQUAL(pair_meet(&s.pair, s.source, s.server, "good.test"), TLS_DONE);
        tls_agreed(s.pair.client, &agreed);
        CU_ASSERT_STRING_EQUAL(agreed.cipher, i == 0 ? o.ciphersuites : o.ciphers);
        scene_end(&s);
    }
}

/* --- client certificates --- */

static void demand_certificate(struct scene *s)
{
    SSL_CTX_set_verify(s->server, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(s->server), certs_get("root"));
}

/* A handshake with a server that wants to know who we are; TLS 1.2 and below 1.3 differ in when the
 * answer comes. */
static void meet_strict(struct scene *s, const gofer_tls_options *options, int version)
{
    scene_set(s, options);
    demand_certificate(s);
    SSL_CTX_set_max_proto_version(s->server, version);
    pair_meet(&s->pair, s->source, s->server, "good.test");
}

static void a_client_shows_its_certificate(void)
{
    struct scene s;
    gofer_tls_options o = *pair_trusting();
    o.cert_pem = certs_pem("client;middle");
    o.key_pem = certs_key_pem("client", NULL);
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 2; i++) {
        meet_strict(&s, &o, versions[i]);
        CU_ASSERT_EQUAL(s.pair.step, TLS_DONE);
        CU_ASSERT(SSL_is_init_finished(s.pair.server));
        X509 *shown = SSL_get0_peer_certificate(s.pair.server);
        CU_ASSERT(shown != NULL && X509_cmp(shown, certs_get("client")) == 0);
        scene_end(&s);
    }
}

static void a_client_without_one_is_told(void)
{
    struct scene s;
    struct fault fault = {0};
    char buf[8];
    meet_strict(&s, NULL, TLS1_2_VERSION);
    CU_ASSERT(scene_failed(
        &s, "server refused the handshake: no cipher in common, or it wants a certificate"));
    scene_end(&s);
    meet_strict(&s, NULL, TLS1_3_VERSION);
    CU_ASSERT_EQUAL(s.pair.step, TLS_DONE); /* the refusal comes behind the handshake */
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EPROTO);
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_WAIT, &fault));
    CU_ASSERT_EQUAL(fault.code, GOFER_ERR_TLS);
    CU_ASSERT_STRING_EQUAL(fault.detail, "server demands a client certificate");
    scene_end(&s);
}

static void a_client_with_a_strange_one_is_told(void)
{
    struct scene s;
    struct fault fault = {0};
    char buf[8];
    gofer_tls_options o = *pair_trusting();
    o.cert_pem = certs_pem("other client;other middle");
    o.key_pem = certs_key_pem("other client", NULL);
    meet_strict(&s, &o, TLS1_3_VERSION);
    CU_ASSERT_EQUAL(scene_read(&s, buf, sizeof buf), -1);
    CU_ASSERT(tls_explain(s.pair.client, GOFER_PHASE_WAIT, &fault));
    CU_ASSERT_STRING_EQUAL(fault.detail,
                           "server refused the client certificate: it does not know the issuer");
    scene_end(&s);
}

CU_TestInfo tls_handshake_tests[] = {
    {"J4 both versions are spoken, version and cipher are known", both_versions_are_spoken},
    {"older versions are refused", older_versions_are_refused},
    {"versions keep to the options", versions_keep_to_the_options},
    {"TCP-07 handshakes go byte by byte", handshakes_go_byte_by_byte},
    {"TLS-14 a silent server is waited for", a_silent_server_is_waited_for},
    {"a full socket is waited for", a_full_socket_is_waited_for},
    {"TLS-13 J5 plain HTTP is recognized", plain_http_is_recognized},
    {"TLS-13 INJ-12 what is not TLS is shown", what_is_not_tls_is_shown},
    {"TLS-16 a handshake that ends is an error", a_handshake_that_ends_is_an_error},
    {"alerts say what to change", alerts_say_what_to_change},
    {"nonsense in records is an error", nonsense_in_records_is_an_error},
    {"HTTP/1.1 is offered", http_1_1_is_offered},
    {"TLS-15 HTTP/2 is not spoken", http_2_is_not_spoken},
    {"ciphers keep to the options", ciphers_keep_to_the_options},
    {"a client shows its certificate", a_client_shows_its_certificate},
    {"a client without one is told", a_client_without_one_is_told},
    {"a client with a strange one is told", a_client_with_a_strange_one_is_told},
    CU_TEST_INFO_NULL,
};
