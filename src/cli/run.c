/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * All transfers of the command line; see run.h.
 *
 * With -Z each transfer has a thread, which the library is made for: a blocking
 * call of which the clients are shared. The main thread begins them in the order
 * of the plan and joins what has ended. `lock` guards `running`, `ended` and `code`.
 */
#include "cli/run.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"
#include "cli/client_key.h"
#include "cli/interrupt.h"
#include "cli/jar.h"
#include "cli/message.h"
#include "cli/proxy_url.h"
#include "cli/transfer.h"

/* The client of an operation, and of those like it. */
struct agent {
    const struct config *config; /* that it was made with */
    struct text key;             /* client_key.h */
    gofer_client *client;        /* NULL: it could not be made, code says why */
    enum exit_code code;
};

struct runner {
    const struct global *global;
    gofer_cookie_jar *jar;
    struct interrupt *interrupt;
    struct progress *progress;
    struct agent *agents; /* as many as there are operations with a begun transfer */
    size_t agents_len;

    pthread_mutex_t lock;
    pthread_cond_t changed;
    size_t running;        /* threads that have not ended */
    struct errand *ended;  /* to be joined */
    enum exit_code failed; /* of the last one to fail */
    enum exit_code last;   /* of the last one to end */
};

/* A transfer on its way. */
struct errand {
    struct runner *runner;
    struct errand *next;
    struct transfer transfer;
    struct transfer_means means;
    pthread_t thread;
};

/* --- clients --------------------------------------------------------------- */

/* Jobs come operation by operation: the last one's agent, or that of another operation which would
 * have the same client, or a new one. */
static struct agent *agent_of(struct runner *r, const struct config *config)
{
    struct text key = {0};
    struct agent *agent;

    if (r->agents_len > 0 && r->agents[r->agents_len - 1].config == config)
        return &r->agents[r->agents_len - 1];
    client_key_write(&key, config);
    for (size_t i = 0; i < r->agents_len; i++)
        if (strcmp(text_str(&r->agents[i].key), text_str(&key)) == 0) {
            text_fini(&key);
            return &r->agents[i];
        }
    r->agents = cli_realloc(r->agents, r->agents_len + 1, sizeof *r->agents);
    agent = &r->agents[r->agents_len++];
    *agent = (struct agent){.config = config, .key = key};
    agent->client = client_new(config, r->jar, &agent->code);
    return agent;
}

/* --- one transfer ---------------------------------------------------------- */

static void note(struct runner *r, enum exit_code code)
{
    pthread_mutex_lock(&r->lock);
    bool first = r->failed == CODE_OK && code != CODE_OK;

    r->last = code;
    if (code != CODE_OK && (first || !r->global->fail_early))
        r->failed = code;
    pthread_mutex_unlock(&r->lock);
    if (first && r->global->fail_early)
        interrupt_fire(r->interrupt);
}

static struct transfer_means means_of(const struct runner *r, gofer_client *client)
{
    return (struct transfer_means){client, r->interrupt, r->progress};
}

/* Returns the code where it could not be made: then it is all over. */
static enum exit_code run_prepared(struct runner *r, struct transfer *t,
                                   const struct transfer_means *means)
{
    enum exit_code code = transfer_run(t, means);
    bool unmade = t->unmade;

    note(r, code);
    transfer_fini(t);
    return unmade ? code : CODE_OK;
}

static enum exit_code run_here(struct runner *r, struct job *job, gofer_client *client)
{
    struct transfer_means means = means_of(r, client);
    struct transfer t;

    transfer_init(&t, job);
    return run_prepared(r, &t, &means);
}

static void *run_errand(void *arg)
{
    struct errand *e = arg;
    struct runner *r = e->runner;

    note(r, transfer_run(&e->transfer, &e->means));
    transfer_fini(&e->transfer);
    pthread_mutex_lock(&r->lock);
    e->next = r->ended;
    r->ended = e;
    r->running--;
    pthread_cond_signal(&r->changed);
    pthread_mutex_unlock(&r->lock);
    return NULL;
}

/* Waits until fewer than max transfers run, and buries those that have ended. */
static void wait_for_place(struct runner *r, size_t max)
{
    struct errand *ended;

    pthread_mutex_lock(&r->lock);
    while (r->running >= max)
        pthread_cond_wait(&r->changed, &r->lock);
    ended = r->ended;
    r->ended = NULL;
    pthread_mutex_unlock(&r->lock);
    while (ended != NULL) {
        struct errand *next = ended->next;

        pthread_join(ended->thread, NULL);
        free(ended);
        ended = next;
    }
}

/* As run_here(), but that the transfer may only have begun. */
static enum exit_code run_aside(struct runner *r, struct job *job, gofer_client *client)
{
    enum exit_code code;
    struct errand *e;

    wait_for_place(r, (size_t)r->global->parallel_max);
    e = cli_realloc(NULL, 1, sizeof *e);
    *e = (struct errand){.runner = r, .means = means_of(r, client)};
    transfer_init(&e->transfer, job);
    pthread_mutex_lock(&r->lock);
    r->running++;
    pthread_mutex_unlock(&r->lock);
    if (e->transfer.request != NULL && pthread_create(&e->thread, NULL, run_errand, e) == 0)
        return CODE_OK;
    pthread_mutex_lock(&r->lock); /* nothing to call, or no thread to be had: then in turn */
    r->running--;
    pthread_mutex_unlock(&r->lock);
    code = run_prepared(r, &e->transfer, &e->means);
    free(e);
    return code;
}

/* --- all of them ----------------------------------------------------------- */

/* --rate: from one begin to the next, where not all run at once. False: it is over. */
static bool keep_pace(struct runner *r, int64_t *next_ms)
{
    int64_t now_ms = gofer_now_ms();

    if (r->global->parallel || r->global->interval_ms == 0)
        return !interrupt_is_over(r->interrupt);
    if (*next_ms > now_ms && !interrupt_pause(r->interrupt, *next_ms - now_ms))
        return false;
    *next_ms = gofer_now_ms() + r->global->interval_ms;
    return !interrupt_is_over(r->interrupt);
}

static enum exit_code run_all(struct runner *r)
{
    const struct global *global = r->global;
    enum exit_code code = CODE_OK;
    int64_t next_ms = 0;
    struct plan plan;
    struct job job;

    plan_init(&plan, r->global);
    while (code == CODE_OK && plan_next(&plan, &job, &code)) {
        if (!keep_pace(r, &next_ms)) {
            job_fini(&job);
            break;
        }
        struct agent *agent = agent_of(r, job.config);

        code = agent->code;
        if (code != CODE_OK)
            job_fini(&job);
        else if (global->parallel)
            code = run_aside(r, &job, agent->client);
        else
            code = run_here(r, &job, agent->client);
    }
    plan_fini(&plan);
    wait_for_place(r, 1);
    if (code != CODE_OK)
        return code;
    return global->parallel || global->fail_early ? r->failed : r->last;
}

enum exit_code run(const struct global *global)
{
    struct runner r = {.global = global, .interrupt = interrupt_new()};
    enum exit_code code;

    proxy_url_fix_environment();
    r.jar = jar_open(global);
    pthread_mutex_init(&r.lock, NULL);
    pthread_cond_init(&r.changed, NULL);
    r.progress = progress_new(global, stderr);
    progress_start(r.progress);
    code = run_all(&r);
    progress_free(r.progress, progress_now_us());
    for (size_t i = 0; i < r.agents_len; i++) {
        gofer_client_free(r.agents[i].client);
        text_fini(&r.agents[i].key);
    }
    free(r.agents);
    pthread_cond_destroy(&r.changed);
    pthread_mutex_destroy(&r.lock);
    jar_close(r.jar, global);
    interrupt_free(r.interrupt);
    return code;
}
