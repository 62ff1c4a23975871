/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The library's own threads: a small stack, a name, and every signal blocked, so
 * that the program's signal handlers never run on them.
 */
#ifndef GOFER_ENGINE_THREAD_H
#define GOFER_ENGINE_THREAD_H

#include <pthread.h>

enum { THREAD_STACK_BYTES = 256 * 1024 };

/* Starts a joinable thread. 0 or an errno value. */
int thread_start(pthread_t *thread, void *(*body)(void *arg), void *arg);

/* Names the calling thread; at most 15 bytes. Naming another one would open a file under /proc. */
void thread_set_name(const char *name);

#endif
