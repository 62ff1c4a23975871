/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Stages in a row. In a round each of them takes what stands before it; rounds go
 * on for as long as something moves.
 */
#include "http/decoder.h"

#include <errno.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "http/header.h"

enum { BETWEEN_BYTES = 4096 };

struct stage {
    const struct coding *coding;
    void *state;
    bool at_end;
    uint64_t given; /* bytes, in all */
    /* What it gave to the next one, which has not taken it yet. */
    char *between;
    size_t between_at;
    size_t between_len;
};

struct decoder {
    uint64_t taken; /* bytes from the wire */
    uint64_t max_ratio;
    const char *why;
    size_t stages_len;
    struct stage stages[];
};

/* --- names --- */

void coding_list_add(struct coding_list *list, const char *value, size_t len)
{
    const char *end = value + len;
    for (const char *at = value, *item; at != NULL;) {
        size_t item_len = header_next_item(&at, end, &item);
        if (item_len == 0 || ascii_equal_n(item, item_len, "identity"))
            continue;
        const struct coding *coding = coding_find(item, item_len);
        list->unknown = list->unknown || coding == NULL;
        if (list->len < DECODER_CODINGS_MAX)
            list->items[list->len] = coding;
        list->len++;
    }
}

/* --- life --- */

struct decoder *decoder_new(const struct coding_list *list, int64_t max_ratio)
{
    size_t n = list->len;
    size_t size = sizeof(struct decoder) + n * sizeof(struct stage);
    struct decoder *d = mem_zalloc(size + (n - 1) * BETWEEN_BYTES);
    if (d == NULL)
        return NULL;
    d->max_ratio = max_ratio < 0 ? UINT64_MAX : (uint64_t)max_ratio;
    for (size_t i = 0; i < n; i++) {
        struct stage *s = &d->stages[i];
        s->coding = list->items[n - 1 - i];
        s->between = (char *)d + size + i * BETWEEN_BYTES;
        s->state = s->coding->begin();
        if (s->state == NULL) {
            decoder_free(d);
            return NULL;
        }
        d->stages_len++;
    }
    return d;
}

void decoder_free(struct decoder *decoder)
{
    if (decoder == NULL)
        return;
    for (size_t i = 0; i < decoder->stages_len; i++)
        decoder->stages[i].coding->end(decoder->stages[i].state);
    mem_free(decoder);
}

/* --- stepping --- */

static bool fail(const struct decoder *d, const struct stage *s, enum coding_next next,
                 struct fault *fault)
{
    if (next == CODING_NO_MEMORY)
        fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_BODY, ENOMEM, NULL);
    else
        fault_set(fault, GOFER_ERR_DECODE, GOFER_PHASE_BODY, 0, "broken %s coding of the body: %s",
                  s->coding->name, d->why);
    return false;
}

static bool expands_too_far(const struct decoder *d, const struct stage *s, struct fault *fault)
{
    if (s->given <= DECODER_FREE_BYTES || s->given / d->max_ratio <= d->taken)
        return false;
    fault_set(fault, GOFER_ERR_TOO_LARGE, GOFER_PHASE_BODY, 0,
              "response body expands to more than %llu times its size",
              (unsigned long long)d->max_ratio);
    return true;
}

/* What a stage reads from and writes to. */
static struct coding_io io_of(const struct decoder *d, size_t i, const struct coding_io *outer)
{
    const struct stage *s = &d->stages[i];
    struct coding_io io = *outer;
    if (i > 0) {
        io.in = s[-1].between + s[-1].between_at;
        io.in_len = s[-1].between_len - s[-1].between_at;
    }
    if (i + 1 < d->stages_len) {
        io.out = s->between;
        io.out_len = s->between_at == s->between_len ? BETWEEN_BYTES : 0;
    }
    return io;
}

/* Moves on what the stage used up and gave. */
static void account(struct decoder *d, size_t i, const struct coding_io *before,
                    const struct coding_io *after, struct coding_io *outer)
{
    struct stage *s = &d->stages[i];
    size_t taken = before->in_len - after->in_len, given = before->out_len - after->out_len;
    s->given += given;
    if (i > 0) {
        s[-1].between_at += taken;
    } else {
        d->taken += taken;
        outer->in = after->in;
        outer->in_len = after->in_len;
    }
    if (i + 1 == d->stages_len) {
        outer->out = after->out;
        outer->out_len = after->out_len;
    } else if (given > 0) {
        s->between_at = 0;
        s->between_len = given;
    }
}

/* One stage's turn. False after failing; *moved where it took or gave something. */
static bool step_stage(struct decoder *d, size_t i, struct coding_io *outer, bool *moved,
                       struct fault *fault)
{
    struct stage *s = &d->stages[i];
    struct coding_io before = io_of(d, i, outer);
    if (before.out_len == 0)
        return true;
    struct coding_io io = before;
    enum coding_next next = s->coding->step(s->state, &io, &d->why);
    s->at_end = next == CODING_AT_END;
    *moved = *moved || io.in_len < before.in_len || io.out_len < before.out_len;
    /* What came out before a failure is out. */
    account(d, i, &before, &io, outer);
    return next < CODING_BROKEN ? !expands_too_far(d, s, fault) : fail(d, s, next, fault);
}

bool decoder_step(struct decoder *decoder, struct coding_io *io, struct fault *fault)
{
    bool moved = true;
    while (moved && io->out_len > 0) {
        moved = false;
        for (size_t i = 0; i < decoder->stages_len; i++)
            if (!step_stage(decoder, i, io, &moved, fault))
                return false;
    }
    return true;
}

/* --- the end --- */

static bool has_left(const struct stage *s)
{
    return s->between_at < s->between_len;
}

bool decoder_is_at_end(const struct decoder *decoder)
{
    for (size_t i = 0; i < decoder->stages_len; i++)
        if (!decoder->stages[i].at_end || has_left(&decoder->stages[i]))
            return decoder->taken == 0;
    return true;
}

bool decoder_end(const struct decoder *decoder, struct fault *fault)
{
    if (decoder_is_at_end(decoder))
        return true;
    const struct stage *s = decoder->stages;
    while (s->at_end && !has_left(s))
        s++;
    fault_set(fault, GOFER_ERR_DECODE, GOFER_PHASE_BODY, 0, "the body ended inside its %s coding",
              s->coding->name);
    return false;
}
