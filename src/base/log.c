/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See log.h. What is foreign in a line was escaped by who made it; the last look
 * here is for what was not.
 */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/callback.h"

enum { LINE_BYTES = 512 };

void log_write(const struct log *log, gofer_log_level level, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list args;
    int err = errno;
    if (!log_hears(log, level))
        return;
    va_start(args, format);
    vsnprintf(line, sizeof(line), format, args);
    va_end(args);
    for (char *c = line; *c != '\0'; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    callback_enter();
    log->fn(level, line, log->arg);
    callback_leave();
    errno = err;
}

const char *gofer_log_level_name(gofer_log_level level)
{
    static const char *const names[] = {
        [GOFER_LOG_WARNING] = "warning", [GOFER_LOG_INFO] = "info", [GOFER_LOG_DEBUG] = "debug"};
    return (unsigned)level < sizeof names / sizeof *names ? names[level] : "unknown";
}
