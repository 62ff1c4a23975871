/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The cookies of one run of the command: from the files of -b, to that of -c.
 */
#ifndef GOFER_CLI_JAR_H
#define GOFER_CLI_JAR_H

#include <gofer/cookie.h>

#include "cli/config.h"

/* NULL where the command line asks for none. A file that is not there is an empty one, as in curl.
 */
gofer_cookie_jar *jar_open(const struct config *config);

/* Writes it where -c says so; what fails is only told. NULL is legal. */
void jar_close(gofer_cookie_jar *jar, const struct config *config);

#endif
