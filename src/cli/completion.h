/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --completion: what a shell has to know of the options to complete a command
 * line, made of the tables that the help is made of.
 */
#ifndef GOFER_CLI_COMPLETION_H
#define GOFER_CLI_COMPLETION_H

#include <stdbool.h>

#include "cli/exit_code.h"

/* Whether there is one for this shell: "bash" or "zsh". */
bool completion_knows(const char *shell);

/* Writes it to stdout, for a shell that is known. CODE_OK, or CODE_WRITE. */
enum exit_code completion_print(const char *shell);

#endif
