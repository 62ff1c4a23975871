/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What a request looks like on the wire, as curl's do: its fields' order and
 * spelling, its target and version.
 */
#ifndef GOFER_CLI_LAYOUT_H
#define GOFER_CLI_LAYOUT_H

#include <gofer/request.h>

#include "cli/config.h"

/* Sets the request's wire options. url is as it was typed, with a scheme. Ends the program without
 * memory. */
void layout_apply(gofer_request *request, const struct config *config, const char *url);

#endif
