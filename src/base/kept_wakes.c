/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The list is on the stack of a thread that serves; others have none.
 */
#include "base/kept_wakes.h"

#include <stddef.h>

#include "base/futex.h"
#include "base/thread_memory.h"

static THREAD_MEMORY struct kept_wakes *kept;

void kept_wakes_begin(struct kept_wakes *mine)
{
    mine->paused = mine->len = 0;
    kept = mine;
}

void kept_wakes_end(void)
{
    kept_wakes_make();
    kept = NULL;
}

bool kept_wakes_add(_Atomic uint32_t *word)
{
    if (kept == NULL || kept->paused > 0)
        return false;
    unsigned i = 0;
    while (i < kept->len && kept->wakes[i].word != word)
        i++;
    if (i == KEPT_WAKES_MAX)
        return false;
    if (i == kept->len)
        kept->wakes[kept->len++] = (struct kept_wake){.word = word};
    kept->wakes[i].times++;
    return true;
}

unsigned kept_wakes_len(void)
{
    return kept != NULL ? kept->len : 0;
}

void kept_wakes_make(void)
{
    unsigned len = kept_wakes_len();
    for (unsigned i = 0; i < len; i++)
        futex_wake(kept->wakes[i].word, kept->wakes[i].times);
    if (len > 0)
        kept->len = 0;
}

void kept_wakes_pause(void)
{
    if (kept == NULL)
        return;
    kept_wakes_make();
    kept->paused++;
}

void kept_wakes_resume(void)
{
    if (kept != NULL)
        kept->paused--;
}
