/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The request target as curl makes it of a URL: what was typed, byte by byte, but
 * for dot segments and for bytes that are no ASCII. The library would escape more.
 */
#ifndef GOFER_CLI_TARGET_H
#define GOFER_CLI_TARGET_H

#include <stdbool.h>

#include "cli/text.h"

/* Appends path and query of a URL with a scheme; dot segments stay where as_is. Nothing where there
 * are blanks or control bytes in it: those no target may have. */
void target_append(struct text *out, const char *url, bool as_is);

#endif
