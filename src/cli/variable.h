/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Variables of the command line: --variable sets one, --expand-OPTION puts their
 * contents into a value, "{{name}}" or "{{name:trim:json}}" at a time.
 */
#ifndef GOFER_CLI_VARIABLE_H
#define GOFER_CLI_VARIABLE_H

#include <stdbool.h>

#include "cli/text.h"

/* One of a list, the youngest first. */
struct variable {
    struct variable *next;
    char *name;
    struct text content; /* any bytes */
};

/* Sets name to the content, which it takes over, in place of what it had. */
void variable_set(struct variable **list, const char *name, size_t name_len, struct text *content);

/* NULL: there is none. */
const struct variable *variable_find(const struct variable *list, const char *name, size_t len);

/*
 * Appends the value, each {{...}} replaced. What is no name in braces stays as it is, and "\{{"
 * becomes "{{"; an unset variable is empty. False, and *problem says why, where a function is
 * unknown or the content has a NUL in it.
 */
bool variable_expand(const struct variable *list, const char *value, struct text *out,
                     struct text *problem);

void variables_free(struct variable *list);

/* The length of the name that the text begins with, of letters, digits and '_'. */
size_t variable_name_len(const char *text);

#endif
