/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --help and --version.
 */
#ifndef GOFER_CLI_HELP_H
#define GOFER_CLI_HELP_H

#include "cli/exit_code.h"

/* Writes the help, made from the option tables, to stdout. CODE_OK or CODE_WRITE. */
enum exit_code help_print(void);

/* Writes the version to stdout. CODE_OK or CODE_WRITE. */
enum exit_code help_print_version(void);

#endif
