/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Wakes that a serving thread keeps for a moment. It ends call after call, and
 * often one thread waits for all of them: woken for each it would find one, begin
 * another, and sleep again, two switches a call. Kept until the server has run a
 * few brief tasks or has nothing to run, one wake finds them all.
 *
 * Only the call into the kernel is kept: what is to be seen was changed already,
 * and who has not fallen asleep sees it. As with any futex_wake(), the sleeper may
 * be gone; its word is the engine's (engine.h). Who is to be woken may be waited for by whatever
 * takes its time: so nothing is kept while the thread is inside one of the program's callbacks,
 * runs a task that is not brief, or sleeps.
 *
 * Each thread has its own.
 */
#ifndef GOFER_BASE_KEPT_WAKES_H
#define GOFER_BASE_KEPT_WAKES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { KEPT_WAKES_MAX = 8 };

struct kept_wake {
    _Atomic uint32_t *word;
    int times;
};

struct kept_wakes {
    unsigned paused;
    unsigned len;
    struct kept_wake wakes[KEPT_WAKES_MAX];
};

/* From here on this thread keeps wakes, in *mine, and makes them soon: until kept_wakes_end(). */
void kept_wakes_begin(struct kept_wakes *mine);
void kept_wakes_end(void);

/* Keeps a wake of one who sleeps on the word. False where this thread keeps none, or no more: the
 * caller makes it. */
bool kept_wakes_add(_Atomic uint32_t *word);

/* How many are kept. */
unsigned kept_wakes_len(void);

/* Makes them all. */
void kept_wakes_make(void);

/* Makes them all, and keeps none until kept_wakes_resume(). They nest. */
void kept_wakes_pause(void);
void kept_wakes_resume(void);

#endif
