/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An upload that is tried again while the server is busy or breaks connections:
 * with growing waits, within one deadline, and without doing it twice, for which
 * the server recognises the key.
 *
 *     upload_retry [URL]
 */
#include <gofer/gofer.h>
#include <stdio.h>

#include "origin.h"

/* What is tried again, and why. It must not block. */
static void show_retry(const gofer_trace_event *event, void *arg)
{
    (void)arg;
    if (event->kind == GOFER_TRACE_RETRY)
        printf("attempt %d: %s; again in %lld ms\n", event->attempt, event->message,
               (long long)event->delay_ms);
}

int main(int argc, char **argv)
{
    static const char report[] = "{\"temperature\": 21.5}";
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/busy");
    gofer_client *client = gofer_client_new(&(gofer_client_options){
        .timeout_ms = 10000, /* all attempts and waits together */
        .retry_attempts = 5, /* that many in all */
        .retry_delay_ms =
            20, /* the first wait is up to this, each further one up to twice as much */
        .trace = show_retry,
    });
    gofer_request *request = gofer_request_new("POST", url);
    gofer_response *response;

    gofer_request_set_body(request, report, sizeof report - 1);
    gofer_request_set_header(request, "Idempotency-Key",
                             "report-4711"); /* else a POST is sent once */
    gofer_status status = gofer_do(client, request, &response);
    if (status == GOFER_OK) /* a status like 503 is an answer, too: the last one */
        printf("%d: %s\n", gofer_response_status(response),
               (const char *)gofer_response_body(response, NULL));
    else
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    if (gofer_response_status(response) / 100 != 2)
        status = GOFER_ERR_BROKEN;

    gofer_response_free(response);
    gofer_request_free(request);
    gofer_client_free(client);
    origin_stop(origin);
    return status == GOFER_OK ? 0 : 1;
}
