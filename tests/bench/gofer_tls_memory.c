/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What an idle TLS connection costs in memory: --calls streaming responses are
 * begun and not read, so that each needs a connection of its own; then they are
 * read, and all connections are idle.
 *
 * OpenSSL's memory does not go through gofer's allocator, so it is libc's count
 * that is taken, and the pages that the kernel counts as the process's.
 */
#include "bench.h"

#include <stdlib.h>

#include <gofer/gofer.h>

struct idle {
    struct run *run;
    gofer_client *client;
    gofer_request *request;
    gofer_response **responses;
};

static bool open_all(struct idle *m)
{
    gofer_tls_options tls = {.ca_file = m->run->ca};
    gofer_client_options options = {
        .tls = &tls, .max_queued = m->run->calls + 1, .max_idle_conns = m->run->calls + 1};
    m->client = gofer_client_new(&options);
    m->request = gofer_request_new("GET", m->run->url);
    m->responses = calloc((size_t)m->run->calls, sizeof(m->responses[0]));
    return m->responses != NULL && m->client != NULL &&
           gofer_request_set_streaming(m->request, 1) == GOFER_OK;
}

static void close_all(struct idle *m)
{
    for (long i = 0; m->responses != NULL && i < m->run->calls; i++)
        gofer_response_free(m->responses[i]);
    free(m->responses);
    gofer_request_free(m->request);
    gofer_client_free(m->client);
}

static bool begin(struct idle *m, gofer_response **response)
{
    return gofer_do(m->client, m->request, response) == GOFER_OK;
}

/* Reads the body to its end, which makes its connection idle. */
static bool end(struct idle *m, gofer_response **response)
{
    static char buf[64 * 1024];
    size_t len = 0;
    ssize_t n;
    while ((n = gofer_response_read(*response, buf, sizeof(buf))) > 0)
        len += (size_t)n;
    gofer_response_free(*response);
    *response = NULL;
    return n == 0 && len == m->run->body_len;
}

/* The stages in order; what failed, or NULL. */
static const char *go_through(struct idle *m, struct libc_size *empty, struct libc_size *idle,
                              uint64_t *conns)
{
    long n = m->run->calls;
    if (!open_all(m) || !begin(m, &m->responses[0]) || !end(m, &m->responses[0]))
        return "the first call failed";
    gofer_client_close_idle(m->client);
    *empty = libc_size_now();
    for (long i = 0; i < n; i++)
        if (!begin(m, &m->responses[i]))
            return "a call failed";
    for (long i = 0; i < n; i++)
        if (!end(m, &m->responses[i]))
            return "a body failed";
    *idle = libc_size_now();
    gofer_stats stats;
    gofer_client_stats(m->client, &stats);
    *conns = stats.conns_idle;
    return *conns * 10 > (uint64_t)n * 9 ? NULL : "too few connections are idle";
}

int gofer_tls_memory_main(struct run *run)
{
    struct idle m = {.run = run};
    struct libc_size empty, idle;
    uint64_t conns = 0;
    run->calls = raise_descriptors(run->calls);
    const char *failure = go_through(&m, &empty, &idle, &conns);
    close_all(&m);
    if (failure != NULL)
        return run_fail(run, failure);
    libc_size_print(run, &empty, &idle, (long)conns);
    return 0;
}
