/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The two harnesses. A lane is a thread with its own connection or handle; all
 * lanes draw tickets from one counter, a handful at a time, so that every lane
 * is busy until the end and a slow one does not leave a tail in which the
 * others are done.
 *
 * The clock starts between two barriers, before any lane may go, and is stopped
 * by the last lane to finish: the main thread, which the scheduler may bring back
 * late when 64 threads run, is not asked for the time.
 */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { WARM_UP = 20, TICKETS = 16 };

struct crew {
    struct run *run;
    const struct lane_ops *ops;
    void *shared;
    struct latency *latency; /* NULL: not asked for */
    pthread_barrier_t warm;
    pthread_barrier_t go;
    atomic_long left; /* tickets not drawn yet */
    atomic_long ok;
    atomic_int busy; /* lanes that have not finished */
};

static long lane_repeat(const struct crew *crew, void *lane, long n)
{
    long ok = 0;
    for (long i = 0; i < n; i++)
        ok += crew->ops->get(lane);
    return ok;
}

static long lane_repeat_timed(const struct crew *crew, void *lane, long n)
{
    long ok = 0;
    for (long i = 0; i < n; i++) {
        int64_t begin = now_ns();
        ok += crew->ops->get(lane);
        latency_add(crew->latency, now_ns() - begin);
    }
    return ok;
}

static long lane_work(struct crew *crew, void *lane)
{
    long ok = 0;
    for (;;) {
        long left = atomic_fetch_sub(&crew->left, TICKETS);
        if (left <= 0)
            return ok;
        long n = left < TICKETS ? left : TICKETS;
        ok += crew->latency != NULL ? lane_repeat_timed(crew, lane, n) : lane_repeat(crew, lane, n);
    }
}

static void *lane_main(void *arg)
{
    struct crew *crew = arg;
    void *lane = crew->ops->open(crew->run, crew->shared);
    if (lane != NULL)
        lane_repeat(crew, lane, WARM_UP);
    pthread_barrier_wait(&crew->warm);
    pthread_barrier_wait(&crew->go);
    if (lane != NULL)
        atomic_fetch_add(&crew->ok, lane_work(crew, lane));
    if (atomic_fetch_sub(&crew->busy, 1) == 1)
        run_end(crew->run);
    if (lane != NULL)
        crew->ops->close(lane);
    return NULL;
}

/* The barriers need every lane, so one thread too few is the end of the program. */
static void start_lanes(struct crew *crew, pthread_t *threads)
{
    for (int i = 0; i < crew->run->threads; i++)
        if (pthread_create(&threads[i], NULL, lane_main, crew) != 0)
            exit(run_fail(crew->run, "no thread"));
}

int lanes_run(struct run *run, const struct lane_ops *ops, void *shared)
{
    struct crew crew = {.run = run, .ops = ops, .shared = shared};
    pthread_t *threads = calloc((size_t)run->threads, sizeof(*threads));
    crew.latency = run->latency ? latency_new(run->requests) : NULL;
    if (threads == NULL || (run->latency && crew.latency == NULL))
        return run_fail(run, "no memory");
    atomic_init(&crew.left, run->requests);
    atomic_init(&crew.busy, run->threads);
    pthread_barrier_init(&crew.warm, NULL, (unsigned)run->threads + 1);
    pthread_barrier_init(&crew.go, NULL, (unsigned)run->threads + 1);
    start_lanes(&crew, threads);
    pthread_barrier_wait(&crew.warm);
    run_begin(run);
    pthread_barrier_wait(&crew.go);
    for (int i = 0; i < run->threads; i++)
        pthread_join(threads[i], NULL);
    pthread_barrier_destroy(&crew.go);
    pthread_barrier_destroy(&crew.warm);
    free(threads);
    run->ok = atomic_load(&crew.ok);
    latency_print(crew.latency);
    latency_free(crew.latency);
    return run_print(run);
}

int loop_run(struct run *run, const struct loop_ops *ops)
{
    void *loop = ops->open(run);
    if (loop == NULL)
        return run_fail(run, "could not start");
    ops->get_many(loop, (long)run->threads * WARM_UP);
    run_begin(run);
    run->ok = ops->get_many(loop, run->requests);
    run_end(run);
    ops->close(loop);
    return run_print(run);
}
