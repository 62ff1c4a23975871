/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where the time of a call goes: its events as they happen, and its phases in the
 * end. Made twice, so that the second finds the first one's connection.
 *
 *     trace [URL]
 */
#include <gofer/gofer.h>
#include <inttypes.h>
#include <stdio.h>

#include "origin.h"

/* On whatever thread does the work; it must not block. Here the main thread waits meanwhile. */
static void show_event(const gofer_trace_event *event, void *arg)
{
    int64_t *begun_us = arg;

    if (event->kind == GOFER_TRACE_BEGIN)
        *begun_us = event->at_us;
    printf("%8" PRId64 " us  call %" PRIu64 " %s", event->at_us - *begun_us, event->call,
           gofer_trace_name(event->kind));
    if (event->host != NULL)
        printf(" %s", event->host);
    if (event->kind == GOFER_TRACE_GOT_CONN)
        printf(" %s", event->reused ? "reused" : "new");
    if (event->kind == GOFER_TRACE_WROTE_HEADER_FIELD)
        printf(" %s: %s", event->field_name, event->field_value);
    if (event->message != NULL)
        printf(": %s", event->message);
    putchar('\n');
}

static void show_times(const gofer_response *response)
{
    gofer_times t;

    if (!gofer_response_times(response, &t))
        return;
    printf("queue %" PRId64 ", pool %" PRId64 ", resolve %" PRId64 ", connect %" PRId64
           ", tls %" PRId64 ", send %" PRId64 ", wait %" PRId64 ", receive %" PRId64 ": %" PRId64
           " us\n\n",
           t.queue_us, t.pool_us, t.resolve_us, t.connect_us, t.tls_us, t.send_us, t.wait_us,
           t.receive_us, t.total_us);
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/50ms");
    gofer_client *client = gofer_client_new(NULL);
    gofer_request *request = gofer_request_new("GET", url);
    gofer_status status = GOFER_OK;
    int64_t begun_us = 0;

    gofer_request_set_trace(request, show_event, &begun_us, NULL);
    for (int i = 0; i < 2 && status == GOFER_OK; i++) {
        gofer_response *response;

        status = gofer_do(client, request, &response);
        show_times(response);
        gofer_response_free(response);
    }

    gofer_request_free(request);
    gofer_client_free(client);
    origin_stop(origin);
    return status == GOFER_OK ? 0 : 1;
}
