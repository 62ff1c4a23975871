/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See arena.h.
 */
#include "unit/net/arena.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "support/gate.h"
#include "support/heap.h"
#include "support/leaks.h"

struct runner arena_runner;
struct arena_seen arena_seen;

static struct engine *engine;
static struct leaks before;

/* --- the race --- */

static enum task_next step(struct task *task, unsigned events, struct turn *turn)
{
    struct runner *r = list_item(task, struct runner, task);
    (void)turn;
    if (r->state == RACER_RUNS)
        r->state = racer_run(&r->racer, events & EV_IO, clock_now_ns(), &r->fd);
    return TASK_PARK;
}

static const struct task_ops ops = {.name = "runner", .step = step};

void arena_open(void)
{
    int err;
    struct engine_options none = {.workers = 0};
    heap_install();
    leaks_count(&before);
    clock_fake(ARENA_BEGIN_MS * CLOCK_MS);
    engine = engine_new(&none, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(engine);
    memset(&arena_seen, 0, sizeof arena_seen);
    memset(&arena_runner, 0, sizeof arena_runner);
}

void arena_close(void)
{
    engine_stop(engine);
    engine_free(engine);
    clock_fake(-1);
    CU_ASSERT(leaks_none(&before));
    gofer_set_allocator(malloc, realloc, free);
}

void arena_begin_for(const struct racer_options *options, const struct racer_goal *goal)
{
    arena_runner = (struct runner){.fd = -1};
    task_init(&arena_runner.task, engine, &ops);
    racer_init(&arena_runner.racer, &arena_runner.task, options, goal);
}

void arena_begin(const struct racer_options *options)
{
    arena_begin_for(options, &(struct racer_goal){.host = "host.test", .deadline = CLOCK_NEVER});
}

void arena_end(void)
{
    racer_close(&arena_runner.racer);
    task_release_slot(&arena_runner.task);
    if (arena_runner.fd >= 0)
        close(arena_runner.fd);
}

struct addr arena_at(const char *ip, uint16_t port)
{
    struct addr addr;
    CU_ASSERT_FATAL(addr_parse(ip, NULL, port, &addr));
    return addr;
}

void arena_give(const char *const *ips, uint16_t port, bool more)
{
    struct addr addrs[8];
    size_t len = 0;
    for (; ips[len] != NULL; len++)
        addrs[len] = arena_at(ips[len], port);
    CU_ASSERT(racer_add(&arena_runner.racer, addrs, len, more, clock_now_ns()));
}

static void run_queue(void)
{
    while (engine_serve_once(engine, 0))
        continue;
}

enum racer_state arena_serve(void)
{
    task_wake_now(&arena_runner.task, EV_START);
    run_queue();
    return arena_runner.state;
}

enum racer_state arena_serve_to_end(void)
{
    int64_t give_up = now_ms() + PATIENCE_MS;
    arena_serve();
    while (arena_runner.state == RACER_RUNS && now_ms() < give_up) {
        struct pollfd p = {.fd = engine_fd(engine), .events = POLLIN};
        poll(&p, 1, PATIENCE_MS);
        run_queue();
    }
    return arena_runner.state;
}

void arena_move_to_ms(int64_t ms)
{
    clock_fake((ARENA_BEGIN_MS + ms) * CLOCK_MS);
}

/* --- hooks --- */

static int opened(int fd, const gofer_address *address, void *arg)
{
    CU_ASSERT(fd >= 0 && arg == &arena_seen);
    arena_seen.host = address->host;
    return arena_seen.opened < ARENA_SEEN_MAX ? arena_seen.errors[arena_seen.opened++] : 0;
}

static bool filter(const gofer_address *address, void *arg)
{
    struct addr addr = {.in = {.sin_family = AF_UNSPEC}};
    CU_ASSERT(arg == &arena_seen && address->addr_len <= sizeof addr);
    memcpy(&addr, address->addr, address->addr_len);
    if (arena_seen.filtered_len < ARENA_SEEN_MAX)
        arena_seen.filtered[arena_seen.filtered_len++] = addr;
    if (arena_seen.denied == NULL)
        return true;
    struct addr denied = arena_at(arena_seen.denied, ntohs(addr.in.sin_port));
    return !addr_equal(&addr, &denied);
}

struct racer_options arena_plain(void)
{
    return (struct racer_options){.socket = {.keepalive_ms = -1},
                                  .fallback_delay_ms = ARENA_DELAY_MS};
}

struct racer_options arena_hooked(void)
{
    struct racer_options options = arena_plain();
    options.socket.opened = opened;
    options.filter = filter;
    options.socket.opened_arg = options.filter_arg = &arena_seen;
    return options;
}

/* --- places --- */

int arena_listen(const char *ip, uint16_t *port, int backlog)
{
    struct addr addr = arena_at(ip, *port);
    socklen_t len = sizeof addr;
    int one = 1;
    int fd = socket(addr.sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    CU_ASSERT_FATAL(fd >= 0 && bind(fd, &addr.sa, addr_len(&addr)) == 0);
    CU_ASSERT_FATAL(backlog < 0 || listen(fd, backlog) == 0);
    CU_ASSERT_FATAL(getsockname(fd, &addr.sa, &len) == 0);
    *port = ntohs(addr.in.sin_port); /* at the same place in both families */
    return fd;
}

void arena_listen_twice(int fds[2], uint16_t *port)
{
    *port = 0;
    fds[0] = arena_listen("127.0.0.1", port, 64);
    fds[1] = arena_listen("::1", port, 64);
}

void arena_close_pair(int fds[2])
{
    close(fds[0]);
    close(fds[1]);
}

int arena_accept(int listener)
{
    struct pollfd p = {.fd = listener, .events = POLLIN};
    CU_ASSERT_EQUAL(poll(&p, 1, PATIENCE_MS), 1);
    return accept4(listener, NULL, NULL, SOCK_CLOEXEC);
}

void arena_open_hole(struct arena_hole *hole, const char *ip, uint16_t *port)
{
    hole->listener = arena_listen(ip, port, 0);
    struct addr addr = arena_at(ip, *port);
    for (int i = 0; i < ARENA_FILL; i++) {
        int type = SOCK_STREAM | SOCK_CLOEXEC | (i > 0 ? SOCK_NONBLOCK : 0);
        hole->fill[i] = socket(addr.sa.sa_family, type, 0);
        (void)!connect(hole->fill[i], &addr.sa, addr_len(&addr));
    }
}

void arena_close_hole(struct arena_hole *hole)
{
    for (int i = 0; i < ARENA_FILL; i++)
        close(hole->fill[i]);
    close(hole->listener);
}
