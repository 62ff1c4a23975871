/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The trace's format; see trace_file.h.
 */
#include "cli/trace_file.h"

#include <string.h>
#include <time.h>

#include "cli/message.h"

enum { HEX_COLUMNS = 16, ASCII_COLUMNS = 64 };

/* --- the file -------------------------------------------------------------- */

void trace_file_open(struct global *global)
{
    const char *name = global->trace;

    if (name == NULL)
        return;
    if (strcmp(name, "-") == 0)
        global->trace_file = stdout;
    else if (strcmp(name, "%") == 0)
        global->trace_file = stderr;
    else
        global->trace_file = fopen(name, "we");
    if (global->trace_file == NULL)
        message_warn(global->first, "Failed to create/open output");
}

void trace_file_close(struct global *global)
{
    if (global->trace_file != NULL && global->trace_file != stdout && global->trace_file != stderr)
        fclose(global->trace_file);
    global->trace_file = NULL;
}

void trace_file_prefix(FILE *file, const struct transfer *t)
{
    const struct global *global = t->config->global;
    struct timespec now;
    struct tm tm;

    if (global->trace_time && clock_gettime(CLOCK_REALTIME, &now) == 0 &&
        localtime_r(&now.tv_sec, &tm) != NULL)
        fprintf(file, "%02d:%02d:%02d.%06ld ", tm.tm_hour, tm.tm_min, tm.tm_sec,
                now.tv_nsec / 1000);
    if (global->trace_ids)
        fprintf(file, "[%zu-x] ", t->job.number);
}

/* --- lines ----------------------------------------------------------------- */

static char shown(char c)
{
    if (c >= 0x20 && c < 0x7f)
        return c;
    return '.';
}

static void write_hex(FILE *file, const char *data, size_t len)
{
    for (size_t at = 0; at < len; at += HEX_COLUMNS) {
        fprintf(file, "%04zx: ", at);
        for (size_t i = at; i < at + HEX_COLUMNS; i++)
            if (i < len)
                fprintf(file, "%02x ", (unsigned char)data[i]);
            else
                fputs("   ", file);
        for (size_t i = at; i < at + HEX_COLUMNS && i < len; i++)
            fputc(shown(data[i]), file);
        fputc('\n', file);
    }
}

/* A line end begins a line. */
static void write_ascii(FILE *file, const char *data, size_t len)
{
    for (size_t at = 0; at < len;) {
        size_t column = 0;

        fprintf(file, "%04zx: ", at);
        for (; column < ASCII_COLUMNS && at < len; column++, at++) {
            if (len - at >= 2 && memcmp(data + at, "\r\n", 2) == 0) {
                at += 2;
                break;
            }
            fputc(shown(data[at]), file);
        }
        if (column == ASCII_COLUMNS && len - at >= 2 && memcmp(data + at, "\r\n", 2) == 0)
            at += 2;
        fputc('\n', file);
    }
}

static void dump(const struct transfer *t, const char *what, const char *data, size_t len)
{
    FILE *file = t->config->global->trace_file;

    if (file == NULL)
        return;
    flockfile(file);
    trace_file_prefix(file, t);
    fprintf(file, "%s, %zu bytes (0x%zx)\n", what, len, len);
    if (data != NULL && t->config->global->trace_ascii)
        write_ascii(file, data, len);
    else if (data != NULL)
        write_hex(file, data, len);
    fflush(file);
    funlockfile(file);
}

void trace_file_info(const struct transfer *t, const char *line)
{
    FILE *file = t->config->global->trace_file;

    if (file == NULL)
        return;
    flockfile(file);
    trace_file_prefix(file, t);
    fprintf(file, "== Info: %s", line);
    fflush(file);
    funlockfile(file);
}

void trace_file_sent_head(const struct transfer *t, const char *data, size_t len)
{
    dump(t, "=> Send header", data, len);
}

void trace_file_sent_body(const struct transfer *t, const char *data, size_t len)
{
    dump(t, "=> Send data", data, len);
}

void trace_file_received(struct transfer *t, const char *data, size_t len)
{
    if (t->config->global->trace_file == NULL)
        return;
    trace_file_flush(t);
    text_append(&t->untold, data, len);
}

/* Line by line, as curl. */
void trace_file_got_head(struct transfer *t, const char *data, size_t len)
{
    size_t left = t->untold.len > len ? t->untold.len - len : 0;

    if (t->config->global->trace_file == NULL)
        return;
    for (size_t at = 0; at < len;) {
        const char *lf = memchr(data + at, '\n', len - at);
        size_t n = lf != NULL ? (size_t)(lf - data) + 1 - at : len - at;

        dump(t, "<= Recv header", data + at, n);
        at += n;
    }
    if (left > 0)
        memmove(t->untold.data, t->untold.data + t->untold.len - left, left);
    t->untold.len = left;
}

void trace_file_flush(struct transfer *t)
{
    if (t->untold.len > 0 && t->heads.len > 0)
        dump(t, "<= Recv data", t->untold.data, t->untold.len);
    if (t->heads.len > 0)
        text_fini(&t->untold);
}
