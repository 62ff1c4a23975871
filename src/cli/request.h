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
#include "cli/feed.h"

/* What of a transfer its request is made of. */
struct request_about {
    const struct config *config;
    const char *url;    /* completed */
    const char *upload; /* -T, or NULL */
    int64_t resume_at;  /* 0: from the begin */
    struct feed **feed; /* gets what feeds the body, to be stopped before the request is freed */
};

/* The URL as the library wants it: with a scheme, this one (NULL: http) where none was typed. */
void request_complete_url(struct text *out, const char *typed, const char *scheme);

/* Adds what -G and --url-query say to its query. */
void request_add_query(struct text *url, const struct config *config);

/* The URL's scheme when the library does not speak it or it is not among the schemes, else "". */
void request_foreign_scheme(struct text *out, const char *url, unsigned schemes);

/* Its method: as -X says, or what -I, -T, -F and -d imply. */
const char *request_method(const struct request_about *about);

/*
 * Makes the request. It borrows the config's data. When the
 * library refuses a part of it, *refused says whose fault that is (the URL's or
 * the options'); the call itself then fails and tells why. NULL where a file that
 * it needs cannot be read, told in why. Ends the program without memory.
 */
gofer_request *request_new(const struct request_about *about, enum exit_code *refused,
                           struct text *why);

#endif
