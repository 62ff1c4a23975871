/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A program of its own: 64 threads make calls through one client, in every way
 * that the API offers, to an origin that closes, resets, truncates, talks out of
 * turn or never answers. Every call must end, with its own answer or with an
 * error that its path or its cancellation explains, and nothing may be left.
 *
 *     stress_tests [CALLS [SEED]]
 *
 * GOFER_STRESS_CALLS and GOFER_STRESS_SEED are for `make check`. The seed is
 * printed; it fixes what each thread does, though not how the threads interleave.
 */
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "integration/expect.h"
#include "integration/rig.h"
#include "support/heap.h"
#include "support/leaks.h"
#include "support/sanitizer.h"

enum { DEFAULT_CALLS = SANITIZED_THREADS || SANITIZED_ADDRESSES ? 16000 : 100000 };

enum { THREADS = 64, LONG_MS = 60000 };

static unsigned long calls_wanted = DEFAULT_CALLS;
static unsigned long long seed;

/* What a path may lead to when nobody interferes. */
static const struct kind {
    const char *word;
    unsigned weight;
    gofer_status ends; /* GOFER_OK or the error that the origin causes */
} kinds[] = {
    {"echo", 780, GOFER_OK},
    {"chunk", 100, GOFER_OK},
    {"slow", 40, GOFER_OK},
    {"bye", 20, GOFER_OK},
    {"close", 20, GOFER_OK},
    {"stray", 10, GOFER_OK},
    {"drop", 5, GOFER_ERR_BROKEN},
    {"reset", 5, GOFER_ERR_BROKEN},
    {"half", 10, GOFER_ERR_TRUNCATED},
    {"never", 10, GOFER_ERR_TIMEOUT},
};

enum { WEIGHTS = 1000 };

/* How a call is made. */
enum way { WAY_DO, WAY_WAIT, WAY_WAIT_FOR, WAY_IMPATIENT, WAY_CANCEL, WAY_TOKEN, WAY_DROP, WAYS };

struct storm {
    gofer_client_options options;
    unsigned long calls;
    bool strays; /* the origin talks out of turn, and loses keep-alive for it (RU-20) */
};

struct thread {
    pthread_t thread;
    gofer_client *client;
    unsigned long long random;
    unsigned long number; /* of the next call */
    unsigned long calls;
    unsigned long counts[GOFER_ERR_CERTIFICATE + 1];
    unsigned long wrong; /* bodies that were somebody else's */
    unsigned long odd;   /* outcomes that nothing explains */
    unsigned long over;  /* looks that found more connections than the limit */
    int64_t limit;       /* of connections; 0: none */
    bool strays;
    char first_odd[256];
    char body[ECHO_BODY_MAX];
};

static unsigned pick(struct thread *thread, unsigned below)
{
    thread->random ^= thread->random << 13;
    thread->random ^= thread->random >> 7;
    thread->random ^= thread->random << 17;
    return (unsigned)((thread->random >> 20) % below);
}

static const struct kind *pick_kind(struct thread *thread)
{
    unsigned at = pick(thread, WEIGHTS);
    const struct kind *kind = kinds;

    for (; at >= kind->weight; kind++)
        at -= kind->weight;
    return strcmp(kind->word, "stray") == 0 && !thread->strays ? kinds : kind;
}

/* Half of the calls by gofer_do, the rest by futures. */
static enum way pick_way(struct thread *thread)
{
    static const unsigned char ways[] = {WAY_DO,     WAY_DO,       WAY_DO,       WAY_DO,
                                         WAY_DO,     WAY_DO,       WAY_DO,       WAY_WAIT,
                                         WAY_WAIT,   WAY_WAIT_FOR, WAY_WAIT_FOR, WAY_IMPATIENT,
                                         WAY_CANCEL, WAY_TOKEN,    WAY_DROP,     WAY_WAIT};

    return (enum way)ways[pick(thread, sizeof ways)];
}

/* One call: what is asked, and what may interfere. */
struct attempt {
    const struct kind *kind;
    enum way way;
    unsigned long number;
    bool brief;    /* it has a short time limit */
    bool canceled; /* somebody cancels it */
    bool post;     /* not to be repeated */
};

static gofer_request *make_request(struct thread *thread, struct attempt *attempt)
{
    char url[ORIGIN_URL_BYTES];
    gofer_request *request;

    attempt->kind = pick_kind(thread);
    attempt->way = pick_way(thread);
    attempt->number = thread->number++;
    attempt->brief = strcmp(attempt->kind->word, "never") == 0 || pick(thread, 50) == 0;
    attempt->canceled =
        attempt->way == WAY_CANCEL || attempt->way == WAY_TOKEN || attempt->way == WAY_IMPATIENT;
    attempt->post = pick(thread, 10) == 0;
    rig_echo_url(attempt->kind->word, attempt->number, url);
    request = gofer_request_new(attempt->post ? "POST" : "GET", url);
    if (attempt->post)
        gofer_request_set_body(request, "some body", 9);
    gofer_request_set_timeout_ms(request, attempt->brief ? 1 + pick(thread, 20) : LONG_MS);
    return request;
}

static gofer_status finish(gofer_future *future, gofer_response **response)
{
    gofer_status status = gofer_future_wait_for(future, -1, response);

    gofer_future_free(future);
    return status;
}

static gofer_status cancel_by_token(struct thread *thread, gofer_request *request,
                                    gofer_response **response)
{
    gofer_cancel *token = gofer_cancel_new();
    gofer_future *future;

    gofer_request_set_cancel(request, token);
    future = gofer_submit(thread->client, request);
    if (pick(thread, 2))
        gofer_future_wait_for(future, pick(thread, 3), response);
    gofer_cancel_fire(token);
    gofer_cancel_free(token);
    if (*response != NULL) {
        gofer_future_free(future);
        return gofer_response_error(*response) ? gofer_response_error(*response)->code : GOFER_OK;
    }
    return finish(future, response);
}

/* Waits a little, then cancels what is not there. */
static gofer_status be_impatient(struct thread *thread, gofer_future *future,
                                 gofer_response **response)
{
    gofer_status status = gofer_future_wait_for(future, pick(thread, 3), response);

    if (status != GOFER_PENDING) {
        gofer_future_free(future);
        return status;
    }
    gofer_future_cancel(future);
    return finish(future, response);
}

static gofer_status make_call(struct thread *thread, enum way way, gofer_request *request,
                              gofer_response **response)
{
    gofer_future *future;
    gofer_status status;

    if (way == WAY_DO)
        return gofer_do(thread->client, request, response);
    if (way == WAY_TOKEN)
        return cancel_by_token(thread, request, response);
    future = gofer_submit(thread->client, request);
    if (way == WAY_IMPATIENT)
        return be_impatient(thread, future, response);
    if (way == WAY_CANCEL)
        gofer_future_cancel(future);
    if (way != WAY_WAIT)
        return finish(future, response);
    status = gofer_future_wait(future, response);
    gofer_future_free(future);
    return status;
}

static bool is_explained(const struct attempt *attempt, gofer_status status)
{
    if (status == attempt->kind->ends)
        return true;
    if (status == GOFER_ERR_TIMEOUT)
        return attempt->brief;
    if (status == GOFER_ERR_CANCELED)
        return attempt->canceled;
    return status == GOFER_ERR_BROKEN && attempt->post;
}

static void judge(struct thread *thread, const struct attempt *attempt, gofer_status status,
                  const gofer_response *response)
{
    size_t len;
    const char *body = gofer_response_body(response, &len);
    const gofer_error *error = gofer_response_error(response);

    thread->counts[status]++;
    if (!is_explained(attempt, status) && thread->odd++ == 0)
        snprintf(thread->first_odd, sizeof thread->first_odd, "/%s/%lu: %s", attempt->kind->word,
                 attempt->number, error != NULL ? error->message : gofer_status_name(status));
    if (status == GOFER_OK &&
        (len != echo_body(attempt->number, thread->body) || memcmp(body, thread->body, len) != 0))
        thread->wrong++;
}

static void one_call(struct thread *thread)
{
    struct attempt attempt;
    gofer_request *request = make_request(thread, &attempt);
    gofer_response *response = NULL;

    if (attempt.way == WAY_DROP) {
        gofer_future_free(gofer_submit(thread->client, request));
    } else {
        gofer_status status = make_call(thread, attempt.way, request, &response);
        judge(thread, &attempt, status, response);
    }
    gofer_response_free(response);
    gofer_request_free(request);
}

/* The counters are read under one lock, so what they show was so at one moment. */
static void look_at_limit(struct thread *thread)
{
    gofer_stats stats = rig_stats(thread->client);
    uint64_t conns = stats.conns_idle + stats.conns_in_use + stats.conns_dialing;

    thread->over += thread->limit > 0 && conns > (uint64_t)thread->limit;
}

static void *thread_main(void *arg)
{
    struct thread *thread = arg;

    for (unsigned long i = 0; i < thread->calls; i++) {
        one_call(thread);
        rig_progress();
        if (pick(thread, 500) == 0)
            gofer_client_close_idle(thread->client);
        if (pick(thread, thread->limit > 0 ? 10 : 100) == 0)
            look_at_limit(thread);
    }
    return NULL;
}

static void start_threads(struct thread *threads, gofer_client *client, const struct storm *storm)
{
    for (unsigned i = 0; i < THREADS; i++) {
        threads[i].client = client;
        threads[i].limit = storm->options.max_conns_per_host;
        threads[i].strays = storm->strays;
        threads[i].random = (seed + i) * 0x9e3779b97f4a7c15ULL | 1;
        threads[i].number = i * 10000000UL;
        threads[i].calls = storm->calls / THREADS;
        REQUIRE(pthread_create(&threads[i].thread, NULL, thread_main, &threads[i]) == 0);
    }
}

static void join_threads(struct thread *threads, struct thread *sum)
{
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i].thread, NULL);
        for (unsigned s = 0; s <= GOFER_ERR_CERTIFICATE; s++)
            sum->counts[s] += threads[i].counts[s];
        sum->wrong += threads[i].wrong;
        sum->odd += threads[i].odd;
        sum->over += threads[i].over;
        if (threads[i].odd > 0)
            fprintf(stderr, "\n    %s", threads[i].first_odd);
    }
}

static void print_sum(const struct thread *sum, const gofer_stats *stats, int64_t took_ms)
{
    printf("\n    %lld ms, %llu opened, %llu reused, %llu late bound, %llu retried;",
           (long long)took_ms, (unsigned long long)stats->conns_opened,
           (unsigned long long)stats->conns_reused, (unsigned long long)stats->conns_late_bound,
           (unsigned long long)stats->calls_retried);
    for (unsigned s = 0; s <= GOFER_ERR_CERTIFICATE; s++) {
        if (sum->counts[s] > 0)
            printf(" %lu %s", sum->counts[s], gofer_strerror((gofer_status)s));
    }
    printf(" ");
}

/* A call that ended gives its connection back, or closes it, a moment later. */
static bool is_nothing_open(void *client)
{
    gofer_stats stats = rig_stats(client);

    return stats.conns_in_use + stats.conns_idle + stats.conns_dialing + stats.calls_waiting == 0;
}

static void expect_nothing_open(gofer_client *client)
{
    gofer_stats stats;

    EXPECT(eventually(is_nothing_open, client));
    stats = rig_stats(client);
    EXPECT_INT(stats.conns_opened, stats.closed_spent + stats.closed_talking + stats.closed_stale +
                                       stats.closed_expired + stats.closed_old +
                                       stats.closed_limit + stats.closed_asked);
}

static void stress(const struct storm *storm)
{
    static struct thread threads[THREADS], sum;
    gofer_client *client = rig_client(&storm->options);
    int64_t began = now_ms();
    gofer_stats stats;

    memset(threads, 0, sizeof threads);
    memset(&sum, 0, sizeof sum);
    start_threads(threads, client, storm);
    join_threads(threads, &sum);
    EXPECT_STATUS(gofer_client_drain(client, PATIENCE_MS), GOFER_OK);
    stats = rig_stats(client);
    print_sum(&sum, &stats, now_ms() - began);
    EXPECT_INT(sum.wrong, 0);
    EXPECT_INT(sum.odd, 0);
    EXPECT_INT(sum.over, 0);
    EXPECT_INT(stats.calls_active, 0);
    EXPECT_INT(stats.calls_done + stats.calls_failed, storm->calls / THREADS * THREADS);
    EXPECT(rig_wait_dialing(client, 0));
    gofer_client_close_idle(client);
    EXPECT(rig_wait_idle(client, 0));
    expect_nothing_open(client);
    rig_end_client(client);
}

static void with_workers(void)
{
    stress(&(struct storm){.options = {.workers = 2}, .calls = calls_wanted});
}

static void without_workers(void)
{
    stress(&(struct storm){.options = {.workers = GOFER_NO_WORKERS}, .calls = calls_wanted / 4});
}

static void with_few_connections(void)
{
    stress(&(struct storm){.options = {.workers = 2, .max_conns_per_host = 8},
                           .calls = calls_wanted / 4});
}

static void with_few_idle_connections(void)
{
    stress(
        &(struct storm){.options = {.workers = 3, .max_idle_conns = 4, .idle_conn_timeout_ms = 5},
                        .calls = calls_wanted / 4});
}

static void with_an_origin_out_of_turn(void)
{
    stress(&(struct storm){.options = {.workers = 2, .max_conns_per_host = 8},
                           .calls = calls_wanted / 8,
                           .strays = true});
}

/* Tiny limits: nearly every call waits for the connection of another. */
static void with_one_connection(void)
{
    stress(&(struct storm){.options = {.workers = 2, .max_conns_per_host = 1},
                           .calls = calls_wanted / 8});
}

static void with_tiny_limits(void)
{
    stress(&(struct storm){.options = {.workers = 2,
                                       .max_conns_per_host = 3,
                                       .max_idle_conns = 2,
                                       .max_idle_conns_per_host = 1,
                                       .idle_conn_timeout_ms = 5,
                                       .conn_max_age_ms = 50},
                           .calls = calls_wanted / 2});
}

static void with_tiny_limits_and_no_workers(void)
{
    stress(&(struct storm){
        .options = {.workers = GOFER_NO_WORKERS, .max_conns_per_host = 2, .conn_max_age_ms = 20},
        .calls = calls_wanted / 8});
}

static CU_TestInfo tests[] = {
    {"RU-18 with workers", with_workers},
    {"RU-18 without workers", without_workers},
    {"RU-12 with few connections", with_few_connections},
    {"RU-11 with few idle connections", with_few_idle_connections},
    {"RU-20 with an origin that talks out of turn", with_an_origin_out_of_turn},
    {"RU-12 with one connection", with_one_connection},
    {"RU-11, RU-12 with tiny limits", with_tiny_limits},
    {"RU-12 with tiny limits, without workers", with_tiny_limits_and_no_workers},
    CU_TEST_INFO_NULL};

static CU_SuiteInfo suites[] = {{"stress", NULL, NULL, rig_set_up, rig_tear_down, tests},
                                CU_SUITE_INFO_NULL};

static unsigned long long setting(int argc, char **argv, int at, const char *name,
                                  unsigned long long otherwise)
{
    const char *text = argc > at ? argv[at] : getenv(name);

    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

int main(int argc, char **argv)
{
    unsigned failures;

    setvbuf(stdout, NULL, _IOLBF, 0);
    calls_wanted = (unsigned long)setting(argc, argv, 1, "GOFER_STRESS_CALLS", DEFAULT_CALLS);
    seed = setting(argc, argv, 2, "GOFER_STRESS_SEED", (unsigned long long)time(NULL));
    printf("stress: %lu calls, seed %llu\n", calls_wanted, seed);
    leaks_raise_fd_limit();
    echo_origin_start(&rig_echo);
    if (!heap_install() || CU_initialize_registry() != CUE_SUCCESS ||
        CU_register_suites(suites) != CUE_SUCCESS)
        return 1;
    gofer_client_free(gofer_client_new(NULL));
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    failures = CU_get_number_of_failures();
    CU_cleanup_registry();
    echo_origin_stop(&rig_echo);
    return failures == 0 ? 0 : 1;
}
