/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The hosts that are reached without a proxy: curl's list in the library's words.
 * curl looks at no_proxy or NO_PROXY where --noproxy was not given, whichever way the
 * proxy was named; a "*" counts alone only; a dot before a name says nothing; no
 * entry has a port or a "*." in it. This machine is reached through the proxy, unless
 * the list has it.
 */
#ifndef GOFER_CLI_BYPASS_H
#define GOFER_CLI_BYPASS_H

#include "cli/text.h"

/* Writes what gofer_client_options.no_proxy is to be; option is what --noproxy said, or NULL. */
void bypass_write(struct text *out, const char *option);

#endif
