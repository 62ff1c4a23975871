/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whole files into memory; see input.h.
 */
#include "cli/input.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/message.h"

static int read_stream(FILE *file, struct text *out)
{
    char block[16384];
    size_t n;

    while ((n = fread(block, 1, sizeof block, file)) > 0)
        text_append(out, block, n);
    return ferror(file) ? errno : 0;
}

static int read_named(const char *name, struct text *out)
{
    FILE *file = fopen(name, "rbe");
    int error;

    if (file == NULL)
        return errno;
    error = read_stream(file, out);
    fclose(file);
    return error;
}

bool input_try(const char *name, struct text *out)
{
    errno = read_named(name, out);
    return errno == 0;
}

bool input_read(const struct config *config, const char *name, struct text *out)
{
    bool is_stdin = strcmp(name, "-") == 0;
    struct text words = {0};
    int error = is_stdin ? read_stream(stdin, out) : read_named(name, out);

    if (error == 0)
        return true;
    text_printf(&words, "Failed to read %s: %s", is_stdin ? "stdin" : name, strerror(error));
    message_error(config, CODE_READ, text_str(&words));
    text_fini(&words);
    return false;
}
