/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The floor: each thread sends the same bytes on its own blocking socket and
 * reads the answer, with as little parsing as tells where the answer ends. No
 * reuse by others: what remains is what the kernel costs. A server that closes
 * after its answer (new connections) is dialled again. `raw_checked` looks at the
 * socket before each request, as a client has to that keeps connections.
 */
#include "bench.h"
#include "raw_http.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct raw {
    struct raw_target target;
    int fd;
    bool once;   /* a connection for each request */
    bool checks; /* looks at the socket before each */
    size_t body_len;
    char buffer[65536];
};

/* What a checkout check does: a look, without waiting, whether anything came. */
static bool is_quiet(struct raw *raw)
{
    char byte;

    return recv(raw->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

static void *raw_open(const struct run *run, void *shared)
{
    struct raw *raw = calloc(1, sizeof(*raw));
    (void)shared;
    if (raw == NULL || !raw_target_init(&raw->target, run->url) ||
        (raw->fd = raw_dial(&raw->target, true)) < 0) {
        free(raw);
        return NULL;
    }
    raw->body_len = run->body_len;
    raw->once = run->once;
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

static bool exchange(struct raw *raw)
{
    size_t len;
    if (send(raw->fd, raw->target.request, raw->target.request_len, MSG_NOSIGNAL) !=
        (ssize_t)raw->target.request_len)
        return false;
    ssize_t total = read_head(raw, &len);
    while (total > 0 && len < (size_t)total) {
        ssize_t n = recv(raw->fd, raw->buffer, sizeof(raw->buffer), 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
    }
    return total > 0 && len == (size_t)total;
}

static bool raw_get(void *lane)
{
    struct raw *raw = lane;
    bool ok = (!raw->checks || is_quiet(raw)) && exchange(raw);
    if (!raw->once)
        return ok;
    close(raw->fd);
    raw->fd = raw_dial(&raw->target, true);
    return ok;
}

static void raw_close(void *lane)
{
    struct raw *raw = lane;
    close(raw->fd);
    free(raw);
}

static void *raw_open_checked(const struct run *run, void *shared)
{
    struct raw *raw = raw_open(run, shared);

    if (raw != NULL)
        raw->checks = true;
    return raw;
}

int raw_checked_main(struct run *run)
{
    static const struct lane_ops ops = {raw_open_checked, raw_get, raw_close};
    return lanes_run(run, &ops, NULL);
}

int raw_main(struct run *run)
{
    static const struct lane_ops ops = {raw_open, raw_get, raw_close};
    return lanes_run(run, &ops, NULL);
}
