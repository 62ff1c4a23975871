/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What the command says to a person; see message.h.
 */
#include "cli/message.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void message_open(const struct global *global)
{
    const char *name = global->stderr_file;
    FILE *file;

    if (name == NULL)
        return;
    file = strcmp(name, "-") == 0 ? stdout : fopen(name, "we");
    if (file == NULL) {
        message_warn(global->first, "Failed to open %s!", name);
        return;
    }
    fflush(stderr);
    dup2(fileno(file), STDERR_FILENO);
    if (file != stdout)
        fclose(file);
}

void message_error(const struct config *config, enum exit_code code, const char *text)
{
    if (!config->global->silent || config->global->show_error)
        fprintf(stderr, "gofer: (%d) %s\n", code, text);
}

void message_warn(const struct config *config, const char *format, ...)
{
    va_list args;

    if (config->global->silent)
        return;
    fputs("Warning: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void message_usage(const char *format, ...)
{
    va_list args;

    fputs("gofer: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputs("\ngofer: try 'gofer --help' for more information\n", stderr);
}
