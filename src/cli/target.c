/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From a URL to a target; see target.h.
 */
#include "cli/target.h"

#include <string.h>

/* Escapes what is no ASCII, as curl does in a path. */
static void append_ascii(struct text *out, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)bytes[i];

        if (c < 0x80)
            text_append(out, bytes + i, 1);
        else
            text_printf(out, "%%%02x", c);
    }
}

/* Drops the last segment and its slash, of what begins at `from`. */
static void drop_segment(struct text *out, size_t from)
{
    while (out->len > from && out->data[--out->len] != '/')
        ;
}

/* RFC 3986 section 5.2.4; the path begins with a slash. */
static void append_without_dots(struct text *out, const char *path, size_t len)
{
    const char *end = path + len;
    size_t from = out->len;

    while (path < end) {
        const char *segment = path + 1;
        size_t n = strcspn(segment, "/?#");
        bool up = n == 2 && memcmp(segment, "..", 2) == 0;
        bool dots = up || (n == 1 && *segment == '.');

        if (up)
            drop_segment(out, from);
        path = segment + n;
        if (!dots)
            append_ascii(out, segment - 1, n + 1);
        else if (path == end)
            text_append_str(out, "/");
    }
}

static bool has_blanks(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] <= ' ' || text[i] == 0x7f)
            return true;
    return false;
}

void target_append(struct text *out, const char *url, bool as_is)
{
    const char *authority = strstr(url, "://");
    const char *path = authority != NULL ? authority + 3 : url;

    path += strcspn(path, "/?#");
    size_t len = strcspn(path, "?#"), whole = strcspn(path, "#");

    if (has_blanks(path, whole))
        return;
    if (len == 0)
        text_append_str(out, "/");
    else if (as_is)
        append_ascii(out, path, len);
    else
        append_without_dots(out, path, len);
    append_ascii(out, path + len, whole - len);
}
