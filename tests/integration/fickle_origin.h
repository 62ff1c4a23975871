/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An origin that cannot be relied on: it keeps a connection for a time that it
 * draws anew after each answer, a few milliseconds, and closes or resets it then;
 * often while the next request is on its way. Where it is told to, it also breaks
 * connections on which a request has arrived. A fresh connection is always served
 * first.
 *
 * The path is /N. It answers with N, and counts in memory that both processes see
 * how often a request N arrived.
 *
 * A process of its own with one thread; start it while the program has one. It
 * dies with its parent.
 */
#ifndef TESTS_INTEGRATION_FICKLE_ORIGIN_H
#define TESTS_INTEGRATION_FICKLE_ORIGIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct fickle_origin {
    pid_t pid;
    uint16_t port;
    unsigned char *seen; /* of each N, up to 255 */
    size_t seen_len;
};

/* breaks: of 1,000 requests so many are broken instead of answered. Aborts where the system
 * refuses. */
void fickle_origin_start(struct fickle_origin *origin, size_t requests, unsigned breaks,
                         uint64_t seed);

void fickle_origin_stop(struct fickle_origin *origin);

#endif
