/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * https as a program sees it: certificates, servers that misbehave after the
 * handshake (before: handshake_test.c), sessions, files that change. That all else is the same
 * over TLS, the suites listed as SECURE say.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <openssl/ssl.h>

#include "integration/expect.h"
#include "integration/https.h"
#include "integration/rig.h"
#include "support/certs.h"
#include "support/child.h"

extern CU_TestInfo tls_tests[];

static const struct route hello[] = {{.reply = REPLY_HELLO}};

/* The same because of the certificate. */
static void expect_refused(const struct outcome *got, const char *words)
{
    https_expect_failed(got, GOFER_ERR_CERTIFICATE, words);
    bool pin = strstr(words, "pinned") != NULL;
    EXPECT_INT(got->error->reason, pin ? GOFER_REASON_PIN : GOFER_REASON_CERTIFICATE);
}

/* --- trust --- */

static void a_response_tells_how_it_was_secured(void)
{
    gofer_client *client = https_client();
    struct origin *origin = https_hello("good");
    struct outcome got = https_get(client, origin);

    rig_expect_answer(&got, 200, "hello");
    EXPECT_TEXT(gofer_response_tls_version(got.response), "TLSv1.3");
    EXPECT_HOLDS(gofer_response_tls_cipher(got.response), "TLS_");
    EXPECT_INT(gofer_response_tls_resumed(got.response), 0);
    got = rig_get(client, rig_script(hello), "/");
    EXPECT(gofer_response_tls_version(got.response) == NULL);
    EXPECT(gofer_response_tls_cipher(got.response) == NULL);
    got = https_get(client, https_hello("old"));
    EXPECT(gofer_response_tls_version(got.response) == NULL);
    EXPECT(gofer_response_tls_version(NULL) == NULL);
}

/* What it sends: its own, then the CA's below the root. */
static void expect_chain(const char *pem)
{
    size_t own_len = strlen(certs_pem("good"));

    EXPECT(strncmp(pem, certs_pem("good"), own_len) == 0);
    EXPECT_TEXT(pem + own_len, certs_pem("middle"));
}

static void a_response_tells_who_answered(void)
{
    gofer_client *client = https_client();
    struct origin *origin = https_hello("good");
    time_t now = time(NULL);

    for (int i = 0; i < 3; i++) { /* new, reused, resumed */
        if (i == 2)
            gofer_client_close_idle(client);
        struct outcome got = https_get(client, origin);
        gofer_certificate *cert = gofer_response_certificate(got.response);
        REQUIRE(cert != NULL);
        EXPECT_INT(gofer_response_tls_resumed(got.response), i == 2);
        EXPECT_TEXT(cert->subject, "CN=good");
        EXPECT_TEXT(cert->issuer, "CN=middle");
        EXPECT_TEXT(cert->hosts, "good.test, localhost, 127.0.0.1, ::1");
        EXPECT_TEXT(cert->pem, certs_pem("good"));
        expect_chain(cert->chain_pem);
        EXPECT(cert->not_before < now && now < cert->not_after);
        gofer_certificate_free(cert);
    }
    struct outcome got = rig_get(client, rig_script(hello), "/");
    EXPECT(gofer_response_certificate(got.response) == NULL);
    got = https_get(client, https_hello("old"));
    EXPECT(gofer_response_certificate(got.response) == NULL);
    EXPECT(gofer_response_certificate(NULL) == NULL);
    gofer_certificate_free(NULL);
}

static void bad_certificates_are_refused_before_a_byte_is_sent(void)
{
    static const struct {
        const char *cert, *words;
    } rows[] = {
        {"old", "certificate has expired (2 days ago)"},
        {"future", "certificate is not valid yet (in 3 days)"},
        {"wrong name", "certificate is for a.test, not 127.0.0.1"},
        {"self-signed", "certificate is self-signed and not trusted"},
        {"unknown issuer", "issuer \"other root\" is unknown"},
        {"client only", "certificate is not one of a TLS server"},
        {"weak key", "certificate's key is too weak"},
    };
    gofer_client *client = https_client();

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct origin *origin = https_hello(rows[i].cert);
        struct outcome got = https_get(client, origin);
        expect_refused(&got, rows[i].words);
        EXPECT_INT(got.error->sys_errno, 0);
        EXPECT_INT(got.error->attempts, 0);
        EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 0);
    }
    EXPECT_INT(rig_stats(client).conns_opened, 0);
}

static void nothing_is_trusted_without_being_told(void)
{
    struct outcome got = https_get(rig_client(NULL), https_hello("good"));

    expect_refused(&got, "issuer \"root\" is unknown");
}

static void insecure_is_insecure(void)
{
    gofer_tls_options tls = {.verify = GOFER_TLS_INSECURE};
    struct outcome got = https_get(https_client_with(&tls), https_hello("self-signed"));

    rig_expect_answer(&got, 200, "hello");
}

static void a_bad_option_is_einval(void)
{
    gofer_tls_options tls = {.pins = "sha256//short"};

    errno = 0;
    EXPECT(gofer_client_new(&(gofer_client_options){.tls = &tls}) == NULL);
    EXPECT_INT(errno, EINVAL);
}

static void a_missing_file_is_the_calls_error(void)
{
    gofer_tls_options tls = {.ca_file = "/nowhere/ca.pem"};
    struct outcome got = https_get(https_client_with(&tls), https_hello("good"));

    https_expect_failed(&got, GOFER_ERR_TLS,
                        "CA file cannot be read: /nowhere/ca.pem: No such file or directory");
    EXPECT_INT(got.error->sys_errno, ENOENT);
}

static void a_client_shows_who_it_is(void)
{
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};
    SSL_CTX *ctx = certs_server("good", NULL);
    struct origin *origin;
    struct outcome got;

    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(ctx), certs_get("root"));
    origin = rig_origin_ctx(script_serve, (void *)(uintptr_t)hello, ctx);
    SSL_CTX_free(ctx);
    got = https_get(https_client_with(&tls), origin);
    rig_expect_error(&got, GOFER_ERR_TLS);
    EXPECT_HOLDS(got.error->message, "server demands a client certificate");
    tls.cert_pem = certs_pem("client;middle");
    tls.key_pem = certs_key_pem("client", "secret");
    tls.key_password = "secret";
    got = https_get(https_client_with(&tls), origin);
    rig_expect_answer(&got, 200, "hello");
}

/* --- names --- */

static void a_request_may_say_who_the_server_is(void)
{
    gofer_client *client = https_client();
    struct origin *origin = https_hello("wrong name");
    char url[ORIGIN_URL_BYTES];
    gofer_request *request = rig_request_to("GET", https_url(origin, "127.0.0.1", url));
    struct outcome got = rig_call(client, request);

    expect_refused(&got, "certificate is for a.test, not 127.0.0.1");
    EXPECT_STATUS(gofer_request_set_tls_server_name(request, "a.test"), GOFER_OK);
    for (int i = 0; i < 2; i++) {
        got = rig_call(client, request);
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_SHAKEN), 1);
    gofer_request_set_tls_server_name(request, NULL);
    got = rig_call(client, request); /* not on the connection that was verified as another */
    expect_refused(&got, "certificate is for a.test, not 127.0.0.1");
    EXPECT_STATUS(gofer_request_set_tls_server_name(request, "a test"), GOFER_ERR_INVALID);
}

static void names_are_those_of_the_url(void)
{
    static const struct {
        const char *host, *cert, *words;
    } rows[] = {
        {"b\xc3\xbc"
         "cher.test",
         "idn", NULL},
        {"B\xc3\x9c"
         "CHER.test",
         "idn", NULL},
        {"good.test.", "good", NULL},
        {"GOOD.test", "good", NULL},
        {"bad.test", "good", "certificate is for good.test, localhost and 2 more, not bad.test"},
    };
    char entry[64];
    const char *entries[] = {entry};
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct origin *origin = https_hello(rows[i].cert);
        gofer_client_options options = {.tls = &tls, .resolve = entries, .resolve_len = 1};
        char url[ORIGIN_URL_BYTES];
        snprintf(entry, sizeof entry, "*:%u:127.0.0.1", origin_port(origin));
        struct outcome got =
            rig_get_url(rig_client(&options), https_url(origin, rows[i].host, url));
        if (rows[i].words == NULL)
            rig_expect_answer(&got, 200, "hello");
        else
            expect_refused(&got, rows[i].words);
    }
}

/* --- servers that end --- */

struct ending {
    bool cut;
    const char *reply;
};

/* Answers one request, and ends. */
static void answer_and_end(struct peer *peer, void *arg)
{
    const struct ending *ending = arg;

    if (!peer_read_request(peer))
        return;
    peer_say(peer, ending->reply);
    if (ending->cut)
        peer_cut(peer);
}

static void a_server_that_closes_is_survived(void)
{
    static const struct ending endings[] = {{false, REPLY_HELLO}, {true, REPLY_HELLO}};

    for (int i = 0; i < 2; i++) {
        struct origin *origin =
            rig_origin_tls(answer_and_end, (void *)(uintptr_t)&endings[i], "good");
        gofer_client *client = https_client();
        for (int n = 0; n < 5; n++) {
            struct outcome got = https_get(client, origin);
            rig_expect_answer(&got, 200, "hello");
        }
        EXPECT_INT(origin_count(origin, ORIGIN_REQUESTS), 5);
    }
}

static void a_body_to_the_end_needs_a_close_notify(void)
{
    static const struct ending endings[] = {
        {false, "HTTP/1.1 200 OK\r\n\r\nhello"},
        {true, "HTTP/1.1 200 OK\r\n\r\nhello"},
        {true, REPLY_HELLO},
        {true, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n"},
        {true, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello"},
    };
    static const bool whole[] = {true, false, true, true, false};

    for (int i = 0; i < 5; i++) {
        struct origin *origin =
            rig_origin_tls(answer_and_end, (void *)(uintptr_t)&endings[i], "good");
        struct outcome got = https_get(https_client(), origin);
        if (whole[i]) {
            rig_expect_answer(&got, 200, "hello");
            continue;
        }
        rig_expect_error(&got, GOFER_ERR_TRUNCATED);
        EXPECT_INT(got.error->phase, GOFER_PHASE_BODY);
        EXPECT_HOLDS(got.error->message, "without a TLS close_notify");
    }
}

/* Reads a little of a long upload, and goes. */
static void read_and_reset(struct peer *peer, void *arg)
{
    (void)arg;
    peer_read_head(peer);
    peer_reset(peer);
}

static void nothing_raises_sigpipe(void)
{
    static char body[4 << 20];
    char url[ORIGIN_URL_BYTES];
    struct origin *origin = rig_origin_tls(read_and_reset, NULL, "good");
    void (*before)(int) = signal(SIGPIPE, SIG_DFL);
    gofer_client *client = https_client();

    for (int i = 0; i < 5; i++) {
        gofer_request *request = rig_request_to("POST", https_url(origin, "127.0.0.1", url));
        gofer_request_set_body_ref(request, body, sizeof body, NULL, NULL);
        struct outcome got = rig_call(client, request);
        EXPECT(got.status != GOFER_OK);
    }
    rig_end_client(client);
    signal(SIGPIPE, before);
}

/* --- sessions --- */

static void connections_resume_sessions(void)
{
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};
    gofer_client *client =
        rig_client(&(gofer_client_options){.tls = &tls, .disable_keep_alives = true});
    struct origin *origin = https_hello("good");

    for (int i = 0; i < 10; i++) {
        struct outcome got = https_get(client, origin);
        rig_expect_answer(&got, 200, "hello");
        EXPECT_INT(gofer_response_tls_resumed(got.response), i > 0);
    }
    EXPECT_INT(origin_count(origin, ORIGIN_SHAKEN), 10);
    EXPECT_INT(origin_count(origin, ORIGIN_RESUMED), 9);
}

static void many_callers_share_sessions(void)
{
    enum { CALLERS = 8, ROUNDS = 8 };
    gofer_tls_options tls = {.ca_pem = certs_pem("root")};
    gofer_client *client =
        rig_client(&(gofer_client_options){.tls = &tls, .disable_keep_alives = true});
    struct origin *origin = https_hello("good");
    struct caller callers[CALLERS];
    char url[ORIGIN_URL_BYTES];

    https_get(client, origin);
    https_url(origin, "127.0.0.1", url);
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < CALLERS; i++)
            caller_start(&callers[i], client, rig_request_to("GET", url));
        for (int i = 0; i < CALLERS; i++) {
            struct outcome got = caller_join(&callers[i]);
            rig_expect_answer(&got, 200, "hello");
        }
    }
    EXPECT_INT(origin_count(origin, ORIGIN_RESUMED), CALLERS * ROUNDS);
}

/* --- files that change --- */

static void write_file(const char *path, const char *text)
{
    char other[96];
    snprintf(other, sizeof other, "%s.new", path);
    FILE *file = fopen(other, "we");

    REQUIRE(file != NULL);
    fputs(text, file);
    fclose(file);
    REQUIRE(rename(other, path) == 0);
}

/* The connection that lies idle was made under the old CA; a dial to elsewhere finds the new one.
 */
static void a_new_ca_file_retires_connections(void)
{
    char path[] = "/tmp/gofer-ca-XXXXXX";
    int fd = mkstemp(path);
    gofer_tls_options tls = {.ca_file = path};
    struct origin *origin = https_hello("good"), *other = https_hello("unknown issuer");
    struct outcome got;

    REQUIRE(fd >= 0);
    close(fd);
    write_file(path, certs_pem("root"));
    gofer_client *client = https_client_with(&tls);
    for (int i = 0; i < 2; i++) {
        got = https_get(client, origin);
        rig_expect_answer(&got, 200, "hello");
    }
    EXPECT_INT(origin_count(origin, ORIGIN_SHAKEN), 1);
    write_file(path, certs_pem("other root"));
    pass_ms(1100);
    https_get(client, other);
    got = https_get(client, origin);
    expect_refused(&got, "is unknown");
    write_file(path, certs_pem("root"));
    pass_ms(1100);
    got = https_get(client, origin);
    rig_expect_answer(&got, 200, "hello");
    unlink(path);
}

/* --- another implementation's server --- */

struct s_server {
    char cert[64], key[64], chain[64], port[32];
};

static bool s_server_arguments(struct child *child, const char *args[CHILD_ARGS_MAX], void *arg)
{
    struct s_server *s = arg;
    size_t n = 0;

    snprintf(s->port, sizeof s->port, "127.0.0.1:%u", child->port);
    const char *all[] = {child->binary, "s_server", "-accept", s->port,       "-cert",  s->cert,
                         "-key",        s->key,     "-www",    "-cert_chain", s->chain, NULL};
    for (; all[n] != NULL; n++)
        args[n] = all[n];
    args[n] = NULL;
    return true;
}

static void openssl_s_server_is_understood(void)
{
    char dir[] = "/tmp/gofer-s_server-XXXXXX", url[ORIGIN_URL_BYTES];
    struct child child = {0};
    struct s_server s;

    REQUIRE(mkdtemp(dir) != NULL);
    snprintf(s.cert, sizeof s.cert, "%s/cert", dir);
    snprintf(s.key, sizeof s.key, "%s/key", dir);
    snprintf(s.chain, sizeof s.chain, "%s/chain", dir);
    write_file(s.cert, certs_pem("good"));
    write_file(s.key, certs_key_pem("good", NULL));
    write_file(s.chain, certs_pem("middle"));
    if (child_start(&child, "openssl", s_server_arguments, &s)) {
        gofer_client *client = https_client();
        snprintf(url, sizeof url, "https://127.0.0.1:%u/", child.port);
        struct outcome got = rig_get_url(client, url);
        EXPECT_STATUS(got.status, GOFER_OK);
        EXPECT_HOLDS(gofer_response_body(got.response, NULL), "Ciphers supported");
        got = rig_get_url(rig_client(NULL), url);
        expect_refused(&got, "CA certificate \"middle\"'s issuer \"root\" is unknown");
        child_stop(&child);
    } else {
        printf(" skipped: no openssl ");
    }
    unlink(s.cert);
    unlink(s.key);
    unlink(s.chain);
    rmdir(dir);
}

CU_TestInfo tls_tests[] = {
    {"J4 a response tells how it was secured", a_response_tells_how_it_was_secured},
    {"a response tells who answered", a_response_tells_who_answered},
    {"TLS-01 TLS-05 bad certificates are refused before a byte is sent",
     bad_certificates_are_refused_before_a_byte_is_sent},
    {"J1 nothing is trusted without being told", nothing_is_trusted_without_being_told},
    {"J1 insecure is insecure", insecure_is_insecure},
    {"a bad option is EINVAL", a_bad_option_is_einval},
    {"a missing file is the call's error", a_missing_file_is_the_calls_error},
    {"a client shows who it is", a_client_shows_who_it_is},
    {"J3 RU-14 a request may say who the server is", a_request_may_say_who_the_server_is},
    {"J2 J8 URL-12 names are those of the URL", names_are_those_of_the_url},
    {"D7 a server that closes is survived", a_server_that_closes_is_survived},
    {"TLS-12 a body to the end needs a close_notify", a_body_to_the_end_needs_a_close_notify},
    {"TCP-08 nothing raises SIGPIPE", nothing_raises_sigpipe},
    {"connections resume sessions", connections_resume_sessions},
    {"RU-18 many callers share sessions", many_callers_share_sessions},
    {"TLS-17 a new CA file retires connections", a_new_ca_file_retires_connections},
    {"openssl s_server is understood", openssl_s_server_is_understood},
    CU_TEST_INFO_NULL,
};
