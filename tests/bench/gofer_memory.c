/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a call in flight and an idle connection cost in memory: --calls calls are
 * begun on an origin that holds them, and the process is measured before, while
 * all are held, and after all were answered and their connections are idle.
 *
 * Two measures each: gofer's heap through the counting allocator, and the pages
 * that the kernel counts as the process's (which adds what libc and the threads
 * need, and what was freed and not given back). The kernel's own socket memory is
 * in neither.
 */
#include "bench.h"
#include "hold_origin.h"

#include <malloc.h>
#include <stdio.h>

#include <gofer/gofer.h>

#ifdef __GLIBC__
#define give_back_free_memory() malloc_trim(0)
#else
#define give_back_free_memory() ((void)0)
#endif

struct size {
    long heap;
    long resident;
};

struct memory {
    struct run *run;
    struct forked origin;
    gofer_client *client;
    gofer_group *group;
    struct size empty; /* one call was made and is over */
    struct size held;
    struct size idle;
    long threads;
    uint64_t idle_conns;
};

static struct size measure(void)
{
    give_back_free_memory();
    return (struct size){.heap = heap_bytes(), .resident = resident_bytes()};
}

static bool make_client(struct memory *m)
{
    gofer_client_options options = {.max_queued = m->run->calls + 1,
                                    .max_idle_conns = m->run->calls + 1};
    gofer_set_allocator(heap_malloc, heap_realloc, heap_free);
    m->client = gofer_client_new(&options);
    m->group = gofer_group_new(m->client);
    return m->client != NULL && m->group != NULL;
}

/* One call over and done with, so that what the first call sets up is not counted. */
static bool make_one_call(struct memory *m)
{
    char url[64];
    gofer_response *response = NULL;
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hello", m->origin.port);
    gofer_get(m->client, url, &response);
    bool ok = gofer_response_status(response) == 200;
    gofer_response_free(response);
    gofer_client_close_idle(m->client);
    return ok;
}

static bool begin_calls(struct memory *m)
{
    char url[64];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d/hold", m->origin.port);
    gofer_request *request = gofer_request_new("GET", url);
    gofer_status status = GOFER_OK;
    for (long i = 0; i < m->run->calls && status == GOFER_OK; i++)
        status = gofer_group_submit(m->group, request);
    gofer_request_free(request);
    return status == GOFER_OK && forked_wait_held(&m->origin, m->run->calls);
}

static long collect_calls(struct memory *m)
{
    long ok = 0;
    for (gofer_future *future; (future = gofer_group_next(m->group, -1)) != NULL;) {
        gofer_response *response = NULL;
        gofer_future_wait(future, &response);
        ok += gofer_response_status(response) == 200;
        gofer_response_free(response);
        gofer_future_free(future);
    }
    return ok;
}

/* The stages in order; what failed, or NULL. */
static const char *go_through(struct memory *m)
{
    gofer_stats stats;
    if (!make_client(m) || !make_one_call(m))
        return "the first call failed";
    m->empty = measure();
    if (!begin_calls(m))
        return "not all calls reached the origin";
    m->held = measure();
    m->threads = thread_count();
    forked_release(&m->origin);
    m->run->ok = collect_calls(m);
    if (m->run->ok != m->run->calls)
        return "a call failed";
    m->idle = measure();
    gofer_client_stats(m->client, &stats);
    m->idle_conns = stats.conns_idle;
    return stats.conns_idle > 0 ? NULL : "no connection is idle";
}

static void print(const struct memory *m)
{
    double calls = (double)m->run->calls;
    double conns = (double)m->idle_conns;
    printf("mode=%s calls=%ld threads=%ld call_heap_bytes=%.0f call_resident_bytes=%.0f "
           "idle_conns=%.0f idle_heap_bytes=%.0f idle_resident_bytes=%.0f\n",
           m->run->mode, m->run->calls, m->threads, (double)(m->held.heap - m->empty.heap) / calls,
           (double)(m->held.resident - m->empty.resident) / calls, conns,
           (double)(m->idle.heap - m->empty.heap) / conns,
           (double)(m->idle.resident - m->empty.resident) / conns);
}

int gofer_memory_main(struct run *run)
{
    struct memory m = {.run = run};
    run->calls = raise_descriptors(run->calls);
    if (!hold_origin_start(&m.origin))
        return run_fail(run, "no origin");
    const char *failure = go_through(&m);
    gofer_group_free(m.group);
    gofer_client_free(m.client);
    forked_stop(&m.origin);
    if (failure != NULL)
        return run_fail(run, failure);
    print(&m);
    return 0;
}
