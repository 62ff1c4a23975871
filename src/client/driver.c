/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Blocking, and being woken.
 */
#include "client/driver.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "client/call.h"
#include "client/core.h"
#include "client/late.h"
#include "client/limits.h"
#include "client/stream.h"
#include "engine/waiter.h"

void driver_publish(struct call *call)
{
    lock_take(&call->lock);
    /* An interruption of an earlier attempt says nothing about this socket. */
    atomic_store_explicit(&call->interrupted, false, memory_order_relaxed);
    call->blocked_fd = conn_fd(call->exchange.conn);
    lock_drop(&call->lock);
}

bool driver_unpublish(struct call *call)
{
    lock_take(&call->lock);
    call->blocked_fd = -1;
    bool interrupted = atomic_load_explicit(&call->interrupted, memory_order_relaxed);
    lock_drop(&call->lock);
    return interrupted;
}

/* With the lock held and a socket published: ends the driver's wait where an event is fatal. */
static void interrupt(struct call *c)
{
    int64_t rearm_at;
    if (limits_are_fatal(c, task_pending(&c->task), &rearm_at)) {
        atomic_store(&c->interrupted, true);
        shutdown(c->blocked_fd, SHUT_RDWR);
    } else if (rearm_at != CLOCK_NEVER) {
        /* The limit moved on while its timer ran; the blocked driver cannot arm it again. */
        core_arm(c, rearm_at);
    }
}

void driver_wake(struct task *task, struct wakes *wakes)
{
    struct call *c = call_of_task(task);
    lock_take(&c->lock);
    if (c->blocked_fd >= 0)
        interrupt(c);
    if (c->driver != NULL)
        waiter_wake_later(c->driver, wakes);
    lock_drop(&c->lock);
}

void driver_wake_runner(struct task *task, struct wakes *wakes)
{
    /* A worker does not sleep in a call: one that is held is new. */
    if (call_state(call_of_task(task)) == CALL_NEW)
        driver_wake(task, wakes);
    late_wake_runner(task);
}

void driver_sleeps(struct call *call, struct waiter *waiter)
{
    lock_take(&call->lock);
    call->driver = waiter;
    lock_drop(&call->lock);
}

void driver_await_event(struct call *call)
{
    struct waiter waiter;
    waiter_init(&waiter, call->task.engine);
    driver_sleeps(call, &waiter);
    while (task_pending(&call->task) == 0)
        waiter_wait(&waiter, CLOCK_NEVER);
    driver_sleeps(call, NULL);
    waiter_fini(&waiter);
}

void driver_await_socket(struct call *call)
{
    uint32_t events = exchange_events(&call->exchange);
    int64_t soon = exchange_soon(&call->exchange);
    short wanted = (short)((events & EPOLLIN ? POLLIN : 0) | (events & EPOLLOUT ? POLLOUT : 0));
    struct pollfd p = {.fd = conn_fd(call->exchange.conn), .events = wanted};
    if (poll(&p, 1, clock_poll_ms(soon == CLOCK_NEVER ? 0 : clock_now_ns(), soon)) == 0)
        task_leave_events(&call->task, EV_TIMER);
}
