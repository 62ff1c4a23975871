/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the gofer modes share: a client with default options, one GET that every
 * thread and future uses, and the check of an answer.
 */
#include "bench.h"

#include <gofer/gofer.h>

bool gofer_peer_init(struct gofer_peer *peer, const struct run *run)
{
    gofer_tls_options tls = {.ca_file = run->ca, .disable_resumption = run->full};
    gofer_client_options options = {.skip_checkout_check = run->skip_check,
                                    .tls = &tls,
                                    .workers = run->workers,
                                    .max_conns_per_host = run->max_conns};
    if (run->count_heap)
        gofer_set_allocator(heap_malloc, heap_realloc, heap_free);
    peer->run = run;
    peer->client = gofer_client_new(&options);
    peer->request = gofer_request_new("GET", run->url);
    if (peer->client != NULL && gofer_request_status(peer->request) == GOFER_OK)
        return true;
    gofer_peer_fini(peer);
    return false;
}

void gofer_peer_fini(struct gofer_peer *peer)
{
    gofer_request_free(peer->request);
    gofer_client_free(peer->client);
}

bool gofer_peer_check(const struct gofer_peer *peer, gofer_response *response)
{
    size_t len = 0;
    gofer_response_body(response, &len);
    bool ok = gofer_response_status(response) == 200 && len == peer->run->body_len;
    gofer_response_free(response);
    return ok;
}
