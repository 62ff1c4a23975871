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

static void append_escaped(struct buf *out, const char *text)
{
    for (; *text != '\0'; text++) {
        if (*text == '"')
            buf_append_str(out, "%22");
        else if (*text == '\r')
            buf_append_str(out, "%0D");
        else if (*text == '\n')
            buf_append_str(out, "%0A");
        else
            buf_append_char(out, *text);
    }
}

/* The same with every line end, CR, LF or both, as CRLF. */
static void append_escaped_name(struct buf *out, const char *name)
{
    while (*name != '\0') {
        size_t len = strcspn(name, "\"\r\n");
        buf_append(out, name, len);
        name += len;
        if (*name == '\0')
            return;
        buf_append_str(out, *name == '"' ? "%22" : "%0D%0A");
        name += name[0] == '\r' && name[1] == '\n' ? 2 : 1;
    }
}

void multipart_begin_part(struct buf *out, const char *boundary, bool first, const char *name,
                          const char *filename, const char *content_type)
{
    buf_append_str(out, first ? "--" : "\r\n--");
    buf_append_str(out, boundary);
    buf_append_str(out, "\r\nContent-Disposition: form-data; name=\"");
    append_escaped_name(out, name);
    if (filename != NULL) {
        buf_append_str(out, "\"; filename=\"");
        append_escaped(out, filename);
    }
    buf_append_str(out, "\"\r\n");
    if (content_type != NULL) {
        buf_append_str(out, "Content-Type: ");
        buf_append_str(out, content_type);
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
