/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * ASCII text: case, digits, numbers and escaping, the same in every locale
 * (Turkish i and all). The protocol is ASCII; <ctype.h> is not used anywhere.
 */
#ifndef GOFER_BASE_ASCII_H
#define GOFER_BASE_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

static inline bool ascii_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool ascii_is_alpha(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline char ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* The value of a hexadecimal digit, or -1. */
int ascii_hex_value(char c);

/* Whether two strings are equal but for ASCII case. */
bool ascii_equal(const char *a, const char *b);

/* Whether the len bytes at a are the string b but for ASCII case. */
bool ascii_equal_n(const char *a, size_t len, const char *b);

/* Lower-cases len bytes in place. */
void ascii_lower_n(char *s, size_t len);

/* Appends text for a person: at most max bytes of it, quotes, controls and non-ASCII escaped as
 * \xNN, "..." where cut. */
void ascii_escape(struct buf *out, const char *text, size_t len, size_t max);

#endif
