/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A burst of libcurl's multi interface, one thread: an easy handle a call, as it
 * asks for, and room for all connections.
 */
#include "burst.h"
#include "curl_peer.h"

#include <stdlib.h>

static bool add_all(CURLM *multi, struct curl_peer **peers, const struct run *run)
{
    for (long i = 0; i < run->calls; i++)
        if ((peers[i] = curl_peer_new(run)) == NULL ||
            curl_multi_add_handle(multi, peers[i]->easy) != CURLM_OK)
            return false;
    return true;
}

static void finish(struct burst *burst, CURLM *multi, const CURLMsg *message)
{
    CURL *easy = message->easy_handle;
    bool done = message->data.result == CURLE_OK;
    char *private = NULL;
    curl_easy_getinfo(easy, CURLINFO_PRIVATE, &private);
    burst_answered(burst, done && curl_peer_check((struct curl_peer *)(void *)private));
    curl_multi_remove_handle(multi, easy);
}

static void run_all(struct burst *burst, CURLM *multi)
{
    for (long left = burst->run->calls; left > 0;) {
        int running, queued;
        long before = left;
        curl_multi_perform(multi, &running);
        for (CURLMsg *message; (message = curl_multi_info_read(multi, &queued)) != NULL; left--)
            finish(burst, multi, message);
        if (left == before)
            curl_multi_poll(multi, NULL, 0, 1000, NULL);
    }
}

static int measure(struct run *run, struct curl_peer **peers)
{
    struct burst burst;
    burst_begin(&burst, run);
    CURLM *multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, run->calls);
    bool added = add_all(multi, peers, run);
    if (added)
        run_all(&burst, multi);
    run_end(run);
    for (long i = 0; i < run->calls; i++)
        curl_peer_free(peers[i]);
    if (added)
        burst_end(&burst);
    curl_multi_cleanup(multi);
    return added ? burst_print(&burst) : run_fail(run, "no handle");
}

int curl_burst_main(struct run *run)
{
    run->calls = raise_descriptors(run->calls);
    struct curl_peer **peers = calloc((size_t)run->calls, sizeof(*peers));
    if (peers == NULL || !curl_peer_global_init(run))
        return run_fail(run, "libcurl does not start");
    int status = measure(run, peers);
    free(peers);
    curl_global_cleanup();
    return status;
}
