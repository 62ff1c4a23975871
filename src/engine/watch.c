/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Arming and dropping descriptors in the engine's epoll set.
 */
#include "engine/watch.h"

#include <errno.h>
#include <sys/epoll.h>

#include "engine/engine.h"

int watch_arm(struct watch *watch, struct task *task, uint32_t events)
{
    uint64_t data;
    if (!engine_slot(task->engine, task, &data))
        return ENOMEM;
    struct epoll_event event = {.events = events | EPOLLONESHOT, .data.u64 = data};
    int op = watch->added ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;
    if (epoll_ctl(engine_fd(task->engine), op, watch->fd, &event) != 0)
        return errno;
    watch->added = true;
    return 0;
}

void watch_drop(struct watch *watch, struct engine *engine)
{
    if (!watch->added)
        return;
    epoll_ctl(engine_fd(engine), EPOLL_CTL_DEL, watch->fd, NULL);
    watch->added = false;
}
