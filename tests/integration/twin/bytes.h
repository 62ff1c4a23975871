/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Bytes that grow. The programs that use them live for one run: without memory
 * they abort. data is NUL-terminated once it is not NULL; the NUL does not count.
 */
#ifndef TESTS_TWIN_BYTES_H
#define TESTS_TWIN_BYTES_H

#include <stdbool.h>
#include <stddef.h>

struct bytes {
    char *data;
    size_t len;
};

void bytes_append(struct bytes *b, const void *data, size_t len);
void bytes_append_str(struct bytes *b, const char *text);
void bytes_printf(struct bytes *b, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Appends a file's bytes. False where it cannot be read. */
bool bytes_append_file(struct bytes *b, const char *path);

/* Frees the data; the bytes are empty and usable again. */
void bytes_fini(struct bytes *b);

#endif
