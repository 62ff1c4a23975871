/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --help and --version.
 */
#ifndef GOFER_CLI_HELP_H
#define GOFER_CLI_HELP_H

#include "cli/exit_code.h"

/* Writes the options of a category, made from their tables, to stdout: "all", the names of the
 * categories for "category", what most people need for NULL. CODE_OK or CODE_WRITE. */
enum exit_code help_print(const char *category);

/* Writes the version to stdout. CODE_OK or CODE_WRITE. */
enum exit_code help_print_version(void);

#endif
