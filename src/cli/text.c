/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Growing text and lists of strings; see text.h.
 */
#include "cli/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/exit_code.h"

void cli_out_of_memory(void)
{
    fputs("gofer: (27) Out of memory\n", stderr);
    exit(CODE_OUT_OF_MEMORY);
}

void *cli_realloc(void *old, size_t n, size_t size)
{
    void *p = n <= SIZE_MAX / size ? realloc(old, n * size) : NULL;

    if (p == NULL)
        cli_out_of_memory();
    return p;
}

char *cli_strdup(const char *s)
{
    size_t len = strlen(s) + 1;

    return memcpy(cli_realloc(NULL, len, 1), s, len);
}

/* Room for n more bytes and a NUL. */
static void reserve(struct text *t, size_t n)
{
    size_t cap = t->cap < 64 ? 64 : t->cap;

    if (n < t->cap - t->len)
        return;
    while (cap - t->len <= n && cap <= SIZE_MAX / 2)
        cap *= 2;
    t->data = cli_realloc(t->data, cap - t->len > n ? cap : SIZE_MAX, 1);
    t->cap = cap;
}

void text_append(struct text *t, const void *data, size_t len)
{
    reserve(t, len);
    if (len > 0)
        memcpy(t->data + t->len, data, len);
    t->len += len;
    t->data[t->len] = '\0';
}

void text_append_str(struct text *t, const char *s)
{
    text_append(t, s, strlen(s));
}

void text_printf(struct text *t, const char *format, ...)
{
    va_list args;
    int len;

    va_start(args, format);
    len = vsnprintf(NULL, 0, format, args);
    va_end(args);
    if (len < 0)
        return;
    reserve(t, (size_t)len);
    va_start(args, format);
    vsnprintf(t->data + t->len, (size_t)len + 1, format, args);
    va_end(args);
    t->len += (size_t)len;
}

const char *text_str(const struct text *t)
{
    return t->data != NULL ? t->data : "";
}

void text_fini(struct text *t)
{
    free(t->data);
    *t = (struct text){0};
}

void strings_push_n(struct strings *list, const char *s, size_t len)
{
    char *copy = cli_realloc(NULL, len + 1, 1);

    memcpy(copy, s, len);
    copy[len] = '\0';
    list->items = cli_realloc(list->items, list->len + 1, sizeof *list->items);
    list->items[list->len++] = copy;
}

void strings_push(struct strings *list, const char *s)
{
    strings_push_n(list, s, strlen(s));
}

void strings_fini(struct strings *list)
{
    for (size_t i = 0; i < list->len; i++)
        free(list->items[i]);
    free(list->items);
    *list = (struct strings){0};
}
