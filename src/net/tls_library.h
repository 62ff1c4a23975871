/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * OpenSSL as a guest of the program: started once, without a handler at exit()
 * that would pull it from under running threads, and without a trace in the error
 * queue that OpenSSL keeps for each thread. A thread that runs gofer's code may
 * be the program's own, with errors of its own in that queue: they would be taken
 * for ours, and ours for its.
 *
 * Invariant: every call of OpenSSL's that can fail stands between tls_enter() and
 * tls_leave(), which nest. Any thread; no lock.
 */
#ifndef GOFER_NET_TLS_LIBRARY_H
#define GOFER_NET_TLS_LIBRARY_H

#include <stdbool.h>
#include <stddef.h>

/* Starts OpenSSL where nobody has. Before the first tls_enter(), which would start it with that
 * handler. False where it refuses. */
bool tls_library_init(void);

/* Writes which it is, as "OpenSSL/3.0.19", with a NUL. Starts nothing. */
void tls_library_describe(char *out, size_t size);

struct tls_queued;

/* What the program had in the thread's queue. */
struct tls_visit {
    struct tls_queued *errors; /* NULL: nothing, which is the rule */
    unsigned len;
};

/* Puts aside what the thread's queue holds; it is empty after. Without memory that is lost. */
void tls_enter(struct tls_visit *visit);

/* Empties the queue and puts back what was put aside. */
void tls_leave(struct tls_visit *visit);

#endif
