/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Percent-encoding and dot segments.
 */
#include "http/escape.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"

/* Which bytes stand as they are: bits of plain_in[], rows of 16 from the blank on. */
enum { IN_PATH = 1, IN_QUERY = 2, IN_USERINFO = 4 };
static const unsigned char plain_in[256 - 0x20] = {
    0, 7, 0, 0, 7, 0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 3, /*  !"#$%&'()*+,-./ */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 3, 7, 0, 7, 0, 2, /* 0-9 :;<=>? */
    3, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, /* @ A-O */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 3, 0, 3, 0, 7, /* P-Z [\]^_ */
    0, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, /* ` a-o */
    7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 0, 0, 0, 7, 0, /* p-z {|}~ DEL */
};

static bool is_plain(char c, unsigned where)
{
    unsigned char byte = (unsigned char)c;
    return byte >= 0x20 && (plain_in[byte - 0x20] & where) != 0;
}

static void append_encoded(struct buf *out, char c)
{
    static const char digits[] = "0123456789ABCDEF";
    unsigned char byte = (unsigned char)c;
    char text[3] = {'%', digits[byte >> 4], digits[byte & 15]};
    buf_append(out, text, sizeof text);
}

static bool is_encoded(const char *text, size_t len)
{
    return len >= 3 && text[0] == '%' && ascii_hex_value(text[1]) >= 0 &&
           ascii_hex_value(text[2]) >= 0;
}

static void escape(struct buf *out, const char *text, size_t len, unsigned where)
{
    size_t begin = 0;
    for (size_t i = 0; i < len; i++) {
        if (is_plain(text[i], where) || is_encoded(text + i, len - i))
            continue;
        buf_append(out, text + begin, i - begin);
        append_encoded(out, text[i]);
        begin = i + 1;
    }
    buf_append(out, text + begin, len - begin);
}

void escape_path(struct buf *out, const char *text, size_t len)
{
    escape(out, text, len, IN_PATH);
}

void escape_query(struct buf *out, const char *text, size_t len)
{
    escape(out, text, len, IN_QUERY);
}

void escape_userinfo(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_plain(text[i], IN_USERINFO))
            buf_append_char(out, text[i]);
        else
            append_encoded(out, text[i]);
    }
}

static bool is_plain_in_form(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '*' || c == '-' || c == '.' || c == '_';
}

void escape_form(struct buf *out, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (is_plain_in_form(text[i]))
            buf_append_char(out, text[i]);
        else if (text[i] == ' ')
            buf_append_char(out, '+');
        else
            append_encoded(out, text[i]);
    }
}

bool escape_decode(const char *text, size_t len, char **out)
{
    struct buf decoded = BUF_INIT;
    *out = NULL;
    for (size_t i = 0; i < len; i++) {
        char c = text[i];
        if (c == '%') {
            if (!is_encoded(text + i, len - i))
                goto bad;
            c = (char)(ascii_hex_value(text[i + 1]) << 4 | ascii_hex_value(text[i + 2]));
            i += 2;
        }
        if ((unsigned char)c < 0x20 || c == 0x7f)
            goto bad;
        buf_append_char(&decoded, c);
    }
    *out = buf_take_str(&decoded);
    return true;
bad:
    buf_fini(&decoded);
    return false;
}

/* What a segment (with its '/') leaves of the path written so far. */
static size_t put_segment(char *path, size_t written, const char *segment, size_t len, bool last)
{
    bool up = len == 3 && segment[1] == '.' && segment[2] == '.';
    bool here = len == 2 && segment[1] == '.';
    if (!up && !here) {
        memmove(path + written, segment, len);
        return written + len;
    }
    while (up && written > 0 && path[--written] != '/')
        continue;
    if (last)
        path[written++] = '/';
    return written;
}

size_t escape_remove_dots(char *path, size_t len)
{
    size_t written = 0;
    for (size_t at = 0; at < len;) {
        const char *slash = memchr(path + at + 1, '/', len - at - 1);
        size_t next = slash == NULL ? len : (size_t)(slash - path);
        written = put_segment(path, written, path + at, next - at, slash == NULL);
        at = next;
    }
    return written;
}
