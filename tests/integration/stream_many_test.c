/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Many streams, and many threads on one: none holds a worker, none costs memory
 * that grows with its body, no byte is lost between two readers, and nobody
 * harms anybody in a storm of closes and cancels. With workers, and without.
 */
#include <CUnit/CUnit.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "integration/expect.h"
#include "integration/flow.h"
#include "integration/rig.h"
#include "support/heap.h"
#include "support/sanitizer.h"

extern CU_TestInfo stream_many_tests[];

enum { STREAMS = 200 };

static const int crews[] = {2, GOFER_NO_WORKERS};

static gofer_client *crew_client(int workers)
{
    return rig_client(&(gofer_client_options){.workers = workers});
}

static void nothing(void *arg)
{
    (void)arg;
}

/* --- two readers --- */

struct share {
    pthread_t thread;
    gofer_response *response;
    size_t piece;
    uint64_t len;
    uint64_t sum;
    ssize_t last;
};

static void *read_share(void *arg)
{
    struct share *share = arg;
    unsigned char buf[4096];

    while ((share->last = gofer_response_read(share->response, buf, share->piece)) > 0) {
        share->len += (uint64_t)share->last;
        for (ssize_t i = 0; i < share->last; i++)
            share->sum += buf[i];
    }
    return NULL;
}

static void shared(gofer_client *client, struct origin *origin, const char *path, uint64_t len)
{
    gofer_response *response = flow_open(client, origin, path);
    struct share shares[] = {{.response = response, .piece = 1000},
                             {.response = response, .piece = 4096}};
    uint64_t sum = 0;

    for (int i = 0; i < 2; i++)
        REQUIRE(pthread_create(&shares[i].thread, NULL, read_share, &shares[i]) == 0);
    for (uint64_t i = 0; i < len; i++)
        sum += (unsigned char)flow_byte(i);
    for (int i = 0; i < 2; i++) {
        pthread_join(shares[i].thread, NULL);
        EXPECT_INT(shares[i].last, 0);
    }
    EXPECT_INT(shares[0].len + shares[1].len, len);
    EXPECT_INT(shares[0].sum + shares[1].sum, sum);
    EXPECT(gofer_response_error(response) == NULL);
    EXPECT_INT(gofer_response_read(response, &(char){0}, 1), 0);
}

static void two_threads_share_a_stream(void)
{
    struct origin *origin = flow_origin(NULL, NULL);

    for (int i = 0; i < 2; i++) {
        gofer_client *client = crew_client(crews[i]);
        shared(client, origin, "/length/1000000", 1000000);
        shared(client, origin, "/chunk/1000000", 1000000);
        shared(client, origin, "/end/1000000", 1000000);
    }
}

/* --- many streams --- */

static void open_many(gofer_client *client, struct origin *origin, const char *path,
                      gofer_response **streams)
{
    gofer_request *request = flow_request("GET", origin, path);

    for (int i = 0; i < STREAMS; i++)
        streams[i] = flow_begin(client, request);
}

static void open_streams_hold_no_worker(void)
{
    static const struct route hello[] = {{.reply = REPLY_HELLO}};
    static gofer_response *streams[STREAMS];

    for (int c = 0; c < 2; c++) {
        struct gate *go = rig_gate();
        struct origin *origin = flow_origin(go, NULL), *other = rig_script(hello);
        gofer_client *client = crew_client(crews[c]);

        open_many(client, origin, "/chunk/20000", streams);
        EXPECT_INT(rig_stats(client).conns_in_use, STREAMS);
        for (int i = 0; i < 50; i++) {
            struct outcome got = rig_get(client, other, "/");
            rig_expect_answer(&got, 200, "hello");
        }
        gofer_future *future = gofer_submit(client, rig_request("GET", other, "/"));
        EXPECT_STATUS(gofer_future_wait_for(future, PATIENCE_MS, NULL), GOFER_OK);
        gofer_future_free(future);
        gate_pass(go);
        for (int i = 0; i < STREAMS; i += 2)
            flow_expect_bytes(streams[i], 4096, 0, 20000);
        for (int i = 0; i < STREAMS; i++)
            rig_free(streams[i]);
        EXPECT(flow_until_active(client, 0));
        EXPECT_INT(rig_stats(client).conns_in_use, 0);
        rig_end_client(client);
    }
}

/* A thread that reads some streams in turn, a piece of each. */
struct round {
    pthread_t thread;
    gofer_response **streams;
    unsigned n;
    uint64_t len;
    unsigned failed;
};

static void *read_round(void *arg)
{
    struct round *round = arg;
    unsigned open = round->n;
    char buf[16384];

    while (open > 0) {
        for (unsigned i = 0; i < round->n; i++) {
            if (round->streams[i] == NULL)
                continue;
            ssize_t n = gofer_response_read(round->streams[i], buf, sizeof buf);
            round->len += n > 0 ? (uint64_t)n : 0;
            round->failed += n < 0;
            if (n <= 0) {
                round->streams[i] = NULL;
                open--;
            }
        }
    }
    return NULL;
}

static uint64_t read_many(gofer_response **streams)
{
    enum { THREADS = 4 };
    struct round rounds[THREADS];
    uint64_t len = 0;

    for (int i = 0; i < THREADS; i++) {
        rounds[i] =
            (struct round){.streams = streams + i * STREAMS / THREADS, .n = STREAMS / THREADS};
        REQUIRE(pthread_create(&rounds[i].thread, NULL, read_round, &rounds[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(rounds[i].thread, NULL);
        EXPECT_INT(rounds[i].failed, 0);
        len += rounds[i].len;
    }
    return len;
}

/* What 200 of them cost while they flow. */
static void many_downloads_cost_little_memory(void)
{
    enum { EACH = SANITIZED_THREADS ? 256 * 1024 : 1024 * 1024, BOUND = STREAMS * 8 * 1024 };
    static gofer_response *streams[STREAMS];
    char path[64];

    for (int c = 0; c < 2; c++) {
        struct gate *go = rig_gate();
        struct origin *origin = flow_origin(go, NULL);
        gofer_client *client = crew_client(crews[c]);
        long before = heap_bytes();

        heap_forget_peak();
        snprintf(path, sizeof path, c == 0 ? "/length/%d" : "/chunk/%d", EACH);
        open_many(client, origin, path, streams);
        EXPECT_INT(rig_stats(client).conns_in_use, STREAMS);
        gate_pass(go);
        EXPECT_INT(read_many(streams), (long long)STREAMS * EACH);
        EXPECT_AT_LEAST(BOUND, heap_peak() - before);
        EXPECT_INT(rig_stats(client).conns_idle, STREAMS);
        rig_end_client(client);
    }
}

/* --- no memory --- */

/* A stream whose n-th allocation fails: all of it comes, or an error that says so. Whether there
 * were so many. */
static bool starve(gofer_client *client, const gofer_request *request, long n)
{
    gofer_response *response = NULL;
    char buf[64] = "";
    size_t len = 0;

    heap_fail_at(n);
    gofer_status status = gofer_do(client, request, &response);

    if (status == GOFER_OK) {
        gofer_response_on_readable(response, nothing, NULL);
        ssize_t last = flow_read(response, 2, buf, sizeof buf - 1, &len);
        if (last < 0)
            status = gofer_response_error(response)->code;
    }
    bool failed = n > 0 && heap_failed();
    heap_fail_at(0);
    if (status == GOFER_OK) {
        EXPECT_TEXT(buf, "okay");
        EXPECT_TEXT(gofer_response_trailer(response, "A"), "b");
    } else {
        EXPECT_STATUS(status, GOFER_ERR_NOMEM);
        EXPECT(failed);
    }
    gofer_response_free(response);
    return failed;
}

static void memory_that_runs_out_is_an_error(void)
{
    enum { ALLOCATIONS = 200 };
    struct route routes[] = {{.reply = FLOW_CHUNKED "2\r\nok\r\n2\r\nay\r\n0\r\nA: b\r\n\r\n"}};
    struct origin *origin = rig_script(routes);

    for (int c = 0; c < 2; c++) {
        gofer_client *client = crew_client(crews[c]);
        gofer_request *request = flow_request("GET", origin, "/");
        long n = 1;

        while (starve(client, request, n) && n < ALLOCATIONS) {
            n++;
            gofer_client_close_idle(client);
        }
        EXPECT(n > 5 && n < ALLOCATIONS);
        EXPECT(!starve(client, request, 0));
        EXPECT(flow_until_active(client, 0));
        rig_end_client(client);
    }
}

/* --- without workers --- */

/* Nobody else takes turns: what becomes of the others is this thread's doing. */
static void a_blocked_reader_serves_the_client(void)
{
    static const struct route stalling[] = {{.reply = FLOW_LENGTH(9), .then = THEN_HOLD}};
    struct origin *origin = rig_script(stalling), *limited = rig_script(stalling);
    struct origin *cancelled = rig_script(stalling), *closed = rig_script(stalling);
    gofer_client *client = crew_client(GOFER_NO_WORKERS);
    struct share reader = {.response = flow_open(client, origin, "/"), .piece = 1};
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = flow_request("GET", limited, "/");

    gofer_request_set_timeout_ms(request, 1000);
    gofer_response *first = flow_begin(client, request);
    request = flow_request("GET", cancelled, "/");
    gofer_request_set_cancel(request, token);
    gofer_response *second = flow_begin(client, request);
    gofer_response *third = flow_open(client, closed, "/");
    REQUIRE(pthread_create(&reader.thread, NULL, read_share, &reader) == 0);
    EXPECT(origin_wait(limited, ORIGIN_OPEN, 0));
    gofer_cancel_fire(token);
    EXPECT(origin_wait(cancelled, ORIGIN_OPEN, 0));
    gofer_response_close(third);
    EXPECT(origin_wait(closed, ORIGIN_OPEN, 0));
    gofer_future *future = gofer_submit(client, rig_request("GET", limited, "/"));
    EXPECT(origin_wait(limited, ORIGIN_REQUESTS, 2));
    gofer_future_cancel(future);
    EXPECT(origin_wait(limited, ORIGIN_OPEN, 0));
    gofer_future_free(future);
    gofer_response_close(reader.response);
    pthread_join(reader.thread, NULL);
    EXPECT_INT(reader.last, -1);
    flow_expect_failure(first, GOFER_ERR_TIMEOUT, GOFER_PHASE_BODY);
    flow_expect_failure(second, GOFER_ERR_CANCELED, GOFER_PHASE_BODY);
    flow_expect_failure(third, GOFER_ERR_CLOSED, GOFER_PHASE_BODY);
    gofer_cancel_free(token);
}

/* --- fork --- */

/* What the child finds wrong: a bit each. */
static int child(gofer_response *response)
{
    char buf[16];
    int wrong = gofer_response_read(response, buf, sizeof buf) != -1;
    const gofer_error *error = gofer_response_error(response);

    wrong |= (error == NULL || error->code != GOFER_ERR_FORKED) << 1;
    wrong |= (gofer_response_read_for(response, buf, sizeof buf, 0) != -1) << 2;
    wrong |= (gofer_response_on_readable(response, nothing, NULL) != GOFER_ERR_FORKED) << 3;
    wrong |= (gofer_response_to_fd(response, 1) != GOFER_ERR_FORKED) << 4;
    wrong |= (gofer_response_status(response) != 200) << 5;
    gofer_response_close(response);
    gofer_response_free(response);
    return wrong;
}

static void a_forked_child_reads_nothing(void)
{
    struct gate *go = rig_gate();
    struct origin *origin = flow_origin(go, NULL);

    for (int c = 0; c < 2; c++) {
        gofer_client *client = crew_client(crews[c]);
        gofer_response *response = flow_open(client, origin, "/length/1000");
        int status = -1;
        pid_t pid = fork();

        if (pid == 0) {
            alarm(10);
            _exit(child(response));
        }
        REQUIRE(pid > 0);
        waitpid(pid, &status, 0);
        EXPECT(WIFEXITED(status));
        EXPECT_INT(WEXITSTATUS(status), 0);
        gate_pass(go);
        flow_expect_bytes(response, 100, 0, 1000);
    }
}

/* --- a storm --- */

/* A response that its owner reads and a meddler may close, while it holds the lock: once for each
 * step of the owner's, beside the next. */
struct victim {
    pthread_t owner, meddler;
    pthread_mutex_t lock;
    pthread_cond_t stepped;
    gofer_client *client;
    const gofer_request *request;
    gofer_response *response;
    unsigned steps;
    bool over;
    unsigned rounds, wrong;
};

static void *meddle(void *arg)
{
    struct victim *v = arg;

    pthread_mutex_lock(&v->lock);
    for (unsigned i = 0, seen = 0; !v->over; i++) {
        if (v->response != NULL && i % 7 == 0)
            gofer_response_close(v->response);
        else if (v->response != NULL && i % 5 == 0)
            gofer_response_on_readable(v->response, nothing, NULL);
        else if (v->response != NULL)
            gofer_response_error(v->response);
        while (v->steps == seen && !v->over)
            pthread_cond_wait(&v->stepped, &v->lock);
        seen = v->steps;
    }
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

static void step(struct victim *v, gofer_response *response)
{
    pthread_mutex_lock(&v->lock);
    v->response = response;
    v->steps++;
    pthread_cond_signal(&v->stepped);
    pthread_mutex_unlock(&v->lock);
}

/* Reads one stream; whatever its end, it is one that may be. */
static void suffer(struct victim *v, unsigned round)
{
    gofer_response *response = NULL;
    char buf[8192];
    ssize_t n = 1;
    uint64_t len = 0;

    if (gofer_do(v->client, v->request, &response) != GOFER_OK) {
        v->wrong++;
    } else {
        while (n > 0 || (n == GOFER_READ_PENDING && round % 3 == 0)) {
            step(v, response);
            n = gofer_response_read_for(response, buf, 1 + len % sizeof buf, round % 3 ? -1 : 1);
            for (ssize_t i = 0; i < n; i++)
                v->wrong += buf[i] != flow_byte(len++);
        }
        const gofer_error *error = gofer_response_error(response);
        v->wrong += n == -1 ? error == NULL || error->code != GOFER_ERR_CLOSED : n != 0;
        v->wrong += n == 0 && len != 100000;
    }
    step(v, NULL);
    gofer_response_free(response);
}

static void *own(void *arg)
{
    struct victim *v = arg;

    for (unsigned i = 0; i < v->rounds; i++)
        suffer(v, i);
    pthread_mutex_lock(&v->lock);
    v->over = true;
    pthread_cond_signal(&v->stepped);
    pthread_mutex_unlock(&v->lock);
    return NULL;
}

static void a_storm_of_closes_does_no_harm(void)
{
    enum { VICTIMS = 4, ROUNDS = 60 };
    struct origin *origin = flow_origin(NULL, NULL);
    struct victim victims[VICTIMS];

    for (int c = 0; c < 2; c++) {
        gofer_client *client = crew_client(crews[c]);
        for (int i = 0; i < VICTIMS; i++) {
            const char *path = i % 2 ? "/chunk/100000" : "/length/100000";
            victims[i] = (struct victim){
                .client = client, .rounds = ROUNDS, .request = flow_request("GET", origin, path)};
            pthread_mutex_init(&victims[i].lock, NULL);
            pthread_cond_init(&victims[i].stepped, NULL);
            pthread_create(&victims[i].owner, NULL, own, &victims[i]);
            pthread_create(&victims[i].meddler, NULL, meddle, &victims[i]);
        }
        for (int i = 0; i < VICTIMS; i++) {
            pthread_join(victims[i].owner, NULL);
            pthread_join(victims[i].meddler, NULL);
            pthread_cond_destroy(&victims[i].stepped);
            pthread_mutex_destroy(&victims[i].lock);
            EXPECT_INT(victims[i].wrong, 0);
        }
        EXPECT(flow_until_active(client, 0));
        EXPECT_INT(rig_stats(client).conns_in_use, 0);
        EXPECT_INT(rig_stats(client).calls_failed, 0);
        rig_end_client(client);
    }
}

CU_TestInfo stream_many_tests[] = {
    {"two threads share a stream", two_threads_share_a_stream},
    {"RU-21 200 open streams hold no worker", open_streams_hold_no_worker},
    {"200 downloads cost little memory", many_downloads_cost_little_memory},
    {"memory that runs out is an error", memory_that_runs_out_is_an_error},
    {"without workers a blocked reader serves the client", a_blocked_reader_serves_the_client},
    {"RES-05 a forked child reads nothing", a_forked_child_reads_nothing},
    {"a storm of closes does no harm", a_storm_of_closes_does_no_harm},
    CU_TEST_INFO_NULL};
