/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command says to a person; see message.h.
 */
#include "cli/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Lines are cut as for a terminal of so many, whatever they go to: as curl. */
enum { COLUMNS = 79 };

void message_open(const struct global *global)
{
    const char *name = global->stderr_file;
    bool is_stdout;
    FILE *file;

    if (name == NULL)
        return;
    is_stdout = strcmp(name, "-") == 0;
    file = is_stdout ? stdout : fopen(name, "we");
    if (file == NULL) {
        message_warn(global->first, "Failed to open %s!", name);
        return;
    }
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    if (!is_stdout)
        fclose(file);
}

void message_error(const struct config *config, enum exit_code code, const char *text)
{
    if (!config->global->silent || config->global->show_error)
        fprintf(stderr, "gofer: (%d) %s\n", code, text);
}

/* Where a line of at most width columns ends: behind a blank, where there is one. The last one has
 * a column less, for its end, as curl's. */
static size_t line_len(const char *text, size_t width)
{
    size_t cut = width;

    if (strlen(text) < width)
        return strlen(text);
    while (cut > 1 && text[cut - 1] != ' ' && text[cut - 1] != '\t')
        cut--;
    return cut > 1 ? cut : width;
}

/* In lines that a terminal has room for, each with the prefix before it. */
static void say(const struct config *config, const char *prefix, const char *format, va_list args)
{
    size_t width = COLUMNS - strlen(prefix);
    char *text = NULL;

    if (config->global->silent)
        return;
    if (vasprintf(&text, format, args) < 0)
        cli_out_of_memory();
    for (const char *at = text; *at != '\0';) {
        size_t len = line_len(at, width);

        fprintf(stderr, "%s%.*s\n", prefix, (int)len, at);
        at += len;
    }
    free(text);
}

void message_warn(const struct config *config, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(config, "Warning: ", format, args);
    va_end(args);
}

void message_explain(const struct config *config, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(config, "gofer: ", format, args);
    va_end(args);
}

void message_note(const struct config *config, const char *format, ...)
{
    va_list args;

    va_start(args, format);
    say(config, "", format, args);
    va_end(args);
}

void message_usage(const char *format, ...)
{
    va_list args;

    fputs("gofer: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    message_hint();
}

void message_hint(void)
{
    fputs("gofer: try 'gofer --help' for more information\n", stderr);
}
