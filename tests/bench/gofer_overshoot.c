/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * How late deadlines are. --calls calls, whose deadlines are spread over a
 * second, go to an origin that never answers; each one's callback reads the
 * clock. The deadline is counted from the moment before gofer_submit(), as a
 * caller would count it, so a slow submit counts as lateness, and an outcome
 * before it is early beyond doubt.
 */
#include "bench.h"
#include "hold_origin.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include <gofer/gofer.h>

enum { FIRST_MS = 500, SPREAD_MS = 1000, STRIDE = 397 };

struct deadline {
    struct overshoot *overshoot;
    gofer_future *future;
    int64_t due_ns;
    int64_t done_ns;
    int64_t submit_ns; /* how long gofer_submit() took */
};

struct overshoot {
    struct run *run;
    struct forked origin;
    gofer_client *client;
    struct deadline *deadlines;
    atomic_long left; /* outcomes to come */
    sem_t over;
};

static void on_done(gofer_future *future, void *arg)
{
    struct deadline *deadline = arg;
    (void)future;
    deadline->done_ns = now_ns();
    if (atomic_fetch_sub(&deadline->overshoot->left, 1) == 1)
        sem_post(&deadline->overshoot->over);
}

static void submit(struct overshoot *o, gofer_request *request, long i)
{
    struct deadline *deadline = &o->deadlines[i];
    int64_t timeout_ms = FIRST_MS + i * STRIDE % (SPREAD_MS + 1);
    gofer_request_set_timeout_ms(request, timeout_ms);
    int64_t before = now_ns();
    deadline->overshoot = o;
    deadline->due_ns = before + timeout_ms * 1000000;
    deadline->future = gofer_submit(o->client, request);
    deadline->submit_ns = now_ns() - before;
    gofer_future_on_done(deadline->future, on_done, deadline);
}

static const char *make_calls(struct overshoot *o)
{
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hold", o->origin.port);
    gofer_client_options options = {.max_queued = o->run->calls};
    o->client = gofer_client_new(&options);
    gofer_request *request = gofer_request_new("GET", url);
    if (o->client == NULL || request == NULL)
        return "no client";
    for (long i = 0; i < o->run->calls; i++)
        submit(o, request, i);
    gofer_request_free(request);
    while (sem_wait(&o->over) != 0)
        continue;
    return NULL;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *sorted, long n, double q)
{
    long rank = (long)(q * (double)n);
    return sorted[rank < n ? rank : n - 1];
}

/* How many ended by their deadline while waiting for the answer; the others were still on the way
 * to the origin. */
static long count_waiting(const struct overshoot *o, long *timeouts)
{
    long waiting = 0;
    *timeouts = 0;
    for (long i = 0; i < o->run->calls; i++) {
        const gofer_error *error = gofer_future_error(o->deadlines[i].future);
        *timeouts += error != NULL && error->code == GOFER_ERR_TIMEOUT;
        waiting += error != NULL && error->phase == GOFER_PHASE_WAIT;
    }
    return waiting;
}

static int report(const struct overshoot *o, double *late_ms)
{
    long n = o->run->calls, early = 0, timeouts;
    int64_t submit_ns = 0;
    for (long i = 0; i < n; i++) {
        const struct deadline *deadline = &o->deadlines[i];
        late_ms[i] = (double)(deadline->done_ns - deadline->due_ns) / 1e6;
        early += deadline->done_ns < deadline->due_ns;
        submit_ns = deadline->submit_ns > submit_ns ? deadline->submit_ns : submit_ns;
    }
    qsort(late_ms, (size_t)n, sizeof(late_ms[0]), compare);
    long waiting = count_waiting(o, &timeouts);
    printf("mode=%s calls=%ld timeouts=%ld waiting=%ld early=%ld p50_ms=%.3f p99_ms=%.3f "
           "p999_ms=%.3f max_ms=%.3f slowest_submit_ms=%.3f\n",
           o->run->mode, n, timeouts, waiting, early, quantile(late_ms, n, 0.5),
           quantile(late_ms, n, 0.99), quantile(late_ms, n, 0.999), late_ms[n - 1],
           (double)submit_ns / 1e6);
    return timeouts == n ? 0 : 1;
}

static int measure(struct overshoot *o)
{
    double *late_ms = calloc((size_t)o->run->calls, sizeof(*late_ms));
    o->deadlines = calloc((size_t)o->run->calls, sizeof(*o->deadlines));
    if (late_ms == NULL || o->deadlines == NULL)
        return run_fail(o->run, "no memory");
    const char *failure = make_calls(o);
    int status = failure == NULL ? report(o, late_ms) : run_fail(o->run, failure);
    for (long i = 0; i < o->run->calls; i++)
        gofer_future_free(o->deadlines[i].future);
    gofer_client_free(o->client);
    free(o->deadlines);
    free(late_ms);
    return status;
}

int gofer_overshoot_main(struct run *run)
{
    struct overshoot o = {.run = run};
    run->calls = raise_descriptors(run->calls);
    if (!hold_origin_start(&o.origin))
        return run_fail(run, "no origin");
    atomic_init(&o.left, run->calls);
    sem_init(&o.over, 0, 0);
    int status = measure(&o);
    sem_destroy(&o.over);
    forked_stop(&o.origin);
    return status;
}
