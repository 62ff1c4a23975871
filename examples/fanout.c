/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * 2,000 calls through one client, in the three ways there are, all at once:
 *
 *   - eight threads that each make one call after the other with gofer_do();
 *   - one thread that submits 300 calls and waits for whichever future is next;
 *   - one thread that submits 500 calls into a group and takes them as they
 *     complete, some of them to a route that never answers.
 *
 * They talk to a server inside this program (origin.c). At the end it prints
 * what happened, checks every figure of it (fanout_tally.c), and exits with 1
 * when one is not what it should be. `fanout --quick` makes 200 calls.
 */
#include <gofer/gofer.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "fanout_tally.h"
#include "origin.h"

enum { MAX_THREADS = 8, NEVER_TIMEOUT_MS = 1000 };

/* How many calls go to which route:   instant 50ms  2s  1MiB never */
struct plan {
    int threads;
    int each_thread[ROUTES];
    int futures[ROUTES];
    int group[ROUTES];
};

static const struct plan full_plan = {
    MAX_THREADS, {90, 60}, {110, 170, 0, 20}, {100, 220, 100, 20, 60}};
static const struct plan quick_plan = {4, {20, 4}, {20, 20, 0, 4}, {20, 20, 6, 8, 6}};

/* One thread's share of the calls. */
struct share {
    gofer_client *client;
    const char *origin;
    struct tally *tally;
    struct call *calls;
    size_t len;
    pthread_t thread;
};

static gofer_request *new_request(const struct share *share, struct call *call)
{
    char url[128];
    gofer_request *request;

    snprintf(url, sizeof url, "%s%s?id=%u", share->origin, route_path(call->route), call->id);
    request = gofer_request_new("GET", url);
    gofer_request_set_user(request, call);
    if (call->route == ROUTE_NEVER)
        gofer_request_set_timeout_ms(request, NEVER_TIMEOUT_MS);
    return request;
}

/* --- the three ways -------------------------------------------------------- */

/* One call after the other; gofer_do() returns with the outcome. */
static void *call_in_turn(void *arg)
{
    struct share *share = arg;

    for (size_t i = 0; i < share->len; i++) {
        struct call *call = &share->calls[i];
        gofer_request *request = new_request(share, call);
        gofer_response *response;
        gofer_status status;

        call_begin(call);
        status = gofer_do(share->client, request, &response);
        call_settle(share->tally, call, status, response);
        gofer_response_free(response);
        gofer_request_free(request);
    }
    return NULL;
}

/* Runs on the thread that completes the call: no later than the wait returns. */
static void on_done(gofer_future *future, void *arg)
{
    (void)future;
    call_end(arg);
}

static gofer_future *submit(const struct share *share, struct call *call)
{
    gofer_request *request = new_request(share, call);
    gofer_future *future;

    call_begin(call);
    future = gofer_submit(share->client, request);
    gofer_request_free(request); /* the call has its own snapshot */
    gofer_future_on_done(future, on_done, call);
    return future;
}

/* All at once; then whichever is done next. */
static void *call_by_futures(void *arg)
{
    struct share *share = arg;
    gofer_future **futures = calloc(share->len, sizeof *futures);

    for (size_t i = 0; futures != NULL && i < share->len; i++)
        futures[i] = submit(share, &share->calls[i]);
    /* Until none is left. A NULL, for which there was no memory, is passed over. */
    for (size_t i;
         futures != NULL && (i = gofer_future_wait_any(futures, share->len, -1)) < share->len;) {
        gofer_response *response;
        gofer_status status = gofer_future_wait(futures[i], &response);

        call_settle(share->tally, &share->calls[i], status, response);
        gofer_response_free(response);
        gofer_future_free(futures[i]);
        futures[i] = NULL; /* wait_any passes it over */
    }
    free(futures);
    return NULL;
}

/* All at once; the group hands the futures out as they complete. */
static void *call_by_group(void *arg)
{
    struct share *share = arg;
    gofer_group *group = gofer_group_new(share->client);
    gofer_future *future;

    for (size_t i = 0; i < share->len; i++) {
        gofer_request *request = new_request(share, &share->calls[i]);

        call_begin(&share->calls[i]);
        gofer_group_submit(group, request);
        gofer_request_free(request);
    }
    while ((future = gofer_group_next(group, -1)) != NULL) {
        gofer_response *response;
        gofer_status status = gofer_future_wait(future, &response);
        struct call *call = gofer_future_user(future);

        if (call != NULL) /* else there was no memory for the request, which would know */
            call_settle(share->tally, call, status, response);
        gofer_response_free(response);
        gofer_future_free(future);
    }
    gofer_group_free(group);
    return NULL;
}

/* --- everything at once ---------------------------------------------------- */

static size_t sum(const int counts[ROUTES])
{
    size_t n = 0;

    for (int route = 0; route < ROUTES; route++)
        n += (size_t)counts[route];
    return n;
}

static size_t plan_len(const struct plan *plan)
{
    return (size_t)plan->threads * sum(plan->each_thread) + sum(plan->futures) + sum(plan->group);
}

/* Deals one share of calls, which a thread of its own will make in the given way. */
static void start(struct share *share, const int counts[ROUTES], void *(*way)(void *))
{
    struct tally *tally = share->tally;

    share->calls = tally->calls + tally->len;
    share->len = sum(counts);
    tally_deal(share->calls, counts, (unsigned)tally->len);
    tally->len += share->len;
    if (pthread_create(&share->thread, NULL, way, share) != 0) {
        perror("fanout: thread");
        exit(1);
    }
}

/* On a terminal, until all is done. Elsewhere the threads are simply joined. */
static void watch_progress(struct tally *tally, gofer_client *client)
{
    const struct timespec tick = {0, 100000000};

    if (!isatty(STDOUT_FILENO))
        return;
    while (tally->settled < tally->len) {
        tally_show_progress(tally, client);
        nanosleep(&tick, NULL);
    }
    tally_clear_progress();
}

/* Makes all calls of the plan. The counters are taken when every call has ended. */
static void fan_out(const struct plan *plan, const char *origin, struct tally *tally,
                    gofer_stats *stats)
{
    struct share shares[MAX_THREADS + 2];
    gofer_client *client = gofer_client_new(NULL);
    int n = plan->threads + 2;

    if (client == NULL) {
        perror("fanout: client");
        exit(1);
    }
    for (int i = 0; i < n; i++)
        shares[i] = (struct share){.client = client, .origin = origin, .tally = tally};
    for (int i = 0; i < plan->threads; i++)
        start(&shares[i], plan->each_thread, call_in_turn);
    start(&shares[n - 2], plan->futures, call_by_futures);
    start(&shares[n - 1], plan->group, call_by_group);
    watch_progress(tally, client);
    for (int i = 0; i < n; i++)
        pthread_join(shares[i].thread, NULL);
    gofer_client_drain(client, 5000);
    gofer_client_stats(client, stats);
    gofer_client_free(client);
}

/* Each call in flight may hold two descriptors in this process: its own and the origin's. */
static size_t raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    return (size_t)limit.rlim_cur;
}

static const struct plan *choose_plan(int argc, char **argv)
{
    size_t limit = raise_descriptor_limit();

    if (argc > 1 && strcmp(argv[1], "--quick") == 0)
        return &quick_plan;
    if (limit >= 2 * plan_len(&full_plan))
        return &full_plan;
    puts("fanout: too few descriptors allowed (ulimit -Hn) for 2,000 calls");
    return &quick_plan;
}

static void show_title(const struct plan *plan, double seconds)
{
    char all[32], in_turn[32];

    printf("%s calls through one client in %.1f s\n"
           "%s by %d threads in turn, %zu as futures, %zu in a group\n\n",
           with_commas(all, plan_len(plan)), seconds,
           with_commas(in_turn, (size_t)plan->threads * sum(plan->each_thread)), plan->threads,
           sum(plan->futures), sum(plan->group));
}

static bool run(const struct plan *plan)
{
    struct tally tally = {.calls = calloc(plan_len(plan), sizeof(struct call))};
    struct origin *origin = origin_start();
    int64_t begun_ms = gofer_now_ms();
    gofer_stats stats;
    bool ok;

    if (tally.calls == NULL || origin == NULL) {
        perror("fanout: origin");
        exit(1);
    }
    fan_out(plan, origin_url(origin), &tally, &stats);
    show_title(plan, (double)(gofer_now_ms() - begun_ms) / 1e3);
    tally_show(&tally, &stats);
    ok = tally_check(&tally, &stats, origin_requests(origin));
    origin_stop(origin);
    free(tally.calls);
    return ok;
}

int main(int argc, char **argv)
{
    const struct plan *plan = choose_plan(argc, argv);
    size_t descriptors = open_descriptors();
    bool ok;

    tally_watch_memory();
    ok = run(plan);
    ok &= tally_check_leftovers(descriptors);
    puts(ok ? "ok: every call accounted for, every answer right, nothing left behind"
            : "FAILED: see above");
    return ok ? 0 : 1;
}
