/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bytes that grow; see bytes.h.
 */
#include "integration/twin/bytes.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void bytes_append(struct bytes *b, const void *data, size_t len)
{
    char *grown = realloc(b->data, b->len + len + 1);

    if (grown == NULL)
        abort();
    b->data = grown;
    if (len > 0)
        memcpy(b->data + b->len, data, len);
    b->len += len;
    b->data[b->len] = '\0';
}

void bytes_append_str(struct bytes *b, const char *text)
{
    bytes_append(b, text, strlen(text));
}

void bytes_printf(struct bytes *b, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int len;

    va_start(args, format);
    len = vasprintf(&text, format, args);
    va_end(args);
    if (len < 0)
        abort();
    bytes_append(b, text, (size_t)len);
    free(text);
}

bool bytes_append_file(struct bytes *b, const char *path)
{
    char block[16384];
    FILE *file = fopen(path, "re");
    size_t n;

    if (file == NULL)
        return false;
    while ((n = fread(block, 1, sizeof block, file)) > 0)
        bytes_append(b, block, n);
    fclose(file);
    return true;
}

void bytes_fini(struct bytes *b)
{
    free(b->data);
    *b = (struct bytes){0};
}
