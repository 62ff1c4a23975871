/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What an origin that hangs costs the calls to another (faults.md RES-13). Rounds
 * come in pairs: --threads threads make --requests calls to --url through the
 * client's workers, once with --calls calls hanging on a second origin and once
 * without them. The figure is the ratio of the pair's p99 latencies.
 */
#include "bench.h"
#include "hold_origin.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <gofer/gofer.h>

enum { PAIRS = 9, WARM_UP = 20 };

struct stalled {
    struct run *run;
    struct forked origin;
    gofer_client *client;
    gofer_request *fast;
    gofer_request *hanging;
    gofer_future **futures;
    double *latencies_ms; /* of one round, a stretch a thread */
};

struct caller {
    struct stalled *stalled;
    double *latencies_ms;
    long requests;
    long ok;
    pthread_t thread;
};

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* wait_for never drives its call: a worker does, as for the calls that hang. */
static bool call_once(struct stalled *s)
{
    gofer_future *future = gofer_submit(s->client, s->fast);
    gofer_response *response;
    bool ok = gofer_future_wait_for(future, -1, &response) == GOFER_OK &&
              gofer_response_status(response) == 200;
    gofer_response_free(response);
    gofer_future_free(future);
    return ok;
}

static void *caller_main(void *arg)
{
    struct caller *caller = arg;
    for (long i = -WARM_UP; i < caller->requests; i++) {
        int64_t before = now_ns();
        bool ok = call_once(caller->stalled);
        if (i < 0)
            continue;
        caller->ok += ok;
        caller->latencies_ms[i] = (double)(now_ns() - before) / 1e6;
    }
    return NULL;
}

/* The p99 of one round, or a negative number where a call failed. */
static double round_p99_ms(struct stalled *s)
{
    int threads = s->run->threads;
    long each = s->run->requests / threads, ok = 0;
    struct caller *callers = calloc((size_t)threads, sizeof(*callers));
    if (callers == NULL)
        return -1;
    for (int i = 0; i < threads; i++) {
        callers[i] = (struct caller){
            .stalled = s, .latencies_ms = s->latencies_ms + i * each, .requests = each};
        pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]);
    }
    for (int i = 0; i < threads; i++) {
        pthread_join(callers[i].thread, NULL);
        ok += callers[i].ok;
    }
    free(callers);
    long n = each * threads;
    qsort(s->latencies_ms, (size_t)n, sizeof(double), compare);
    return ok == n ? s->latencies_ms[n * 99 / 100] : -1;
}

static bool hang(struct stalled *s)
{
    for (long i = 0; i < s->run->calls; i++)
        s->futures[i] = gofer_submit(s->client, s->hanging);
    return forked_wait_held(&s->origin, s->run->calls);
}

static void let_go(struct stalled *s)
{
    forked_release(&s->origin);
    for (long i = 0; i < s->run->calls; i++) {
        gofer_future_wait_for(s->futures[i], -1, NULL);
        gofer_future_free(s->futures[i]);
    }
}

/* One pair of rounds; which comes first alternates. */
static bool pair_ratio(struct stalled *s, int pair, double *ratio, double *alone_ms)
{
    double with = 0, without = 0;
    for (int half = 0; half < 2; half++) {
        bool hanging = (pair + half) % 2 == 0;
        if (hanging && !hang(s))
            return false;
        double p99 = round_p99_ms(s);
        *(hanging ? &with : &without) = p99;
        if (hanging)
            let_go(s);
    }
    *ratio = with / without;
    *alone_ms = without;
    return with > 0 && without > 0;
}

static int measure(struct stalled *s)
{
    double ratios[PAIRS], alone_ms[PAIRS];
    for (int i = 0; i < PAIRS; i++)
        if (!pair_ratio(s, i, &ratios[i], &alone_ms[i]))
            return run_fail(s->run, "a call failed");
    qsort(ratios, PAIRS, sizeof(double), compare);
    qsort(alone_ms, PAIRS, sizeof(double), compare);
    printf("mode=%s calls=%ld threads=%d requests=%ld pairs=%d p99_ms=%.3f ratio=%.3f "
           "ratio_min=%.3f ratio_max=%.3f\n",
           s->run->mode, s->run->calls, s->run->threads, s->run->requests, PAIRS,
           alone_ms[PAIRS / 2], ratios[PAIRS / 2], ratios[0], ratios[PAIRS - 1]);
    return 0;
}

static int set_up_and_measure(struct stalled *s)
{
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hold", s->origin.port);
    s->client = gofer_client_new(&(gofer_client_options){.timeout_ms = GOFER_NEVER});
    s->fast = gofer_request_new("GET", s->run->url);
    s->hanging = gofer_request_new("GET", url);
    s->futures = calloc((size_t)s->run->calls, sizeof(gofer_future *));
    s->latencies_ms = calloc((size_t)s->run->requests, sizeof(double));
    bool ready = s->client != NULL && s->fast != NULL && s->hanging != NULL && s->futures != NULL &&
                 s->latencies_ms != NULL;
    int status = ready ? measure(s) : run_fail(s->run, "no memory");
    gofer_request_free(s->fast);
    gofer_request_free(s->hanging);
    gofer_client_free(s->client);
    free(s->futures);
    free(s->latencies_ms);
    return status;
}

int gofer_stalled_main(struct run *run)
{
    struct stalled s = {.run = run};
    run->calls = raise_descriptors(run->calls);
    if (!hold_origin_start(&s.origin))
        return run_fail(run, "no origin");
    int status = set_up_and_measure(&s);
    forked_stop(&s.origin);
    return status;
}
