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

/* Before the call: makes the files that are to be there whatever happens. False, with the
 * transfer's code and message set, where one cannot be made. */
bool receive_begin(struct transfer *t);

/* Takes the whole response of a transfer whose head has come and was judged; may change its code
 * and message. */
void receive_response(struct transfer *t);

#endif
