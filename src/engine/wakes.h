/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Wakes that are decided under locks and made once those are dropped. A thread
 * that is woken takes the same locks first of all: woken earlier it would find
 * them taken, and sleep again, lock by lock.
 *
 * What is to be seen is changed at once, under the locks; only the call into the
 * kernel waits. Whoever collects therefore delivers, soon and in any case. The
 * sleeper may have seen the change by itself meanwhile and be gone: of a
 * condition only its address is used (futex.h). The engine to poke must stay:
 * whoever collects is a thread of it, inside of its client, or drives one of its
 * unfinished calls. A thread that is none of these wakes under the lock instead.
 *
 * Of one thread, on its stack.
 */
#ifndef GOFER_ENGINE_WAKES_H
#define GOFER_ENGINE_WAKES_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct engine;

enum { WAKES_MAX = 8 };

struct wakes {
    unsigned len;
    struct engine *poke;                /* an engine that is to be poked, or NULL */
    _Atomic uint32_t *words[WAKES_MAX]; /* on each of them a thread sleeps */
};

/* Without its array: that is not looked at. */
#define WAKES_INIT(wakes) ((wakes)->len = 0, (wakes)->poke = NULL)

/* Adds one who sleeps on the word; NULL: nobody. Beyond WAKES_MAX it is woken at once. */
void wakes_add(struct wakes *wakes, _Atomic uint32_t *word);

/* Adds a poke. */
void wakes_poke(struct wakes *wakes, struct engine *engine);

/* Makes them, nearly always none, and has none left. Without a lock that those who are woken want.
 */
void wakes_deliver_some(struct wakes *wakes);
static inline void wakes_deliver(struct wakes *wakes)
{
    if (wakes->len > 0 || wakes->poke != NULL)
        wakes_deliver_some(wakes);
}

#endif
