/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See phases.h. A limit that must find its call in a phase comes too soon on a
 * busy machine: so it is short at first, and longer until it does.
 */
#include "chaos/phases.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "support/gate.h"

enum { FIRST_MS = 40, FAR_OFF_MS = 600000, UPLOAD_BYTES = 64 << 20 };

struct proof {
    struct storm *storm;
    gofer_phase phase;
    int64_t limit_ms;
    gofer_client_options options;
    struct gate inside, go;
};

static gofer_request *request_to(struct proof *proof, const char *method, const char *scheme,
                                 const char *host, unsigned port, const char *fault)
{
    char url[128], id[24];
    uint64_t number = proof->storm->next_id++;

    snprintf(url, sizeof url, "%s://%s:%u/%s/%" PRIu64 "/9", scheme, host, port, fault, number);
    snprintf(id, sizeof id, "%" PRIu64, number);
    gofer_request *request = gofer_request_new(method, url);
    gofer_request_set_header(request, "X-Id", id);
    gofer_request_set_timeout_ms(request, proof->limit_ms);
    return request;
}

static gofer_request *plain_request(struct proof *proof, const char *fault)
{
    return request_to(proof, "GET", "http", "127.0.0.1", proof->storm->far.ports[FAR_PLAIN], fault);
}

static gofer_client *new_client(struct proof *proof)
{
    gofer_tls_options tls = storm_tls();
    gofer_client_options options = proof->options;

    options.tls = &tls;
    options.dns_servers = dns_server_address(proof->storm->dns);
    gofer_client *client = gofer_client_new(&options);
    if (client == NULL)
        abort();
    return client;
}

/* Whether it is a time-out of the phase. */
static bool settle(struct proof *proof, gofer_status status, gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);
    bool proved = status == GOFER_ERR_TIMEOUT && error->timeout && error->phase == proof->phase;

    gofer_response_free(response);
    return proved;
}

/* Takes the request. */
static bool proves(struct proof *proof, gofer_request *request)
{
    gofer_client *client = new_client(proof);
    gofer_response *response = NULL;
    gofer_status status = gofer_do(client, request, &response);

    gofer_request_free(request);
    gofer_client_free(client);
    return settle(proof, status, response);
}

/* --- a phase each --- */

/* Nobody works, and nobody drives the call before its time is up. */
static bool prove_queue(struct proof *proof)
{
    proof->options.workers = GOFER_NO_WORKERS;
    gofer_client *client = new_client(proof);
    gofer_request *request = plain_request(proof, "plain");
    gofer_future *future = gofer_submit(client, request);
    gofer_response *response = NULL;

    pass_ms(2 * proof->limit_ms);
    gofer_status status = gofer_future_wait_for(future, -1, &response);
    gofer_future_free(future);
    gofer_request_free(request);
    gofer_client_free(client);
    return settle(proof, status, response);
}

/* The one connection is another call's. */
static bool prove_pool(struct proof *proof)
{
    proof->options.max_conns_per_host = 1;
    gofer_client *client = new_client(proof);
    gofer_request *request = plain_request(proof, "stall_body");
    gofer_response *held = NULL, *response = NULL;

    gofer_request_set_streaming(request, 1);
    gofer_request_set_timeout_ms(request, FAR_OFF_MS);
    gofer_do(client, request, &held);
    gofer_request_free(request);
    request = plain_request(proof, "plain");
    gofer_status status = gofer_do(client, request, &response);
    gofer_request_free(request);
    gofer_response_free(held);
    gofer_client_free(client);
    return settle(proof, status, response);
}

static bool prove_resolve(struct proof *proof)
{
    return proves(proof, request_to(proof, "GET", "http", "mute.good.test", 1, "plain"));
}

static bool prove_connect(struct proof *proof)
{
    return proves(proof,
                  request_to(proof, "GET", "http", "127.0.0.1", proof->storm->hole.port, "plain"));
}

static bool prove_proxy(struct proof *proof)
{
    gofer_request *request = request_to(proof, "GET", "https", "proxy-mute.good.test", 1, "plain");
    char proxy[64];

    snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", proof->storm->far.ports[FAR_PROXY]);
    gofer_request_set_proxy(request, proxy);
    return proves(proof, request);
}

static bool prove_tls(struct proof *proof)
{
    return proves(proof, request_to(proof, "GET", "https", "127.0.0.1",
                                    proof->storm->far.ports[FAR_MUTE], "plain"));
}

static bool prove_send(struct proof *proof)
{
    gofer_request *request =
        request_to(proof, "POST", "http", "127.0.0.1", proof->storm->far.ports[FAR_PLAIN], "full");
    void *body = calloc(1, UPLOAD_BYTES);

    if (body == NULL)
        abort();
    gofer_request_set_body_ref(request, body, UPLOAD_BYTES, free, body);
    return proves(proof, request);
}

static bool prove_wait(struct proof *proof)
{
    return proves(proof, plain_request(proof, "mute"));
}

static bool prove_headers(struct proof *proof)
{
    return proves(proof, plain_request(proof, "stall_head"));
}

static bool prove_body(struct proof *proof)
{
    return proves(proof, plain_request(proof, "stall_body"));
}

static gofer_redirect_verdict ponder(void *arg, const gofer_redirect *redirect)
{
    struct proof *proof = arg;

    (void)redirect;
    gate_pass(&proof->inside);
    gate_wait(&proof->go, 1);
    return GOFER_REDIRECT_FOLLOW;
}

/* The check of a redirect does not come back in time; another thread resolves the call. */
static bool prove_redirect(struct proof *proof)
{
    proof->options.workers = 2;
    proof->options.check_redirect = ponder;
    proof->options.check_redirect_arg = proof;
    gofer_client *client = new_client(proof);
    gofer_request *request = plain_request(proof, "moved");
    gofer_response *response = NULL;

    gofer_future *future = gofer_submit(client, request);
    gofer_status status = gofer_future_wait_for(future, -1, &response);
    gate_pass(&proof->go);
    gofer_future_free(future);
    gofer_request_free(request);
    gofer_client_free(client);
    return settle(proof, status, response);
}

static void see_retry(const gofer_trace_event *event, void *arg)
{
    struct proof *proof = arg;

    if (event->kind == GOFER_TRACE_RETRY)
        gate_pass(&proof->inside);
}

/* No attempt is begun behind a call's deadline; so this one comes later, and is its group's. */
static bool prove_retry(struct proof *proof)
{
    int64_t limit_ms = proof->limit_ms;

    proof->options.retry_attempts = 2;
    proof->options.retry_delay_ms = FAR_OFF_MS / 2;
    proof->options.retry_max_delay_ms = FAR_OFF_MS / 2;
    proof->options.retry_no_jitter = true;
    proof->options.workers = 2;
    proof->options.trace = see_retry;
    proof->options.trace_arg = proof;
    proof->limit_ms = FAR_OFF_MS;
    gofer_client *client = new_client(proof);
    gofer_group *group = gofer_group_new(client);
    gofer_request *request =
        request_to(proof, "GET", "http", "127.0.0.1", proof->storm->far.ports[FAR_CLOSED], "plain");
    gofer_response *response = NULL;

    gofer_group_submit(group, request);
    gate_wait(&proof->inside, 1);
    gofer_group_set_timeout_ms(group, limit_ms);
    gofer_future *future = gofer_group_next(group, -1);
    gofer_status status = gofer_future_wait(future, &response);
    gofer_future_free(future);
    gofer_group_free(group);
    gofer_request_free(request);
    gofer_client_free(client);
    return settle(proof, status, response);
}

static bool (*const provers[STORM_PHASES])(struct proof *proof) = {
    [GOFER_PHASE_QUEUE] = prove_queue,       [GOFER_PHASE_POOL] = prove_pool,
    [GOFER_PHASE_RESOLVE] = prove_resolve,   [GOFER_PHASE_CONNECT] = prove_connect,
    [GOFER_PHASE_PROXY] = prove_proxy,       [GOFER_PHASE_TLS] = prove_tls,
    [GOFER_PHASE_SEND] = prove_send,         [GOFER_PHASE_WAIT] = prove_wait,
    [GOFER_PHASE_HEADERS] = prove_headers,   [GOFER_PHASE_BODY] = prove_body,
    [GOFER_PHASE_REDIRECT] = prove_redirect, [GOFER_PHASE_RETRY] = prove_retry,
};

static bool prove(struct storm *storm, gofer_phase phase)
{
    for (int64_t limit_ms = FIRST_MS; limit_ms < PATIENCE_MS; limit_ms *= 4) {
        struct proof proof = {.storm = storm,
                              .phase = phase,
                              .limit_ms = limit_ms,
                              .inside = GATE_INIT,
                              .go = GATE_INIT};
        if (provers[phase](&proof))
            return true;
    }
    return false;
}

void phases_prove(struct storm *storm)
{
    for (gofer_phase phase = GOFER_PHASE_QUEUE; phase <= GOFER_PHASE_RETRY; phase++) {
        if (prove(storm, phase))
            storm->timeouts[phase]++;
        else
            storm_complain(storm, "no deadline in phase \"%s\"", gofer_phase_name(phase));
    }
}
