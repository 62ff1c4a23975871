/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls_source and net/tls_context: when files are read, what becomes of
 * files that change, and who waits for whom. The clock is the test's. What files
 * may hold: tls_files_test.c.
 */
#include "net/tls_source.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "support/certs.h"
#include "unit/http/scarce.h"
#include "unit/net/folder.h"
#include "unit/net/tls_pair.h"

extern CU_TestInfo tls_source_tests[];

#define SECOND (1000 * CLOCK_MS)

/* --- asking --- */

/* The current generation, 0 where there is none. */
static uint64_t generation(struct tls_source *source)
{
    struct fault fault;
    struct tls_context *context = pair_try_context(source, &fault);
    uint64_t g = context != NULL ? context->generation : 0;
    CU_ASSERT(context == NULL || g == tls_source_generation(source));
    tls_context_unref(context);
    return g;
}

/* --- when --- */

static int hooks;

static int count_hook(SSL_CTX *ctx, void *arg)
{
    hooks++;
    return ctx != NULL && arg == &hooks;
}

static void nothing_is_read_before_it_is_needed(void)
{
    struct folder p;
    folder_begin(&p);
    gofer_tls_options o = {.ca_file = folder_path(&p, "ca")};
    struct tls_source *source = pair_source(&o); /* no file there */
    CU_ASSERT_EQUAL(tls_source_generation(source), 0);
    file_write(o.ca_file, certs_pem("root"));
    CU_ASSERT(pair_trusts(source, "good"));
    tls_source_free(source);
    folder_end(&p);
}

static void it_is_made_once(void)
{
    struct folder p;
    folder_begin(&p);
    hooks = 0;
    gofer_tls_options o = {
        .ca_pem = certs_pem("root"), .ssl_ctx = count_hook, .ssl_ctx_arg = &hooks};
    struct tls_source *source = pair_source(&o);
    uint64_t first = generation(source);
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(generation(source), first);
        folder_pass(&p, SECOND);
    }
    CU_ASSERT_EQUAL(hooks, 1);
    struct tls_source *other = pair_source(&o);
    CU_ASSERT_NOT_EQUAL(generation(other), first);
    tls_source_free(other);
    tls_source_free(source);
    folder_end(&p);
}

/* --- waiting --- */

struct waiter_task {
    struct task task;
    struct tls_wait wait;
    struct tls_source *source;
    unsigned woken; /* how often, by EV_ANSWER */
    bool got;
};

static enum task_next on_wake(struct task *task, unsigned events, struct turn *turn)
{
    struct waiter_task *w = list_item(task, struct waiter_task, task);
    struct fault fault = {0};
    (void)turn;
    w->woken += (events & EV_ANSWER) != 0;
    struct tls_context *context = tls_source_get(w->source, &w->wait, &fault);
    w->got = context != NULL;
    tls_context_unref(context);
    return TASK_PARK;
}

static void on_free(struct task *task)
{
    (void)task;
}

static const struct task_ops waiter_ops = {.name = "waiter", .step = on_wake, .free = on_free};

static void begin_task(struct waiter_task *w, struct engine *engine, struct tls_source *source)
{
    *w = (struct waiter_task){.source = source};
    task_init(&w->task, engine, &waiter_ops);
    w->wait.task = &w->task;
}

enum { THREADS = 8 };

static void *come(void *arg)
{
    struct waiter_task *w = arg;
    struct fault fault = {0};
    struct tls_context *context = tls_source_get(w->source, &w->wait, &fault);
    CU_ASSERT_EQUAL(fault.code, GOFER_OK); /* there, or another thread is at it */
    w->got = context != NULL;
    tls_context_unref(context);
    return NULL;
}

/* One makes it; whoever did not get it at once does so when woken. */
static void threads_come_at_once(void)
{
    int err;
    pthread_t threads[THREADS];
    struct waiter_task tasks[THREADS];
    struct engine_options none = {.workers = 0};
    gofer_tls_options o = {
        .ca_pem = certs_pem("root"), .ssl_ctx = count_hook, .ssl_ctx_arg = &hooks};
    struct tls_source *source = pair_source(&o);
    struct engine *engine = engine_new(&none, &err);
    hooks = 0;
    for (int i = 0; i < THREADS; i++)
        begin_task(&tasks[i], engine, source);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, come, &tasks[i]), 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(hooks, 1);
    while (engine_serve_once(engine, 0))
        ;
    for (int i = 0; i < THREADS; i++) {
        CU_ASSERT(tasks[i].got);
        task_unref(&tasks[i].task);
    }
    engine_stop(engine);
    engine_free(engine);
    tls_source_free(source);
}

/* What comes while the hook runs, that is, while a context is being made. */
static struct waiter_task *arrivals[2];
static bool refuse;

static int let_others_come(SSL_CTX *ctx, void *arg)
{
    (void)ctx;
    (void)arg;
    hooks++;
    for (int i = 0; i < 2; i++) {
        struct fault fault = {0};
        CU_ASSERT_PTR_NULL(tls_source_get(arrivals[i]->source, &arrivals[i]->wait, &fault));
        CU_ASSERT_EQUAL(fault.code, GOFER_OK);
    }
    tls_source_forget(arrivals[1]->source, &arrivals[1]->wait);
    return !refuse;
}

static void check_waiting(bool succeeds)
{
    int err;
    struct fault fault;
    struct engine_options none = {.workers = 0};
    gofer_tls_options o = {.ca_pem = certs_pem("root"), .ssl_ctx = let_others_come};
    struct tls_source *source = pair_source(&o);
    struct engine *engine = engine_new(&none, &err);
    struct waiter_task tasks[2];
    refuse = !succeeds;
    hooks = 0;
    for (int i = 0; i < 2; i++) {
        begin_task(&tasks[i], engine, source);
        arrivals[i] = &tasks[i];
    }
    struct tls_context *context = pair_try_context(source, &fault);
    CU_ASSERT_EQUAL(context != NULL, succeeds);
    tls_context_unref(context);
    while (engine_serve_once(engine, 0))
        ;
    CU_ASSERT_EQUAL(tasks[0].woken, 1);
    CU_ASSERT_EQUAL(tasks[0].got, succeeds);
    CU_ASSERT_EQUAL(tasks[1].woken, 0); /* forgotten */
    CU_ASSERT_EQUAL(hooks, 1);          /* one failure is that of all */
    for (int i = 0; i < 2; i++)
        task_unref(&tasks[i].task);
    engine_stop(engine);
    engine_free(engine);
    tls_source_free(source);
}

static void who_waits_is_woken(void)
{
    check_waiting(true);
    clock_fake(SECOND);
    check_waiting(false);
    clock_fake(-1);
}

/* --- files that change --- */

static void a_replaced_ca_file_holds(void)
{
    struct folder p;
    folder_begin(&p);
    gofer_tls_options o = {.ca_file = folder_put(&p, "ca", certs_pem("other root"))};
    struct tls_source *source = pair_source(&o);
    CU_ASSERT(pair_trusts(source, "unknown issuer"));
    CU_ASSERT_FALSE(pair_trusts(source, "good"));
    uint64_t before = generation(source);
    file_replace(o.ca_file, certs_pem("root"));
    folder_pass(&p, SECOND - 1);
    CU_ASSERT_EQUAL(generation(source), before); /* it is looked at once a second */
    folder_pass(&p, 1);
    CU_ASSERT_NOT_EQUAL(generation(source), before);
    CU_ASSERT(pair_trusts(source, "good"));
    CU_ASSERT_FALSE(pair_trusts(source, "unknown issuer"));
    tls_source_free(source);
    folder_end(&p);
}

static void every_named_file_is_looked_at(void)
{
    struct folder p;
    folder_begin(&p);
    gofer_tls_options o = {
        .ca_file = folder_put(&p, "ca", certs_pem("root")),
        .crl_file = folder_put(&p, "crl", certs_crl_pem("root;middle", -1, 1)),
        .cert_file = folder_put(&p, "cert", certs_pem("client")),
        .key_file = folder_put(&p, "key", certs_key_pem("client", NULL)),
    };
    const char *const files[] = {o.ca_file, o.crl_file, o.cert_file, o.key_file};
    const char *const texts[] = {certs_pem("root"), certs_crl_pem("root;middle", -1, 2),
                                 certs_pem("client;middle"), certs_key_pem("client", NULL)};
    struct tls_source *source = pair_source(&o);
    uint64_t before = generation(source);
    for (int i = 0; i < 4; i++) {
        file_replace(files[i], texts[i]);
        folder_pass(&p, SECOND);
        uint64_t now = generation(source);
        CU_ASSERT(now != 0 && now != before);
        before = now;
        folder_pass(&p, SECOND);
        CU_ASSERT_EQUAL(generation(source), before);
    }
    tls_source_free(source);
    folder_end(&p);
}

static void a_new_generation_resumes_nothing(void)
{
    struct folder p;
    struct tls_pair pair;
    struct tls_agreed agreed;
    char buf[8];
    folder_begin(&p);
    gofer_tls_options o = {.ca_file = folder_put(&p, "ca", certs_pem("root"))};
    struct tls_source *source = pair_source(&o);
    SSL_CTX *server = certs_server("good", NULL);
    static const bool resumed[] = {false, true, false};
    for (int i = 0; i < 3; i++) {
        pair_meet(&pair, source, server, "good.test");
        tls_read(pair.client, buf, sizeof buf, false);
        tls_agreed(pair.client, &agreed);
        CU_ASSERT_EQUAL(agreed.resumed, resumed[i]);
        CU_ASSERT_EQUAL(tls_generation(pair.client), tls_source_generation(source));
        if (i == 1)
            file_replace(o.ca_file, certs_pem("root"));
        folder_pass(&p, SECOND);
        pair_end(&pair);
    }
    SSL_CTX_free(server);
    tls_source_free(source);
    folder_end(&p);
}

/* Half written, or gone for a moment: what was there holds until there is something to be read. */
static void a_bad_replacement_changes_nothing(void)
{
    struct folder p;
    folder_begin(&p);
    gofer_tls_options o = {.ca_file = folder_put(&p, "ca", certs_pem("root"))};
    struct tls_source *source = pair_source(&o);
    uint64_t before = generation(source);
    file_replace(o.ca_file, "-----BEGIN CERTIFICATE-----\nAAAA");
    folder_pass(&p, SECOND);
    CU_ASSERT_EQUAL(generation(source), before);
    unlink(o.ca_file);
    folder_pass(&p, SECOND);
    CU_ASSERT_EQUAL(generation(source), before);
    CU_ASSERT(pair_trusts(source, "good"));
    file_write(o.ca_file, certs_pem("root;other root"));
    folder_pass(&p, SECOND);
    CU_ASSERT_NOT_EQUAL(generation(source), before);
    CU_ASSERT(pair_trusts(source, "unknown issuer"));
    tls_source_free(source);
    folder_end(&p);
}

static void a_first_failure_does_not_stay(void)
{
    struct folder p;
    struct fault fault;
    folder_begin(&p);
    gofer_tls_options o = {.ca_file = folder_path(&p, "ca")};
    struct tls_source *source = pair_source(&o);
    CU_ASSERT_PTR_NULL(pair_try_context(source, &fault));
    CU_ASSERT_EQUAL(fault.sys_errno, ENOENT);
    file_write(o.ca_file, certs_pem("root"));
    CU_ASSERT_NOT_EQUAL(generation(source), 0);
    tls_source_free(source);
    folder_end(&p);
}

static void a_key_rolls_over_with_its_certificate(void)
{
    struct folder p;
    struct fault fault;
    folder_begin(&p);
    gofer_tls_options o = {.ca_pem = certs_pem("root"),
                           .cert_file = folder_put(&p, "cert", certs_pem("client")),
                           .key_file = folder_put(&p, "key", certs_key_pem("client", NULL))};
    struct tls_source *source = pair_source(&o);
    uint64_t before = generation(source);
    file_replace(o.cert_file, certs_pem("other client"));
    folder_pass(&p, SECOND);
    CU_ASSERT_EQUAL(generation(source), before); /* they do not match: not yet */
    file_replace(o.key_file, certs_key_pem("other client", NULL));
    folder_pass(&p, SECOND);
    struct tls_context *context = pair_try_context(source, &fault);
    CU_ASSERT_NOT_EQUAL(context->generation, before);
    CU_ASSERT_EQUAL(X509_cmp(SSL_CTX_get0_certificate(context->ctx), certs_get("other client")), 0);
    tls_context_unref(context);
    tls_source_free(source);
    folder_end(&p);
}

/* --- memory --- */

/* The library's own allocations; OpenSSL's are OpenSSL's. */
static gofer_status meet_once(void)
{
    int err;
    struct tls_wait wait = {0};
    struct fault fault = {0};
    struct tls_peer peer = {.host = "good.test", .key = "https://peer"};
    struct tls_source *source = tls_source_new(pair_trusting(), &err);
    if (source == NULL)
        return err == ENOMEM ? GOFER_ERR_NOMEM : GOFER_ERR_SYSTEM;
    struct tls_context *context = tls_source_get(source, &wait, &fault);
    struct tls *tls = context != NULL ? tls_new(context, -1, &peer) : NULL;
    gofer_status status = tls != NULL ? GOFER_OK : GOFER_ERR_NOMEM;
    CU_ASSERT(context != NULL || fault.code == GOFER_ERR_NOMEM);
    tls_free(tls);
    tls_context_unref(context);
    tls_source_free(source);
    return status;
}

static void without_memory_it_says_so(void)
{
    certs_pem("root");
    scarce_run(meet_once);
}

/* It may be OpenSSL's lack of memory that left an algorithm out. */
static void what_nobody_agreed_with_is_made_again_once(void)
{
    struct tls_source *source = pair_source(NULL);
    SSL_CTX *refusing = certs_server("good", NULL);
    uint64_t generations[4];
    SSL_CTX_set_min_proto_version(refusing, 0);
    SSL_CTX_set_max_proto_version(refusing, TLS1_1_VERSION);
    for (int i = 0; i < 4; i++) {
        struct tls_pair pair;
        generations[i] = generation(source);
        CU_ASSERT_EQUAL(pair_meet(&pair, source, refusing, "good.test"), TLS_FAILED);
        CU_ASSERT_EQUAL(pair.fault.reason, GOFER_REASON_HANDSHAKE);
        pair_end(&pair);
    }
    CU_ASSERT_NOT_EQUAL(generations[1], generations[0]);
    CU_ASSERT_EQUAL(generations[2], generations[1]);
    CU_ASSERT_EQUAL(generations[3], generations[1]);
    SSL_CTX_free(refusing);
    tls_source_free(source);
}

/* Or left a CA not known for what it is. */
static void what_trusts_nobody_is_made_again_once(void)
{
    struct tls_source *source = pair_source(NULL);
    uint64_t before = generation(source);
    CU_ASSERT_FALSE(pair_trusts(source, "self-signed"));
    CU_ASSERT_NOT_EQUAL(generation(source), before);
    before = generation(source);
    CU_ASSERT_FALSE(pair_trusts(source, "self-signed"));
    CU_ASSERT_EQUAL(generation(source), before);
    CU_ASSERT(pair_trusts(source, "good"));
    tls_source_free(source);
}

static void what_a_server_agreed_with_stays(void)
{
    struct tls_source *source = pair_source(NULL);
    SSL_CTX *refusing = certs_server("good", NULL);
    struct tls_pair pair;
    uint64_t before = generation(source);
    SSL_CTX_set_min_proto_version(refusing, 0);
    SSL_CTX_set_max_proto_version(refusing, TLS1_1_VERSION);
    CU_ASSERT(pair_trusts(source, "good"));
    CU_ASSERT_EQUAL(pair_meet(&pair, source, refusing, "good.test"), TLS_FAILED);
    pair_end(&pair);
    CU_ASSERT_EQUAL(generation(source), before);
    CU_ASSERT_FALSE(pair_trusts(source, "self-signed"));
    CU_ASSERT_EQUAL(generation(source), before);
    SSL_CTX_free(refusing);
    tls_source_free(source);
}

static X509 *unreadable_ca(void)
{
    X509 *ca = X509_dup(certs_get("other client"));
    ASN1_OCTET_STRING *none = ASN1_OCTET_STRING_new();
    ASN1_OCTET_STRING_set(none, (const unsigned char *)"none", 4);
    X509_EXTENSION *extension = X509_EXTENSION_create_by_NID(NULL, NID_name_constraints, 1, none);
    X509_add_ext(ca, extension, -1);
    X509_EXTENSION_free(extension);
    ASN1_OCTET_STRING_free(none);
    return ca;
}

/* As a CA is to OpenSSL that it had no memory to read. */
static void an_unreadable_ca_is_read_again_once(void)
{
    struct tls_source *source = pair_source(NULL);
    struct tls_context *context = pair_context(source);
    X509 *ca = unreadable_ca();
    uint64_t before = context->generation;
    CU_ASSERT(pair_trusts(source, "good"));
    CU_ASSERT_EQUAL(X509_STORE_add_cert(SSL_CTX_get_cert_store(context->ctx), ca), 1);
    CU_ASSERT_FALSE(pair_trusts(source, "self-signed"));
    CU_ASSERT_NOT_EQUAL(generation(source), before);
    CU_ASSERT(pair_trusts(source, "good"));
    before = generation(source);
    CU_ASSERT_FALSE(pair_trusts(source, "self-signed"));
    CU_ASSERT_EQUAL(generation(source), before);
    X509_free(ca);
    tls_context_unref(context);
    tls_source_free(source);
}

CU_TestInfo tls_source_tests[] = {
    {"nothing is read before it is needed", nothing_is_read_before_it_is_needed},
    {"it is made once", it_is_made_once},
    {"threads come at once", threads_come_at_once},
    {"who waits is woken", who_waits_is_woken},
    {"TLS-17 a replaced CA file holds", a_replaced_ca_file_holds},
    {"TLS-17 every named file is looked at", every_named_file_is_looked_at},
    {"TLS-17 TLS-08 a new generation resumes nothing", a_new_generation_resumes_nothing},
    {"TLS-17 a bad replacement changes nothing", a_bad_replacement_changes_nothing},
    {"a first failure does not stay", a_first_failure_does_not_stay},
    {"TLS-17 a key rolls over with its certificate", a_key_rolls_over_with_its_certificate},
    {"RES-01 without memory it says so", without_memory_it_says_so},
    {"RES-01 what nobody agreed with is made again, once",
     what_nobody_agreed_with_is_made_again_once},
    {"RES-01 what trusts nobody is made again, once", what_trusts_nobody_is_made_again_once},
    {"RES-01 an unreadable CA is read again, once", an_unreadable_ca_is_read_again_once},
    {"what a server agreed with stays", what_a_server_agreed_with_stays},
    CU_TEST_INFO_NULL,
};
