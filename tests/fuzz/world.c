/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Time, and what the world's descriptors are.
 */
#include "fuzz/world.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>

#include "base/clock.h"
#include "engine/timer.h"
#include "fuzz/origin.h"
#include "fuzz/world_state.h"
#include <gofer/gofer.h>

/* So many calls while time stands still are no progress. */
enum { IDLE_MAX = 200 * 1000 };

/* Any time that is not 0. */
#define WORLD_BEGINS (INT64_C(1000) * 1000 * CLOCK_MS)

struct world world;

/* --- the input --- */

unsigned world_byte(void)
{
    struct fuzz *f = world.f;
    return f->len > f->at ? (unsigned char)f->data[--f->len] : 0;
}

int64_t world_delay_ms(unsigned byte)
{
    static const int64_t delays[] = {0, 0, 1, 9, 70, 400, 1700, 40000};
    return delays[byte % (sizeof delays / sizeof *delays)];
}

/* Most bytes announce that all goes well for a while, so that a few of them are a network that can
 * be lived with. */
unsigned world_trouble(void)
{
    enum { TROUBLE = 192 };
    if (world.quiet > 0) {
        world.quiet--;
        return 0;
    }
    unsigned byte = world_byte();
    if (byte >= TROUBLE)
        return byte - TROUBLE + 1;
    world.quiet = byte;
    return 0;
}

void world_note_call(void)
{
    world.idle++;
    FUZZ_CHECK(world.idle < IDLE_MAX);
}

/* --- memory --- */

static bool fails(void)
{
    return world.on && world.fail_after > 0 && --world.fail_after == 0;
}

static void *take_memory(size_t size)
{
    if (fails())
        return NULL;
    world.allocations++;
    return malloc(size);
}

static void *resize_memory(void *p, size_t size)
{
    if (fails())
        return NULL;
    world.allocations += p == NULL;
    return realloc(p, size);
}

static void give_memory(void *p)
{
    world.allocations -= p != NULL;
    free(p);
}

void world_fail_allocation(unsigned after)
{
    world.fail_after = after;
}

/* --- descriptors --- */

struct thing *world_thing(int fd)
{
    if (!world.on || fd < WORLD_FD || fd >= WORLD_FD + THINGS)
        return NULL;
    struct thing *thing = &world.things[fd - WORLD_FD];
    FUZZ_CHECK(thing->kind != NOTHING); /* not open */
    return thing;
}

int world_open(enum thing_kind kind)
{
    for (int i = 0; i < THINGS; i++) {
        struct thing *thing = &world.things[i];
        if (thing->kind != NOTHING)
            continue;
        *thing = (struct thing){.kind = kind};
        if (kind == AN_EPOLL)
            thing->watched = calloc(THINGS, sizeof *thing->watched);
        return WORLD_FD + i;
    }
    return -1;
}

static void forget(struct thing *thing)
{
    for (struct arrival *next; thing->arrivals != NULL; thing->arrivals = next) {
        next = thing->arrivals->next;
        free(thing->arrivals->data);
        free(thing->arrivals);
    }
}

void world_close(struct thing *thing)
{
    for (int i = 0; i < THINGS; i++)
        if (world.things[i].kind == AN_EPOLL) {
            struct watched *w = &world.things[i].watched[world_number(thing)];
            FUZZ_CHECK(thing->kind != A_STREAM || !w->in);
            w->in = false;
        }
    forget(thing);
    origin_close(thing->origin);
    free(thing->watched);
    bytes_free(&thing->in);
    *thing = (struct thing){.kind = NOTHING};
}

size_t world_connections(void)
{
    size_t n = 0;
    for (int i = 0; i < THINGS; i++)
        n += world.things[i].kind == A_STREAM && world.things[i].state == S_CONNECTED;
    return n;
}

/* --- what there is to tell --- */

static uint32_t stream_events(const struct thing *s)
{
    bool open = s->state == S_CONNECTED;
    uint32_t events = 0;
    if (s->state == S_FAILED || s->reset)
        return EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP;
    if (open && (s->in.len > s->in_at || s->ended || s->shut_read))
        events |= EPOLLIN;
    if (open && (s->ended || s->shut_read))
        events |= EPOLLRDHUP;
    if (open && (s->full_until <= world.now || s->shut_write))
        events |= EPOLLOUT;
    if (open && (s->ended || s->shut_read) && s->shut_write)
        events |= EPOLLHUP;
    return events;
}

static uint32_t epoll_events(const struct thing *set)
{
    uint32_t events;
    for (size_t i = 0; i < THINGS; i++)
        if (world_would_tell(set, i, &events))
            return EPOLLIN;
    return 0;
}

uint32_t world_events(const struct thing *thing)
{
    switch (thing->kind) {
    case AN_EPOLL:
        return epoll_events(thing);
    case AN_EVENT:
        return EPOLLOUT | (thing->count > 0 ? EPOLLIN : 0U);
    case A_STREAM:
        return stream_events(thing);
    default:
        return EPOLLOUT;
    }
}

bool world_would_tell(const struct thing *set, size_t number, uint32_t *events)
{
    const struct watched *w = &set->watched[number];
    if (!w->in || w->off)
        return false;
    *events = world_events(&world.things[number]) & (w->events | EPOLLERR | EPOLLHUP);
    if ((w->events & EPOLLET) != 0 && w->seen == world.things[number].changes)
        return false;
    return *events != 0;
}

/* --- what arrives --- */

static void arrive(struct thing *s, struct arrival *a)
{
    switch (a->kind) {
    case A_PIECE:
        bytes_add(&s->in, a->data, a->len);
        break;
    case AN_END:
        s->ended = true;
        break;
    case A_RESET:
        s->reset = true;
        s->error = s->shut_write ? EPIPE : ECONNRESET;
    }
    s->changes++;
    free(a->data);
    free(a);
}

static void finish_connecting(struct thing *s)
{
    s->state = s->connect_error == 0 ? S_CONNECTED : S_FAILED;
    s->error = s->connect_error;
    s->changes++;
    if (s->state == S_CONNECTED)
        s->origin = origin_accept(world_number(s));
}

static void catch_up(struct thing *s)
{
    if (s->state == S_CONNECTING && s->connect_at <= world.now)
        finish_connecting(s);
    if (s->full_until != 0 && s->full_until <= world.now) {
        s->full_until = 0;
        s->changes++;
    }
    while (s->arrivals != NULL && s->arrivals->at <= world.now && !s->reset) {
        struct arrival *a = s->arrivals;
        s->arrivals = a->next;
        arrive(s, a);
    }
}

void world_catch_up(void)
{
    for (int i = 0; i < THINGS; i++)
        if (world.things[i].kind == A_STREAM)
            catch_up(&world.things[i]);
}

static void add(int number, int64_t delay_ms, struct arrival arrival)
{
    struct arrival **last = &world.things[number].arrivals;
    struct arrival *a = malloc(sizeof *a);
    *a = arrival;
    a->at = world.now + delay_ms * CLOCK_MS;
    for (; *last != NULL; last = &(*last)->next)
        a->at = (*last)->at > a->at ? (*last)->at : a->at;
    *last = a;
}

void world_send(int number, int64_t delay_ms, const char *data, size_t len)
{
    if (len > 0)
        add(number, delay_ms,
            (struct arrival){.kind = A_PIECE, .data = fuzz_exact(data, len), .len = len});
}

void world_send_end(int number, int64_t delay_ms)
{
    add(number, delay_ms, (struct arrival){.kind = AN_END});
}

void world_send_reset(int number, int64_t delay_ms)
{
    add(number, delay_ms, (struct arrival){.kind = A_RESET});
}

/* --- time --- */

void world_serving(bool serving)
{
    world.serving = serving;
}

int64_t world_now(void)
{
    return world.now;
}

static int64_t next_of(const struct thing *s)
{
    int64_t next = CLOCK_NEVER;
    if (s->kind != A_STREAM)
        return next;
    if (s->state == S_CONNECTING)
        next = clock_min(next, s->connect_at);
    if (s->full_until > world.now)
        next = clock_min(next, s->full_until);
    if (s->arrivals != NULL && !s->reset)
        next = clock_min(next, s->arrivals->at);
    return next;
}

/* What the timer thread does at this moment, and when it will have something to do again. */
static int64_t fire(void)
{
    if (world.timers == NULL || world.firing)
        return CLOCK_NEVER;
    world.firing = true;
    int64_t next = timers_fire(world.timers, world.now);
    world.firing = false;
    return next;
}

static void move_to(int64_t at)
{
    FUZZ_CHECK(at > world.now);
    world.now = at;
    world.idle = 0;
    clock_fake(at);
}

bool world_wait(int64_t until, bool (*ready)(void *arg), void *arg)
{
    for (;;) {
        world_note_call();
        world_catch_up();
        int64_t next = clock_min(fire(), until);
        if (ready(arg))
            return true;
        if (world.now >= until)
            return false;
        for (int i = 0; i < THINGS; i++)
            next = clock_min(next, next_of(&world.things[i]));
        FUZZ_CHECK(next != CLOCK_NEVER); /* a sleep that nothing ends */
        if (next > world.now)
            move_to(next);
    }
}

static bool never(void *arg)
{
    (void)arg;
    return false;
}

void world_pass(int64_t ms)
{
    world_wait(world.now + ms * CLOCK_MS, never, NULL);
}

static bool is_readable(void *arg)
{
    return (world_events(arg) & EPOLLIN) != 0;
}

bool world_wait_readable(int fd, int64_t ms)
{
    return world_wait(world.now + ms * CLOCK_MS, is_readable, world_thing(fd));
}

/* --- life --- */

void world_begin(struct fuzz *f)
{
    static bool counted;
    if (!counted)
        FUZZ_CHECK(gofer_set_allocator(take_memory, resize_memory, give_memory) == GOFER_OK);
    counted = true;
    world = (struct world){.on = true, .f = f, .now = WORLD_BEGINS};
    clock_fake(world.now);
    clock_fake_wall(INT64_C(1700000000000));
}

void world_calm(void)
{
    world.f->len = world.f->at;
    world.quiet = world.fail_after = 0;
    for (int i = 0; i < THINGS; i++)
        forget(&world.things[i]);
}

void world_end(void)
{
    for (int i = 0; i < THINGS; i++)
        FUZZ_CHECK(world.things[i].kind == NOTHING);
    FUZZ_CHECK(world.allocations == 0);
    world.on = false;
    clock_fake(-1);
    clock_fake_wall(-1);
}
