/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From the command line to a gofer_request.
 */
#ifndef GOFER_CLI_REQUEST_H
#define GOFER_CLI_REQUEST_H

#include <gofer/request.h>

#include "cli/config.h"
#include "cli/exit_code.h"

/* The URL as the library wants it: with a scheme, this one (NULL: http) where none was typed. */
void request_complete_url(struct text *out, const char *typed, const char *scheme);

/* Adds what -G and --url-query say to its query. */
void request_add_query(struct text *url, const struct config *config);

/* The URL's scheme when the library does not speak it or it is not among the schemes, else "". */
void request_foreign_scheme(struct text *out, const char *url, unsigned schemes);

/*
 * Makes the request for a completed URL. It borrows the config's data. When the
 * library refuses a part of it, *refused says whose fault that is (the URL's or
 * the options'); the call itself then fails and tells why. Ends the program
 * without memory.
 */
gofer_request *request_new(const struct config *config, const char *url, enum exit_code *refused);

#endif
