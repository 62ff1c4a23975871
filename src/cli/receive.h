/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What becomes of a response, from its head on: heads and body go where they
 * belong, piece by piece as they come.
 */
#ifndef GOFER_CLI_RECEIVE_H
#define GOFER_CLI_RECEIVE_H

#include "cli/transfer.h"

/* Before the call: files that are to be there whatever happens. */
void receive_begin(struct transfer *t);

/* Takes the whole response of a transfer whose head has come and was judged; may change its code
 * and message. */
void receive_response(struct transfer *t);

#endif
