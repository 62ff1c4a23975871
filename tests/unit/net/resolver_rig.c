/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See resolver_rig.h.
 */
#include "unit/net/resolver_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "base/clock.h"
#include "support/gate.h"

/* --- descriptors --- */

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

int rig_open_fds(void)
{
    int inherited;
    return count_fds(&inherited);
}

int rig_inherited_fds(void)
{
    int inherited;
    count_fds(&inherited);
    return inherited;
}

/* --- an asker's life --- */

static enum task_next finish(struct asker *a)
{
    task_release_slot(&a->task);
    pthread_mutex_lock(&a->world->lock);
    a->done = 1;
    pthread_cond_broadcast(&a->world->changed);
    pthread_mutex_unlock(&a->world->lock);
    return TASK_DONE;
}

static void note_part(struct asker *a)
{
    pthread_mutex_lock(&a->world->lock);
    a->parts++;
    a->first = a->lookup.addrs[0];
    a->part_len = a->lookup.addrs_len;
    pthread_cond_broadcast(&a->world->changed);
    pthread_mutex_unlock(&a->world->lock);
}

void post(struct asker *a)
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
    if (answered == a->lookup.more)
        abort();
    if (!answered && a->lookup.addrs_len > 0)
        note_part(a);
    if (events & EV_CANCEL)
        resolver_forget(r, &a->lookup);
    return answered || (events & EV_CANCEL) ? finish(a) : TASK_PARK;
}

static void free_asker(struct task *task)
{
    free(list_item(task, struct asker, task));
}

static const struct task_ops asker_ops = {.name = "asker", .step = step, .free = free_asker};

struct asker *make_asker(struct world *w, const char *host)
{
    struct asker *a = calloc(1, sizeof(*a));
    CU_ASSERT_FATAL(a != NULL && w->askers_len < ASKERS_MAX);
    task_init(&a->task, w->engine, &asker_ops);
    task_ref(&a->task);
    a->world = w;
    a->lookup = (struct lookup){.task = &a->task, .host = host};
    w->askers[w->askers_len++] = a;
    return a;
}

void begin_asker(struct asker *a)
{
    task_wake_now(&a->task, EV_START);
}

struct asker *begin(struct world *w, const char *host)
{
    struct asker *a = make_asker(w, host);
    begin_asker(a);
    return a;
}

void cancel(struct asker *a)
{
    task_wake_now(&a->task, EV_CANCEL);
}

/* --- waiting --- */

/* Waits until the counter is n; fails the test where it does not get there. */
static void await_count(struct world *w, const int *counter, int n)
{
    struct timespec limit = patience_end(CLOCK_REALTIME);
    int err = 0;
    pthread_mutex_lock(&w->lock);
    while (*counter < n && err == 0)
        err = pthread_cond_timedwait(&w->changed, &w->lock, &limit);
    pthread_mutex_unlock(&w->lock);
    CU_ASSERT_EQUAL_FATAL(err, 0);
}

void await(struct asker *a)
{
    await_count(a->world, &a->done, 1);
}

bool is_done(struct asker *a)
{
    pthread_mutex_lock(&a->world->lock);
    bool done = a->done != 0;
    pthread_mutex_unlock(&a->world->lock);
    return done;
}

void await_part(struct asker *a)
{
    await_count(a->world, &a->parts, 1);
}

void await_asked(struct world *w, int n)
{
    await_count(w, &w->asked, n);
}

struct asker *ask_kind(struct world *w, const char *host, enum lookup_kind kind)
{
    struct asker *a = make_asker(w, host);
    a->lookup.kind = kind;
    begin_asker(a);
    await(a);
    return a;
}

struct asker *ask(struct world *w, const char *host)
{
    return ask_kind(w, host, LOOKUP_ANY);
}

enum lookup_error error_of(struct world *w, const char *host)
{
    return ask(w, host)->lookup.error;
}

/* --- looking --- */

bool has(const struct lookup *l, size_t i, const char *text)
{
    struct addr addr;
    return addr_parse(text, NULL, l->port, &addr) && i < l->addrs_len &&
           addr_equal(&l->addrs[i], &addr);
}

bool has_two(const struct lookup *l, const char *one, const char *two)
{
    size_t len = (one != NULL) + (two != NULL);
    return l->addrs_len == len && (one == NULL || has(l, 0, one)) &&
           (two == NULL || has(l, len - 1, two));
}

bool is_addr(struct world *w, const char *host, const char *text)
{
    struct asker *a = ask(w, host);
    return a->lookup.error == LOOKUP_OK && has_two(&a->lookup, text, NULL);
}

bool is_v4(struct world *w, const char *host)
{
    return is_addr(w, host, "192.0.2.1");
}

struct expected {
    struct world *w;
    const char *host;
    const char *text;
};

static bool is_expected(void *arg)
{
    const struct expected *e = arg;
    return is_addr(e->w, e->host, e->text);
}

bool becomes_addr(struct world *w, const char *host, const char *text)
{
    struct expected e = {w, host, text};
    return eventually(is_expected, &e);
}

/* --- worlds --- */

void world_write(const char *path, const char *text)
{
    char fresh[128];
    snprintf(fresh, sizeof(fresh), "%s.new", path);
    FILE *file = fopen(fresh, "we");
    CU_ASSERT_PTR_NOT_NULL_FATAL(file);
    fputs(text, file);
    fclose(file);
    CU_ASSERT_EQUAL(rename(fresh, path), 0);
}

void world_begin(struct world *w)
{
    memset(w, 0, sizeof(*w));
    w->fds = rig_open_fds();
    w->server = dns_server_start();
    strcpy(w->folder, "/tmp/gofer-resolver-XXXXXX");
    CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(w->folder));
    snprintf(w->resolv_conf, sizeof(w->resolv_conf), "%s/resolv.conf", w->folder);
    snprintf(w->hosts, sizeof(w->hosts), "%s/hosts", w->folder);
    world_write(w->resolv_conf, "search .\n");
    world_write(w->hosts, "");
}

struct resolver_options world_options(const struct world *w)
{
    return (struct resolver_options){.servers = dns_server_address(w->server),
                                     .resolv_conf = w->resolv_conf,
                                     .hosts = w->hosts,
                                     .timeout_ms = TIMEOUT_MS,
                                     .tries = TRIES};
}

void world_run(struct world *w, int workers, const struct resolver_options *options)
{
    int err = 0;
    w->engine = engine_new(&(struct engine_options){.workers = workers}, &err);
    CU_ASSERT_FATAL(w->engine != NULL && engine_start(w->engine) == 0);
    w->resolver = resolver_new(w->engine, options);
    CU_ASSERT_PTR_NOT_NULL_FATAL(w->resolver);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
}

void setup(struct world *w)
{
    setup_hasty(w, TIMEOUT_MS);
}

void setup_hasty(struct world *w, int timeout_ms)
{
    world_begin(w);
    struct resolver_options options = world_options(w);
    options.timeout_ms = timeout_ms;
    world_run(w, 2, &options);
}

static bool has_ended(void *arg)
{
    struct world *w = arg;
    engine_serve_once(w->engine, 0);
    return resolver_ended(w->resolver);
}

void world_close_resolver(struct world *w)
{
    resolver_close(w->resolver);
    CU_ASSERT_FATAL(eventually(has_ended, w));
}

void teardown(struct world *w)
{
    world_close_resolver(w);
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
    unlink(w->resolv_conf);
    unlink(w->hosts);
    CU_ASSERT_EQUAL(rmdir(w->folder), 0);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    CU_ASSERT_EQUAL(rig_open_fds(), w->fds);
}
