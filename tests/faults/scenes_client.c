/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scenes: clients with many options, and those that watch them.
 */
#include <stdatomic.h>
#include <string.h>

#include "faults/play.h"
#include "faults/stage.h"

static void get(struct stage *stage, const char *body)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_get(stage->client, stage_url(stage, "/hello"), &response);

    stage_answer(stage, status, response, body);
}

PLAY(options)
{
    static const gofer_header headers[] = {{"X-A", "b"}, {"X-C", "d"}};
    static const int statuses[] = {500, 503};
    gofer_client_options options = {.user_agent = "agent",
                                    .headers = headers,
                                    .headers_len = 2,
                                    .retry_attempts = 2,
                                    .retry_statuses = statuses,
                                    .retry_statuses_len = 2,
                                    .max_conns_per_host = 1,
                                    .max_idle_conns = 1,
                                    .local_address = "127.0.0.1",
                                    .address_family = GOFER_IPV4,
                                    .bearer_token = "token",
                                    .workers = 2};

    if (stage_client(stage, &options) == NULL)
        return;
    get(stage, "hello");
    MUST(stage, gofer_client_drain(stage->client, -1) == GOFER_OK);
    get(stage, "hello");
}

/* --- traces, logs, numbers --- */

struct watch {
    atomic_int events, lines, closed;
};

static void trace(const gofer_trace_event *event, void *arg)
{
    if (gofer_trace_name(event->kind)[0] != '\0')
        atomic_fetch_add(&((struct watch *)arg)->events, 1);
}

static void close_trace(void *arg)
{
    atomic_fetch_add(&((struct watch *)arg)->closed, 1);
}

static void log_line(gofer_log_level level, const char *line, void *arg)
{
    if (gofer_log_level_name(level)[0] != '\0' && line[0] != '\0')
        atomic_fetch_add(&((struct watch *)arg)->lines, 1);
}

PLAY(watched)
{
    struct watch watch = {0};
    gofer_client_options options = {.trace = trace,
                                    .trace_arg = &watch,
                                    .trace_close = close_trace,
                                    .log = log_line,
                                    .log_arg = &watch,
                                    .log_level = GOFER_LOG_DEBUG,
                                    .measure = true};
    bool made = stage_client(stage, &options) != NULL;

    if (made) {
        get(stage, "hello");
        stage_future(stage, gofer_submit_get(stage->client, stage_url(stage, "/echo")), "");
    }
    stage_end_client(stage);
    HOLDS(stage, watch.events > 10);
    MUST(stage, watch.closed == made);
}

PLAY(request_trace)
{
    struct watch watch = {0};
    gofer_request *request = stage_request(stage, "GET", "/hello");
    bool set = STEP(stage, gofer_request_set_trace(request, trace, &watch, close_trace));

    if (stage_client(stage, NULL) != NULL)
        play_do(stage, request, "hello");
    gofer_request_free(request);
    stage_end_client(stage);
    MUST(stage, watch.closed == set);
}

static int add_text(void *arg, const void *data, size_t len)
{
    *(size_t *)arg += len;
    return memchr(data, '\0', len) != NULL;
}

/* What a client with a call behind it tells. */
static void look(struct stage *stage, gofer_client *client)
{
    gofer_origin_stats origins[2];
    gofer_latency latency;
    gofer_stats stats;
    size_t text = 0, n;

    gofer_client_stats(client, &stats);
    HOLDS(stage, stats.calls_done == 1);
    n = gofer_client_origins(client, origins, 2);
    HOLDS(stage, n == 1 && origins[0].conns_opened == 1);
    MUST(stage, gofer_client_latency(client, GOFER_TIMED_TOTAL, &latency));
    HOLDS(stage, latency.count == 1);
    MUST(stage, gofer_latency_bound_us(0) == 50);
    if (STEP(stage, gofer_client_stats_prometheus(client, "name", add_text, &text)))
        MUST(stage, text > 1000);
}

PLAY(numbers)
{
    gofer_client *client = stage_client(stage, &(gofer_client_options){.measure = true});
    gofer_response *response = NULL;
    gofer_times times;
    socklen_t len = 0;
    gofer_status status;

    if (client == NULL)
        return;
    status = gofer_get(client, stage_url(stage, "/hello"), &response);
    if (status == GOFER_OK) {
        MUST(stage, gofer_response_times(response, &times) && times.total_us > 0);
        MUST(stage, gofer_response_peer(response, &len) != NULL && len > 0);
    }
    stage_answer(stage, status, response, "hello");
    look(stage, client);
}

PLAY(free_in_flight)
{
    gofer_client *client = stage_client(stage, NULL);
    gofer_future *futures[2];
    gofer_response *response = NULL;
    gofer_status status;

    if (client == NULL)
        return;
    for (int i = 0; i < 2; i++)
        futures[i] = gofer_submit_get(client, stage_url(stage, "/never"));
    gofer_worker_run_once(client, 0);
    stage_end_client(stage);
    for (int i = 0; i < 2; i++) {
        HOLDS(stage, futures[i] != NULL);
        status = gofer_future_wait(futures[i], &response);
        if (futures[i] != NULL)
            stage_error(stage, status, response, GOFER_ERR_CLOSED);
        gofer_future_free(futures[i]);
    }
}

PLAY(words)
{
    MUST(stage, gofer_version()[0] != '\0');
    MUST(stage, gofer_libraries()[0] != '\0');
    MUST(stage, gofer_strerror(GOFER_ERR_NOMEM)[0] != '\0');
    MUST(stage, strcmp(gofer_status_name(GOFER_OK), "GOFER_OK") == 0);
    MUST(stage, gofer_phase_name(GOFER_PHASE_WAIT)[0] != '\0');
    MUST(stage, gofer_set_allocator(NULL, NULL, NULL) == GOFER_ERR_INVALID);
}
