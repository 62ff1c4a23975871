/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Percent-encoding (RFC 3986 section 2.1) and dot segments (section 5.2.4): the
 * parts of URL handling that work on any piece of text. All linear.
 *
 * Encoding is idempotent: a '%' with two hexadecimal digits behind it stays, any
 * other becomes "%25". '[' and ']' stay in paths, queries and fragments, where
 * RFC 3986 has them encoded and everybody sends them plain.
 */
#ifndef GOFER_HTTP_ESCAPE_H
#define GOFER_HTTP_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"

/* Appends text with all bytes encoded that may not stand in a path. */
void escape_path(struct buf *out, const char *text, size_t len);
/* The same for a query or a fragment, where '?' stands too. */
void escape_query(struct buf *out, const char *text, size_t len);
/* The same for user or password in a URL; here '%' is a byte like any. */
void escape_userinfo(struct buf *out, const char *text, size_t len);

/* Appends text as a name or value of application/x-www-form-urlencoded (the URL standard, section
 * 5.2): a space is '+'. */
void escape_form(struct buf *out, const char *text, size_t len);

/*
 * Decodes text into a new string. False, and *out NULL, where a '%' has no two
 * digits behind it or a decoded byte is a control byte; *out NULL and true
 * without memory.
 */
bool escape_decode(const char *text, size_t len, char **out);

/* Removes the dot segments of a path that begins with '/', in place; its new length. */
size_t escape_remove_dots(char *path, size_t len);

#endif
