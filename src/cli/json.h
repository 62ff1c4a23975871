/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Strings as JSON (RFC 8259) has them, for -w.
 */
#ifndef GOFER_CLI_JSON_H
#define GOFER_CLI_JSON_H

#include <stdbool.h>
#include <stdio.h>

#include "cli/text.h"

/* Writes a string with its quotes, ASCII letters made small where that is asked for. Bytes of other
 * characters stay as they are. */
void json_write_string(FILE *out, const char *text, size_t len, bool lower);

#endif
