/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * curl's words for TLS options that do not hold: a certificate or key of our own,
 * ciphers, lists.
 */
#ifndef GOFER_CLI_WORDS_TLS_H
#define GOFER_CLI_WORDS_TLS_H

#include "cli/transfer.h"

/* Appends curl's words; nothing where the error is another one. */
void words_tls(const struct transfer *t, const gofer_error *error, struct text *out);

#endif
