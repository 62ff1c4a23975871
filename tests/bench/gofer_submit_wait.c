/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * N threads that each submit a call and wait for its future, on one client. A
 * call that no worker has taken by then is run by the thread that waits.
 */
#include "bench.h"

#include <gofer/gofer.h>

static void *wait_open(const struct run *run, void *shared)
{
    (void)run;
    return shared;
}

static bool wait_get(void *lane)
{
    const struct gofer_peer *peer = lane;
    gofer_response *response = NULL;
    gofer_future *future = gofer_submit(peer->client, peer->request);
    gofer_future_wait(future, &response);
    gofer_future_free(future);
    return gofer_peer_check(peer, response);
}

static void wait_close(void *lane)
{
    (void)lane;
}

int gofer_submit_wait_main(struct run *run)
{
    static const struct lane_ops ops = {wait_open, wait_get, wait_close};
    struct gofer_peer peer;
    if (!gofer_peer_init(&peer, run))
        return run_fail(run, "no client");
    int status = lanes_run(run, &ops, &peer);
    gofer_peer_fini(&peer);
    return status;
}
