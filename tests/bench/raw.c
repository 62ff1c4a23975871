/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The floor: each thread sends the same bytes on its own blocking socket and
 * reads the answer, with as little parsing as tells where the answer ends. No
 * reuse by others: what remains is what the kernel costs. A server that closes
 * after its answer (new connections) is dialled again.
 *
 * `raw_pooled` does besides what any client has to whose threads share connections:
 * takes the one that was used last, looks at it, and puts it back; the response is in
 * memory of its own. Nothing of HTTP is looked at more closely, and no time is kept.
 */
#include "bench.h"
#include "raw_http.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { POOL_MAX = 4096 };

/* Connections, the last used one on top. */
struct raw_pool {
    pthread_mutex_t lock;
    int fds[POOL_MAX];
    unsigned n;
};

struct raw {
    struct raw_target target;
    int fd;
    bool once;             /* a connection for each request */
    struct raw_pool *pool; /* where the connection is between requests, or NULL */
    size_t body_len;
    char buffer[65536];
};

static void put_back(struct raw_pool *pool, int fd)
{
    pthread_mutex_lock(&pool->lock);
    if (pool->n == POOL_MAX)
        abort();
    pool->fds[pool->n++] = fd;
    pthread_mutex_unlock(&pool->lock);
}

/* There are as many as lanes. */
static int take(struct raw_pool *pool)
{
    pthread_mutex_lock(&pool->lock);
    int fd = pool->fds[--pool->n];
    pthread_mutex_unlock(&pool->lock);
    return fd;
}

/* What a checkout check does: a look, without waiting, whether anything came. */
static bool is_quiet(struct raw *raw)
{
    char byte;

    return recv(raw->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void *raw_open(const struct run *run, void *pool)
{
    struct raw *raw = calloc(1, sizeof(*raw));
    if (raw == NULL || !raw_target_init(&raw->target, run->url) ||
        (raw->fd = raw_dial(&raw->target, true)) < 0) {
        free(raw);
        return NULL;
    }
    raw->body_len = run->body_len;
    raw->once = run->once;
    raw->pool = pool;
    if (pool != NULL)
        put_back(pool, raw->fd);
    return raw;
}

/* Bytes of the whole answer; -1 when it is not the right one. *len is what has been read. */
static ssize_t read_head(struct raw *raw, size_t *len)
{
    ssize_t total = 0;
    for (*len = 0; total == 0 && *len < sizeof(raw->buffer);) {
        ssize_t n = recv(raw->fd, raw->buffer + *len, sizeof(raw->buffer) - *len, 0);
        if (n <= 0)
            return -1;
        *len += (size_t)n;
        total = raw_answer_len(raw->buffer, *len, raw->body_len);
    }
    return total;
}

/* The length of the answer, which is in the buffer; 0 where it is not the right one. */
static size_t exchange(struct raw *raw)
{
    size_t len;
    if (send(raw->fd, raw->target.request, raw->target.request_len, MSG_NOSIGNAL) !=
        (ssize_t)raw->target.request_len)
        return 0;
    ssize_t total = read_head(raw, &len);
    while (total > 0 && len < (size_t)total) {
        ssize_t n = recv(raw->fd, raw->buffer, sizeof(raw->buffer), 0);
        if (n <= 0)
            return 0;
        len += (size_t)n;
    }
    return total > 0 && len == (size_t)total ? len : 0;
}

static bool raw_get(void *lane)
{
    struct raw *raw = lane;
    bool ok = exchange(raw) > 0;
    if (!raw->once)
        return ok;
    close(raw->fd);
    raw->fd = raw_dial(&raw->target, true);
    return ok;
}

static bool raw_get_pooled(void *lane)
{
    struct raw *raw = lane;
    raw->fd = take(raw->pool);
    size_t len = is_quiet(raw) ? exchange(raw) : 0;
    char *volatile response = len > 0 && len < sizeof(raw->buffer) ? malloc(len) : NULL;
    bool ok = response != NULL;
    if (ok)
        memcpy(response, raw->buffer, len);
    put_back(raw->pool, raw->fd);
    free(response);
    return ok;
}

static void raw_close(void *lane)
{
    struct raw *raw = lane;
    close(raw->pool != NULL ? take(raw->pool) : raw->fd);
    free(raw);
}

int raw_pooled_main(struct run *run)
{
    static const struct lane_ops ops = {raw_open, raw_get_pooled, raw_close};
    static struct raw_pool pool = {.lock = PTHREAD_MUTEX_INITIALIZER};
    return lanes_run(run, &ops, &pool);
}

int raw_main(struct run *run)
{
    static const struct lane_ops ops = {raw_open, raw_get, raw_close};
    return lanes_run(run, &ops, NULL);
}
