/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Epoll loops as peers: one thread that keeps N requests in flight, or as many
 * threads as there are processors that share the N.
 */
#include "bench.h"
#include "epoll_loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

enum { LOOPS_MAX = 64 };

struct epoll {
    struct raw_target target;
    int loops_len;
    struct epoll_loop *loops[LOOPS_MAX];
    atomic_long tickets;
    atomic_long ok;
};

/* What a thread of its own gets. */
struct share {
    struct epoll *epoll;
    struct epoll_loop *loop;
    pthread_t thread;
};

static void epoll_close(void *loop)
{
    struct epoll *e = loop;
    for (int i = 0; i < e->loops_len; i++)
        epoll_loop_free(e->loops[i]);
    free(e);
}

/* The connections are dealt out evenly; no loop is without one. */
static void *epoll_open_loops(const struct run *run, int loops)
{
    struct epoll *e = calloc(1, sizeof(*e));
    loops = loops < run->threads ? loops : run->threads;
    loops = loops < LOOPS_MAX ? loops : LOOPS_MAX;
    if (e == NULL || !raw_target_init(&e->target, run->url)) {
        free(e);
        return NULL;
    }
    for (e->loops_len = 0; e->loops_len < loops; e->loops_len++) {
        int conns = run->threads / loops + (e->loops_len < run->threads % loops);
        e->loops[e->loops_len] = epoll_loop_new(&e->target, conns, run->body_len);
        if (e->loops[e->loops_len] != NULL)
            continue;
        epoll_close(e);
        return NULL;
    }
    return e;
}

static void *epoll_open(const struct run *run)
{
    return epoll_open_loops(run, 1);
}

static void *epoll_open_cores(const struct run *run)
{
    return epoll_open_loops(run, (int)sysconf(_SC_NPROCESSORS_ONLN));
}

static void *share_main(void *arg)
{
    struct share *share = arg;
    struct epoll *e = share->epoll;
    atomic_fetch_add(&e->ok, epoll_loop_run(share->loop, &e->tickets, NULL, NULL));
    return NULL;
}

/* The first loop is this thread's own. */
static long epoll_get_many(void *loop, long requests)
{
    struct epoll *e = loop;
    struct share shares[LOOPS_MAX];
    int started = 1;
    atomic_store(&e->tickets, requests);
    atomic_store(&e->ok, 0);
    for (int i = 0; i < e->loops_len; i++)
        shares[i] = (struct share){.epoll = e, .loop = e->loops[i]};
    while (started < e->loops_len &&
           pthread_create(&shares[started].thread, NULL, share_main, &shares[started]) == 0)
        started++;
    share_main(&shares[0]);
    for (int i = 1; i < started; i++)
        pthread_join(shares[i].thread, NULL);
    return atomic_load(&e->ok);
}

int epoll_main(struct run *run)
{
    static const struct loop_ops ops = {epoll_open, epoll_get_many, epoll_close};
    return loop_run(run, &ops);
}

int epoll_cores_main(struct run *run)
{
    static const struct loop_ops ops = {epoll_open_cores, epoll_get_many, epoll_close};
    return loop_run(run, &ops);
}
