/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The idle watch's table and its set.
 */
#include "transport/idle_watch.h"

#include <errno.h>
#include <unistd.h>

#include "base/alloc.h"
#include "transport/conn.h"

int idle_watch_init(struct idle_watch *watch)
{
    *watch = (struct idle_watch){.epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
    return watch->epoll_fd >= 0 ? 0 : errno;
}

void idle_watch_fini(struct idle_watch *watch)
{
    if (watch->epoll_fd >= 0)
        close(watch->epoll_fd);
    mem_free(watch->slots);
}

static bool grow(struct idle_watch *watch)
{
    uint32_t cap = watch->cap > 0 ? watch->cap * 2 : 16;
    struct idle_slot *slots = mem_realloc(watch->slots, cap * sizeof(*slots));
    if (slots == NULL)
        return false;
    watch->slots = slots;
    watch->cap = cap;
    return true;
}

bool idle_watch_enrol(struct idle_watch *watch, struct conn *conn, uint64_t *data)
{
    uint32_t n = watch->free_slot;
    if (n > 0) {
        watch->free_slot = watch->slots[n - 1].next_free;
    } else {
        if (watch->len == watch->cap && !grow(watch))
            return false;
        watch->slots[watch->len] = (struct idle_slot){NULL, 0, 0};
        n = ++watch->len;
    }
    watch->slots[n - 1].conn = conn;
    conn->idle_slot = n;
    *data = (uint64_t)watch->slots[n - 1].generation << 32 | n;
    return true;
}

void idle_watch_release(struct idle_watch *watch, struct conn *conn)
{
    if (conn->idle_slot == 0)
        return;
    struct idle_slot *slot = &watch->slots[conn->idle_slot - 1];
    slot->conn = NULL;
    slot->generation++;
    slot->next_free = watch->free_slot;
    watch->free_slot = conn->idle_slot;
    conn->idle_slot = 0;
}

struct conn *idle_watch_find(const struct idle_watch *watch, uint64_t data)
{
    uint32_t n = (uint32_t)data;
    if (n == 0 || n > watch->len || watch->slots[n - 1].generation != data >> 32)
        return NULL;
    return watch->slots[n - 1].conn;
}

void idle_watch_add(struct idle_watch *watch, struct conn *conn, uint64_t data)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET, .data.u64 = data};
    /* Where the kernel refuses, the checkout check still finds what the watch would have. */
    if (epoll_ctl(watch->epoll_fd, EPOLL_CTL_ADD, conn_fd(conn), &event) == 0)
        conn->idle_epoll_fd = watch->epoll_fd;
}

int idle_watch_look(struct idle_watch *watch, struct epoll_event *events)
{
    int n = epoll_wait(watch->epoll_fd, events, IDLE_WATCH_EVENTS, 0);
    return n > 0 ? n : 0;
}
