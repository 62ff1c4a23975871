/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Values of Authorization fields: Basic (RFC 7617) and Bearer (RFC 6750).
 */
#ifndef GOFER_HTTP_CREDENTIALS_H
#define GOFER_HTTP_CREDENTIALS_H

#include <stdbool.h>

/*
 * *value is the caller's, NULL without memory. False where there is no such value:
 * a user with ':', control bytes; a token that is empty or not of visible ASCII.
 * password NULL is "".
 */
bool credentials_basic(const char *user, const char *password, char **value);
bool credentials_bearer(const char *token, char **value);

#endif
