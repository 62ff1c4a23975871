/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Where a response goes: a file or stdout, headers (-i, -I) and body.
 */
#ifndef GOFER_CLI_OUTPUT_H
#define GOFER_CLI_OUTPUT_H

#include "cli/transfer.h"

/* Writes the response; with_body false leaves its body out. False, and *problem says why, when it
 * could not be written. */
bool output_response(const struct transfer *t, bool with_body, struct text *problem);

#endif
