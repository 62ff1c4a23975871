/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The page, made of waterfall.html and an archive; see waterfall.h.
 */
#include "cli/waterfall.h"

#include <string.h>

/* In a script element "<" could begin its end: JSON has another way to write it. */
static void write_json(FILE *out, const char *json)
{
    for (; *json != '\0'; json++)
        if (*json == '<')
            fputs("\\u003c", out);
        else
            fputc(*json, out);
    fputc('\n', out);
}

void waterfall_write(FILE *out, const char *har)
{
    for (const char *const *line = waterfall_lines; *line != NULL; line++)
        if (strcmp(*line, "@HAR@\n") == 0)
            write_json(out, har);
        else
            fputs(*line, out);
}
