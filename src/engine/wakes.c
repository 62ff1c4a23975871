/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See wakes.h.
 */
#include "engine/wakes.h"

#include "base/futex.h"
#include "engine/engine.h"

void wakes_add(struct wakes *wakes, _Atomic uint32_t *word)
{
    if (word == NULL)
        return;
    if (wakes->len < WAKES_MAX)
        wakes->words[wakes->len++] = word;
    else
        futex_wake(word, 1);
}

void wakes_poke(struct wakes *wakes, struct engine *engine)
{
    if (wakes->poke != NULL && wakes->poke != engine)
        engine_poke(wakes->poke);
    wakes->poke = engine;
}

void wakes_deliver_some(struct wakes *wakes)
{
    struct engine *engine = wakes->poke;
    /* First of all: while a poke is owed, nobody else makes one. */
    if (engine != NULL)
        engine_poke(engine);
    for (unsigned i = 0; i < wakes->len; i++)
        futex_wake(wakes->words[i], 1);
    WAKES_INIT(wakes);
}
