/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls_session: what is kept, for how long, how much of it; and who resumes
 * what.
 */
#include "net/tls_session.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include <CUnit/CUnit.h>
#include <openssl/err.h>

#include "base/clock.h"
#include "support/certs.h"
#include "unit/net/tls_pair.h"

extern CU_TestInfo tls_session_tests[];

#define S INT64_C(1000000000)

/* --- the cache by itself --- */

/* A session that could be resumed, for s seconds. */
static SSL_SESSION *session(int version, long s)
{
    SSL_SESSION *made = SSL_SESSION_new();
    static const unsigned char id[] = {1, 2, 3};
    CU_ASSERT_PTR_NOT_NULL_FATAL(made);
    SSL_SESSION_set_protocol_version(made, version);
    SSL_SESSION_set1_id(made, id, sizeof id);
    SSL_SESSION_set_timeout(made, s);
    return made;
}

static void put(struct tls_sessions *cache, const char *key, int version, long s, int64_t now_ns)
{
    SSL_SESSION *made = session(version, s);
    tls_sessions_put(cache, key, made, now_ns);
    SSL_SESSION_free(made);
}

static bool take(struct tls_sessions *cache, const char *key, int64_t now_ns)
{
    SSL_SESSION *taken = tls_sessions_take(cache, key, now_ns);
    SSL_SESSION_free(taken);
    return taken != NULL;
}

static void keys_are_apart(void)
{
    struct tls_sessions *cache = tls_sessions_new();
    put(cache, "1 a b", TLS1_2_VERSION, 100, 0);
    CU_ASSERT_FALSE(take(cache, "2 a b", 0));
    CU_ASSERT_FALSE(take(cache, "1 a", 0));
    CU_ASSERT_FALSE(take(cache, "1 a bb", 0));
    CU_ASSERT(take(cache, "1 a b", 0));
    CU_ASSERT(take(cache, "1 a b", 0)); /* of TLS 1.2: again and again */
    tls_sessions_drop(cache, "1 a b");
    CU_ASSERT_FALSE(take(cache, "1 a b", 0));
    tls_sessions_drop(cache, "1 a b");
    tls_sessions_free(cache);
}

static void tickets_are_given_once_but_the_last(void)
{
    struct tls_sessions *cache = tls_sessions_new();
    for (int i = 0; i < 3; i++)
        put(cache, "k", TLS1_3_VERSION, 100, 0);
    for (size_t left = 3; left > 1; left--) {
        CU_ASSERT_EQUAL(tls_sessions_count(cache), left);
        CU_ASSERT(take(cache, "k", 0));
    }
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_EQUAL(tls_sessions_count(cache), 1);
        CU_ASSERT(take(cache, "k", 0));
    }
    tls_sessions_free(cache);
}

static void sessions_end(void)
{
    struct tls_sessions *cache = tls_sessions_new();
    put(cache, "short", TLS1_2_VERSION, 10, 5 * S);
    put(cache, "long", TLS1_2_VERSION, 7 * 86400, 5 * S);
    put(cache, "none", TLS1_2_VERSION, 0, 5 * S);
    CU_ASSERT_FALSE(take(cache, "none", 5 * S));
    CU_ASSERT(take(cache, "short", 15 * S - 1));
    CU_ASSERT_FALSE(take(cache, "short", 15 * S));
    CU_ASSERT(take(cache, "long", (5 + TLS_SESSION_MAX_S) * S - 1));
    CU_ASSERT_FALSE(take(cache, "long", (5 + TLS_SESSION_MAX_S) * S));
    CU_ASSERT_EQUAL(tls_sessions_count(cache), 0);
    tls_sessions_free(cache);
}

static void an_ended_one_does_not_hide_others(void)
{
    struct tls_sessions *cache = tls_sessions_new();
    put(cache, "k", TLS1_3_VERSION, 100, 0);
    put(cache, "k", TLS1_3_VERSION, 10, 0);
    CU_ASSERT(take(cache, "k", 50 * S));
    CU_ASSERT_EQUAL(tls_sessions_count(cache), 1);
    tls_sessions_free(cache);
}

static void there_is_a_limit(void)
{
    struct tls_sessions *cache = tls_sessions_new();
    char key[32];
    for (int i = 0; i < 3 * TLS_SESSIONS_EACH; i++)
        put(cache, "first", TLS1_3_VERSION, 100, 0);
    CU_ASSERT_EQUAL(tls_sessions_count(cache), TLS_SESSIONS_EACH);
    for (int i = 1; i < TLS_SESSION_KEYS; i++) {
        snprintf(key, sizeof key, "%d", i);
        put(cache, key, TLS1_2_VERSION, 100, 0);
    }
    CU_ASSERT_EQUAL(tls_sessions_count(cache), TLS_SESSION_KEYS - 1 + TLS_SESSIONS_EACH);
    CU_ASSERT(take(cache, "first", 0)); /* used: "1" is the one to go now */
    put(cache, "one more", TLS1_2_VERSION, 100, 0);
    CU_ASSERT_FALSE(take(cache, "1", 0));
    CU_ASSERT(take(cache, "2", 0));
    CU_ASSERT(take(cache, "first", 0));
    CU_ASSERT(take(cache, "one more", 0));
    tls_sessions_clear(cache);
    CU_ASSERT_EQUAL(tls_sessions_count(cache), 0);
    CU_ASSERT_FALSE(take(cache, "2", 0));
    tls_sessions_free(cache);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *put_and_take(void *arg)
{
    struct tls_sessions *cache = arg;
    char key[8];
    for (int i = 0; i < ROUNDS; i++) {
        snprintf(key, sizeof key, "%d", i % 7);
        put(cache, key, i % 2 == 0 ? TLS1_3_VERSION : TLS1_2_VERSION, 100, 0);
        take(cache, key, 0);
        if (i % 50 == 0)
            tls_sessions_drop(cache, key);
        if (i % 500 == 0)
            tls_sessions_clear(cache);
    }
    return NULL;
}

static void threads_share_it(void)
{
    struct tls_sessions *cache = tls_sessions_new();
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, put_and_take, cache), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    tls_sessions_clear(cache);
    CU_ASSERT_EQUAL(tls_sessions_count(cache), 0);
    tls_sessions_free(cache);
}

/* --- who resumes --- */

/* A call: handshake and one answer, with which the tickets come. Whether it was resumed. */
static bool visit(struct tls_source *source, SSL_CTX *server, const char *name)
{
    struct tls_pair pair;
    struct tls_agreed agreed = {0};
    char buf[8];
    CU_ASSERT_EQUAL(pair_meet(&pair, source, server, name), TLS_DONE);
    if (pair.step == TLS_DONE) {
        pair_serve(&pair, "hello", 5);
        CU_ASSERT_EQUAL(tls_read(pair.client, buf, sizeof buf, false), 5);
        tls_agreed(pair.client, &agreed);
    }
    pair_end(&pair);
    return agreed.resumed;
}

static void the_second_visit_is_resumed(void)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 2; i++) {
        struct tls_source *source = pair_source(NULL);
        SSL_CTX *server = certs_server("good", NULL);
        SSL_CTX_set_max_proto_version(server, versions[i]);
        CU_ASSERT_FALSE(visit(source, server, "good.test"));
        for (int again = 0; again < 6; again++)
            CU_ASSERT(visit(source, server, "good.test"));
        SSL_CTX_free(server);
        tls_source_free(source);
    }
}

static void resumption_may_be_off(void)
{
    gofer_tls_options o = *pair_trusting();
    o.disable_resumption = true;
    struct tls_source *source = pair_source(&o);
    SSL_CTX *server = certs_server("good", NULL);
    for (int i = 0; i < 3; i++)
        CU_ASSERT_FALSE(visit(source, server, "good.test"));
    SSL_CTX_free(server);
    tls_source_free(source);
}

static void another_name_is_another_session(void)
{
    struct tls_source *source = pair_source(NULL);
    SSL_CTX *server = certs_server("good", NULL);
    CU_ASSERT_FALSE(visit(source, server, "good.test"));
    CU_ASSERT_FALSE(visit(source, server, "localhost"));
    CU_ASSERT_FALSE(visit(source, server, "127.0.0.1"));
    CU_ASSERT(visit(source, server, "good.test"));
    SSL_CTX_free(server);
    tls_source_free(source);
}

/* Meets as the peer `key`; whether it was resumed. */
static bool visit_peer(struct tls_source *source, SSL_CTX *server, const char *key)
{
    struct tls_pair pair;
    struct tls_agreed agreed;
    char buf[8];
    struct tls_context *context = pair_context(source);
    struct tls_peer peer = {.host = "good.test", .key = key};
    pair_begin(&pair, context, server, "good.test");
    tls_free(pair.client);
    pair.client = tls_new(context, pair.fds[0], &peer);
    tls_context_unref(context);
    CU_ASSERT_EQUAL(pair_shake(&pair, 0), TLS_DONE);
    tls_read(pair.client, buf, sizeof buf, false);
    tls_agreed(pair.client, &agreed);
    pair_end(&pair);
    return agreed.resumed;
}

static void a_proxy_and_what_is_behind_it_are_apart(void)
{
    struct tls_source *source = pair_source(NULL);
    SSL_CTX *server = certs_server("good", NULL);
    CU_ASSERT_FALSE(visit_peer(source, server, "proxy https://good.test:443"));
    CU_ASSERT_FALSE(visit_peer(source, server, "https://good.test:443"));
    CU_ASSERT(visit_peer(source, server, "proxy https://good.test:443"));
    SSL_CTX_free(server);
    tls_source_free(source);
}

/* Every option that says whom to trust, who we are or how to talk makes sources that share no
 * session, and so do two sources of the same. */
static void other_settings_are_another_session(void)
{
    gofer_tls_options rows[16];
    size_t n = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        rows[i] = *pair_trusting();
    rows[n++].alpn = NULL; /* the same as the first */
    rows[n++].ca_pem = certs_pem("root;other root");
    rows[n++].pins = certs_pin("good");
    rows[n++].verify = GOFER_TLS_VERIFY_CHAIN_ONLY;
    rows[n++].verify = GOFER_TLS_VERIFY_NAME_ONLY;
    rows[n++].verify = GOFER_TLS_INSECURE;
    rows[n].cert_pem = certs_pem("client;middle");
    rows[n++].key_pem = certs_key_pem("client", NULL);
    rows[n++].server_name = "good.test";
    rows[n++].alpn = "";
    rows[n++].min_version = GOFER_TLS_1_3;
    rows[n++].max_version = GOFER_TLS_1_3;
    rows[n++].ciphersuites = "TLS_AES_256_GCM_SHA384";
    rows[n++].ciphers = "HIGH";
    rows[n++].add_system_store = true;
    struct tls_source *first = pair_source(NULL);
    SSL_CTX *server = certs_server("good", NULL);
    CU_ASSERT_FALSE(visit(first, server, "good.test"));
    for (size_t i = 0; i < n; i++) {
        struct tls_source *other = pair_source(&rows[i]);
        CU_ASSERT_FALSE(visit(other, server, "good.test"));
        CU_ASSERT(visit(other, server, "good.test"));
        tls_source_free(other);
    }
    CU_ASSERT(visit(first, server, "good.test"));
    SSL_CTX_free(server);
    tls_source_free(first);
}

/* --- what is never kept, and what a failure does --- */

/* The sessions of a source: those of its context's profile. */
static struct tls_sessions *sessions_of(struct tls_source *source)
{
    struct tls_context *context = pair_context(source);
    struct tls_sessions *sessions = context->profile->sessions;
    tls_context_unref(context);
    return sessions;
}

static void a_failed_check_leaves_no_session(void)
{
    static const char *const certs[] = {"self-signed", "old", "wrong name", "unknown issuer"};
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    struct tls_source *source = pair_source(NULL);
    for (size_t i = 0; i < 8; i++) {
        struct tls_pair pair;
        SSL_CTX *server = certs_server(certs[i / 2], NULL);
        SSL_CTX_set_max_proto_version(server, versions[i % 2]);
        CU_ASSERT_EQUAL(pair_meet(&pair, source, server, "good.test"), TLS_FAILED);
        pair_end(&pair);
        CU_ASSERT_EQUAL(tls_sessions_count(sessions_of(source)), 0);
        SSL_CTX_free(server);
    }
    tls_source_free(source);
}

/* A server that has forgotten its tickets gives a full handshake, silently. */
static void a_refused_session_is_a_full_handshake(void)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};
    for (int i = 0; i < 2; i++) {
        struct tls_source *source = pair_source(NULL);
        SSL_CTX *server = certs_server("good", NULL), *restarted = certs_server("good", NULL);
        SSL_CTX_set_max_proto_version(server, versions[i]);
        SSL_CTX_set_max_proto_version(restarted, versions[i]);
        CU_ASSERT_FALSE(visit(source, server, "good.test"));
        CU_ASSERT_FALSE(visit(source, restarted, "good.test"));
        CU_ASSERT(visit(source, restarted, "good.test"));
        SSL_CTX_free(server);
        SSL_CTX_free(restarted);
        tls_source_free(source);
    }
}

/* A server whose certificate went bad meanwhile cannot hide behind an old session: it must know it.
 */
static void a_full_handshake_after_all_is_checked(void)
{
    struct tls_pair pair;
    struct tls_source *source = pair_source(NULL);
    SSL_CTX *good = certs_server("good", NULL), *bad = certs_server("old", NULL);
    CU_ASSERT_FALSE(visit(source, good, "good.test"));
    CU_ASSERT_EQUAL(pair_meet(&pair, source, bad, "good.test"), TLS_FAILED);
    CU_ASSERT_STRING_EQUAL(pair.fault.detail, "certificate has expired (2 days ago)");
    pair_end(&pair);
    SSL_CTX_free(good);
    SSL_CTX_free(bad);
    tls_source_free(source);
}

static void a_failed_handshake_forgets_the_session(void)
{
    struct tls_pair pair;
    struct tls_source *source = pair_source(NULL);
    SSL_CTX *server = certs_server("good", NULL);
    CU_ASSERT_FALSE(visit(source, server, "good.test"));
    CU_ASSERT(tls_sessions_count(sessions_of(source)) > 0);
    struct tls_context *context = pair_context(source);
    pair_begin(&pair, context, NULL, "good.test");
    CU_ASSERT_EQUAL(tls_handshake(pair.client, &pair.fault), TLS_WAIT);
    pair_cut(&pair);
    CU_ASSERT_EQUAL(tls_handshake(pair.client, &pair.fault), TLS_FAILED);
    pair_end(&pair);
    CU_ASSERT_EQUAL(tls_sessions_count(context->profile->sessions), 0);
    tls_context_unref(context);
    CU_ASSERT_FALSE(visit(source, server, "good.test"));
    SSL_CTX_free(server);
    tls_source_free(source);
}

/* Tickets may come long after the source is gone; the connection keeps what they need. */
static void a_late_ticket_finds_its_place(void)
{
    struct tls_pair pair;
    struct tls_source *source = pair_source(NULL);
    SSL_CTX *server = certs_server("good", NULL);
    char buf[8];
    CU_ASSERT_EQUAL(pair_meet(&pair, source, server, "good.test"), TLS_DONE);
    tls_source_free(source);
    CU_ASSERT_EQUAL(tls_peek(pair.client, buf, sizeof buf), -1);
    CU_ASSERT_EQUAL(errno, EAGAIN);
    pair_end(&pair);
    SSL_CTX_free(server);
}

static void no_data_goes_early(void)
{
    struct tls_source *source = pair_source(NULL);
    SSL_CTX *server = certs_server("good", NULL);
    SSL_CTX_set_max_early_data(server, 16384);
    SSL_CTX_set_recv_max_early_data(server, 16384);
    SSL_CTX_set_options(server, SSL_OP_NO_ANTI_REPLAY); /* tickets that hold all */
    CU_ASSERT_FALSE(visit(source, server, "good.test"));
    struct tls_pair pair;
    struct tls_agreed agreed;
    pair_meet(&pair, source, server, "good.test");
    tls_agreed(pair.client, &agreed);
    CU_ASSERT(agreed.resumed);
    CU_ASSERT_EQUAL(SSL_get_early_data_status(pair.server), SSL_EARLY_DATA_NOT_SENT);
    pair_end(&pair);
    SSL_CTX_free(server);
    tls_source_free(source);
}

CU_TestInfo tls_session_tests[] = {
    {"keys are apart", keys_are_apart},
    {"tickets are given once, but the last", tickets_are_given_once_but_the_last},
    {"sessions end", sessions_end},
    {"one that ended does not hide others", an_ended_one_does_not_hide_others},
    {"there is a limit", there_is_a_limit},
    {"threads share it", threads_share_it},
    {"the second visit is resumed", the_second_visit_is_resumed},
    {"resumption may be off", resumption_may_be_off},
    {"RU-14 another name is another session", another_name_is_another_session},
    {"PX-09 a proxy and what is behind it are apart", a_proxy_and_what_is_behind_it_are_apart},
    {"TLS-08 RU-14 other settings are another session", other_settings_are_another_session},
    {"TLS-09 a failed check leaves no session", a_failed_check_leaves_no_session},
    {"a refused session is a full handshake", a_refused_session_is_a_full_handshake},
    {"TLS-08 a full handshake after all is checked", a_full_handshake_after_all_is_checked},
    {"a failed handshake forgets the session", a_failed_handshake_forgets_the_session},
    {"TLS-10 a late ticket finds its place", a_late_ticket_finds_its_place},
    {"TLS-18 no data goes early", no_data_goes_early},
    CU_TEST_INFO_NULL,
};
