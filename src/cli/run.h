/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * All transfers of the command line, one after the other or, with -Z, at the same
 * time. The operations share their cookies; each has a client of its own.
 */
#ifndef GOFER_CLI_RUN_H
#define GOFER_CLI_RUN_H

#include "cli/config.h"
#include "cli/exit_code.h"

/* Returns the command's exit code: the last transfer's; with -Z, or --fail-early, that of the last
 * one to fail. */
enum exit_code run(const struct global *global);

#endif
