/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A log: the user's function for lines, and the level up to which it hears them.
 * Who writes tests log_hears() first, so that a line nobody hears is not made.
 *
 * Immutable. Writing runs user code: never under a lock, never on the timer
 * thread.
 */
#ifndef GOFER_BASE_LOG_H
#define GOFER_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>

#include <gofer/log.h>

struct log {
    gofer_log_fn *fn; /* or NULL: nobody hears */
    void *arg;
    gofer_log_level level;
};

/* log may be NULL. */
static inline bool log_hears(const struct log *log, gofer_log_level level)
{
    return log != NULL && log->fn != NULL && level <= log->level;
}

/* Writes a line as printf does, cut where it is too long; controls and what is not ASCII become
 * '?'. Nothing where nobody hears. Keeps errno. */
void log_write(const struct log *log, gofer_log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
