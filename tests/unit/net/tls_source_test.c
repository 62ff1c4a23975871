/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/tls_source and net/tls_context: when files are read, what they may hold,
 * what becomes of files that change, and who waits for whom. The clock is the
 * test's.
 */
#include "net/tls_source.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <openssl/x509.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "support/certs.h"
#include "unit/http/scarce.h"
#include "unit/net/tls_pair.h"

extern CU_TestInfo tls_source_tests[];

#define SECOND (1000 * CLOCK_MS)

/* --- files --- */

/* A directory of the test's, and the time. */
struct place {
    char dir[32];
    char path[8][64];
    size_t paths;
    int64_t now;
};

static void place_begin(struct place *p)
{
    *p = (struct place){.dir = "/tmp/gofer-tls-XXXXXX", .now = SECOND};
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(p->dir));
    clock_fake(p->now);
}

static void place_end(struct place *p)
{
    for (size_t i = 0; i < p->paths; i++)
        unlink(p->path[i]);
    CU_ASSERT_EQUAL(rmdir(p->dir), 0);
    clock_fake(-1);
}

static void pass(struct place *p, int64_t ns)
{
    p->now += ns;
    clock_fake(p->now);
}

static const char *path_of(struct place *p, const char *name)
{
    char *path = p->path[p->paths++], *end;
    CU_ASSERT_FATAL(p->paths <= 8 && strlen(p->dir) + strlen(name) + 2 <= sizeof p->path[0]);
    end = stpcpy(stpcpy(path, p->dir), "/");
    strcpy(end, name);
    return path;
}

static void write_file(const char *path, const char *text)
{
    FILE *f = fopen(path, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(f);
    fputs(text, f);
    fclose(f);
}

/* As those do who care: the file is there at every moment, old or new. */
static void replace_file(const char *path, const char *text)
{
    char other[80];
    snprintf(other, sizeof other, "%s.new", path);
    write_file(other, text);
    CU_ASSERT_EQUAL(rename(other, path), 0);
}

static const char *put_file(struct place *p, const char *name, const char *text)
{
    const char *path = path_of(p, name);
    write_file(path, text);
    return path;
}

/* --- asking --- */

static struct tls_context *get(struct tls_source *source, struct fault *fault)
{
    struct tls_wait wait = {0};
    *fault = (struct fault){0};
    return tls_source_get(source, &wait, fault);
}

/* The current generation, 0 where there is none. */
static uint64_t generation(struct tls_source *source)
{
    struct fault fault;
    struct tls_context *context = get(source, &fault);
    uint64_t g = context != NULL ? context->generation : 0;
    CU_ASSERT(context == NULL || g == tls_source_generation(source));
    tls_context_unref(context);
    return g;
}

/* Whether a server of that certificate is trusted now. */
static bool trusts(struct tls_source *source, const char *cert)
{
    struct tls_pair pair;
    SSL_CTX *server = certs_server(cert, NULL);
    bool ok = pair_meet(&pair, source, server, "good.test") == TLS_DONE;
    pair_end(&pair);
    SSL_CTX_free(server);
    return ok;
}

static gofer_reason told_reason;

/* What a client with these options is told. The words, or "" where all is well; told_reason has the
 * reason. */
static const char *told(const gofer_tls_options *options, int *sys_errno)
{
    static struct fault fault;
    struct tls_source *source = pair_source(options);
    struct tls_context *context = get(source, &fault);
    CU_ASSERT((context != NULL) == (fault.code == GOFER_OK));
    CU_ASSERT(context != NULL || (fault.code == GOFER_ERR_TLS && fault.phase == GOFER_PHASE_TLS));
    tls_context_unref(context);
    tls_source_free(source);
    *sys_errno = fault.sys_errno;
    told_reason = fault.reason;
    return fault.detail;
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
    struct place p;
    place_begin(&p);
    gofer_tls_options o = {.ca_file = path_of(&p, "ca")};
    struct tls_source *source = pair_source(&o); /* no file there */
    CU_ASSERT_EQUAL(tls_source_generation(source), 0);
    write_file(o.ca_file, certs_pem("root"));
    CU_ASSERT(trusts(source, "good"));
    tls_source_free(source);
    place_end(&p);
}

static void it_is_made_once(void)
{
    struct place p;
    place_begin(&p);
    hooks = 0;
    gofer_tls_options o = {
        .ca_pem = certs_pem("root"), .ssl_ctx = count_hook, .ssl_ctx_arg = &hooks};
    struct tls_source *source = pair_source(&o);
    uint64_t first = generation(source);
    for (int i = 0; i < 5; i++) {
        CU_ASSERT_EQUAL(generation(source), first);
        pass(&p, SECOND);
    }
    CU_ASSERT_EQUAL(hooks, 1);
    struct tls_source *other = pair_source(&o);
    CU_ASSERT_NOT_EQUAL(generation(other), first);
    tls_source_free(other);
    tls_source_free(source);
    place_end(&p);
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
    struct tls_context *context = get(source, &fault);
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
    struct place p;
    place_begin(&p);
    gofer_tls_options o = {.ca_file = put_file(&p, "ca", certs_pem("other root"))};
    struct tls_source *source = pair_source(&o);
    CU_ASSERT(trusts(source, "unknown issuer"));
    CU_ASSERT_FALSE(trusts(source, "good"));
    uint64_t before = generation(source);
    replace_file(o.ca_file, certs_pem("root"));
    pass(&p, SECOND - 1);
    CU_ASSERT_EQUAL(generation(source), before); /* it is looked at once a second */
    pass(&p, 1);
    CU_ASSERT_NOT_EQUAL(generation(source), before);
    CU_ASSERT(trusts(source, "good"));
    CU_ASSERT_FALSE(trusts(source, "unknown issuer"));
    tls_source_free(source);
    place_end(&p);
}

static void every_named_file_is_looked_at(void)
{
    struct place p;
    place_begin(&p);
    gofer_tls_options o = {
        .ca_file = put_file(&p, "ca", certs_pem("root")),
        .crl_file = put_file(&p, "crl", certs_crl_pem("root;middle", -1, 1)),
        .cert_file = put_file(&p, "cert", certs_pem("client")),
        .key_file = put_file(&p, "key", certs_key_pem("client", NULL)),
    };
    const char *const files[] = {o.ca_file, o.crl_file, o.cert_file, o.key_file};
    const char *const texts[] = {certs_pem("root"), certs_crl_pem("root;middle", -1, 2),
                                 certs_pem("client;middle"), certs_key_pem("client", NULL)};
    struct tls_source *source = pair_source(&o);
    uint64_t before = generation(source);
    for (int i = 0; i < 4; i++) {
        replace_file(files[i], texts[i]);
        pass(&p, SECOND);
        uint64_t now = generation(source);
        CU_ASSERT(now != 0 && now != before);
        before = now;
        pass(&p, SECOND);
        CU_ASSERT_EQUAL(generation(source), before);
    }
    tls_source_free(source);
    place_end(&p);
}

static void a_new_generation_resumes_nothing(void)
{
    struct place p;
    struct tls_pair pair;
    struct tls_agreed agreed;
    char buf[8];
    place_begin(&p);
    gofer_tls_options o = {.ca_file = put_file(&p, "ca", certs_pem("root"))};
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
            replace_file(o.ca_file, certs_pem("root"));
        pass(&p, SECOND);
        pair_end(&pair);
    }
    SSL_CTX_free(server);
    tls_source_free(source);
    place_end(&p);
}

/* Half written, or gone for a moment: what was there holds until there is something to be read. */
static void a_bad_replacement_changes_nothing(void)
{
    struct place p;
    place_begin(&p);
    gofer_tls_options o = {.ca_file = put_file(&p, "ca", certs_pem("root"))};
    struct tls_source *source = pair_source(&o);
    uint64_t before = generation(source);
    replace_file(o.ca_file, "-----BEGIN CERTIFICATE-----\nAAAA");
    pass(&p, SECOND);
    CU_ASSERT_EQUAL(generation(source), before);
    unlink(o.ca_file);
    pass(&p, SECOND);
    CU_ASSERT_EQUAL(generation(source), before);
    CU_ASSERT(trusts(source, "good"));
    write_file(o.ca_file, certs_pem("root;other root"));
    pass(&p, SECOND);
    CU_ASSERT_NOT_EQUAL(generation(source), before);
    CU_ASSERT(trusts(source, "unknown issuer"));
    tls_source_free(source);
    place_end(&p);
}

static void a_first_failure_does_not_stay(void)
{
    struct place p;
    struct fault fault;
    place_begin(&p);
    gofer_tls_options o = {.ca_file = path_of(&p, "ca")};
    struct tls_source *source = pair_source(&o);
    CU_ASSERT_PTR_NULL(get(source, &fault));
    CU_ASSERT_EQUAL(fault.sys_errno, ENOENT);
    write_file(o.ca_file, certs_pem("root"));
    CU_ASSERT_NOT_EQUAL(generation(source), 0);
    tls_source_free(source);
    place_end(&p);
}

static void a_key_rolls_over_with_its_certificate(void)
{
    struct place p;
    struct fault fault;
    place_begin(&p);
    gofer_tls_options o = {.ca_pem = certs_pem("root"),
                           .cert_file = put_file(&p, "cert", certs_pem("client")),
                           .key_file = put_file(&p, "key", certs_key_pem("client", NULL))};
    struct tls_source *source = pair_source(&o);
    uint64_t before = generation(source);
    replace_file(o.cert_file, certs_pem("other client"));
    pass(&p, SECOND);
    CU_ASSERT_EQUAL(generation(source), before); /* they do not match: not yet */
    replace_file(o.key_file, certs_key_pem("other client", NULL));
    pass(&p, SECOND);
    struct tls_context *context = get(source, &fault);
    CU_ASSERT_NOT_EQUAL(context->generation, before);
    CU_ASSERT_EQUAL(X509_cmp(SSL_CTX_get0_certificate(context->ctx), certs_get("other client")), 0);
    tls_context_unref(context);
    tls_source_free(source);
    place_end(&p);
}

/* --- what files hold --- */

static void a_ca_directory_is_trusted(void)
{
    struct place p;
    char name[32];
    place_begin(&p);
    snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(certs_get("root")));
    put_file(&p, name, certs_pem("root"));
    gofer_tls_options o = {.ca_dir = p.dir};
    struct tls_source *source = pair_source(&o);
    CU_ASSERT(trusts(source, "good"));
    CU_ASSERT_FALSE(trusts(source, "unknown issuer"));
    tls_source_free(source);
    place_end(&p);
}

static void the_environment_names_the_systems_store(void)
{
    struct place p;
    place_begin(&p);
    setenv("SSL_CERT_FILE", put_file(&p, "ca", certs_pem("root")), 1);
    setenv("SSL_CERT_DIR", "/nowhere", 1);
    struct tls_source *source = pair_source(&(gofer_tls_options){0});
    CU_ASSERT(trusts(source, "good"));
    tls_source_free(source);
    source = pair_source(&(gofer_tls_options){.ca_pem = certs_pem("other root")});
    CU_ASSERT_FALSE(trusts(source, "good"));
    tls_source_free(source);
    source = pair_source(
        &(gofer_tls_options){.ca_pem = certs_pem("other root"), .add_system_store = true});
    CU_ASSERT(trusts(source, "good"));
    CU_ASSERT(trusts(source, "unknown issuer"));
    tls_source_free(source);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    place_end(&p);
}

/* One more CA in the directory is seen, as one that the program did not know at its start. */
static void the_environments_directory_is_read(void)
{
    struct place p;
    char name[32];
    place_begin(&p);
    snprintf(name, sizeof name, "%08lx.0", X509_subject_name_hash(certs_get("root")));
    put_file(&p, name, certs_pem("root"));
    setenv("SSL_CERT_FILE", "/nowhere", 1);
    setenv("SSL_CERT_DIR", p.dir, 1);
    struct tls_source *source = pair_source(&(gofer_tls_options){0});
    CU_ASSERT(trusts(source, "good"));
    CU_ASSERT_FALSE(trusts(source, "unknown issuer"));
    tls_source_free(source);
    unsetenv("SSL_CERT_FILE");
    unsetenv("SSL_CERT_DIR");
    place_end(&p);
}

/* How a server of the certificate fares with a client of the options. */
static const char *met(const gofer_tls_options *options, const char *cert)
{
    static struct tls_pair pair;
    struct tls_source *source = pair_source(options);
    SSL_CTX *server = certs_server(cert, NULL);
    pair_meet(&pair, source, server, "good.test");
    pair_end(&pair);
    SSL_CTX_free(server);
    tls_source_free(source);
    return pair.fault.detail;
}

static void a_revoked_certificate_is_refused(void)
{
    struct place p;
    place_begin(&p);
    gofer_tls_options o = {.ca_pem = certs_pem("root"),
                           .crl_file = put_file(&p, "crl", certs_crl_pem("root;middle", -1, 1))};
    CU_ASSERT_STRING_EQUAL(met(&o, "good"), "");
    CU_ASSERT_STRING_EQUAL(met(&o, "revoked"), "certificate has been revoked");
    replace_file(o.crl_file, certs_crl_pem("root", -1, 1));
    CU_ASSERT_STRING_EQUAL(met(&o, "good"),
                           "certificate: the revocation list of its issuer is missing: \"middle\"");
    replace_file(o.crl_file, certs_crl_pem("root;middle", -3, -1));
    CU_ASSERT_STRING_EQUAL(
        met(&o, "good"), "certificate: the revocation list of its issuer has expired: \"middle\"");
    o.crl_file = NULL;
    CU_ASSERT_STRING_EQUAL(met(&o, "revoked"), "");
    place_end(&p);
}

static void bad_files_are_named(void)
{
    struct place p;
    int err;
    place_begin(&p);
    char expected[160];
    const char *empty = put_file(&p, "empty", "");
    const char *prose = put_file(&p, "prose", "no certificate at all\n");
    const char *half = put_file(&p, "half", "-----BEGIN CERTIFICATE-----\nAAAA\n");
    const char *const bad[] = {empty, prose, half, p.dir, "/nowhere/ca.pem", "/dev/null"};
    const int errors[] = {0, 0, 0, EISDIR, ENOENT, EINVAL};
    for (int i = 0; i < 6; i++) {
        const char *words = told(&(gofer_tls_options){.ca_file = bad[i]}, &err);
        CU_ASSERT_PTR_NOT_NULL(strstr(words, bad[i]));
        CU_ASSERT_EQUAL(strncmp(words, "CA file", 7), 0);
        CU_ASSERT_EQUAL(told_reason, GOFER_REASON_CA);
        CU_ASSERT_EQUAL(err, errors[i]);
        words = told(&(gofer_tls_options){.crl_file = bad[i]}, &err);
        CU_ASSERT_EQUAL(strncmp(words, "revocation list", 15), 0);
        CU_ASSERT_EQUAL(told_reason, GOFER_REASON_CRL);
        CU_ASSERT_EQUAL(err, errors[i]);
        words = told(&(gofer_tls_options){.cert_file = bad[i]}, &err);
        CU_ASSERT_EQUAL(strncmp(words, "client certificate", 18), 0);
        CU_ASSERT_EQUAL(told_reason, GOFER_REASON_IDENTITY);
        CU_ASSERT_EQUAL(err, errors[i]);
        words =
            told(&(gofer_tls_options){.cert_pem = certs_pem("client"), .key_file = bad[i]}, &err);
        CU_ASSERT_EQUAL(strncmp(words, "client key", 10), 0);
        CU_ASSERT_EQUAL(told_reason, GOFER_REASON_IDENTITY);
        CU_ASSERT_EQUAL(err, errors[i]);
    }
    snprintf(expected, sizeof expected, "CA file: nothing of that kind in it: %s", prose);
    CU_ASSERT_STRING_EQUAL(told(&(gofer_tls_options){.ca_file = prose}, &err), expected);
    CU_ASSERT_STRING_EQUAL(told(&(gofer_tls_options){.ca_pem = "x"}, &err),
                           "CA certificates in memory: nothing of that kind in it");
    place_end(&p);
}

/* The good certificates in a file do not make up for one that cannot be read. */
static void a_damaged_list_is_not_half_a_list(void)
{
    char pem[8192];
    int err;
    snprintf(pem, sizeof pem, "%s-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
             certs_pem("root"));
    CU_ASSERT_EQUAL(strncmp(told(&(gofer_tls_options){.ca_pem = pem}, &err), "CA cert", 7), 0);
    snprintf(pem, sizeof pem, "# my CAs\n%s\n# the end\n", certs_pem("root;other root"));
    CU_ASSERT_STRING_EQUAL(told(&(gofer_tls_options){.ca_pem = pem}, &err), "");
}

static void keys_may_have_a_password(void)
{
    int err;
    gofer_tls_options o = {.cert_pem = certs_pem("client;middle"),
                           .key_pem = certs_key_pem("client", "secret")};
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "client key: it needs a password");
    o.key_password = "wrong";
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "client key: wrong password, or damaged");
    o.key_password = "secret";
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "");
    o.key_pem = certs_key_pem("other client", NULL);
    CU_ASSERT_STRING_EQUAL(told(&o, &err),
                           "client key: certificate and key do not belong together");
}

static void certificate_and_key_may_be_in_one_file(void)
{
    struct place p;
    char pem[8192];
    int err;
    place_begin(&p);
    snprintf(pem, sizeof pem, "%s%s", certs_key_pem("client", NULL), certs_pem("client;middle"));
    gofer_tls_options o = {.cert_file = put_file(&p, "both", pem)};
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "");
    o = (gofer_tls_options){.cert_pem = pem};
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "");
    o = (gofer_tls_options){.cert_pem = certs_pem("client")};
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "client key: nothing of that kind in it");
    place_end(&p);
}

static void options_that_openssl_refuses_are_named(void)
{
    int err;
    CU_ASSERT_EQUAL(strncmp(told(&(gofer_tls_options){.ciphers = "nonsense"}, &err),
                            "TLS option ciphers: ", 20),
                    0);
    CU_ASSERT_EQUAL(strncmp(told(&(gofer_tls_options){.ciphersuites = "nonsense"}, &err),
                            "TLS option ciphersuites: ", 25),
                    0);
    CU_ASSERT_EQUAL(told_reason, GOFER_REASON_CIPHERS);
}

static int refuse_all(SSL_CTX *ctx, void *arg)
{
    (void)ctx;
    (void)arg;
    return 0;
}

static int only_1_2(SSL_CTX *ctx, void *arg)
{
    (void)arg;
    return SSL_CTX_set_max_proto_version(ctx, TLS1_2_VERSION);
}

static void the_hook_has_the_last_word(void)
{
    int err;
    CU_ASSERT_STRING_EQUAL(told(&(gofer_tls_options){.ssl_ctx = refuse_all}, &err),
                           "the ssl_ctx hook refused the context");
    struct fault fault;
    gofer_tls_options o = {.min_version = GOFER_TLS_1_2, .ssl_ctx = only_1_2};
    struct tls_source *source = pair_source(&o);
    struct tls_context *context = get(source, &fault);
    CU_ASSERT_EQUAL(SSL_CTX_get_max_proto_version(context->ctx), TLS1_2_VERSION);
    tls_context_unref(context);
    tls_source_free(source);
}

static void what_is_to_be_off_is_off(void)
{
    struct fault fault;
    struct tls_source *source = pair_source(NULL);
    struct tls_context *context = get(source, &fault);
    uint64_t options = SSL_CTX_get_options(context->ctx);
    CU_ASSERT_EQUAL(options & SSL_OP_IGNORE_UNEXPECTED_EOF, 0);
    CU_ASSERT_NOT_EQUAL(options & SSL_OP_NO_RENEGOTIATION, 0);
    CU_ASSERT_NOT_EQUAL(options & SSL_OP_NO_COMPRESSION, 0);
    CU_ASSERT_NOT_EQUAL(SSL_CTX_get_mode(context->ctx) & SSL_MODE_RELEASE_BUFFERS, 0);
    CU_ASSERT_EQUAL(SSL_CTX_get_verify_mode(context->ctx), SSL_VERIFY_PEER);
    CU_ASSERT(SSL_CTX_get_security_level(context->ctx) >= 2);
    CU_ASSERT_EQUAL(SSL_CTX_get_min_proto_version(context->ctx), TLS1_2_VERSION);
    tls_context_unref(context);
    tls_source_free(source);
}

/* --- key logs --- */

static void keys_are_logged_where_it_is_said(void)
{
    struct place p;
    struct stat st;
    char line[512] = "";
    place_begin(&p);
    gofer_tls_options o = {.ca_pem = certs_pem("root"), .keylog_file = path_of(&p, "keys")};
    CU_ASSERT_STRING_EQUAL(met(&o, "good"), "");
    CU_ASSERT_EQUAL_FATAL(stat(o.keylog_file, &st), 0);
    CU_ASSERT_EQUAL(st.st_mode & 0777, 0600);
    FILE *f = fopen(o.keylog_file, "re");
    int lines = 0, secrets = 0;
    while (fgets(line, sizeof line, f) != NULL) {
        lines++;
        secrets +=
            strstr(line, "_TRAFFIC_SECRET") != NULL || strstr(line, "EXPORTER_SECRET") != NULL;
    }
    fclose(f);
    CU_ASSERT(lines >= 4);
    CU_ASSERT_EQUAL(lines, secrets);
    int err;
    o.keylog_file = "/nowhere/keys";
    CU_ASSERT_STRING_EQUAL(told(&o, &err), "key log cannot be opened: /nowhere/keys");
    CU_ASSERT_EQUAL(err, ENOENT);
    place_end(&p);
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
    {"a CA directory is trusted", a_ca_directory_is_trusted},
    {"the environment names the system's store", the_environment_names_the_systems_store},
    {"the environment's directory is read", the_environments_directory_is_read},
    {"a revoked certificate is refused", a_revoked_certificate_is_refused},
    {"bad files are named", bad_files_are_named},
    {"a damaged list is not half a list", a_damaged_list_is_not_half_a_list},
    {"keys may have a password", keys_may_have_a_password},
    {"certificate and key may be in one file", certificate_and_key_may_be_in_one_file},
    {"options that OpenSSL refuses are named", options_that_openssl_refuses_are_named},
    {"the hook has the last word", the_hook_has_the_last_word},
    {"TLS-12 TLS-10 what is to be off is off", what_is_to_be_off_is_off},
    {"keys are logged where it is said", keys_are_logged_where_it_is_said},
    {"RES-01 without memory it says so", without_memory_it_says_so},
    CU_TEST_INFO_NULL,
};
