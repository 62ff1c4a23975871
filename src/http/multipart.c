/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Between the parts.
 */
#include "http/multipart.h"

#include <string.h>

void multipart_boundary(const unsigned char *random, char *boundary)
{
    static const char digits[] = "0123456789abcdef";
    char *at = stpcpy(boundary, "gofer-form-");
    for (size_t i = 0; i < MULTIPART_RANDOM_BYTES; i++) {
        *at++ = digits[random[i] >> 4];
        *at++ = digits[random[i] & 15];
    }
    *at = '\0';
}

/* A quote, or what is one in its way: a backslash before a quote would undo the quote's own. */
static void append_quoted(struct buf *out, char c, bool backslashes)
{
    if (backslashes) {
        buf_append_char(out, '\\');
        buf_append_char(out, c);
    } else {
        buf_append_str(out, "%22");
    }
}

static const char *special(bool backslashes)
{
    return backslashes ? "\"\\\r\n" : "\"\r\n";
}

static void append_escaped(struct buf *out, const char *text, bool backslashes)
{
    while (*text != '\0') {
        size_t len = strcspn(text, special(backslashes));
        buf_append(out, text, len);
        text += len;
        if (*text == '\0')
            return;
        if (*text == '\r' || *text == '\n')
            buf_append_str(out, *text == '\r' ? "%0D" : "%0A");
        else
            append_quoted(out, *text, backslashes);
        text++;
    }
}

/* The same with every line end, CR, LF or both, as CRLF. */
static void append_escaped_name(struct buf *out, const char *name, bool backslashes)
{
    while (*name != '\0') {
        size_t len = strcspn(name, special(backslashes));
        buf_append(out, name, len);
        name += len;
        if (*name == '\0')
            return;
        if (*name == '\r' || *name == '\n')
            buf_append_str(out, "%0D%0A");
        else
            append_quoted(out, *name, backslashes);
        name += name[0] == '\r' && name[1] == '\n' ? 2 : 1;
    }
}

void multipart_begin_part(struct buf *out, const char *boundary, bool first,
                          const struct multipart_part *part)
{
    buf_append_str(out, first ? "--" : "\r\n--");
    buf_append_str(out, boundary);
    buf_append_str(out, "\r\nContent-Disposition: form-data; name=\"");
    append_escaped_name(out, part->name, part->backslashes);
    if (part->filename != NULL) {
        buf_append_str(out, "\"; filename=\"");
        append_escaped(out, part->filename, part->backslashes);
    }
    buf_append_str(out, "\"\r\n");
    if (part->content_type != NULL) {
        buf_append_str(out, "Content-Type: ");
        buf_append_str(out, part->content_type);
        buf_append_str(out, "\r\n");
    }
    buf_append_str(out, "\r\n");
}

void multipart_end(struct buf *out, const char *boundary, bool empty)
{
    buf_append_str(out, empty ? "--" : "\r\n--");
    buf_append_str(out, boundary);
    buf_append_str(out, "--\r\n");
}
