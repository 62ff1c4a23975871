/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Patterns in URLs and in the names of files to upload, as curl has them:
 * {one,two}, [1-9], [001-100:2], [a-z], [a-z:2]. The last pattern varies fastest.
 * A backslash before a brace or bracket takes it as it is, and so is the address
 * of an http://[::1]/ left alone.
 *
 * Pure: no input but its arguments, no output but its results.
 */
#ifndef GOFER_CLI_GLOB_H
#define GOFER_CLI_GLOB_H

#include <stdbool.h>
#include <stdint.h>

#include "cli/text.h"

struct glob;

/* Takes the pattern apart; literal: nothing in it is one. NULL where it is malformed: *problem says
 * why, and where. Free with glob_free(). */
struct glob *glob_new(const char *pattern, bool literal, struct text *problem);

/* How many combinations there are, at least 1. */
uint64_t glob_count(const struct glob *glob);

/* Goes to the next combination, the first at first; false behind the last. The text is appended to
 * *out. */
bool glob_next(struct glob *glob, struct text *out);

/* Begins again. */
void glob_rewind(struct glob *glob);

/* Appends the name, "#1" in it replaced by what the first pattern stands for now, and so on; a
 * number of no pattern stays. Call it after glob_next(). */
void glob_fill_in(const struct glob *glob, const char *name, struct text *out);

/* NULL is legal. */
void glob_free(struct glob *glob);

#endif
