/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * -w: after a transfer, the format with its variables filled in.
 */
#ifndef GOFER_CLI_WRITE_OUT_H
#define GOFER_CLI_WRITE_OUT_H

#include "cli/transfer.h"

/* Writes it to stdout, or where %{stderr} sends it. Nothing without -w. */
void write_out(const struct transfer *t);

#endif
