/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A count of references, in what is referred to. What any thread did before it
 * dropped its own has happened to the one that drops the last, which may free
 * it, and to one that finds itself alone. Any thread.
 */
#ifndef GOFER_BASE_REFS_H
#define GOFER_BASE_REFS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/helgrind.h"

struct refs {
    _Atomic uint32_t count;
};

static inline void refs_init(struct refs *r, uint32_t n)
{
    atomic_init(&r->count, n);
    helgrind_atomic(&r->count);
}

/* One more. The caller has one. */
static inline void refs_add(struct refs *r)
{
    atomic_fetch_add_explicit(&r->count, 1, memory_order_relaxed);
}

/* One less. True where it was the last. */
static inline bool refs_drop(struct refs *r)
{
    helgrind_before(r);
    if (atomic_fetch_sub_explicit(&r->count, 1, memory_order_acq_rel) != 1)
        return false;
    helgrind_after(r);
    helgrind_forget(r);
    return true;
}

/* Whether the caller's is the only one: nobody else can add to it. */
static inline bool refs_is_one(struct refs *r)
{
    if (atomic_load_explicit(&r->count, memory_order_acquire) != 1)
        return false;
    helgrind_after(r);
    return true;
}

#endif
