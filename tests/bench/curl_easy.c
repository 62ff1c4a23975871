/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * libcurl's blocking interface, used as its manual advises for threads: a handle
 * per thread, kept for all requests (so its connection is reused), no signals,
 * and the same total time limit that gofer has by default.
 */
#include "bench.h"
#include "curl_peer.h"

static void *easy_open(const struct run *run, void *shared)
{
    (void)shared;
    return curl_peer_new(run);
}

static bool easy_get(void *lane)
{
    struct curl_peer *peer = lane;
    peer->received = 0;
    return curl_easy_perform(peer->easy) == CURLE_OK && curl_peer_check(peer);
}

static void easy_close(void *lane)
{
    curl_peer_free(lane);
}

int curl_easy_main(struct run *run)
{
    static const struct lane_ops ops = {easy_open, easy_get, easy_close};
    if (!curl_peer_global_init(run))
        return run_fail(run, "libcurl does not start");
    int status = lanes_run(run, &ops, NULL);
    curl_global_cleanup();
    return status;
}
