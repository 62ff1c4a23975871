/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The cookies of one run of the command, shared by its operations: from the files
 * of -b, to those of -c.
 */
#ifndef GOFER_CLI_JAR_H
#define GOFER_CLI_JAR_H

#include <gofer/cookie.h>

#include "cli/config.h"

/* NULL where the command line asks for none. A file that is not there is an empty one, as in curl.
 */
gofer_cookie_jar *jar_open(const struct global *global);

/* Writes it where each -c says so; what fails is only told. NULL is legal. */
void jar_close(gofer_cookie_jar *jar, const struct global *global);

#endif
