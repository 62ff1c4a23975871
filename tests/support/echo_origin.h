/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An origin for many connections at once: a process of its own with one thread
 * and one epoll set. Each answer's body follows from the number in the path, so
 * that a caller can tell an answer that was meant for somebody else; the word
 * before the number says how the connection behaves:
 *
 *   /echo/N    answers with Content-Length
 *   /chunk/N   answers chunked
 *   /slow/N    answers 3 ms later
 *   /bye/N     answers with Connection: close, and closes
 *   /close/N   answers, and closes without having said so
 *   /stray/N   answers, and sends a second answer that nobody asked for
 *   /drop/N    closes without an answer
 *   /reset/N   resets without an answer
 *   /half/N    closes in the middle of the body
 *   /never/N   never answers
 *
 * Start it while the program has one thread. It dies with its parent.
 */
#ifndef TESTS_SUPPORT_ECHO_ORIGIN_H
#define TESTS_SUPPORT_ECHO_ORIGIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct echo_origin {
    pid_t pid;
    uint16_t port;
};

enum { ECHO_BODY_MAX = 20000 };

/* Starts it; aborts the program where the system refuses. */
void echo_origin_start(struct echo_origin *origin);

void echo_origin_stop(struct echo_origin *origin);

/* The body of number n into buf (ECHO_BODY_MAX bytes); returns its length. */
size_t echo_body(unsigned long n, char *buf);

#endif
