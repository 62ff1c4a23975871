/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Drawing. A bar ten times a second is as much as an eye follows; a log gets a
 * line a second.
 */
#include "progress.h"

#include <gofer/gofer.h>
#include <stdio.h>
#include <unistd.h>

enum { BAR_WIDTH = 40, REDRAW_MS = 100, LINE_MS = 1000 };

static double mib(int64_t bytes)
{
    return (double)bytes / (1024 * 1024);
}

static double mib_per_second(const struct progress *progress, int64_t now_ms)
{
    int64_t took_ms = now_ms - progress->began_ms;

    return mib(progress->done) * 1000 / (double)(took_ms > 0 ? took_ms : 1);
}

void progress_begin(struct progress *progress, const char *what)
{
    int terminal = isatty(STDERR_FILENO);
    int64_t now_ms = gofer_now_ms();

    *progress = (struct progress){.what = what,
                                  .terminal = terminal,
                                  .began_ms = now_ms,
                                  .next_ms = terminal ? now_ms : now_ms + LINE_MS};
}

static void draw_bar(const struct progress *progress, int64_t total, double rate)
{
    static const char full[] = "########################################";
    double part = total > 0 ? (double)progress->done / (double)total : 0;

    fprintf(stderr, "\r%s ", progress->what);
    if (total > 0)
        fprintf(stderr, "[%-*.*s] %3.0f%%  ", BAR_WIDTH, (int)(part * BAR_WIDTH), full, 100 * part);
    fprintf(stderr, "%.1f MiB, %.1f MiB/s\033[K", mib(progress->done), rate);
}

void progress_show(struct progress *progress, int64_t done, int64_t total)
{
    int64_t now_ms = gofer_now_ms();

    progress->done = done;
    if (now_ms < progress->next_ms)
        return;
    progress->next_ms = now_ms + (progress->terminal ? REDRAW_MS : LINE_MS);
    if (progress->terminal)
        draw_bar(progress, total, mib_per_second(progress, now_ms));
    else if (total > 0)
        fprintf(stderr, "%s: %.1f of %.1f MiB\n", progress->what, mib(done), mib(total));
    else
        fprintf(stderr, "%s: %.1f MiB\n", progress->what, mib(done));
}

void progress_end(struct progress *progress)
{
    int64_t now_ms = gofer_now_ms();

    if (progress->terminal)
        fputs("\r\033[K", stderr);
    fprintf(stderr, "%s: %lld bytes in %.2f s, %.1f MiB/s\n", progress->what,
            (long long)progress->done, (double)(now_ms - progress->began_ms) / 1000,
            mib_per_second(progress, now_ms));
}
