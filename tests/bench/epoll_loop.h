/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A client that is nothing but an epoll set: N connections, one request in flight
 * on each, no deadlines, no errors told apart. It is the floor for many calls on
 * few threads. One thread owns a loop; several loops may share the tickets that
 * say how many requests are left.
 */
#ifndef GOFER_TESTS_BENCH_EPOLL_LOOP_H
#define GOFER_TESTS_BENCH_EPOLL_LOOP_H

#include "raw_http.h"

#include <stdatomic.h>

struct epoll_loop;

/* Opens so many connections, without waiting for any. NULL on failure. */
struct epoll_loop *epoll_loop_new(const struct raw_target *target, int conns, size_t body_len);
void epoll_loop_free(struct epoll_loop *loop);

/* Makes requests until no ticket is left. Returns how many were answered rightly. answered() is
 * called after each, where it is not NULL. */
long epoll_loop_run(struct epoll_loop *loop, atomic_long *tickets, void (*answered)(void *arg),
                    void *arg);

#endif
