/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A burst of one epoll loop.
 */
#include "burst.h"
#include "epoll_loop.h"

static void answered(void *arg)
{
    burst_answered(arg, true);
}

int epoll_burst_main(struct run *run)
{
    struct burst burst;
    struct raw_target target;
    atomic_long tickets;
    run->calls = raise_descriptors(run->calls);
    if (!raw_target_init(&target, run->url))
        return run_fail(run, "no such URL");
    atomic_init(&tickets, run->calls);
    burst_begin(&burst, run);
    struct epoll_loop *loop = epoll_loop_new(&target, (int)run->calls, run->body_len);
    if (loop == NULL)
        return run_fail(run, "no connections");
    long ok = epoll_loop_run(loop, &tickets, answered, &burst);
    burst_end(&burst);
    epoll_loop_free(loop);
    run->ok = ok;
    return burst_print(&burst);
}
