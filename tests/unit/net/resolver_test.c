/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * net/resolver on a real engine with two workers, asked by small tasks, against
 * a scripted DNS server. Every world is taken down by the usual way and must
 * leave no descriptor behind.
 */
#include "net/resolver.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include <gofer/client.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "tests/unit/net/dns_server.h"

extern CU_TestInfo resolver_tests[];

enum { TIMEOUT_MS = 100, TRIES = 1, PATIENCE_S = 10, ASKERS_MAX = 200, SPARE = 8 };

struct asker {
    struct task task;
    struct world *world;
    struct lookup lookup;
    int wakes; /* EV_ANSWERs */
    int done;  /* 1 once it ended; guarded by the world's lock */
};

struct world {
    struct engine *engine;
    struct resolver *resolver;
    struct dns_server *server;
    int fds; /* open before it began */
    struct asker *askers[ASKERS_MAX + SPARE];
    int askers_len;
    int asked; /* askers whose question was posted; guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t changed;
};

/* --- descriptors --- */

/* Open descriptors; those that an exec would inherit are counted in *inherited. */
static int count_fds(int *inherited)
{
    DIR *dir = opendir("/proc/self/fd");
    CU_ASSERT_PTR_NOT_NULL_FATAL(dir);
    int n = 0;
    *inherited = 0;
    for (struct dirent *e = readdir(dir); e != NULL; e = readdir(dir)) {
        int flags = fcntl(atoi(e->d_name), F_GETFD);
        if (e->d_name[0] == '.' || flags < 0)
            continue;
        n++;
        *inherited += !(flags & FD_CLOEXEC);
    }
    closedir(dir);
    return n;
}

static int open_fds(void)
{
    int inherited;
    return count_fds(&inherited);
}

static int inherited_fds(void)
{
    int inherited;
    count_fds(&inherited);
    return inherited;
}

/* --- askers --- */

static enum task_next finish(struct asker *a)
{
    task_release_slot(&a->task);
    pthread_mutex_lock(&a->world->lock);
    a->done = 1;
    pthread_cond_broadcast(&a->world->changed);
    pthread_mutex_unlock(&a->world->lock);
    return TASK_DONE;
}

static void post(struct asker *a)
{
    resolver_ask(a->world->resolver, &a->lookup);
    pthread_mutex_lock(&a->world->lock);
    a->world->asked++;
    pthread_cond_broadcast(&a->world->changed);
    pthread_mutex_unlock(&a->world->lock);
}

static enum task_next step(struct task *task, unsigned events, struct turn *turn)
{
    (void)turn;
    struct asker *a = list_item(task, struct asker, task);
    struct resolver *r = a->world->resolver;
    if (events & EV_START)
        post(a);
    bool answered = resolver_answered(r, &a->lookup);
    /* An answer that came during this step has its wake in the word already. */
    a->wakes += ((events | (answered ? task_pending(task) : 0)) & EV_ANSWER) != 0;
    if (events & EV_CANCEL)
        resolver_forget(r, &a->lookup);
    return answered || (events & EV_CANCEL) ? finish(a) : TASK_PARK;
}

static void free_asker(struct task *task)
{
    free(list_item(task, struct asker, task));
}

static const struct task_ops asker_ops = {.name = "asker", .step = step, .free = free_asker};

/* The asker lives as long as the world. */
static struct asker *make_asker(struct world *w, const char *host)
{
    struct asker *a = calloc(1, sizeof(*a));
    CU_ASSERT_FATAL(a != NULL && w->askers_len < ASKERS_MAX + SPARE);
    task_init(&a->task, w->engine, &asker_ops);
    task_ref(&a->task);
    a->world = w;
    a->lookup = (struct lookup){.task = &a->task, .host = host};
    w->askers[w->askers_len++] = a;
    return a;
}

/* Begins to ask. */
static struct asker *begin(struct world *w, const char *host)
{
    struct asker *a = make_asker(w, host);
    task_wake_now(&a->task, EV_START);
    return a;
}

/* Waits until the counter is n; fails the test where it does not get there. */
static void await_count(struct world *w, const int *counter, int n)
{
    struct timespec limit;
    clock_gettime(CLOCK_REALTIME, &limit);
    limit.tv_sec += PATIENCE_S;
    int err = 0;
    pthread_mutex_lock(&w->lock);
    while (*counter < n && err == 0)
        err = pthread_cond_timedwait(&w->changed, &w->lock, &limit);
    pthread_mutex_unlock(&w->lock);
    CU_ASSERT_EQUAL_FATAL(err, 0);
}

static void await(struct asker *a)
{
    await_count(a->world, &a->done, 1);
}

static struct asker *ask(struct world *w, const char *host)
{
    struct asker *a = begin(w, host);
    await(a);
    return a;
}

static enum lookup_error error_of(struct world *w, const char *host)
{
    return ask(w, host)->lookup.error;
}

/* Whether the lookup's address i is text. */
static bool has(const struct lookup *l, size_t i, const char *text)
{
    struct addr addr;
    return addr_parse(text, NULL, 0, &addr) && i < l->addrs_len && addr_equal(&l->addrs[i], &addr);
}

/* Whether the host is 192.0.2.1 and nothing else. */
static bool is_v4(struct world *w, const char *host)
{
    struct asker *a = ask(w, host);
    return a->lookup.error == LOOKUP_OK && a->wakes == 1 && a->lookup.addrs_len == 1 &&
           has(&a->lookup, 0, "192.0.2.1");
}

/* --- worlds --- */

static void open_world(struct world *w, int workers, const struct resolver_options *options)
{
    int err = 0;
    w->engine = engine_new(&(struct engine_options){.workers = workers}, &err);
    CU_ASSERT_FATAL(w->engine != NULL && engine_start(w->engine) == 0);
    w->resolver = resolver_new(w->engine, options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w->resolver);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
}

static struct resolver_options to_server(const struct dns_server *server)
{
    return (struct resolver_options){
        .servers = dns_server_address(server), .timeout_ms = TIMEOUT_MS, .tries = TRIES};
}

static void setup(struct world *w)
{
    *w = (struct world){.fds = open_fds()};
    w->server = dns_server_start();
    struct resolver_options options = to_server(w->server);
    open_world(w, 2, &options);
}

/* As setup(), with time for answers that are held. */
static void setup_patient(struct world *w)
{
    *w = (struct world){.fds = open_fds()};
    w->server = dns_server_start();
    struct resolver_options options = to_server(w->server);
    options.timeout_ms = PATIENCE_S * 1000;
    open_world(w, 2, &options);
}

static void close_resolver(struct world *w)
{
    resolver_close(w->resolver);
    int64_t limit = clock_after_ms(clock_now_ns(), PATIENCE_S * 1000);
    while (!resolver_ended(w->resolver) && clock_now_ns() < limit)
        engine_serve_once(w->engine, clock_after_ms(clock_now_ns(), 5));
    CU_ASSERT_FATAL(resolver_ended(w->resolver));
}

static void teardown(struct world *w)
{
    close_resolver(w);
    for (int i = 0; i < w->askers_len; i++)
        await(w->askers[i]);
    engine_stop(w->engine);
    for (int i = 0; i < w->askers_len; i++) {
        resolver_forget(w->resolver, &w->askers[i]->lookup);
        task_unref(&w->askers[i]->task);
    }
    resolver_free(w->resolver);
    engine_free(w->engine);
    dns_server_stop(w->server);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    CU_ASSERT_EQUAL(open_fds(), w->fds);
}

/* --- answers --- */

static void both_families_are_asked_and_ipv4_comes_first(void)
{
    struct world w;
    setup(&w);
    struct asker *a = ask(&w, "both.test");
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_OK);
    CU_ASSERT_EQUAL(a->lookup.addrs_len, 2);
    CU_ASSERT(has(&a->lookup, 0, "192.0.2.1"));
    CU_ASSERT(has(&a->lookup, 1, "2001:db8::1"));
    CU_ASSERT_EQUAL(a->wakes, 1);
    teardown(&w);
}

static void one_family_is_enough(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT(is_v4(&w, "v4.test"));
    teardown(&w);
}

static void failures_are_told_apart(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT_EQUAL(error_of(&w, "nx.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "nodata.test"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(error_of(&w, "fail.test"), LOOKUP_SERVFAIL);
    CU_ASSERT_EQUAL(error_of(&w, "refused.test"), LOOKUP_REFUSED);
    teardown(&w);
}

static void failures_are_not_remembered(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT_EQUAL(error_of(&w, "fail.test"), LOOKUP_SERVFAIL);
    unsigned asked = dns_server_asked(w.server, "fail.test");
    CU_ASSERT_EQUAL(error_of(&w, "fail.test"), LOOKUP_SERVFAIL);
    CU_ASSERT(dns_server_asked(w.server, "fail.test") > asked);
    teardown(&w);
}

static void silence_is_a_timeout(void)
{
    struct world w;
    setup(&w);
    int64_t begun = clock_now_ns();
    CU_ASSERT_EQUAL(error_of(&w, "silent.test"), LOOKUP_TIMEOUT);
    CU_ASSERT(clock_now_ns() - begun >= (TIMEOUT_MS - 1) * CLOCK_MS);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "silent.test"), TRIES);
    teardown(&w);
}

static void dead_server_is_a_timeout(void)
{
    struct world w;
    setup(&w);
    struct resolver_options options = {
        .servers = "127.0.0.1:1", .timeout_ms = TIMEOUT_MS, .tries = TRIES};
    struct resolver *good = w.resolver;
    w.resolver = resolver_new(w.engine, &options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w.resolver);
    struct asker *a = ask(&w, "v4.test");
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_TIMEOUT);
    close_resolver(&w);
    resolver_free(w.resolver);
    w.resolver = good;
    teardown(&w);
}

static void forged_answers_are_ignored(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT(is_v4(&w, "wrongid.test"));
    CU_ASSERT(is_v4(&w, "wrongq.test"));
    CU_ASSERT(is_v4(&w, "empty.test"));
    teardown(&w);
}

static void broken_answer_is_an_error(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT_NOT_EQUAL(error_of(&w, "loop.test"), LOOKUP_OK);
    CU_ASSERT(is_v4(&w, "v4.test"));
    teardown(&w);
}

static void truncated_answer_is_asked_again_over_tcp(void)
{
    struct world w;
    setup(&w);
    struct asker *a = ask(&w, "tc.test");
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_OK);
    CU_ASSERT_EQUAL(a->lookup.addrs_len, LOOKUP_MAX_ADDRS);
    CU_ASSERT(dns_server_asked(w.server, "tc.test") >= 2);
    teardown(&w);
}

static void tcp_reset_is_an_error(void)
{
    struct world w;
    setup(&w);
    CU_ASSERT_NOT_EQUAL(error_of(&w, "reset.test"), LOOKUP_OK);
    CU_ASSERT(is_v4(&w, "v4.test"));
    teardown(&w);
}

static void descriptors_are_close_on_exec(void)
{
    struct world w;
    int before = inherited_fds();
    setup_patient(&w);
    struct asker *a = begin(&w, "held.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    CU_ASSERT_EQUAL(inherited_fds(), before);
    dns_server_release(w.server);
    await(a);
    teardown(&w);
}

/* --- what is not asked --- */

/* Asks without an engine that runs: only what needs no server is answered. */
static struct lookup ask_idle(struct resolver *r, const char *host)
{
    struct lookup l = {.host = host};
    resolver_ask(r, &l);
    CU_ASSERT(resolver_answered(r, &l));
    return l;
}

static enum lookup_error idle_error(struct resolver *r, const char *host)
{
    struct lookup l = ask_idle(r, host);
    resolver_forget(r, &l);
    return l.error;
}

static bool is_loopback(struct resolver *r, const char *host)
{
    struct lookup l = ask_idle(r, host);
    bool same =
        l.error == LOOKUP_OK && l.addrs_len == 2 && has(&l, 0, "127.0.0.1") && has(&l, 1, "::1");
    resolver_forget(r, &l);
    return same;
}

static bool is_itself(struct resolver *r, const char *host)
{
    struct lookup l = ask_idle(r, host);
    bool same = l.error == LOOKUP_OK && l.addrs_len == 1 && has(&l, 0, host);
    resolver_forget(r, &l);
    return same;
}

static void known_names_are_answered_at_once(void)
{
    int err = 0;
    struct engine *engine = engine_new(&(struct engine_options){.workers = 0}, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    struct resolver *r = resolver_new(engine, &(struct resolver_options){.servers = NULL});
    CU_ASSERT_PTR_NOT_NULL_FATAL(r);
    CU_ASSERT(is_itself(r, "192.0.2.7"));
    CU_ASSERT(is_itself(r, "2001:db8::7"));
    CU_ASSERT(is_loopback(r, "localhost"));
    CU_ASSERT(is_loopback(r, "LOCALHOST."));
    CU_ASSERT(is_loopback(r, "www.localhost"));
    CU_ASSERT_EQUAL(idle_error(r, "abcdef.onion"), LOOKUP_NOT_FOUND);
    CU_ASSERT_EQUAL(idle_error(r, ""), LOOKUP_BAD_NAME);
    CU_ASSERT_EQUAL(idle_error(r, "a..test"), LOOKUP_BAD_NAME);
    CU_ASSERT_EQUAL(idle_error(r, "127.1"), LOOKUP_BAD_NAME);
    resolver_free(r);
    engine_free(engine);
}

/* A name of the machine's /etc/hosts that is none of localhost's, and its address. */
static bool read_hosts_entry(char *addr, char *name)
{
    char line[512];
    FILE *file = fopen("/etc/hosts", "re");
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof(line), file) != NULL)
        found = sscanf(line, "%63[0-9.] %63[a-z0-9-]", addr, name) == 2 &&
                strcmp(name, "localhost") != 0;
    if (file != NULL)
        fclose(file);
    return found;
}

static void hosts_file_comes_before_the_server(void)
{
    char addr[64];
    char name[64];
    if (!read_hosts_entry(addr, name)) {
        CU_PASS("/etc/hosts has no name to test with");
        return;
    }
    struct world w;
    setup(&w);
    struct asker *a = ask(&w, name);
    CU_ASSERT_EQUAL(a->lookup.error, LOOKUP_OK);
    CU_ASSERT(has(&a->lookup, 0, addr));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, name), 0);
    teardown(&w);
}

/* --- many askers --- */

static void same_name_is_one_query_in_flight(void)
{
    struct world w;
    setup_patient(&w);
    for (int i = 0; i < ASKERS_MAX; i++)
        begin(&w, i % 2 == 0 ? "held.test" : "HELD.test");
    await_count(&w, &w.asked, ASKERS_MAX);
    /* Asked after them all and answered: nobody is left in the mailbox. */
    CU_ASSERT(is_v4(&w, "v4.test"));
    dns_server_release(w.server);
    for (int i = 0; i < ASKERS_MAX; i++) {
        await(w.askers[i]);
        CU_ASSERT_EQUAL(w.askers[i]->wakes, 1);
        CU_ASSERT(has(&w.askers[i]->lookup, 0, "192.0.2.1"));
    }
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "held.test"), 1);
    teardown(&w);
}

static void second_asker_joins_the_query_in_flight(void)
{
    struct world w;
    setup_patient(&w);
    struct asker *first = begin(&w, "held.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    struct asker *second = begin(&w, "held.test");
    CU_ASSERT(is_v4(&w, "v4.test")); /* asked later, answered: the second is behind the query */
    dns_server_release(w.server);
    await(first);
    await(second);
    CU_ASSERT(has(&first->lookup, 0, "192.0.2.1"));
    CU_ASSERT(has(&second->lookup, 0, "192.0.2.1"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "held.test"), 1);
    teardown(&w);
}

static void different_names_do_not_wait_for_each_other(void)
{
    struct world w;
    setup_patient(&w);
    struct asker *held = begin(&w, "held.test");
    char names[100][24];
    for (int i = 0; i < 100; i++) {
        snprintf(names[i], sizeof(names[i]), "v4.n%d.test", i);
        begin(&w, names[i]);
    }
    for (int i = 1; i <= 100; i++) {
        await(w.askers[i]);
        CU_ASSERT(has(&w.askers[i]->lookup, 0, "192.0.2.1"));
    }
    CU_ASSERT_FALSE(resolver_answered(w.resolver, &held->lookup));
    dns_server_release(w.server);
    teardown(&w);
}

/* --- ends --- */

static void forgotten_lookup_is_not_woken(void)
{
    struct world w;
    setup_patient(&w);
    struct asker *a = begin(&w, "held.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    task_wake_now(&a->task, EV_CANCEL);
    await(a);
    dns_server_release(w.server);
    CU_ASSERT(is_v4(&w, "v4.test"));
    CU_ASSERT_EQUAL(a->wakes, 0);
    CU_ASSERT_PTR_NULL(a->lookup.addrs);
    resolver_forget(w.resolver, &a->lookup);
    teardown(&w);
}

static void forgetting_leaves_the_others_their_answer(void)
{
    struct world w;
    setup_patient(&w);
    struct asker *leaves = begin(&w, "held.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    struct asker *stays = begin(&w, "held.test");
    task_wake_now(&leaves->task, EV_CANCEL);
    await(leaves);
    dns_server_release(w.server);
    await(stays);
    CU_ASSERT(has(&stays->lookup, 0, "192.0.2.1"));
    teardown(&w);
}

static void close_answers_lookups_in_flight(void)
{
    struct world w;
    setup_patient(&w);
    struct asker *held = begin(&w, "held.test");
    struct asker *silent = begin(&w, "silent.test");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.test", 1));
    CU_ASSERT(dns_server_wait_asked(w.server, "silent.test", 1));
    close_resolver(&w);
    await(held);
    await(silent);
    CU_ASSERT_EQUAL(held->lookup.error, LOOKUP_FAILED);
    CU_ASSERT_EQUAL(silent->lookup.error, LOOKUP_FAILED);
    CU_ASSERT_EQUAL(error_of(&w, "v4.test"), LOOKUP_FAILED);
    teardown(&w);
}

/* An asker whose question is posted by this thread, before any thread serves the engine. */
static struct asker *post_unserved(struct world *w, const char *host)
{
    struct asker *a = make_asker(w, host);
    post(a);
    return a;
}

static void close_finds_lookups_in_the_mailbox(void)
{
    struct world w = {.fds = open_fds()};
    w.server = dns_server_start();
    struct resolver_options options = to_server(w.server);
    open_world(&w, 0, &options);
    struct asker *stays = post_unserved(&w, "v4.test");
    struct asker *leaves = post_unserved(&w, "v4.test");
    resolver_forget(w.resolver, &leaves->lookup);
    close_resolver(&w);
    while (engine_serve_once(w.engine, 0))
        ;
    await(stays);
    CU_ASSERT_EQUAL(stays->lookup.error, LOOKUP_FAILED);
    CU_ASSERT_EQUAL(leaves->wakes, 0);
    CU_ASSERT_EQUAL(task_pending(&leaves->task), 0);
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "v4.test"), 0);
    task_wake_now(&leaves->task, EV_CANCEL);
    engine_serve_once(w.engine, 0);
    teardown(&w);
}

static void resolver_ends_without_a_question(void)
{
    struct world w;
    setup(&w);
    teardown(&w);
}

/* --- resolv.conf --- */

static void write_conf(const char *path, const char *text)
{
    char fresh[128];
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    FILE *file = fopen(fresh, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    CU_ASSERT_EQUAL(rename(fresh, path), 0);
}

static void changed_resolv_conf_is_read_again(void)
{
    char path[] = "/tmp/gofer-resolver-XXXXXX";
    int fd = mkstemp(path);
    CU_ASSERT_FATAL(fd >= 0);
    close(fd);
    write_conf(path, "nameserver 127.0.0.1\nsearch first.test\n");
    struct world w = {.fds = open_fds()};
    w.server = dns_server_start();
    struct resolver_options options = {.resolv_conf = path,
                                       .port = dns_server_port(w.server),
                                       .timeout_ms = PATIENCE_S * 1000,
                                       .recheck_ms = 1};
    open_world(&w, 2, &options);
    struct asker *held = begin(&w, "held");
    CU_ASSERT(dns_server_wait_asked(w.server, "held.first.test", 1));
    write_conf(path, "nameserver 127.0.0.1\nsearch second.domain.test\n");
    /* The file is looked at once a millisecond: some question after it meets the new one. */
    for (int i = 0; i < 1000 && dns_server_asked(w.server, "v4.second.domain.test") == 0; i++)
        CU_ASSERT(is_v4(&w, "v4"));
    CU_ASSERT(dns_server_asked(w.server, "v4.second.domain.test") > 0);
    CU_ASSERT_FALSE(resolver_answered(w.resolver, &held->lookup));
    dns_server_release(w.server);
    await(held);
    CU_ASSERT(has(&held->lookup, 0, "192.0.2.1"));
    CU_ASSERT_EQUAL(dns_server_asked(w.server, "held.second.domain.test"), 0);
    teardown(&w);
    unlink(path);
}

static void missing_resolv_conf_is_no_crash(void)
{
    struct world w = {.fds = open_fds()};
    w.server = dns_server_start();
    struct resolver_options options = {.resolv_conf = "/nonexistent/resolv.conf",
                                       .port = dns_server_port(w.server),
                                       .timeout_ms = TIMEOUT_MS,
                                       .tries = TRIES};
    open_world(&w, 2, &options);
    CU_ASSERT(is_v4(&w, "v4.test."));
    teardown(&w);
}

/* --- memory --- */

static _Atomic long until_failure;

static bool fails_now(void)
{
    return atomic_fetch_sub(&until_failure, 1) == 1;
}

static void *failing_malloc(size_t size)
{
    return fails_now() ? NULL : malloc(size);
}

static void *failing_realloc(void *p, size_t size)
{
    return fails_now() ? NULL : realloc(p, size);
}

static void out_of_memory_is_an_answer(void)
{
    int failures = 0;
    atomic_store(&until_failure, -1);
    gofer_set_allocator(failing_malloc, failing_realloc, free);
    for (long n = 1; n <= 12; n++) {
        struct world w;
        setup(&w);
        atomic_store(&until_failure, n);
        enum lookup_error error = error_of(&w, "v4.test");
        failures += error != LOOKUP_OK;
        CU_ASSERT(error == LOOKUP_OK || atomic_load(&until_failure) <= 0);
        atomic_store(&until_failure, -1);
        CU_ASSERT(is_v4(&w, "v4.test"));
        teardown(&w);
    }
    gofer_set_allocator(malloc, realloc, free);
    CU_ASSERT(failures > 3);
}

static void every_error_has_words(void)
{
    for (int e = LOOKUP_OK; e <= LOOKUP_FAILED; e++)
        for (int other = LOOKUP_OK; other < e; other++)
            CU_ASSERT_STRING_NOT_EQUAL(lookup_strerror((enum lookup_error)e),
                                       lookup_strerror((enum lookup_error)other));
}

CU_TestInfo resolver_tests[] = {
    {"both families are asked and IPv4 comes first", both_families_are_asked_and_ipv4_comes_first},
    {"one family is enough", one_family_is_enough},
    {"DNS-01 failures are told apart", failures_are_told_apart},
    {"DNS-01 failures are not remembered", failures_are_not_remembered},
    {"DNS-02 silence is a timeout", silence_is_a_timeout},
    {"DNS-02 dead server is a timeout", dead_server_is_a_timeout},
    {"DNS-04 forged answers are ignored", forged_answers_are_ignored},
    {"DNS-04 broken answer is an error", broken_answer_is_an_error},
    {"DNS-03 truncated answer is asked again over TCP", truncated_answer_is_asked_again_over_tcp},
    {"DNS-03 TCP reset is an error", tcp_reset_is_an_error},
    {"descriptors are close-on-exec", descriptors_are_close_on_exec},
    {"DNS-11 L16 known names are answered at once", known_names_are_answered_at_once},
    {"hosts file comes before the server", hosts_file_comes_before_the_server},
    {"DNS-12 same name is one query in flight", same_name_is_one_query_in_flight},
    {"DNS-12 second asker joins the query in flight", second_asker_joins_the_query_in_flight},
    {"different names do not wait for each other", different_names_do_not_wait_for_each_other},
    {"DNS-02 forgotten lookup is not woken", forgotten_lookup_is_not_woken},
    {"forgetting leaves the others their answer", forgetting_leaves_the_others_their_answer},
    {"close answers lookups in flight", close_answers_lookups_in_flight},
    {"close finds lookups in the mailbox", close_finds_lookups_in_the_mailbox},
    {"resolver ends without a question", resolver_ends_without_a_question},
    {"DNS-09 changed resolv.conf is read again", changed_resolv_conf_is_read_again},
    {"DNS-09 missing resolv.conf is no crash", missing_resolv_conf_is_no_crash},
    {"out of memory is an answer", out_of_memory_is_an_answer},
    {"every error has words", every_error_has_words},
    CU_TEST_INFO_NULL,
};
