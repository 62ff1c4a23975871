/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a test may leave behind: nothing. Counts this process's descriptors and
 * threads and the library's live blocks before a test, and compares after it.
 */
#ifndef TESTS_SUPPORT_LEAKS_H
#define TESTS_SUPPORT_LEAKS_H

#include <stdbool.h>

struct leaks {
    long fds;
    long threads;
    long blocks;
};

/* Counts. */
void leaks_count(struct leaks *now);

/*
 * Whether there is no more than before: waits a bounded time for threads that
 * are on their way out. Says what is left on stderr where something is.
 */
bool leaks_none(const struct leaks *before);

/* Raises the soft limit of descriptors to the hard one; returns it. */
long leaks_raise_fd_limit(void);

#endif
