/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * ASCII text, independent of the locale.
 */
#include "base/ascii.h"

#include <string.h>

int ascii_hex_value(char c)
{
    if (ascii_is_digit(c))
        return c - '0';
    c = ascii_lower(c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool ascii_equal_n(const char *a, size_t len, const char *b)
{
    for (size_t i = 0; i < len; i++)
        if (b[i] == '\0' || ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return b[len] == '\0';
}

bool ascii_equal(const char *a, const char *b)
{
    return ascii_equal_n(a, strlen(a), b);
}

void ascii_lower_n(char *s, size_t len)
{
    for (size_t i = 0; i < len; i++)
        s[i] = ascii_lower(s[i]);
}

void ascii_escape(struct buf *out, const char *text, size_t len, size_t max)
{
    size_t n = len < max ? len : max;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '"' || c == '\\')
            buf_append_char(out, '\\');
        if (c >= 0x20 && c < 0x7f)
            buf_append_char(out, (char)c);
        else
            buf_printf(out, "\\x%02x", c);
    }
    if (n < len)
        buf_append_str(out, "...");
}
