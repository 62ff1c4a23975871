/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A client's log: lines for whoever runs the program, about what no call's outcome
 * tells. They name origins, never a path, a query or a credential; a server's
 * bytes in them are escaped.
 */
#ifndef GOFER_LOG_H
#define GOFER_LOG_H

#include <gofer/export.h>

GOFER_BEGIN_DECLS

/* How much it matters. The first is the default for a client with a log. */
typedef enum gofer_log_level {
    GOFER_LOG_WARNING = 0, /* insecure TLS, origins that misbehave, failed dials */
    GOFER_LOG_INFO,        /* calls that are tried again */
    GOFER_LOG_DEBUG        /* connections that were found dead before they were used again */
} gofer_log_level;

/*
 * Told of a line, without a newline, valid during the call. On whatever thread
 * does the work, several at once; it must not block, nor make a blocking call of
 * gofer's. One that does block holds up the call or the dial that the line is about,
 * its deadline too.
 */
typedef void gofer_log_fn(gofer_log_level level, const char *line, void *arg);

/* A level's name ("warning"). Static; never NULL, also for unknown values. Any thread. */
GOFER_API const char *gofer_log_level_name(gofer_log_level level);

GOFER_END_DECLS

#endif
