/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One thread keeps N calls in flight through a group: it takes the next future
 * that is done, whichever that is, and submits another call in its place.
 */
#include "bench.h"

#include <stdlib.h>

#include <gofer/gofer.h>

struct gofer_futures {
    struct gofer_peer peer;
    gofer_group *group;
};

void gofer_futures_close(void *loop)
{
    struct gofer_futures *f = loop;
    gofer_group_free(f->group);
    gofer_peer_fini(&f->peer);
    free(f);
}

void *gofer_futures_open(const struct run *run)
{
    struct gofer_futures *f = calloc(1, sizeof(*f));
    if (f == NULL || !gofer_peer_init(&f->peer, run)) {
        free(f);
        return NULL;
    }
    f->group = gofer_group_new(f->peer.client);
    if (f->group != NULL)
        return f;
    gofer_futures_close(f);
    return NULL;
}

static bool submit(struct gofer_futures *f)
{
    return gofer_group_submit(f->group, f->peer.request) == GOFER_OK;
}

static bool collect(struct gofer_futures *f, gofer_future *future)
{
    gofer_response *response = NULL;
    gofer_future_wait(future, &response);
    gofer_future_free(future);
    return gofer_peer_check(&f->peer, response);
}

long gofer_futures_get_many(void *loop, long requests)
{
    struct gofer_futures *f = loop;
    long started = 0, ok = 0;
    while (started < requests && started < f->peer.run->threads && submit(f))
        started++;
    for (gofer_future *future; (future = gofer_group_next(f->group, -1)) != NULL;) {
        ok += collect(f, future);
        if (started < requests && submit(f))
            started++;
    }
    return ok;
}

struct gofer_client *gofer_futures_client(void *loop)
{
    return ((struct gofer_futures *)loop)->peer.client;
}

int gofer_futures_main(struct run *run)
{
    static const struct loop_ops ops = {gofer_futures_open, gofer_futures_get_many,
                                        gofer_futures_close};
    return loop_run(run, &ops);
}
