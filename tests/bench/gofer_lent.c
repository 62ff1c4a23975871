/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The futures of gofer_futures.c on a client without workers of its own: the
 * program lends it as many threads as there are processors.
 */
#include "bench.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

#include <gofer/gofer.h>

enum { LENT_MAX = 64 };

struct lent {
    void *futures; /* of gofer_futures.c */
    int threads_len;
    pthread_t threads[LENT_MAX];
};

static void *serve(void *client)
{
    gofer_worker_run(client);
    return NULL;
}

static void *lent_open(const struct run *run)
{
    struct lent *lent = calloc(1, sizeof(*lent));
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (lent == NULL || (lent->futures = gofer_futures_open(run)) == NULL) {
        free(lent);
        return NULL;
    }
    while (lent->threads_len < cores && lent->threads_len < LENT_MAX &&
           pthread_create(&lent->threads[lent->threads_len], NULL, serve,
                          gofer_futures_client(lent->futures)) == 0)
        lent->threads_len++;
    return lent;
}

static long lent_get_many(void *loop, long requests)
{
    struct lent *lent = loop;
    return gofer_futures_get_many(lent->futures, requests);
}

/* The threads come back when the client ends. */
static void lent_close(void *loop)
{
    struct lent *lent = loop;
    gofer_futures_close(lent->futures);
    for (int i = 0; i < lent->threads_len; i++)
        pthread_join(lent->threads[i], NULL);
    free(lent);
}

int gofer_lent_main(struct run *run)
{
    static const struct loop_ops ops = {lent_open, lent_get_many, lent_close};
    run->workers = GOFER_NO_WORKERS;
    return loop_run(run, &ops);
}
