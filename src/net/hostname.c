/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Host names. One pass a question; nothing is allocated or changed.
 */
#include "net/hostname.h"

#include <string.h>

#include "base/ascii.h"

enum { LABEL_MAX = 63 };

static bool is_label_char(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

size_t hostname_len(const char *host)
{
    size_t len = strlen(host);
    return len > 0 && host[len - 1] == '.' ? len - 1 : len;
}

bool hostname_equal(const char *a, const char *b)
{
    size_t len = hostname_len(a);
    if (len != hostname_len(b))
        return false;
    for (size_t i = 0; i < len; i++)
        if (ascii_lower(a[i]) != ascii_lower(b[i]))
            return false;
    return true;
}

bool hostname_is_valid(const char *host)
{
    size_t len = hostname_len(host);
    if (len > HOSTNAME_MAX)
        return false;
    size_t label = 0;
    bool named = false;
    for (size_t i = 0; i < len; i++) {
        if (host[i] == '.' && label == 0)
            return false;
        label = host[i] == '.' ? 0 : label + 1;
        if (label > LABEL_MAX || (label > 0 && !is_label_char(host[i])))
            return false;
        named = named || (label > 0 && !ascii_is_digit(host[i]));
    }
    return named && label > 0;
}

/* Whether the name ends in a label before which others stand. */
static bool is_under(const char *host, const char *top)
{
    size_t len = hostname_len(host);
    size_t top_len = strlen(top);
    return len > top_len && host[len - top_len - 1] == '.' &&
           ascii_equal_n(host + len - top_len, top_len, top);
}

bool hostname_is_local(const char *host)
{
    return hostname_equal(host, "localhost") || is_under(host, "localhost");
}

bool hostname_is_onion(const char *host)
{
    return is_under(host, "onion");
}
