/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * All URLs of the command line through one client, one after the other or, with
 * -Z, at the same time.
 */
#ifndef GOFER_CLI_RUN_H
#define GOFER_CLI_RUN_H

#include "cli/config.h"
#include "cli/exit_code.h"

/* Returns the command's exit code: the last transfer's, with -Z that of the last one to fail. */
enum exit_code run(const struct config *config);

#endif
