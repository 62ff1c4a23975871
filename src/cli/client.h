/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From the command line to a gofer_client.
 */
#ifndef GOFER_CLI_CLIENT_H
#define GOFER_CLI_CLIENT_H

#include <gofer/client.h>

#include "cli/config.h"
#include "cli/exit_code.h"

/* Of all heads of a response, as curl has it. */
enum { CLIENT_HEAD_MAX_BYTES = 300 * 1024 };

/*
 * Makes the client, with curl's limits: none but the connect timeout, unless -m
 * says one, and that of heads. jar may be NULL. The config outlives it. NULL, and *code, where the
 * library refuses it; the reason was told.
 */
gofer_client *client_new(const struct config *config, gofer_cookie_jar *jar, enum exit_code *code);

#endif
