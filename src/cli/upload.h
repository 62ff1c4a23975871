/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The body of -T: a file, or stdin, which is sent while it is read.
 */
#ifndef GOFER_CLI_UPLOAD_H
#define GOFER_CLI_UPLOAD_H

#include <gofer/request.h>

#include "cli/config.h"

/* Whether -T's argument means stdin. */
bool upload_is_stdin(const char *name);

/* The URL of an upload of that file: one whose path ends with '/' gets the file's name. */
void upload_complete_url(struct text *url, const char *name);

/*
 * Makes a file the request's body, from an offset on; *length is what is sent, negative where
 * nobody knows. False, with errno, where it cannot be read.
 */
bool upload_set_body(gofer_request *request, const char *name, int64_t offset, int64_t *length);

#endif
