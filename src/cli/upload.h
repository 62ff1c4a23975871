/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The body of -T, a file, or stdin, which is sent while it is read; and that of -d.
 */
#ifndef GOFER_CLI_UPLOAD_H
#define GOFER_CLI_UPLOAD_H

#include <gofer/request.h>

#include "cli/config.h"
#include "cli/feed.h"

/* Whether -T's argument means stdin. */
bool upload_is_stdin(const char *name);

/* The URL of an upload of that file: one whose path ends with '/' gets the file's name. */
void upload_complete_url(struct text *url, const char *name);

/* A file to send. */
struct upload {
    const struct config *config;
    const char *name;
    int64_t offset; /* where it begins */
};

/* What came of it. */
struct upload_body {
    int64_t length;    /* of what is sent; negative: nobody knows */
    struct feed *feed; /* to be stopped before the request is freed; NULL: none */
};

/* Makes a file the request's body. False, with errno, where it cannot be read. */
bool upload_set_body(gofer_request *request, const struct upload *upload, struct upload_body *body);

/* Makes -d's data, which the request borrows, its body. Returns the feed, or NULL: none. */
struct feed *upload_set_data(gofer_request *request, const struct config *config);

/* Slows the form that is its body down, where --limit-rate asks for that. The same. */
struct feed *upload_pace_form(gofer_request *request, const struct config *config);

#endif
