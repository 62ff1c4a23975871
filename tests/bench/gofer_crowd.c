/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Many large bodies at once: --calls streamed downloads of --bytes bytes each, all
 * open before one of them is read, and then read in turns by one thread; and as
 * many uploads from body readers, all of them under way before the origin takes
 * anything. The most of gofer's heap that was in use meanwhile, above what it was
 * before, is printed; more than CROWD_MAX_BYTES is a failure.
 */
#include "bench.h"
#include "bulk_origin.h"

#include <stdio.h>
#include <stdlib.h>

#include <gofer/gofer.h>

enum { CROWD_MAX_BYTES = 64 * 1024 * 1024, PIECE_BYTES = 64 * 1024 };

/* One body. */
struct member {
    gofer_response *response; /* of a download */
    uint64_t left;            /* bytes that are to come, or to be given */
};

struct crowd {
    struct run *run;
    struct forked origin;
    gofer_client *client;
    gofer_group *group;
    struct member *members; /* run->calls */
    char *buffer;
    long open_bytes; /* of the heap, once all are open */
    long before;
};

static gofer_request *new_request(const struct crowd *c, const char *method, const char *path)
{
    char url[96];
    snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", c->origin.port, path);
    return gofer_request_new(method, url);
}

static void begin_measuring(struct crowd *c)
{
    heap_reset_peak();
    c->before = heap_bytes();
}

static void print(const struct crowd *c, const char *way, int64_t took_ns)
{
    printf("mode=%s way=%s calls=%ld bytes=%llu seconds=%.1f open_bytes=%ld peak_bytes=%ld "
           "limit_bytes=%d\n",
           c->run->mode, way, c->run->calls, (unsigned long long)c->run->bytes,
           (double)took_ns / 1e9, c->open_bytes, heap_peak() - c->before, CROWD_MAX_BYTES);
}

static const char *judge(const struct crowd *c)
{
    return heap_peak() - c->before <= CROWD_MAX_BYTES ? NULL : "the heap grew beyond its limit";
}

/* --- down --- */

static bool open_downloads(struct crowd *c)
{
    char path[48];
    snprintf(path, sizeof(path), "/down?%llu", (unsigned long long)c->run->bytes);
    gofer_request *request = new_request(c, "GET", path);
    gofer_request_set_streaming(request, 1);
    for (long i = 0; i < c->run->calls; i++)
        gofer_group_submit(c->group, request);
    gofer_request_free(request);
    long open = 0;
    for (gofer_future *future; (future = gofer_group_next(c->group, -1)) != NULL; open++) {
        struct member *m = &c->members[open];
        gofer_future_wait(future, &m->response);
        m->left = c->run->bytes;
        gofer_future_free(future);
        if (gofer_response_status(m->response) != 200)
            return false;
    }
    return open == c->run->calls;
}

/* Reads what there is of one. False when it failed. */
static bool read_some(struct crowd *c, struct member *m, long *open)
{
    ssize_t n = gofer_response_read_for(m->response, c->buffer, PIECE_BYTES, 0);
    if (n == GOFER_READ_PENDING)
        return true;
    if (n > 0) {
        m->left -= (uint64_t)n;
        return true;
    }
    if (n < 0 || m->left != 0)
        return false;
    gofer_response_free(m->response);
    m->response = NULL;
    (*open)--;
    return true;
}

static const char *go_down(struct crowd *c)
{
    long open = c->run->calls;
    begin_measuring(c);
    int64_t began = now_ns();
    if (!open_downloads(c))
        return "not all downloads were opened";
    c->open_bytes = heap_bytes() - c->before;
    while (open > 0)
        for (long i = 0; i < c->run->calls; i++)
            if (c->members[i].response != NULL && !read_some(c, &c->members[i], &open))
                return "a download failed";
    print(c, "down", now_ns() - began);
    return judge(c);
}

/* --- up --- */

/* What the bytes are says nothing. */
static ssize_t give(void *arg, void *buf, size_t cap)
{
    struct member *m = arg;
    size_t n = m->left < cap ? (size_t)m->left : cap;
    (void)buf;
    m->left -= n;
    return (ssize_t)n;
}

static bool open_uploads(struct crowd *c)
{
    for (long i = 0; i < c->run->calls; i++) {
        gofer_body_reader reader = {
            .read = give, .arg = &c->members[i], .length = (int64_t)c->run->bytes};
        gofer_request *request = new_request(c, "PUT", "/hold");
        c->members[i].left = c->run->bytes;
        gofer_request_set_body_reader(request, &reader);
        gofer_group_submit(c->group, request);
        gofer_request_free(request);
    }
    return forked_wait_held(&c->origin, c->run->calls);
}

static bool collect_uploads(struct crowd *c)
{
    bool ok = true;
    for (gofer_future *future; (future = gofer_group_next(c->group, -1)) != NULL;) {
        gofer_response *response = NULL;
        gofer_future_wait(future, &response);
        ok = ok && gofer_response_status(response) == 200 &&
             strtoull(gofer_response_body(response, NULL), NULL, 10) == c->run->bytes;
        gofer_response_free(response);
        gofer_future_free(future);
    }
    return ok;
}

static const char *go_up(struct crowd *c)
{
    begin_measuring(c);
    int64_t began = now_ns();
    if (!open_uploads(c))
        return "not all uploads reached the origin";
    c->open_bytes = heap_bytes() - c->before;
    forked_release(&c->origin);
    if (!collect_uploads(c))
        return "an upload failed";
    print(c, "up", now_ns() - began);
    return judge(c);
}

/* --- both --- */

static bool make_client(struct crowd *c)
{
    gofer_client_options options = {.timeout_ms = GOFER_NEVER,
                                    .stall_timeout_ms = GOFER_NEVER,
                                    .max_queued = c->run->calls + 1};
    c->client = gofer_client_new(&options);
    c->group = gofer_group_new(c->client);
    c->members = calloc((size_t)c->run->calls, sizeof(*c->members));
    c->buffer = malloc(PIECE_BYTES);
    return c->client != NULL && c->group != NULL && c->members != NULL && c->buffer != NULL;
}

static void end_client(struct crowd *c)
{
    for (long i = 0; c->members != NULL && i < c->run->calls; i++)
        gofer_response_free(c->members[i].response);
    gofer_group_free(c->group);
    gofer_client_free(c->client);
    free(c->members);
    free(c->buffer);
}

int gofer_crowd_main(struct run *run)
{
    struct crowd c = {.run = run};
    const char *failure = "setting up";
    run->calls = raise_descriptors(run->calls);
    if (run->bytes == 0)
        run->bytes = 10ull * 1024 * 1024;
    gofer_set_allocator(heap_malloc, heap_realloc, heap_free);
    if (!bulk_origin_start(&c.origin))
        return run_fail(run, "no origin");
    if (make_client(&c))
        failure = go_down(&c);
    if (failure == NULL)
        failure = go_up(&c);
    end_client(&c);
    forked_stop(&c.origin);
    return failure != NULL ? run_fail(run, failure) : 0;
}
