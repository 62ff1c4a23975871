/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Certificates as curl tells of them: a line for each thing in them, and then PEM.
 */
#ifndef GOFER_CLI_CERTIFICATE_H
#define GOFER_CLI_CERTIFICATE_H

#include "cli/text.h"

/* Appends what is to be told of each certificate of a PEM text; returns how many there were. */
size_t certificate_append_all(struct text *out, const char *pem);

#endif
