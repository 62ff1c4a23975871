/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Dates as people and servers write them.
 */
#ifndef GOFER_CLI_MOMENT_H
#define GOFER_CLI_MOMENT_H

#include <stdbool.h>
#include <time.h>

#include "cli/text.h"

/* Takes a date apart; without a time it is midnight, UTC. False where it is none. */
bool moment_parse(const char *date, time_t *out);

/* Appends it as HTTP has it (RFC 9110 section 5.6.7). */
void moment_append(struct text *out, time_t moment);

#endif
