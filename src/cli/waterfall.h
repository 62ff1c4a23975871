/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * --waterfall: one self-contained page that draws an HTTP Archive of har.h. It
 * loads nothing, and shows whatever a server sent as text only.
 */
#ifndef GOFER_CLI_WATERFALL_H
#define GOFER_CLI_WATERFALL_H

#include <stddef.h>
#include <stdio.h>

/* waterfall.html, a string a line; the last is NULL. The build makes it. */
extern const char *const waterfall_lines[];

/* Writes the page; what fails shows in ferror(out). */
void waterfall_write(FILE *out, const char *har);

#endif
