/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What --trace-har and --waterfall ask for: the calls are recorded, and drawn
 * when all have ended.
 */
#ifndef GOFER_CLI_PICTURE_H
#define GOFER_CLI_PICTURE_H

#include "cli/config.h"
#include "cli/exit_code.h"
#include "cli/timeline.h"

/* Where the calls are recorded; NULL: no picture was asked for. For picture_finish(). */
struct timeline *picture_begin(const struct global *global);

/* Writes the pictures and frees the timeline, which may be NULL. CODE_OK, or CODE_WRITE, told. */
enum exit_code picture_finish(struct timeline *timeline, const struct global *global);

#endif
