/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading the input, and failing.
 */
#include "fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

unsigned fuzz_byte(struct fuzz *f)
{
    return f->at < f->len ? (unsigned char)f->data[f->at++] : 0;
}

static void *block(size_t len)
{
    void *data = malloc(len > 0 ? len : 1);
    if (data == NULL)
        abort();
    return data;
}

char *fuzz_text(struct fuzz *f)
{
    size_t left = f->len - f->at;
    const char *begin = left > 0 ? f->data + f->at : "";
    const char *end = left > 0 ? memchr(begin, '\0', left) : NULL;
    size_t len = end != NULL ? (size_t)(end - begin) : left;
    char *text = block(len + 1);
    memcpy(text, begin, len);
    text[len] = '\0';
    f->at += len + (end != NULL);
    return text;
}

char *fuzz_exact(const char *data, size_t len)
{
    char *copy = block(len);
    if (len > 0)
        memcpy(copy, data, len);
    return copy;
}

char *fuzz_rest(struct fuzz *f, size_t *len)
{
    *len = f->len - f->at;
    char *copy = fuzz_exact(*len > 0 ? f->data + f->at : "", *len);
    f->at = f->len;
    return copy;
}

void fuzz_fail(const char *file, int line, const char *what)
{
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
    abort();
}

bool fuzz_is_clean(const char *text)
{
    for (const unsigned char *p = (const unsigned char *)text; *p != '\0'; p++)
        if (*p < 0x20 || *p == 0x7f)
            return false;
    return true;
}
