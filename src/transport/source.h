/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where a request's body comes from: bytes in memory, a part of a file, a reader
 * of the user's, or several of the first two, one behind the other. Shared by a request and the
 * calls made with it.
 *
 * Memory, files and what is made of them may be in flight many times: where a call stands in them
 * is the call's (upload.h). A reader is in flight once: a call claims it, and is the one that
 * source_ready() wakes.
 *
 * Lock: `lock` (LOCK_SOURCE) guards `claimant`. A reader's other state belongs to
 * the claimant's driver.
 */
#ifndef GOFER_TRANSPORT_SOURCE_H
#define GOFER_TRANSPORT_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/lock.h"
#include "base/refs.h"
#include <gofer/request.h>

enum source_kind { SOURCE_MEMORY, SOURCE_FILE, SOURCE_READER, SOURCE_PARTS };

struct source_part {
    struct source *source; /* memory or file */
    uint64_t end;          /* of its last byte, in the whole */
};

struct source {
    struct refs refs;
    enum source_kind kind;
    int64_t len; /* bytes it has; -1: unknown (readers only) */

    const char *data;           /* SOURCE_MEMORY */
    void (*free_fn)(void *arg); /* NULL: nothing to do; the bytes may stand behind this struct */
    void *arg;

    int fd; /* SOURCE_FILE, owned */
    int64_t offset;

    struct source_part *parts; /* SOURCE_PARTS; behind this struct */
    size_t parts_len;

    gofer_body_reader reader; /* SOURCE_READER */
    bool begun;               /* asked for bytes since it was made or rewound */
    struct lock lock;
    void *claimant; /* the call that uses it, or NULL; and how it is woken */
    void (*wake)(void *claimant);
};

/* Each returns a source with one reference, or NULL without memory; what was passed is then given
 * back (free_fn, close). source_new_file() takes the descriptor over. */
struct source *source_new_copy(const void *data, size_t len);
struct source *source_new_ref(const void *data, size_t len, void (*free_fn)(void *arg), void *arg);
struct source *source_new_file(int fd, int64_t offset, int64_t len);
struct source *source_new_reader(const gofer_body_reader *reader);

/* The same of n sources in memory or files, whose references it takes over. */
struct source *source_new_parts(struct source *const *parts, size_t n);

void source_ref(struct source *source);

/* Calls free_fn or close with the last reference. NULL is legal. No lock may be held. */
void source_unref(struct source *source);

/* A call is going to use it; false where another one does. Given back with source_release(), after
 * which no wake comes. NULL is legal in both. */
bool source_claim(struct source *source, void *claimant, void (*wake)(void *claimant));
void source_release(struct source *source, const void *claimant);

/* Wakes the claimant, where there is one. Any thread. */
void source_ready(struct source *source);

/* Whether it can be sent from its first byte on: for a retry, or another call. NULL is legal. */
bool source_can_begin(const struct source *source);

/* Makes it begin. False where it cannot (see source_can_begin()). Runs the user's rewind. */
bool source_begin(struct source *source);

/* Up to cap bytes from position `at` on: how many, 0 at the end, GOFER_BODY_LATER (readers), or
 * GOFER_BODY_ERROR with errno. A reader's position is its own. */
ssize_t source_read(struct source *source, uint64_t at, void *buf, size_t cap);

/* What the reader says is the value of a trailer, or NULL. */
const char *source_trailer(struct source *source, const char *name);

#endif
