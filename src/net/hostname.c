/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Host names. One pass a question; nothing is allocated or changed.
 */
#include "net/hostname.h"

#include <stddef.h>
#include <string.h>

#include "base/ascii.h"

enum { LABEL_MAX = 63 };

static bool is_label_char(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_';
}

/* The length without the final dot. */
static size_t name_len(const char *host)
{
    size_t len = strnlen(host, HOSTNAME_MAX + 2);
    return len > 0 && host[len - 1] == '.' ? len - 1 : len;
}

bool hostname_is_valid(const char *host)
{
    size_t len = name_len(host);
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

/* Whether the name is `top` or ends in a label that is. */
static bool is_under(const char *host, const char *top)
{
    size_t len = name_len(host);
    size_t top_len = strlen(top);
    if (len < top_len || !ascii_equal_n(host + len - top_len, top_len, top))
        return false;
    return len == top_len || host[len - top_len - 1] == '.';
}

bool hostname_is_local(const char *host)
{
    return is_under(host, "localhost");
}

bool hostname_is_onion(const char *host)
{
    return is_under(host, "onion");
}
