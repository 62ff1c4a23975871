/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The caller as a driver: what gofer_do(), and a wait that steals its call, need
 * beside the call's steps (design 7.2 and 7.3). Before it blocks in the socket a
 * driver publishes it; whoever brings an event that ends the call shuts it down,
 * under the call's lock, and so wakes the driver; a driver without a socket
 * sleeps on a waiter.
 *
 * For the thread that drives, but for driver_wake().
 */
#ifndef GOFER_CLIENT_DRIVER_H
#define GOFER_CLIENT_DRIVER_H

#include <stdbool.h>

struct call;
struct task;
struct waiter;
struct wakes;

/* From here on an interrupting thread may shut the exchange's socket down. */
void driver_publish(struct call *call);

/* From here on nobody else touches the socket. True where somebody shut it down: it is not to be
 * used again. */
bool driver_unpublish(struct call *call);

/* Whoever wakes the call wakes this waiter of its thread too; NULL: nobody any more. */
void driver_sleeps(struct call *call, struct waiter *waiter);

/* Sleeps until an event is pending. */
void driver_await_event(struct call *call);

/* Waits for what the exchange waits for, and no longer than until it looks again by itself. */
void driver_await_socket(struct call *call);

/* task_ops.wake_driver of a call, and task_ops.wake_runner: one that is held may be asleep at the
 * full queue. Any thread. */
void driver_wake(struct task *task, struct wakes *wakes);
void driver_wake_runner(struct task *task, struct wakes *wakes);

#endif
