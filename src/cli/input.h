/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Whole files into memory, for the options that take "@file".
 */
#ifndef GOFER_CLI_INPUT_H
#define GOFER_CLI_INPUT_H

#include <stdbool.h>

#include "cli/config.h"

/* Appends the file's bytes; name "-" is stdin. False after an error, which it has reported. */
bool input_read(const struct config *config, const char *name, struct text *out);

/* The same without a word: false, with errno. */
bool input_try(const char *name, struct text *out);

#endif
