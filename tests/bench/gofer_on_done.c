/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * N chains of calls, each link submitted by the callback of the one before: no
 * thread but the client's own has anything to do. It shows what the workers can
 * do when nobody has to be woken.
 */
#include "bench.h"

#include <semaphore.h>
#include <stdatomic.h>
#include <stdlib.h>

#include <gofer/gofer.h>

struct chains {
    struct gofer_peer peer;
    atomic_long left;    /* requests not submitted yet */
    atomic_long running; /* chains that have not ended */
    atomic_long ok;
    sem_t ended;
};

static void advance(struct chains *c);

static void end_chain(struct chains *c)
{
    if (atomic_fetch_sub(&c->running, 1) == 1)
        sem_post(&c->ended);
}

/* A wrong answer ends the chain: were the client failing everything at once, the callbacks would
 * nest without end. */
static void on_done(gofer_future *future, void *arg)
{
    struct chains *c = arg;
    gofer_response *response = NULL;
    gofer_future_wait(future, &response);
    gofer_future_free(future);
    if (!gofer_peer_check(&c->peer, response)) {
        end_chain(c);
        return;
    }
    atomic_fetch_add(&c->ok, 1);
    advance(c);
}

static void advance(struct chains *c)
{
    if (atomic_fetch_sub(&c->left, 1) > 0)
        gofer_future_on_done(gofer_submit(c->peer.client, c->peer.request), on_done, c);
    else
        end_chain(c);
}

static void *chains_open(const struct run *run)
{
    struct chains *c = calloc(1, sizeof(*c));
    if (c == NULL || !gofer_peer_init(&c->peer, run)) {
        free(c);
        return NULL;
    }
    sem_init(&c->ended, 0, 0);
    return c;
}

static long chains_get_many(void *loop, long requests)
{
    struct chains *c = loop;
    int chains = c->peer.run->threads;
    atomic_store(&c->left, requests);
    atomic_store(&c->running, chains);
    atomic_store(&c->ok, 0);
    for (int i = 0; i < chains; i++)
        advance(c);
    while (sem_wait(&c->ended) != 0)
        continue;
    return atomic_load(&c->ok);
}

static void chains_close(void *loop)
{
    struct chains *c = loop;
    gofer_peer_fini(&c->peer);
    sem_destroy(&c->ended);
    free(c);
}

int gofer_on_done_main(struct run *run)
{
    static const struct loop_ops ops = {chains_open, chains_get_many, chains_close};
    return loop_run(run, &ops);
}
