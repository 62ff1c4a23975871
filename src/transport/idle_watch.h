/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The idle watch (design 7.5): a second epoll set, on which nobody blocks, in
 * which each connection stands once, edge-triggered, from its dial to its close.
 * While connections are idle the timer thread looks at it now and then; what
 * reports there while idle was closed by its peer, or talks out of turn. Taking
 * and giving back make no epoll call.
 *
 * Epoll's data is (slot, generation); the table of slots is guarded by the
 * pool's lock. Adding, removing and looking are system calls, made without it.
 */
#ifndef GOFER_TRANSPORT_IDLE_WATCH_H
#define GOFER_TRANSPORT_IDLE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>

struct conn;

struct idle_slot {
    struct conn *conn; /* or NULL: free */
    uint32_t generation;
    uint32_t next_free;
};

struct idle_watch {
    int epoll_fd;
    struct idle_slot
        *slots; /* slot number n is slots[n - 1]; guarded by the pool's lock, as all below */
    uint32_t len;
    uint32_t cap;
    uint32_t free_slot;
};

enum { IDLE_WATCH_EVENTS = 64 };

/* 0 or an errno value. */
int idle_watch_init(struct idle_watch *watch);
void idle_watch_fini(struct idle_watch *watch);

/* A slot for the connection, and its data for idle_watch_add(). False without memory: it stays
 * unwatched. Lock held. */
bool idle_watch_enrol(struct idle_watch *watch, struct conn *conn, uint64_t *data);

/* The slot ends; events on their way find another generation. Lock held. */
void idle_watch_release(struct idle_watch *watch, struct conn *conn);

/* The connection that an event is for, or NULL. Lock held. */
struct conn *idle_watch_find(const struct idle_watch *watch, uint64_t data);

/* Puts the connection's socket into the set. No lock. */
void idle_watch_add(struct idle_watch *watch, struct conn *conn, uint64_t data);

/* What has reported since the last look: at most IDLE_WATCH_EVENTS events, how many. No lock. */
int idle_watch_look(struct idle_watch *watch, struct epoll_event *events);

#endif
