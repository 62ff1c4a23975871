/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The variables of -w: a name each, and what it shows of a transfer.
 */
#ifndef GOFER_CLI_WRITE_VALUE_H
#define GOFER_CLI_WRITE_VALUE_H

#include "cli/transfer.h"

/* Shows the variable of that name. False: there is none. */
bool write_value(FILE *out, const struct transfer *t, const char *name, size_t len);

/* All of them, as a JSON object. */
void write_values_as_json(FILE *out, const struct transfer *t);

#endif
