/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Descriptors in the engine's epoll set. A watch is armed for one event at a
 * time (EPOLLONESHOT): when it comes, the task that armed it is woken with EV_IO
 * and the watch is silent until it is armed again, by this or another task.
 *
 * Epoll's data is (slot, generation) of the task, never a pointer: a stale event
 * finds another generation and is dropped.
 * Whoever owns the descriptor owns the watch; one thread at a time.
 */
#ifndef GOFER_ENGINE_WATCH_H
#define GOFER_ENGINE_WATCH_H

#include <stdbool.h>
#include <stdint.h>

struct engine;
struct task;

struct watch {
    int fd;
    bool added; /* in the epoll set, maybe silent */
};

/* Arms the watch for EPOLLIN and/or EPOLLOUT; wakes `task` once. 0 or an errno value. */
int watch_arm(struct watch *watch, struct task *task, uint32_t events);

/* Takes the descriptor out of the set. Always before close(2). */
void watch_drop(struct watch *watch, struct engine *engine);

#endif
