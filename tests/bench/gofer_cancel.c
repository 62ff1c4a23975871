/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What it costs to cancel a call that waits for its answer: --calls calls are
 * held by an origin, then each is cancelled through its future. Time and
 * processor time are those from the first cancel to the last outcome, the closing
 * of the connections included; latencies those from a cancel to its callback.
 */
#include "bench.h"
#include "hold_origin.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <gofer/gofer.h>

struct cancelled {
    struct cancels *cancels;
    gofer_future *future;
    int64_t at_ns;
};

struct cancels {
    struct run *run;
    struct forked origin;
    gofer_client *client;
    struct cancelled *calls;
    struct latency *latency;
    atomic_long left;
    atomic_long ok;
    sem_t over;
};

static void on_done(gofer_future *future, void *arg)
{
    struct cancelled *call = arg;
    struct cancels *c = call->cancels;
    const gofer_error *error = gofer_future_error(future);
    latency_add(c->latency, now_ns() - call->at_ns);
    c->ok += error != NULL && error->code == GOFER_ERR_CANCELED;
    if (atomic_fetch_sub(&c->left, 1) == 1)
        sem_post(&c->over);
}

static bool begin_calls(struct cancels *c)
{
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hold", c->origin.port);
    gofer_request *request = gofer_request_new("GET", url);
    for (long i = 0; i < c->run->calls; i++) {
        c->calls[i].cancels = c;
        c->calls[i].future = gofer_submit(c->client, request);
        gofer_future_on_done(c->calls[i].future, on_done, &c->calls[i]);
    }
    gofer_request_free(request);
    return forked_wait_held(&c->origin, c->run->calls);
}

static void cancel_all(struct cancels *c)
{
    for (long i = 0; i < c->run->calls; i++) {
        c->calls[i].at_ns = now_ns();
        gofer_future_cancel(c->calls[i].future);
    }
    while (sem_wait(&c->over) != 0)
        continue;
}

static int measure(struct cancels *c)
{
    if (!begin_calls(c))
        return run_fail(c->run, "not all calls reached the origin");
    run_begin(c->run);
    cancel_all(c);
    run_end(c->run);
    c->run->requests = c->run->calls;
    c->run->ok = c->ok;
    latency_print(c->latency);
    return run_print(c->run);
}

int gofer_cancel_main(struct run *run)
{
    struct cancels c = {.run = run};
    run->calls = raise_descriptors(run->calls);
    if (!hold_origin_start(&c.origin))
        return run_fail(run, "no origin");
    gofer_client_options options = {.max_queued = run->calls};
    c.client = gofer_client_new(&options);
    c.calls = calloc((size_t)run->calls, sizeof(*c.calls));
    c.latency = latency_new(run->calls);
    atomic_init(&c.left, run->calls);
    sem_init(&c.over, 0, 0);
    int status = c.client != NULL && c.calls != NULL && c.latency != NULL
                     ? measure(&c)
                     : run_fail(run, "no memory");
    for (long i = 0; c.calls != NULL && i < run->calls; i++)
        gofer_future_free(c.calls[i].future);
    gofer_client_free(c.client);
    sem_destroy(&c.over);
    latency_free(c.latency);
    free(c.calls);
    forked_stop(&c.origin);
    return status;
}
