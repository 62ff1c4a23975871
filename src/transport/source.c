/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The kinds of sources, and who may use a reader.
 */
#include "transport/source.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/callback.h"

/* --- life --- */

static struct source *new_source(enum source_kind kind, int64_t len, size_t extra)
{
    struct source *s = mem_alloc(sizeof(*s) + extra);
    if (s == NULL)
        return NULL;
    *s = (struct source){.kind = kind, .len = len, .fd = -1};
    refs_init(&s->refs, 1);
    lock_init(&s->lock, LOCK_SOURCE);
    return s;
}

struct source *source_new_copy(const void *data, size_t len)
{
    struct source *s = new_source(SOURCE_MEMORY, (int64_t)len, len);
    if (s == NULL)
        return NULL;
    memcpy(s + 1, data, len);
    s->data = (const char *)(s + 1);
    return s;
}

static void call_back(void (*fn)(void *arg), void *arg)
{
    if (fn == NULL)
        return;
    callback_enter();
    fn(arg);
    callback_leave();
}

struct source *source_new_ref(const void *data, size_t len, void (*free_fn)(void *arg), void *arg)
{
    struct source *s = new_source(SOURCE_MEMORY, (int64_t)len, 0);
    if (s == NULL) {
        call_back(free_fn, arg);
        return NULL;
    }
    s->data = data;
    s->free_fn = free_fn;
    s->arg = arg;
    return s;
}

struct source *source_new_file(int fd, int64_t offset, int64_t len)
{
    struct source *s = new_source(SOURCE_FILE, len, 0);
    if (s == NULL) {
        close(fd);
        return NULL;
    }
    s->fd = fd;
    s->offset = offset;
    return s;
}

struct source *source_new_reader(const gofer_body_reader *reader)
{
    struct source *s = new_source(SOURCE_READER, reader->length, 0);
    if (s == NULL) {
        call_back(reader->close, reader->arg);
        return NULL;
    }
    s->reader = *reader;
    s->free_fn = reader->close;
    s->arg = reader->arg;
    return s;
}

struct source *source_new_parts(struct source *const *parts, size_t n)
{
    struct source *s = new_source(SOURCE_PARTS, 0, n * sizeof(struct source_part));
    for (size_t i = 0; s == NULL && i < n; i++)
        source_unref(parts[i]);
    if (s == NULL)
        return NULL;
    s->parts = (struct source_part *)(void *)(s + 1);
    s->parts_len = n;
    for (size_t i = 0; i < n; i++) {
        assert(parts[i]->kind == SOURCE_MEMORY || parts[i]->kind == SOURCE_FILE);
        s->len += parts[i]->len;
        s->parts[i] = (struct source_part){.source = parts[i], .end = (uint64_t)s->len};
    }
    return s;
}

void source_ref(struct source *source)
{
    refs_add(&source->refs);
}

/* NOLINTNEXTLINE(misc-no-recursion): a form's parts are no forms */
void source_unref(struct source *source)
{
    if (source == NULL || !refs_drop(&source->refs))
        return;
    call_back(source->free_fn, source->arg);
    for (size_t i = 0; i < source->parts_len; i++)
        source_unref(source->parts[i].source);
    if (source->fd >= 0)
        close(source->fd);
    lock_fini(&source->lock);
    mem_free(source);
}

/* --- who uses it --- */

bool source_claim(struct source *source, void *claimant, void (*wake)(void *claimant))
{
    if (source == NULL || source->kind != SOURCE_READER)
        return true;
    lock_take(&source->lock);
    bool mine = source->claimant == NULL;
    if (mine) {
        source->claimant = claimant;
        source->wake = wake;
    }
    lock_drop(&source->lock);
    return mine;
}

void source_release(struct source *source, const void *claimant)
{
    if (source == NULL || source->kind != SOURCE_READER)
        return;
    lock_take(&source->lock);
    if (source->claimant == claimant)
        source->claimant = NULL;
    lock_drop(&source->lock);
}

void source_ready(struct source *source)
{
    if (source == NULL || source->kind != SOURCE_READER)
        return;
    lock_take(&source->lock);
    if (source->claimant != NULL)
        source->wake(source->claimant);
    lock_drop(&source->lock);
}

/* --- its bytes --- */

bool source_can_begin(const struct source *source)
{
    return source == NULL || !source->begun || source->reader.rewind != NULL;
}

bool source_begin(struct source *source)
{
    if (!source->begun)
        return true;
    if (source->reader.rewind == NULL)
        return false;
    callback_enter();
    bool done = source->reader.rewind(source->reader.arg) == 0;
    callback_leave();
    source->begun = !done;
    return done;
}

static ssize_t read_memory(const struct source *s, uint64_t at, void *buf, size_t cap)
{
    uint64_t left = (uint64_t)s->len - at;
    size_t n = left < cap ? (size_t)left : cap;
    memcpy(buf, s->data + at, n);
    return (ssize_t)n;
}

static ssize_t read_file(const struct source *s, uint64_t at, void *buf, size_t cap)
{
    uint64_t left = (uint64_t)s->len - at;
    size_t want = left < cap ? (size_t)left : cap;
    ssize_t n;
    do
        n = pread(s->fd, buf, want, (off_t)(s->offset + (int64_t)at));
    while (n < 0 && errno == EINTR);
    return n < 0 ? GOFER_BODY_ERROR : n;
}

/* The part in which that byte is; parts_len behind the last. */
static size_t part_at(const struct source *s, uint64_t at)
{
    size_t low = 0, high = s->parts_len;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (s->parts[middle].end > at)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static ssize_t read_part(const struct source *s, uint64_t at, void *buf, size_t cap)
{
    return s->kind == SOURCE_MEMORY ? read_memory(s, at, buf, cap) : read_file(s, at, buf, cap);
}

/* As many bytes as there is room for, from one part after the other. A part that fails after others
 * gave some is told by the next call. */
static ssize_t read_parts(const struct source *s, uint64_t at, char *buf, size_t cap)
{
    size_t got = 0;
    for (size_t i = part_at(s, at); i < s->parts_len && got < cap; i++) {
        uint64_t begin = i > 0 ? s->parts[i - 1].end : 0;
        while (got < cap && at + got < s->parts[i].end) {
            ssize_t n = read_part(s->parts[i].source, at + got - begin, buf + got, cap - got);
            if (n <= 0)
                return got > 0 ? (ssize_t)got : n;
            got += (size_t)n;
        }
    }
    return (ssize_t)got;
}

static ssize_t ask_reader(struct source *s, void *buf, size_t cap)
{
    s->begun = true;
    errno = 0;
    callback_enter();
    ssize_t n = s->reader.read(s->reader.arg, buf, cap);
    int err = errno;
    callback_leave();
    errno = err;
    if (n >= GOFER_BODY_LATER && (n < 0 || (size_t)n <= cap))
        return n;
    return GOFER_BODY_ERROR;
}

ssize_t source_read(struct source *source, uint64_t at, void *buf, size_t cap)
{
    switch (source->kind) {
    case SOURCE_MEMORY:
        return read_memory(source, at, buf, cap);
    case SOURCE_FILE:
        return read_file(source, at, buf, cap);
    case SOURCE_PARTS:
        return read_parts(source, at, buf, cap);
    case SOURCE_READER:
        break;
    }
    return ask_reader(source, buf, cap);
}

const char *source_trailer(struct source *source, const char *name)
{
    if (source->kind != SOURCE_READER || source->reader.trailer == NULL)
        return NULL;
    callback_enter();
    const char *value = source->reader.trailer(source->reader.arg, name);
    callback_leave();
    return value;
}
