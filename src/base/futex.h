/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * futex(2), as locks need it: a thread sleeps on a word while that holds a
 * value. Words are this process's own. errno stays what it was.
 * Any thread.
 */
#ifndef GOFER_BASE_FUTEX_H
#define GOFER_BASE_FUTEX_H

#include <stdatomic.h>
#include <stdint.h>

/* Sleeps while *word is `value`, until woken or at_ns (CLOCK_NEVER: no limit). May return early. */
void futex_wait(_Atomic uint32_t *word, uint32_t value, int64_t at_ns);

/* Wakes up to n of those who sleep on the word. It may be nobody's memory any more: the kernel only
 * looks for its address. */
void futex_wake(_Atomic uint32_t *word, int n);

#endif
