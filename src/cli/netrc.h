/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Credentials out of a .netrc file: machine, login, password, default.
 */
#ifndef GOFER_CLI_NETRC_H
#define GOFER_CLI_NETRC_H

#include <stdbool.h>

#include "cli/text.h"

/*
 * Looks a host up in the text of such a file: the first machine of that name, or
 * the default, whichever stands first. With *user not empty only that login will
 * do. False: nothing there.
 */
bool netrc_find(const char *text, const char *host, struct text *user, struct text *password);

#endif
