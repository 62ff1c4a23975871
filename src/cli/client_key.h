/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Which operations share a client, and so its connections: those that say the same
 * of all that a client's options are made of (client.c, network.c).
 */
#ifndef GOFER_CLI_CLIENT_KEY_H
#define GOFER_CLI_CLIENT_KEY_H

#include "cli/config.h"

/* Appends a text that is the same where the client would be. */
void client_key_write(struct text *key, const struct config *config);

#endif
