/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The public functions of a client: each checks who asks, comes inside, does its
 * work and leaves.
 */
#include <gofer/client.h>

#include <errno.h>
#include <string.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "config.h"
#include "engine/engine.h"
#include "http/coding.h"
#include "transport/pool.h"
#include <gofer/worker.h>

static struct core *core_of(const gofer_client *client)
{
    return (struct core *)(void *)client;
}

const char *gofer_content_codings(void)
{
    return coding_names();
}

const char *gofer_version(void)
{
    return PACKAGE_VERSION;
}

int64_t gofer_now_ms(void)
{
    return clock_now_ns() / CLOCK_MS;
}

/* As much of the options as this library knows. */
static const gofer_tls_options *know_tls(gofer_tls_options *known, const gofer_tls_options *given,
                                         size_t size)
{
    memcpy(known, given, size < sizeof(*known) ? size : sizeof(*known));
    return known;
}

gofer_client *gofer_client_new_sized(const gofer_client_options *options, size_t size,
                                     size_t tls_size)
{
    gofer_client_options known = {0};
    gofer_tls_options known_tls = {0}, known_proxy_tls = {0};
    if (options != NULL)
        memcpy(&known, options, size < sizeof(known) ? size : sizeof(known));
    if (known.tls != NULL)
        known.tls = know_tls(&known_tls, known.tls, tls_size);
    if (known.proxy_tls != NULL)
        known.proxy_tls = know_tls(&known_proxy_tls, known.proxy_tls, tls_size);
    return (gofer_client *)(void *)core_new(&known);
}

void gofer_client_free(gofer_client *client)
{
    if (client != NULL)
        core_close(core_of(client));
}

gofer_status gofer_client_drain(gofer_client *client, int64_t timeout_ms)
{
    if (client == NULL || timeout_ms < -1 || callback_active())
        return GOFER_ERR_INVALID;
    gofer_status status = core_enter(core_of(client));
    if (status != GOFER_OK)
        return status;
    status = core_drain(core_of(client), timeout_ms);
    core_leave(core_of(client));
    return status;
}

void gofer_client_close_idle(gofer_client *client)
{
    if (client == NULL || core_enter(core_of(client)) != GOFER_OK)
        return;
    pool_close_idle(core_of(client)->pool);
    core_leave(core_of(client));
}

void gofer_client_stats_sized(gofer_client *client, gofer_stats *stats, size_t size)
{
    gofer_stats now = {0};
    if (stats == NULL)
        return;
    if (client != NULL && core_enter(core_of(client)) == GOFER_OK) {
        core_read_stats(core_of(client), &now);
        core_leave(core_of(client));
    }
    memset(stats, 0, size);
    memcpy(stats, &now, size < sizeof(now) ? size : sizeof(now));
}

size_t gofer_client_origins_sized(gofer_client *client, gofer_origin_stats *origins, size_t max,
                                  size_t size)
{
    if (client == NULL || (origins == NULL && max > 0) || core_enter(core_of(client)) != GOFER_OK)
        return 0;
    size_t n = core_read_origins(core_of(client), origins, max, size);
    core_leave(core_of(client));
    return n;
}

/* --- calls --- */

static void submit(struct call *call, struct core *core)
{
    int64_t now_ns;
    if (!call_admit(call, false, &now_ns))
        return;
    call_submit(call);
    core_leave(core);
}

/* A body reader may have to be waited for, which only a parked task can. */
static gofer_status submit_and_wait(struct call *call, struct core *core, gofer_response **response)
{
    submit(call, core);
    gofer_status status = gofer_future_wait(future_of(call), response);
    gofer_future_free(future_of(call));
    return status;
}

gofer_status gofer_do(gofer_client *client, const gofer_request *request, gofer_response **response)
{
    if (response != NULL)
        *response = NULL;
    struct call *call = call_new(core_of(client), request);
    if (call == NULL)
        return GOFER_ERR_NOMEM;
    if (client != NULL && !call_may_drive(call) && !callback_active())
        return submit_and_wait(call, core_of(client), response);
    int64_t now_ns;
    if (call_admit(call, true, &now_ns))
        call_drive(call, now_ns);
    return call_end_private(call, response);
}

gofer_status gofer_get(gofer_client *client, const char *url, gofer_response **response)
{
    if (response != NULL)
        *response = NULL;
    gofer_request *request = gofer_request_new("GET", url);
    gofer_status status = request != NULL ? gofer_do(client, request, response) : GOFER_ERR_NOMEM;
    gofer_request_free(request);
    return status;
}

gofer_status gofer_post(gofer_client *client, const char *url, const char *content_type,
                        const void *data, size_t len, gofer_response **response)
{
    if (response != NULL)
        *response = NULL;
    gofer_request *request = gofer_request_new("POST", url);
    gofer_status status = request != NULL
                              ? gofer_request_set_body_ref(request, data, len, NULL, NULL)
                              : GOFER_ERR_NOMEM;
    if (status == GOFER_OK && content_type != NULL)
        status = gofer_request_set_header(request, "Content-Type", content_type);
    /* What is invalid sticks to the request, and the call reports it in full. */
    if (status == GOFER_OK || status == GOFER_ERR_INVALID)
        status = gofer_do(client, request, response);
    gofer_request_free(request);
    return status;
}

gofer_future *gofer_submit(gofer_client *client, const gofer_request *request)
{
    struct call *call = call_new(core_of(client), request);
    if (call == NULL)
        return NULL;
    submit(call, core_of(client));
    return future_of(call);
}

gofer_future *gofer_submit_get(gofer_client *client, const char *url)
{
    gofer_request *request = gofer_request_new("GET", url);
    gofer_future *future = request != NULL ? gofer_submit(client, request) : NULL;
    gofer_request_free(request);
    return future;
}

/* --- lent threads --- */

gofer_status gofer_worker_run(gofer_client *client)
{
    if (client == NULL || callback_active())
        return GOFER_ERR_INVALID;
    struct core *core = core_of(client);
    gofer_status status = core_enter(core);
    if (status != GOFER_OK)
        return status;
    engine_serve(core->engine);
    core_leave(core);
    return GOFER_ERR_CLOSED;
}

gofer_status gofer_worker_run_once(gofer_client *client, int64_t timeout_ms)
{
    if (client == NULL || timeout_ms < -1 || callback_active())
        return GOFER_ERR_INVALID;
    struct core *core = core_of(client);
    gofer_status status = core_enter(core);
    if (status != GOFER_OK)
        return status;
    int64_t at = timeout_ms == 0 ? 0 : clock_after_ms(clock_now_ns(), timeout_ms);
    bool ran = engine_serve_once(core->engine, at);
    if (!ran)
        status = engine_stopping(core->engine) ? GOFER_ERR_CLOSED : GOFER_PENDING;
    core_leave(core);
    return status;
}

int gofer_client_fd(const gofer_client *client)
{
    if (client == NULL || core_is_forked(core_of(client)))
        return -1;
    return engine_fd(core_of(client)->engine);
}
