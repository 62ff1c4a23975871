/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scenes: plain calls, by all the ways there are to make one.
 */
#include <string.h>

#include "faults/play.h"
#include "faults/stage.h"

static void get(struct stage *stage, const char *path, const char *body)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_get(stage->client, stage_url(stage, path), &response);

    stage_answer(stage, status, response, body);
}

PLAY(get)
{
    if (stage_client(stage, NULL) != NULL)
        get(stage, "/hello", "hello");
}

PLAY(do_alone)
{
    gofer_request *request = stage_request(stage, "POST", "/echo");

    STEP(stage, gofer_request_set_body(request, "body", 4));
    if (stage_client(stage, &(gofer_client_options){.workers = GOFER_NO_WORKERS}) != NULL)
        play_do(stage, request, "body");
    gofer_request_free(request);
}

PLAY(submit)
{
    if (stage_client(stage, &(gofer_client_options){.workers = 2}) != NULL)
        stage_future(stage, gofer_submit_get(stage->client, stage_url(stage, "/hello")), "hello");
}

PLAY(post)
{
    gofer_response *response = NULL;

    if (stage_client(stage, NULL) == NULL)
        return;
    gofer_status status = gofer_post(stage->client, stage_url(stage, "/echo"), "text/plain",
                                     "some text", 9, &response);
    stage_answer(stage, status, response, "some text");
}

PLAY(reuse)
{
    if (stage_client(stage, NULL) == NULL)
        return;
    get(stage, "/hello", "hello");
    get(stage, "/chunked", "hello");
    gofer_client_close_idle(stage->client);
    get(stage, "/close", "hello");
}

PLAY(retry_of_a_dead_connection)
{
    if (stage_client(stage, NULL) == NULL)
        return;
    get(stage, "/drop", "hello");
    get(stage, "/drop", "hello");
}

PLAY(retries)
{
    if (stage_client(stage, &(gofer_client_options){.retry_attempts = 6, .retry_delay_ms = 1}) ==
        NULL)
        return;
    get(stage, "/busy", "hello");
}

PLAY(turns)
{
    gofer_client_options options = {.workers = GOFER_NO_WORKERS};
    gofer_future *future;
    gofer_status status = GOFER_OK;

    if (stage_client(stage, &options) == NULL)
        return;
    MUST(stage, gofer_client_fd(stage->client) >= 0);
    future = gofer_submit_get(stage->client, stage_url(stage, "/hello"));
    while (future != NULL && !gofer_future_done(future) &&
           (status == GOFER_OK || status == GOFER_PENDING))
        status = gofer_worker_run_once(stage->client, 1000);
    MUST(stage, status == GOFER_OK || status == GOFER_PENDING);
    stage_future(stage, future, "hello");
}

/* --- a thread that serves a client --- */

/* Takes the outcome and ends the client, so that whoever serves it may go. */
static void end(gofer_future *future, void *arg)
{
    struct stage *stage = arg;

    stage_future(stage, future, "hello");
    stage_end_client(stage);
}

PLAY(lent_worker)
{
    gofer_client *client =
        stage_client(stage, &(gofer_client_options){.workers = GOFER_NO_WORKERS});
    gofer_future *future;

    if (client == NULL)
        return;
    future = gofer_submit_get(client, stage_url(stage, "/hello"));
    HOLDS(stage, future != NULL);
    if (future != NULL)
        gofer_future_on_done(future, end, stage);
    /* A call that was refused has ended it already. */
    if (future != NULL && stage->client != NULL)
        MUST(stage, gofer_worker_run(client) == GOFER_ERR_CLOSED);
}

/* --- bodies --- */

PLAY(decoded)
{
    MUST(stage, strstr(gofer_content_codings(), "gzip") != NULL);
    if (stage_client(stage, NULL) == NULL)
        return;
    get(stage, "/gzip", SERVERS_TEXT);
    gofer_request *request = stage_request(stage, "GET", "/gzip");
    STEP(stage, gofer_request_set_decompression(request, 0));
    play_do(stage, request, SERVERS_TEXT);
    gofer_request_free(request);
}

PLAY(big)
{
    static char body[SERVERS_BIG_BYTES + 1];

    memset(body, 'b', SERVERS_BIG_BYTES);
    if (stage_client(stage, NULL) == NULL)
        return;
    get(stage, "/big", body);
    gofer_request *request = stage_request(stage, "PUT", "/echo");
    STEP(stage, gofer_request_set_body(request, body, SERVERS_BIG_BYTES));
    play_do(stage, request, body);
    gofer_request_free(request);
}
