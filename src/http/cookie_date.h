/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Dates in Set-Cookie (RFC 6265bis section 5.1.1): whatever servers have ever
 * written, read by a procedure that never fails for form. The text is cut into
 * words at delimiters; the first word that looks like a time, a day of the month,
 * a month and a year is taken as such, in any order; the rest (weekday, zone) is
 * not looked at. All times are UTC.
 *
 * Pure; any thread; no locale.
 */
#ifndef GOFER_HTTP_COOKIE_DATE_H
#define GOFER_HTTP_COOKIE_DATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *seconds since 1970; negative before. False, and *seconds untouched, where the text holds no date
 * or one that does not exist (30 February, a year before 1601). */
bool cookie_date_parse(const char *text, size_t len, int64_t *seconds);

#endif
