/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Writing JSON; see json.h.
 */
#include "cli/json.h"

#include <string.h>

static void write_char(FILE *out, unsigned char c)
{
    static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    const char *hit = c != '\0' ? strchr(plain, c) : NULL;

    if (hit != NULL)
        fprintf(out, "\\%c", letters[hit - plain]);
    else if (c < 0x20)
        fprintf(out, "\\u%04x", (unsigned)c);
    else
        fputc(c, out);
}

void json_write_string(FILE *out, const char *text, size_t len, bool lower)
{
    fputc('"', out);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];

        if (lower && c >= 'A' && c <= 'Z')
            c |= 0x20;
        write_char(out, c);
    }
    fputc('"', out);
}
