/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A list in thread-local storage.
 */
#include "base/kept_wakes.h"

#include "base/futex.h"
#include "base/thread_memory.h"

struct kept_wake {
    _Atomic uint32_t *word;
    int times;
};

static THREAD_MEMORY struct {
    bool begun;
    unsigned paused;
    unsigned len;
    struct kept_wake wakes[KEPT_WAKES_MAX];
} kept;

void kept_wakes_begin(void)
{
    kept.begun = true;
}

void kept_wakes_end(void)
{
    kept_wakes_make();
    kept.begun = false;
}

bool kept_wakes_add(_Atomic uint32_t *word)
{
    if (!kept.begun || kept.paused > 0)
        return false;
    unsigned i = 0;
    while (i < kept.len && kept.wakes[i].word != word)
        i++;
    if (i == KEPT_WAKES_MAX)
        return false;
    if (i == kept.len)
        kept.wakes[kept.len++] = (struct kept_wake){.word = word};
    kept.wakes[i].times++;
    return true;
}

unsigned kept_wakes_len(void)
{
    return kept.len;
}

void kept_wakes_make(void)
{
    for (unsigned i = 0; i < kept.len; i++)
        futex_wake(kept.wakes[i].word, kept.wakes[i].times);
    kept.len = 0;
}

void kept_wakes_pause(void)
{
    if (kept.len > 0)
        kept_wakes_make();
    kept.paused++;
}

void kept_wakes_resume(void)
{
    kept.paused--;
}
