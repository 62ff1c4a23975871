/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Calls driven by their callers: N threads in gofer_do() on one client, one pool
 * and one request.
 */
#include "bench.h"

#include <gofer/gofer.h>

static void *do_open(const struct run *run, void *shared)
{
    (void)run;
    return shared;
}

static bool do_get(void *lane)
{
    const struct gofer_peer *peer = lane;
    gofer_response *response = NULL;
    gofer_do(peer->client, peer->request, &response);
    return gofer_peer_check(peer, response);
}

static void do_close(void *lane)
{
    (void)lane;
}

int gofer_do_main(struct run *run)
{
    static const struct lane_ops ops = {do_open, do_get, do_close};
    struct gofer_peer peer;
    if (!gofer_peer_init(&peer, run))
        return run_fail(run, "no client");
    int status = lanes_run(run, &ops, &peer);
    gofer_peer_fini(&peer);
    return status;
}
