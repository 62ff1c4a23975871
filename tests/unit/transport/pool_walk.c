/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The world of the pool's walk: see pool_walk.h.
 */
#include "unit/transport/pool_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gofer/client.h>

#include "base/clock.h"
#include "engine/engine.h"
#include "transport/dial.h"

enum { FIRST_PORT = 1000 };

/* Whose memory it is: the allocator's functions have no argument. */
static struct walk *world;

void walk_expect_at(struct walk *walk, bool holds, const char *what, const char *file, int line)
{
    if (holds || walk->wrong)
        return;
    walk->wrong = true;
    fprintf(stderr, "\n    GOFER_SEED=%llu: operation %llu (%s): %s:%d: not so: %s\n",
            (unsigned long long)walk->seed_number, (unsigned long long)walk->operations,
            walk->operation, file, line, what);
}

void walk_set_clock(struct walk *walk, int64_t now_ns)
{
    walk->now_ns = now_ns;
    clock_fake(now_ns);
}

/* --- memory --- */

static bool is_denied(void)
{
    return world->fail_at > 0 && --world->fail_at == 0;
}

static void *take_block(size_t size)
{
    void *block = is_denied() ? NULL : malloc(size);
    world->blocks += block != NULL;
    return block;
}

static void *resize_block(void *old, size_t size)
{
    void *block = is_denied() ? NULL : realloc(old, size);
    world->blocks += block != NULL && old == NULL;
    return block;
}

/* A connection is closed without any lock, so this is where others may move. */
static void free_block(void *block)
{
    struct line *line = block != NULL ? walk_line_of(world, block) : NULL;
    world->blocks -= block != NULL;
    if (line != NULL)
        model_freed(world, line);
    free(block);
    if (line != NULL && world->firing && !world->nested)
        walk_move_nested(world);
}

/* --- dials and connections --- */

int walk_key_of(const struct key *key)
{
    return key->port - FIRST_PORT;
}

/* In place of the engine. Under the pool's lock: it only notes the dial, and whether its want was
 * the first of those that waited for a slot. */
static void note_dial(struct dial *dial, void *arg)
{
    struct walk *walk = arg;
    const struct walker *its = walker_of(dial->want);
    for (size_t i = 0; i < walk->callers; i++) {
        const struct walker *w = &walk->walkers[i];
        bool queued = w->state == WAITING && w->want.undialed.owner != NULL;
        walk_expect(walk, !queued || w->key != its->key || w->since > its->since);
    }
    walk_expect(walk, walk->dials_len < WALK_DIALS);
    task_begin_held(&dial->task);
    if (!walk->wrong)
        walk->dials[walk->dials_len++] = dial;
}

struct line *walk_line_of(struct walk *walk, const struct conn *conn)
{
    for (size_t i = 0; i < walk->lines_len; i++) {
        if (walk->lines[i].conn == conn)
            return &walk->lines[i];
    }
    return NULL;
}

static struct line *unused_line(struct walk *walk)
{
    struct line *line = walk_line_of(walk, NULL);
    walk_expect(walk, line != NULL || walk->lines_len < WALK_LINES);
    return line != NULL ? line : &walk->lines[walk->lines_len++];
}

struct line *walk_open_line(struct walk *walk, int key)
{
    int ends[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        abort();
    struct conn *conn = conn_new(ends[0], walk->engine, walk->now_ns);
    if (conn == NULL) {
        close(ends[0]);
        close(ends[1]);
        return NULL;
    }
    struct line *line = unused_line(walk);
    *line = (struct line){.conn = conn, .key = key, .peer = ends[1]};
    return line;
}

/* --- life --- */

static void make_key(struct key *key, int n)
{
    char text[64];
    struct url url;
    struct buf why = BUF_INIT;
    snprintf(text, sizeof text, "http://127.0.0.1:%d/", FIRST_PORT + n);
    if (url_parse(text, &url, &why) != GOFER_OK || !key_init(key, &url))
        abort();
    url_fini(&url);
}

void walk_begin(struct walk *walk)
{
    int err;
    struct engine_options none = {.workers = 0};
    world = walk;
    gofer_set_allocator(take_block, resize_block, free_block);
    walk_set_clock(walk, 1000 * CLOCK_MS);
    for (int i = 0; i < WALK_KEYS; i++)
        make_key(&walk->keys[i], i);
    walk->options.dial_starter = note_dial;
    walk->options.dial_starter_arg = walk;
    walk->engine = engine_new(&none, &err);
    walk->pool = walk->engine != NULL ? pool_new(&walk->options, walk->engine, NULL) : NULL;
    if (walk->pool == NULL)
        abort();
}

void walk_end(struct walk *walk)
{
    walk_expect(walk, pool_quiet(walk->pool, NULL));
    pool_free(walk->pool);
    engine_stop(walk->engine);
    engine_free(walk->engine);
    for (int i = 0; i < WALK_KEYS; i++)
        key_fini(&walk->keys[i]);
    walk_expect(walk, walk->freed == walk->opened);
    walk_expect(walk, walk->blocks == 0);
    clock_fake(-1);
    gofer_set_allocator(malloc, realloc, free);
}
