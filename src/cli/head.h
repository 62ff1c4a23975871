/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The fields of a response's head as they came: what the library decodes or puts
 * in order is still there.
 */
#ifndef GOFER_CLI_HEAD_H
#define GOFER_CLI_HEAD_H

#include <stdbool.h>

#include "cli/text.h"

/* A field, in the head's bytes: not NUL-terminated. */
struct head_field {
    const char *name;
    size_t name_len;
    const char *value; /* without blanks around it */
    size_t value_len;
};

/* The field behind *at, which starts as the head itself; false behind the last one. */
bool head_next(const char **at, struct head_field *field);

/* The first one of that name. */
bool head_find(const char *head, const char *name, size_t name_len, struct head_field *field);

bool head_is_named(const struct head_field *field, const char *name, size_t name_len);

#endif
