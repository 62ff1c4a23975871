/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * -v about the connection of a response: whom it goes to, how it is secured.
 */
#ifndef GOFER_CLI_VERBOSE_CONN_H
#define GOFER_CLI_VERBOSE_CONN_H

#include "cli/transfer.h"

/* Tells on stderr, in lines that begin with "* ". Nothing of a failed call. */
void verbose_conn(const struct transfer *t);

#endif
