/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See caller.h: the ways to make a call.
 */
#include "chaos/caller.h"

#include <poll.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "support/gate.h"

enum { READ_MAX = 8192, BRIEF_MS = 25, PATIENT_TURNS = 4, LENDER_MS = 5, LEND_MS = 2 };

static unsigned roll(struct caller *caller, unsigned below)
{
    return dice_roll(&caller->dice, below);
}

static gofer_status error_of(const gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);

    return error != NULL ? error->code : GOFER_OK;
}

/* --- one at a time --- */

static void make_do(struct caller *caller, enum way way)
{
    gofer_response *response = NULL;
    struct call call;

    call_begin(&call, caller, way, 0);
    gofer_status status = gofer_do(caller->storm->client, call.request, &response);
    call_end(&call, status, response);
}

static gofer_status wait_in_turns(gofer_future *future, unsigned turns, gofer_response **response)
{
    gofer_status status = GOFER_PENDING;

    for (unsigned i = 0; status == GOFER_PENDING && i < turns; i++)
        status = gofer_future_wait_for(future, 1 + i % 8, response);
    return status;
}

static void make_future(struct caller *caller, enum way way)
{
    gofer_response *response = NULL;
    gofer_status status;
    struct call call;

    call_begin(&call, caller, way, 0);
    gofer_future *future = gofer_submit(caller->storm->client, call.request);
    if (way == WAY_WAIT) {
        status = gofer_future_wait(future, &response);
    } else if (way == WAY_WAIT_FOR) {
        status = wait_in_turns(future, -1U, &response);
    } else {
        status = wait_in_turns(future, roll(caller, PATIENT_TURNS), &response);
        if (status == GOFER_PENDING) {
            gofer_future_cancel(future);
            status = gofer_future_wait_for(future, -1, &response);
        }
    }
    gofer_future_free(future);
    call_end(&call, status, response);
}

static void make_dropped(struct caller *caller, enum way way)
{
    struct call call;

    call_begin(&call, caller, way, 0);
    gofer_future_free(gofer_submit(caller->storm->client, call.request));
    call_end_unread(&call, NULL);
}

/* --- tokens --- */

static void hand_token(struct caller *caller, gofer_cancel *token, int64_t fire_ms)
{
    pthread_mutex_lock(&caller->lock);
    caller->token = token;
    pthread_mutex_unlock(&caller->lock);
    caller->fire_ms = fire_ms;
}

/* Another thread fires it, early or too late. */
static void make_fired(struct caller *caller, enum way way)
{
    gofer_response *response = NULL;
    gofer_cancel *token = gofer_cancel_new();
    struct call call;

    call_begin(&call, caller, way, 0);
    gofer_request_set_cancel(call.request, token);
    hand_token(caller, token, now_ms() + roll(caller, 4));
    gofer_status status = gofer_do(caller->storm->client, call.request, &response);
    hand_token(caller, NULL, 0);
    gofer_cancel_free(token);
    call_end(&call, status, response);
}

static void make_deadline(struct caller *caller, enum way way)
{
    gofer_response *response = NULL;
    int64_t limit_ms = 1 + roll(caller, BRIEF_MS);
    struct call call;

    call_begin(&call, caller, way, 0);
    gofer_cancel *token = gofer_cancel_new_deadline(gofer_now_ms() + limit_ms);
    gofer_request_set_cancel(call.request, token);
    call_limit(&call, limit_ms);
    gofer_future *future = gofer_submit(caller->storm->client, call.request);
    gofer_cancel_free(token);
    gofer_status status = gofer_future_wait(future, &response);
    gofer_future_free(future);
    call_end(&call, status, response);
}

/* --- on_done --- */

struct done {
    struct call call;
    sem_t over;
};

static void on_done(gofer_future *future, void *arg)
{
    struct done *done = arg;
    gofer_response *response = NULL;
    gofer_status status = gofer_future_wait(future, &response);

    gofer_future_free(future);
    call_end(&done->call, status, response);
    sem_post(&done->over);
}

static void make_done(struct caller *caller, enum way way)
{
    struct done done;

    sem_init(&done.over, 0, 0);
    call_begin(&done.call, caller, way, 0);
    gofer_future *future = gofer_submit(caller->storm->client, done.call.request);
    gofer_future_on_done(future, on_done, &done);
    while (sem_wait(&done.over) != 0)
        continue;
    sem_destroy(&done.over);
}

/* --- several at a time --- */

static void make_any(struct caller *caller, enum way way)
{
    unsigned n = 2 + roll(caller, BATCH_MAX - 1), left = n;
    gofer_future *futures[BATCH_MAX] = {NULL};
    struct call calls[BATCH_MAX];

    for (unsigned i = 0; i < n; i++) {
        call_begin(&calls[i], caller, way, i);
        futures[i] = gofer_submit(caller->storm->client, calls[i].request);
    }
    while (left > 0) {
        gofer_response *response = NULL;
        size_t i = gofer_future_wait_any(futures, n, roll(caller, 2) == 0 ? -1 : 3);
        if (i == n)
            continue;
        gofer_status status = gofer_future_wait_for(futures[i], 0, &response);
        gofer_future_free(futures[i]);
        futures[i] = NULL;
        call_end(&calls[i], status, response);
        left--;
    }
}

/* A group's deadline and cancel concern all of it. */
static void interfere(struct caller *caller, gofer_group *group, struct call *calls, unsigned n)
{
    unsigned how = roll(caller, 6);
    int64_t limit_ms = 1 + roll(caller, BRIEF_MS);

    if (how > 1)
        return;
    if (how == 0)
        gofer_group_set_timeout_ms(group, limit_ms);
    else
        gofer_group_cancel(group);
    for (unsigned i = 0; i < n; i++) {
        if (how == 1)
            calls[i].canceled = true;
        else
            call_limit(&calls[i], now_ms() - calls[i].began_ms + limit_ms);
    }
}

static void make_group(struct caller *caller, enum way way)
{
    unsigned n = 1 + roll(caller, BATCH_MAX);
    gofer_group *group = gofer_group_new(caller->storm->client);
    struct call calls[BATCH_MAX];
    gofer_future *future;

    for (unsigned i = 0; i < n; i++) {
        call_begin(&calls[i], caller, way, i);
        gofer_group_submit(group, calls[i].request);
    }
    interfere(caller, group, calls, n);
    while ((future = gofer_group_next(group, -1)) != NULL) {
        gofer_response *response = NULL;
        struct call *call = gofer_future_user(future);
        gofer_status status = gofer_future_wait(future, &response);
        gofer_future_free(future);
        call_end(call, status, response);
    }
    gofer_group_free(group);
}

/* --- streams --- */

struct sink {
    struct call *call;
    uint64_t at;
};

/* Up to `most` bytes; how the stream ended, GOFER_PENDING where it did not. */
static gofer_status read_stream(struct sink *sink, gofer_response *response, uint64_t most)
{
    struct caller *caller = sink->call->caller;
    bool for_a_while = roll(caller, 2) == 0;
    char buf[READ_MAX];

    while (sink->at < most) {
        size_t len = 1 + roll(caller, READ_MAX);
        ssize_t n = for_a_while ? gofer_response_read_for(response, buf, len, 2)
                                : gofer_response_read(response, buf, len);
        if (n == GOFER_READ_PENDING)
            continue;
        if (n <= 0)
            return n == 0 ? GOFER_OK : error_of(response);
        if (!call_check(sink->call, sink->at, buf, (size_t)n))
            return GOFER_ERR_PROTOCOL;
        sink->at += (uint64_t)n;
    }
    return GOFER_PENDING;
}

static int take_piece(void *arg, const void *data, size_t len)
{
    struct sink *sink = arg;
    bool own = call_check(sink->call, sink->at, data, len);

    sink->at += len;
    return own ? 0 : 1;
}

static gofer_status open_stream(struct call *call, gofer_response **response)
{
    gofer_client *client = call->caller->storm->client;

    if (call->way != WAY_STREAM_FUTURE)
        return gofer_do(client, call->request, response);
    gofer_future *future = gofer_submit(client, call->request);
    gofer_status status = gofer_future_wait(future, response);
    gofer_future_free(future);
    return status;
}

static void make_stream(struct caller *caller, enum way way)
{
    gofer_response *response = NULL;
    struct call call;
    struct sink sink = {.call = &call};

    call_begin(&call, caller, way, 0);
    gofer_status status = open_stream(&call, &response);
    if (status == GOFER_OK && way == WAY_SINK)
        status = gofer_response_to_callback(response, take_piece, &sink);
    else if (status == GOFER_OK)
        status = read_stream(&sink, response, way == WAY_QUIT ? roll(caller, 2000) : UINT64_MAX);
    if (status == GOFER_PENDING) {
        gofer_response_close(response);
        call_end_unread(&call, response);
    } else {
        call_end_stream(&call, status, response, sink.at);
    }
}

/* --- a thread --- */

typedef void make_fn(struct caller *caller, enum way way);

static make_fn *const makers[WAYS] = {
    [WAY_DO] = make_do,           [WAY_WAIT] = make_future,
    [WAY_WAIT_FOR] = make_future, [WAY_IMPATIENT] = make_future,
    [WAY_TOKEN] = make_fired,     [WAY_DEADLINE] = make_deadline,
    [WAY_DROP] = make_dropped,    [WAY_DONE] = make_done,
    [WAY_ANY] = make_any,         [WAY_GROUP] = make_group,
    [WAY_STREAM] = make_stream,   [WAY_STREAM_FUTURE] = make_stream,
    [WAY_SINK] = make_stream,     [WAY_QUIT] = make_stream,
};

static enum way draw_way(struct caller *caller)
{
    unsigned draw = roll(caller, 2 * WAYS);

    return draw < WAYS ? (enum way)draw : WAY_DO;
}

static bool goes_on(struct storm *storm)
{
    if (storm->stops_by_time)
        return now_ms() < storm->stop_ms && storm->next_id + BATCH_MAX * CALLERS < storm->far.ids;
    return storm->left-- > 0;
}

static void *caller_main(void *arg)
{
    struct caller *caller = arg;
    struct storm *storm = caller->storm;

    while (goes_on(storm)) {
        enum way way = draw_way(caller);
        makers[way](caller, way);
        if (roll(caller, 400) == 0)
            gofer_client_close_idle(storm->client);
    }
    return NULL;
}

/* Serves the client as an event loop does, for a turn now and then. */
static void *lender_main(void *arg)
{
    struct storm *storm = arg;
    struct pollfd ready = {.fd = gofer_client_fd(storm->client), .events = POLLIN};

    while (!storm->over) {
        if (poll(&ready, 1, LENDER_MS) == 1)
            gofer_worker_run_once(storm->client, LEND_MS);
    }
    return NULL;
}

void callers_init(struct caller callers[CALLERS], struct storm *storm)
{
    memset(callers, 0, sizeof(struct caller) * CALLERS);
    for (unsigned i = 0; i < CALLERS; i++) {
        callers[i].storm = storm;
        callers[i].dice = dice_of(storm->seed, i + 1);
        pthread_mutex_init(&callers[i].lock, NULL);
    }
}

void callers_run(struct caller callers[CALLERS])
{
    struct storm *storm = callers[0].storm;
    pthread_t lender;

    storm->over = false;
    if (pthread_create(&lender, NULL, lender_main, storm) != 0)
        abort();
    for (unsigned i = 0; i < CALLERS; i++) {
        if (pthread_create(&callers[i].thread, NULL, caller_main, &callers[i]) != 0)
            abort();
    }
    for (unsigned i = 0; i < CALLERS; i++)
        pthread_join(callers[i].thread, NULL);
    storm->over = true;
    pthread_join(lender, NULL);
}
