/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scenes: futures, groups and tokens.
 */
#include <stdatomic.h>

#include "faults/play.h"
#include "faults/stage.h"

PLAY(futures)
{
    gofer_client *client = stage_client(stage, &(gofer_client_options){.measure = true});
    gofer_future *futures[3];
    size_t first;

    if (client == NULL)
        return;
    for (int i = 0; i < 3; i++)
        futures[i] = gofer_submit_get(client, stage_url(stage, "/hello"));
    first = gofer_future_wait_any(futures, 3, -1);
    HOLDS(stage, first < 3 && gofer_future_done(futures[first]));
    HOLDS(stage, gofer_future_call_id(futures[0]) > 0);
    for (int i = 0; i < 3; i++)
        stage_future(stage, futures[i], "hello");
}

/* Of no future, too: every call has its end told. */
static void on_done(gofer_future *future, void *arg)
{
    gofer_future_free(future);
    atomic_fetch_add((atomic_int *)arg, 1);
}

PLAY(on_done)
{
    atomic_int done = 0;
    gofer_request *request = stage_request(stage, "GET", "/hello");
    gofer_future *future;

    STEP(stage, gofer_request_set_user(request, &done));
    if (stage_client(stage, NULL) != NULL) {
        future = gofer_submit(stage->client, request);
        HOLDS(stage, gofer_future_user(future) == &done);
        gofer_future_on_done(future, on_done, &done);
        MUST(stage, gofer_client_drain(stage->client, -1) == GOFER_OK);
        stage_end_client(stage);
        MUST(stage, done == 1);
    }
    gofer_request_free(request);
}

PLAY(future_cancel)
{
    gofer_response *response = NULL;
    gofer_future *future;
    gofer_status status;

    if (stage_client(stage, NULL) == NULL)
        return;
    future = gofer_submit_get(stage->client, stage_url(stage, "/never"));
    HOLDS(stage, future != NULL);
    if (future == NULL)
        return;
    status = gofer_future_wait_for(future, 1, &response);
    if (status != GOFER_PENDING)
        stage_error(stage, status, response, GOFER_ERR_CANCELED);
    gofer_future_cancel(future);
    if (status == GOFER_PENDING) {
        status = gofer_future_wait(future, &response);
        stage_error(stage, status, response, GOFER_ERR_CANCELED);
    }
    gofer_future_free(future);
}

/* A call that a token ends. */
static void play_token(struct stage *stage, gofer_cancel *cancel, gofer_status expected)
{
    gofer_request *request = stage_request(stage, "GET", "/never");
    gofer_response *response = NULL;
    gofer_status status;

    HOLDS(stage, cancel != NULL);
    if (cancel != NULL && STEP(stage, gofer_request_set_cancel(request, cancel)) &&
        stage_client(stage, NULL) != NULL) {
        status = gofer_do(stage->client, request, &response);
        stage_error(stage, status, response, expected);
    }
    gofer_request_free(request);
    gofer_cancel_free(cancel);
}

PLAY(token)
{
    gofer_cancel *cancel = gofer_cancel_new();

    if (cancel != NULL)
        gofer_cancel_fire(cancel);
    play_token(stage, cancel, GOFER_ERR_CANCELED);
}

PLAY(deadline)
{
    play_token(stage, gofer_cancel_new_deadline(gofer_now_ms() + 2), GOFER_ERR_TIMEOUT);
}

/* Takes what the group has; how many. */
static size_t take_all(struct stage *stage, gofer_group *group, const char *body)
{
    gofer_future *future;
    size_t taken = 0;

    while ((future = gofer_group_next(group, -1)) != NULL) {
        taken++;
        if (body != NULL)
            stage_future(stage, future, body);
        else
            gofer_future_free(future);
    }
    return taken;
}

PLAY(group)
{
    gofer_client *client = stage_client(stage, NULL);
    gofer_group *group = client != NULL ? gofer_group_new(client) : NULL;
    gofer_request *request = stage_request(stage, "GET", "/hello");
    gofer_future *future;
    size_t in = 0;

    HOLDS(stage, group != NULL);
    if (group != NULL) {
        STEP(stage, gofer_group_set_timeout_ms(group, 20000));
        in += STEP(stage, gofer_group_submit(group, request));
        future = gofer_submit(client, request);
        in += future != NULL && STEP(stage, gofer_group_add(group, future));
        MUST(stage, gofer_group_pending(group) == in);
        MUST(stage, take_all(stage, group, "hello") == in);
    }
    gofer_group_free(group);
    gofer_request_free(request);
}

PLAY(group_cancel)
{
    gofer_client *client = stage_client(stage, NULL);
    gofer_group *group = client != NULL ? gofer_group_new(client) : NULL;
    gofer_request *request = stage_request(stage, "GET", "/never");

    if (group != NULL) {
        STEP(stage, gofer_group_submit(group, request));
        STEP(stage, gofer_group_submit(group, request));
        gofer_group_cancel(group);
        take_all(stage, group, NULL);
        STEP(stage, gofer_group_submit(group, request));
    }
    gofer_group_free(group);
    gofer_request_free(request);
}
