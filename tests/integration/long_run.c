/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See long_run.h. Thread t makes the calls t, t + THREADS, t + 2 THREADS, ...
 */
#include "integration/long_run.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "support/gate.h"
#include "support/leaks.h"

enum { THREADS = 32, PAUSE_MAX_US = 6000, PAUSE_EVERY = 8 };

struct thread {
    pthread_t thread;
    struct long_run *run;
    gofer_client *client;
    unsigned long first;
    uint64_t random;
};

static unsigned draw(struct thread *thread, unsigned below)
{
    thread->random ^= thread->random << 13;
    thread->random ^= thread->random >> 7;
    thread->random ^= thread->random << 17;
    return (unsigned)((thread->random >> 20) % below);
}

/* As long as the origin keeps a connection, so that its close and the next request meet. Nothing is
 * waited for: the times between requests are what the run tries. */
static void pause_some(struct thread *thread)
{
    if (draw(thread, PAUSE_EVERY) == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000L * draw(thread, PAUSE_MAX_US)}, NULL);
}

static unsigned char judge(gofer_status status, const gofer_response *response,
                           unsigned long number)
{
    char wanted[24];

    snprintf(wanted, sizeof wanted, "%lu", number);
    if (status == GOFER_OK && (gofer_response_status(response) != 200 ||
                               strcmp(gofer_response_body(response, NULL), wanted) != 0))
        return LONG_RUN_WRONG;
    return (unsigned char)status;
}

static void call(struct thread *thread, unsigned long number)
{
    struct long_run *run = thread->run;
    gofer_response *response = NULL;
    gofer_request *request;
    char url[64];

    snprintf(url, sizeof url, "http://127.0.0.1:%u/%lu", run->origin.port, number);
    request = gofer_request_new(run->method, url);
    if (strcmp(run->method, "POST") == 0)
        gofer_request_set_body(request, url, strlen(url));
    gofer_status status = gofer_do(thread->client, request, &response);
    run->outcomes[number] = judge(status, response, number);
    gofer_response_free(response);
    gofer_request_free(request);
}

static void *thread_main(void *arg)
{
    struct thread *thread = arg;

    for (unsigned long i = thread->first; i < thread->run->calls; i += THREADS) {
        call(thread, i);
        pause_some(thread);
    }
    return NULL;
}

static void make_calls(struct long_run *run, gofer_client *client)
{
    static struct thread threads[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        threads[i] = (struct thread){.run = run, .client = client, .first = i};
        threads[i].random = (run->seed + i) * 0x9e3779b97f4a7c15ULL | 1;
        if (pthread_create(&threads[i].thread, NULL, thread_main, &threads[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i].thread, NULL);
}

static void print_counts(const struct long_run *run, int64_t took_ms)
{
    unsigned long counts[LONG_RUN_WRONG + 1] = {0};

    for (unsigned long i = 0; i < run->calls; i++)
        counts[run->outcomes[i]]++;
    printf(
        "%s: %lld ms, %llu opened, %llu reused, %llu found stale, %llu retried, %llu late-bound\n",
        run->name, (long long)took_ms, (unsigned long long)run->stats.conns_opened,
        (unsigned long long)run->stats.conns_reused, (unsigned long long)run->stats.conns_stale,
        (unsigned long long)run->stats.calls_retried,
        (unsigned long long)run->stats.conns_late_bound);
    for (unsigned s = 0; s <= GOFER_ERR_CERTIFICATE; s++) {
        if (counts[s] > 0)
            printf("%s: %lu %s\n", run->name, counts[s], gofer_status_name((gofer_status)s));
    }
    if (counts[LONG_RUN_WRONG] > 0)
        printf("%s: %lu wrong answers\n", run->name, counts[LONG_RUN_WRONG]);
}

void long_run(struct long_run *run, int argc, char **argv, unsigned long calls)
{
    gofer_client *client;
    int64_t began = now_ms();

    setvbuf(stdout, NULL, _IOLBF, 0);
    leaks_raise_fd_limit();
    run->calls = argc > 1 ? strtoul(argv[1], NULL, 10) : calls;
    run->seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    run->outcomes = malloc(run->calls + 1);
    if (run->outcomes == NULL)
        abort();
    memset(run->outcomes, GOFER_PENDING, run->calls + 1);
    printf("%s: %lu calls, seed %llu\n", run->name, run->calls, (unsigned long long)run->seed);
    fickle_origin_start(&run->origin, run->calls + 1, run->breaks, run->seed);
    client = gofer_client_new(&(gofer_client_options){.skip_checkout_check = run->unchecked});
    if (client == NULL)
        abort();
    make_calls(run, client);
    gofer_client_stats(client, &run->stats);
    gofer_client_free(client);
    print_counts(run, now_ms() - began);
}

int long_run_end(struct long_run *run, unsigned long passed, unsigned long failed)
{
    fickle_origin_stop(&run->origin);
    free(run->outcomes);
    printf("%lu passed, %lu failed\n", passed, failed);
    return failed > 0 || passed == 0;
}
