/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A program of its own (RES-09): one call after the other whose outcome is raced
 * for by its completion, a token that is fired, a cancel of its future, its
 * deadline, and whoever waits for it, is called back by it, or frees it meanwhile.
 * No byte is sent: the completion is the answer of a lookup, which is in the
 * program's hands. Every call must come to exactly one outcome.
 *
 *     outcomes [CALLS [SEED]]        5,000 calls, seed: the time
 */
#include <gofer/gofer.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "support/gate.h"
#include "support/heap.h"

enum { CALLS = 5000, LANES = 2, SPIN_MAX = 400, LIMIT_MS = 60000, STATUSES = 32 };

/* A lane has two threads: an owner, who makes calls and waits, and a rival. */
struct lane {
    pthread_t owner, rival;
    gofer_client *client;
    uint64_t random, rival_random;
    unsigned long calls;
    _Atomic(gofer_lookup *) lookup; /* of this lane's name, unanswered */
    _Atomic(gofer_cancel *) token;  /* to be fired; taken by the rival, who frees it */
    _Atomic(gofer_future *) future; /* to be cancelled; lent to the rival, who gives it back */
    _Atomic bool over;
    _Atomic unsigned called_back;
    _Atomic int called_status;
    unsigned long ends[STATUSES];
    unsigned long wrong;
};

static struct lane lanes[LANES];

static unsigned draw(uint64_t *random, unsigned below)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (unsigned)((*random >> 20) % below);
}

static void spin(uint64_t *random)
{
    for (volatile unsigned n = draw(random, SPIN_MAX); n > 0; n--)
        continue;
}

/* --- the rival --- */

static void answer(struct lane *lane)
{
    gofer_lookup_fail(atomic_exchange(&lane->lookup, NULL));
}

static void fire(struct lane *lane)
{
    gofer_cancel *token = atomic_exchange(&lane->token, NULL);

    gofer_cancel_fire(token);
    gofer_cancel_free(token);
}

/* The owner frees no future while it is lent. */
static void cancel(struct lane *lane)
{
    gofer_future *future = atomic_exchange(&lane->future, NULL);

    if (future == NULL)
        return;
    gofer_future_cancel(future);
    atomic_store(&lane->future, future);
}

static void *rival_main(void *arg)
{
    struct lane *lane = arg;

    while (!lane->over) {
        if (lane->lookup == NULL && lane->token == NULL && lane->future == NULL) {
            sched_yield();
            continue;
        }
        spin(&lane->rival_random);
        switch (draw(&lane->rival_random, 4)) {
        case 0:
            fire(lane);
            break;
        case 1:
            cancel(lane);
            break;
        default:
            answer(lane);
        }
    }
    fire(lane);
    answer(lane);
    return NULL;
}

/* Answered at once, or by the rival. */
static void resolve(gofer_lookup *lookup, void *arg)
{
    static _Atomic unsigned turn;
    struct lane *lane = &lanes[gofer_lookup_host(lookup)[4] - '0'];

    (void)arg;
    if (turn++ % 4 == 0)
        gofer_lookup_fail(lookup);
    else
        gofer_lookup_fail(atomic_exchange(&lane->lookup, lookup));
}

/* --- the owner --- */

static void judge(struct lane *lane, gofer_status status, gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);

    if (status != GOFER_ERR_RESOLVE && status != GOFER_ERR_CANCELED && status != GOFER_ERR_TIMEOUT)
        lane->wrong++;
    else
        lane->ends[status]++;
    lane->wrong += error == NULL || error->code != status;
    gofer_response_free(response);
}

/* Whoever asks again gets the same, and no response. */
static void ask_again(struct lane *lane, gofer_future *future, gofer_status status)
{
    gofer_response *response = NULL;

    lane->wrong += gofer_future_wait_for(future, 0, &response) != status || response != NULL;
    lane->wrong += gofer_future_error(future) == NULL || gofer_future_error(future)->code != status;
}

static void take_back(struct lane *lane)
{
    while (atomic_exchange(&lane->future, NULL) == NULL)
        sched_yield();
}

static void wait_for_it(struct lane *lane, gofer_future *future, bool in_turns)
{
    gofer_response *response = NULL;
    gofer_status status = GOFER_PENDING;

    atomic_store(&lane->future, future);
    while (status == GOFER_PENDING)
        status = in_turns ? gofer_future_wait_for(future, 1, &response)
                          : gofer_future_wait(future, &response);
    judge(lane, status, response);
    ask_again(lane, future, status);
    take_back(lane);
    gofer_future_free(future);
}

static void on_done(gofer_future *future, void *arg)
{
    struct lane *lane = arg;
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait(future, &response);

    gofer_future_free(future);
    gofer_response_free(response);
    lane->called_status = (int)status;
    lane->called_back++;
}

/* The callback frees the future; it comes once. */
static void be_called_back(struct lane *lane, gofer_future *future)
{
    lane->called_back = 0;
    gofer_future_on_done(future, on_done, lane);
    while (lane->called_back == 0)
        gofer_worker_run_once(lane->client, 0);
    int status = lane->called_status;
    lane->wrong += lane->called_back != 1 || status < 0 || status >= STATUSES;
    if (status >= 0 && status < STATUSES)
        lane->ends[status]++;
}

static void one_call(struct lane *lane, gofer_request *request)
{
    bool fired = draw(&lane->random, 2) == 0;
    int64_t limit_ms = draw(&lane->random, 8) == 0 ? 1 : LIMIT_MS;
    gofer_cancel *token = fired ? gofer_cancel_new() : NULL;

    gofer_request_set_cancel(request, token);
    gofer_request_set_timeout_ms(request, limit_ms);
    gofer_future *future = gofer_submit(lane->client, request);
    gofer_cancel *before = atomic_exchange(&lane->token, token);
    gofer_cancel_free(before);
    spin(&lane->random);
    switch (draw(&lane->random, 5)) {
    case 0:
        return wait_for_it(lane, future, false);
    case 1:
        return wait_for_it(lane, future, true);
    case 2:
        gofer_future_cancel(future);
        return wait_for_it(lane, future, true);
    case 3:
        return be_called_back(lane, future);
    default:
        gofer_future_free(future);
        lane->ends[GOFER_PENDING]++;
    }
}

static void *owner_main(void *arg)
{
    struct lane *lane = arg;
    char url[32];

    snprintf(url, sizeof url, "http://lane%d.test/", (int)(lane - lanes));
    gofer_request *request = gofer_request_new("GET", url);
    for (unsigned long i = 0; i < lane->calls; i++)
        one_call(lane, request);
    gofer_request_free(request);
    return NULL;
}

/* --- the program --- */

static void start(struct lane *lane, gofer_client *client, unsigned long calls, uint64_t seed)
{
    unsigned number = (unsigned)(lane - lanes);

    lane->client = client;
    lane->calls = calls / LANES;
    lane->random = (seed + 2 * number + 1) * 0x9e3779b97f4a7c15ULL | 1;
    lane->rival_random = (seed + 2 * number + 2) * 0x9e3779b97f4a7c15ULL | 1;
    if (pthread_create(&lane->owner, NULL, owner_main, lane) != 0 ||
        pthread_create(&lane->rival, NULL, rival_main, lane) != 0)
        abort();
}

/* Dropped calls may still wait for their lookup's answer. */
static void end(gofer_client *client)
{
    for (unsigned i = 0; i < LANES; i++)
        pthread_join(lanes[i].owner, NULL);
    if (gofer_client_drain(client, PATIENCE_MS) != GOFER_OK)
        lanes[0].wrong++;
    for (unsigned i = 0; i < LANES; i++) {
        lanes[i].over = true;
        pthread_join(lanes[i].rival, NULL);
    }
    gofer_client_free(client);
    for (unsigned i = 0; i < LANES; i++)
        answer(&lanes[i]);
}

static unsigned long count(unsigned long calls, int64_t took_ms)
{
    unsigned long ends[STATUSES] = {0}, wrong = 0;

    for (unsigned i = 0; i < LANES; i++) {
        wrong += lanes[i].wrong;
        for (unsigned s = 0; s < STATUSES; s++)
            ends[s] += lanes[i].ends[s];
    }
    printf("outcomes: %lu calls in %lld ms: %lu completed, %lu canceled, %lu timed out, %lu "
           "dropped; %lu complaints\n",
           calls, (long long)took_ms, ends[GOFER_ERR_RESOLVE], ends[GOFER_ERR_CANCELED],
           ends[GOFER_ERR_TIMEOUT], ends[GOFER_PENDING], wrong);
    return wrong;
}

int main(int argc, char **argv)
{
    unsigned long calls = argc > 1 ? strtoul(argv[1], NULL, 10) : CALLS;
    uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : (uint64_t)time(NULL);
    int64_t began = now_ms();

    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("outcomes: %lu calls, seed %llu\n", calls, (unsigned long long)seed);
    if (!heap_install())
        return 1;
    gofer_client *client =
        gofer_client_new(&(gofer_client_options){.workers = 2, .resolver = resolve});
    if (client == NULL)
        abort();
    for (unsigned i = 0; i < LANES; i++)
        start(&lanes[i], client, calls, seed);
    end(client);
    unsigned long wrong = count(calls, now_ms() - began);
    if (heap_live() != 0)
        printf("outcomes: %ld blocks are left\n", heap_live());
    return wrong > 0 || heap_live() != 0;
}
