/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * As much of HTTP as the floors need, the raw loop and the epoll loop: a request
 * that is the same each time, and where its answer ends (the blank line and
 * Content-Length). No deadline, no error handling worth the name.
 */
#ifndef GOFER_TESTS_BENCH_RAW_HTTP_H
#define GOFER_TESTS_BENCH_RAW_HTTP_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Where to, and what to say there. */
struct raw_target {
    struct sockaddr_in address;
    size_t request_len;
    char request[512];
};

/* Only what the bench's own URLs need: http, an IPv4 literal, a port, a path. False for others. */
bool raw_target_init(struct raw_target *target, const char *url);

/* A new socket that is connected, or that connects where it is not to block. -1 on failure. */
int raw_dial(const struct raw_target *target, bool blocking);

/* The bytes of the whole answer whose head is in data; 0 while the head is not whole, -1 where it
 * does not announce body_len bytes with status 200. */
ssize_t raw_answer_len(const char *data, size_t len, size_t body_len);

#endif
