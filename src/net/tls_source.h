/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where a client's dials get their TLS context from. The first one makes it; while
 * its thread reads the files, tasks that come for it wait and are woken. Later,
 * once a second and only while somebody comes, the files are looked at: where one
 * changed the thread that looked makes the next context, and everybody else goes
 * on with the one before. Files that cannot be read then change nothing, and are
 * tried again the next second (they may be half written).
 *
 *     EMPTY ──► LOADING ──► READY ──► READY, and one thread renews it
 *       ▲          │
 *       └──────────┘ it cannot be made: those who wait are told; the next one tries again
 *
 * Lock: its own (LOCK_TLS), never held while files are read. Any thread.
 */
#ifndef GOFER_NET_TLS_SOURCE_H
#define GOFER_NET_TLS_SOURCE_H

#include "base/fault.h"
#include "base/list.h"
#include "net/tls_context.h"

struct task;
struct tls_source;

/* A task's place among those that wait for the first context. Zeroed but for the task; of the
 * task's own memory. */
struct tls_wait {
    struct task *task;
    /* guarded by the source's lock */
    struct link link;
    uint64_t look; /* the one that is waited for, counted from 1; 0: none */
};

/* Checks and copies the options (NULL: all defaults); reads nothing. NULL with *err EINVAL or
 * ENOMEM. */
struct tls_source *tls_source_new(const gofer_tls_options *options, int *err);

/* Nobody may wait or come any more. NULL is legal. */
void tls_source_free(struct tls_source *source);

/*
 * The current context, with a reference for the caller. NULL with the fault set
 * where it cannot be made; NULL without a fault where another thread is at it:
 * the task is woken with EV_ANSWER and asks again. May read files.
 */
struct tls_context *tls_source_get(struct tls_source *source, struct tls_wait *wait,
                                   struct fault *fault);

/* After this the task is not woken by the source any more. For any wait that ever was asked with,
 * or zeroed. */
void tls_source_forget(struct tls_source *source, struct tls_wait *wait);

/* The generation of the current context, 0 before the first. Cheap; connections of another one are
 * not to be used again. */
uint64_t tls_source_generation(struct tls_source *source);

#endif
