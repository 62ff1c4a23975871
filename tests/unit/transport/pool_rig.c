/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The pool's rig: see pool_rig.h.
 */
#include "unit/transport/pool_rig.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "net/resolver.h"
#include "support/heap.h"

enum { BEGIN_MS = 1000 };

/* --- places --- */

void place_key(struct place *place, uint16_t port)
{
    char text[64];
    struct url url;
    struct buf why = BUF_INIT;
    snprintf(text, sizeof text, "http://127.0.0.1:%u/", port);
    CU_ASSERT_EQUAL_FATAL(url_parse(text, &url, &why), GOFER_OK);
    CU_ASSERT_FATAL(key_init(&place->key, &url));
    url_fini(&url);
    place->listener = -1;
    place->port = port;
}

void place_open(struct place *place)
{
    struct sockaddr_in addr = {.sin_family = AF_INET};
    socklen_t len = sizeof addr;
    addr.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CU_ASSERT_FATAL(fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof addr) == 0 &&
                    listen(fd, 64) == 0 && getsockname(fd, (struct sockaddr *)&addr, &len) == 0);
    place_key(place, ntohs(addr.sin_port));
    place->listener = fd;
}

void place_open_refusing(struct place *place)
{
    place_open(place);
    close(place->listener);
    place->listener = -1;
}

void place_close(struct place *place)
{
    if (place->listener >= 0)
        close(place->listener);
    key_fini(&place->key);
}

/* --- the rig --- */

void rig_begin(struct rig *rig, struct pool_options options)
{
    int err;
    struct engine_options none = {.workers = 0};
    struct resolver_options standard = {.servers = NULL};
    heap_install();
    leaks_count(&rig->before);
    clock_fake(BEGIN_MS * CLOCK_MS);
    rig->engine = engine_new(&none, &err);
    CU_ASSERT_PTR_NOT_NULL_FATAL(rig->engine);
    rig->resolver = resolver_new(rig->engine, &standard);
    rig->pool = pool_new(&options, rig->engine, rig->resolver);
    CU_ASSERT_FATAL(rig->resolver != NULL && rig->pool != NULL);
    place_open(&rig->place);
}

void rig_serve(struct rig *rig)
{
    for (int idle = 0; idle < 2; idle++)
        while (engine_serve_once(rig->engine, 0))
            idle = 0;
}

void rig_at_ms(struct rig *rig, int64_t ms)
{
    clock_fake((BEGIN_MS + ms) * CLOCK_MS);
    timers_fire(engine_timers(rig->engine), clock_now_ns());
}

static void check_stats(struct rig *rig)
{
    struct pool_stats stats;
    pool_read_stats(rig->pool, &stats);
    CU_ASSERT_EQUAL(stats.idle, 0);
    CU_ASSERT_EQUAL(stats.dialing, 0);
    CU_ASSERT_EQUAL(stats.waiting, 0);
    CU_ASSERT_EQUAL(stats.in_use, 0);
}

void rig_end(struct rig *rig)
{
    pool_close(rig->pool);
    rig_serve(rig);
    CU_ASSERT(pool_quiet(rig->pool, NULL));
    check_stats(rig);
    pool_free(rig->pool);
    resolver_free(rig->resolver);
    engine_stop(rig->engine);
    engine_free(rig->engine);
    place_close(&rig->place);
    clock_fake(-1);
    CU_ASSERT(leaks_none(&rig->before));
    gofer_set_allocator(malloc, realloc, free);
}

/* --- callers --- */

static enum task_next caller_step(struct task *task, unsigned events, struct turn *turn)
{
    struct caller *c = list_item(task, struct caller, task);
    (void)turn;
    c->answers += (events & EV_CONN) != 0;
    return TASK_PARK;
}

static const struct task_ops caller_ops = {.name = "caller", .step = caller_step};

static enum pool_answer take(struct rig *rig, struct caller *c, const struct place *place,
                             bool fresh)
{
    *c = (struct caller){.want = {.task = &c->task, .fault = &c->fault, .fresh = fresh}};
    task_init(&c->task, rig->engine, &caller_ops);
    return pool_take(rig->pool, &place->key, &c->want, clock_now_ns(), &c->conn);
}

enum pool_answer caller_take(struct rig *rig, struct caller *caller, const struct place *place)
{
    return take(rig, caller, place, false);
}

enum pool_answer caller_take_fresh(struct rig *rig, struct caller *caller,
                                   const struct place *place)
{
    return take(rig, caller, place, true);
}

enum pool_answer caller_poll(struct rig *rig, struct caller *caller)
{
    return pool_poll(rig->pool, &caller->want, &caller->conn);
}

void caller_connect(struct rig *rig, struct caller *caller, const struct place *place)
{
    if (caller_take(rig, caller, place) == POOL_CONN)
        return;
    rig_serve(rig);
    CU_ASSERT_EQUAL_FATAL(caller_poll(rig, caller), POOL_CONN);
}

void caller_put(struct rig *rig, struct caller *caller)
{
    pool_put(rig->pool, &caller->conn);
    CU_ASSERT_PTR_NULL(caller->conn);
}

void caller_discard(struct rig *rig, struct caller *caller)
{
    pool_discard(rig->pool, &caller->conn, CLOSE_SPENT);
    CU_ASSERT_PTR_NULL(caller->conn);
}

gofer_phase caller_drop(struct rig *rig, struct caller *caller)
{
    return pool_drop_want(rig->pool, &caller->want);
}
