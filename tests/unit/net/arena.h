/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the racer's tests stand on: an engine without threads and a clock that
 * the test moves, so that a race takes no step until it is served; listeners and
 * blackholes on 127.0.0.0/8 and ::1; and hooks that note what they see.
 *
 * One race at a time, one thread.
 */
#ifndef TESTS_UNIT_NET_ARENA_H
#define TESTS_UNIT_NET_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/task.h"
#include "net/racer.h"

enum { ARENA_BEGIN_MS = 1000, ARENA_DELAY_MS = 250, ARENA_SEEN_MAX = 64, ARENA_FILL = 4 };

/* The race, as a task. */
struct runner {
    struct task task;
    struct racer racer;
    enum racer_state state;
    int fd; /* the winner's, or -1 */
};

extern struct runner arena_runner;

/* What the hooks of arena_hooked() saw, and what they answer. */
struct arena_seen {
    struct addr filtered[ARENA_SEEN_MAX];
    size_t filtered_len, opened;
    const char *host;
    int errors[ARENA_SEEN_MAX]; /* of the opened sockets, in order */
    const char *denied;         /* an address, or NULL */
};

extern struct arena_seen arena_seen;

/* Makes the engine, with the clock standing at one second; takes it down, and checks that nothing
 * is left. */
void arena_open(void);
void arena_close(void);

/* Options without hooks, with the usual delay; with hooks. */
struct racer_options arena_plain(void);
struct racer_options arena_hooked(void);

/* Begins a race, without a deadline or for a goal; ends it. */
void arena_begin(const struct racer_options *options);
void arena_begin_for(const struct racer_options *options, const struct racer_goal *goal);
void arena_end(void);

/* An address. */
struct addr arena_at(const char *ip, uint16_t port);

/* Adds addresses, all at one port; NULL ends the list. */
void arena_give(const char *const *ips, uint16_t port, bool more);
#define ARENA_GIVE(port, ...) arena_give((const char *const[]){__VA_ARGS__, NULL}, port, false)

/* Runs the race as far as it gets without waiting; until its end, waiting for the kernel. */
enum racer_state arena_serve(void);
enum racer_state arena_serve_to_end(void);

/* Sets the clock to ms after the begin. */
void arena_move_to_ms(int64_t ms);

/* A listener; *port 0: any. A negative backlog: bound only, so that it refuses. */
int arena_listen(const char *ip, uint16_t *port, int backlog);

/* Listeners on both loopbacks, at one port. */
void arena_listen_twice(int fds[2], uint16_t *port);
void arena_close_pair(int fds[2]);

/* The next connection of a listener. */
int arena_accept(int listener);

/* An address where attempts hang: a listener whose queue is full. */
struct arena_hole {
    int listener, fill[ARENA_FILL];
};

void arena_open_hole(struct arena_hole *hole, const char *ip, uint16_t *port);
void arena_close_hole(struct arena_hole *hole);

#endif
