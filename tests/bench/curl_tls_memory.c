/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What an idle TLS connection of libcurl's costs: --calls transfers at a time in
 * one multi handle; then their easy handles are freed, and the connections lie in
 * the multi handle's cache.
 */
#include "bench.h"
#include "curl_peer.h"

#include <stdlib.h>

static long perform(CURLM *multi)
{
    long ok = 0;
    int running = 1, left;
    while (running > 0) {
        curl_multi_perform(multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &left)) != NULL;)
            ok += message->data.result == CURLE_OK;
        if (running > 0)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
    return ok;
}

/* n transfers at a time through new handles, which are gone after. How many went well. */
static long transfer(CURLM *multi, const struct run *run, long n)
{
    struct curl_peer **peers = calloc((size_t)n, sizeof(peers[0]));
    for (long i = 0; peers != NULL && i < n; i++) {
        peers[i] = curl_peer_new(run);
        if (peers[i] != NULL)
            curl_multi_add_handle(multi, peers[i]->easy);
    }
    long ok = peers != NULL ? perform(multi) : 0;
    for (long i = 0; peers != NULL && i < n; i++) {
        if (peers[i] == NULL)
            continue;
        curl_multi_remove_handle(multi, peers[i]->easy);
        curl_peer_free(peers[i]);
    }
    free(peers);
    return ok;
}

int curl_tls_memory_main(struct run *run)
{
    if (!curl_peer_global_init(run))
        return run_fail(run, "libcurl does not start");
    CURLM *multi = curl_multi_init();
    run->calls = raise_descriptors(run->calls);
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, run->calls);
    long ok = transfer(multi, run, 1);
    struct libc_size empty = libc_size_now();
    ok += transfer(multi, run, run->calls);
    struct libc_size idle = libc_size_now();
    curl_multi_cleanup(multi);
    curl_global_cleanup();
    if (ok != run->calls + 1)
        return run_fail(run, "a transfer failed");
    libc_size_print(run, &empty, &idle, run->calls - 1); /* one of them was there */
    return 0;
}
