/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Three ways to stop waiting: cancel one future, fire a token that many calls
 * share (blocking ones included), give such a token a deadline. Each ends at
 * once, on whatever the call was doing.
 *
 *     cancel [URL]      a URL that takes long to answer
 */
#include <gofer/gofer.h>
#include <pthread.h>
#include <stdio.h>

#include "origin.h"

static int failures;

static void report(const char *how, gofer_status status, gofer_status expected,
                   gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);

    printf("%-15s %s\n", how, error != NULL ? error->message : "an answer came after all");
    failures += status != expected;
    gofer_response_free(response);
}

/* One call, by its future; from any thread. */
static void cancel_a_future(gofer_client *client, const char *url)
{
    gofer_future *future = gofer_submit_get(client, url);
    gofer_response *response;
    gofer_status status;

    gofer_future_wait_for(future, 50, &response); /* GOFER_PENDING: it goes on */
    gofer_response_free(response);
    gofer_future_cancel(future);
    status = gofer_future_wait(future, &response);
    report("its future:", status, GOFER_ERR_CANCELED, response);
    gofer_future_free(future);
}

static void *fire(void *token)
{
    gofer_cancel_fire(token);
    return NULL;
}

/* Another thread fires the token while this one is inside gofer_do(). */
static void fire_a_token(gofer_client *client, const char *url)
{
    gofer_cancel *token = gofer_cancel_new();
    gofer_request *request = gofer_request_new("GET", url);
    gofer_response *response;
    gofer_status status;
    pthread_t thread;
    int started;

    gofer_request_set_cancel(request, token);
    started = pthread_create(&thread, NULL, fire, token) == 0;
    status = gofer_do(client, request, &response);
    if (started)
        pthread_join(thread, NULL);
    report("a token:", status, GOFER_ERR_CANCELED, response);
    gofer_request_free(request);
    gofer_cancel_free(token);
}

/* However many calls a job makes, they all end when the job's time is up. */
static void give_a_deadline(gofer_client *client, const char *url)
{
    gofer_cancel *job = gofer_cancel_new_deadline(gofer_now_ms() + 100);
    gofer_request *request = gofer_request_new("GET", url);
    gofer_response *response;

    gofer_request_set_cancel(request, job);
    for (int i = 0; i < 3; i++) {
        gofer_status status = gofer_do(client, request, &response);

        report("a deadline:", status, GOFER_ERR_TIMEOUT, response);
    }
    gofer_request_free(request);
    gofer_cancel_free(job);
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/never");
    gofer_client *client = gofer_client_new(NULL);

    cancel_a_future(client, url);
    fire_a_token(client, url);
    give_a_deadline(client, url);
    gofer_client_free(client);
    origin_stop(origin);
    return failures != 0;
}
