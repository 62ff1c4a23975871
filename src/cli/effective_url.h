/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The URL that was fetched last, as curl tells it: with the userinfo, the fragment
 * and the spelling that the library, which sends none of them, leaves out.
 */
#ifndef GOFER_CLI_EFFECTIVE_URL_H
#define GOFER_CLI_EFFECTIVE_URL_H

#include "cli/transfer.h"

void effective_url_append(const struct transfer *t, struct text *out);

#endif
