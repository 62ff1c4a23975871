/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * curl's words for what went wrong: people and scripts know them. What curl says
 * from facts that are not known here, or has no words for, the library says in its
 * own.
 */
#ifndef GOFER_CLI_WORDS_H
#define GOFER_CLI_WORDS_H

#include "cli/transfer.h"

/* Of a body in a coding that nobody here can undo. */
extern const char words_unknown_coding[];

/* Sets the transfer's exit code and message to what the error is to curl, and says. */
void words_take(struct transfer *t, const gofer_error *error);

#endif
