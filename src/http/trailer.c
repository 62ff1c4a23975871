/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading, checking and announcing trailer fields.
 */
#include "http/trailer.h"

#include <string.h>

#include "base/ascii.h"
#include "http/refuse.h"

bool trailer_is_allowed(const char *name, size_t len)
{
    static const char *const refused[] = {
        "Age",
        "Authorization",
        "Cache-Control",
        "Connection",
        "Content-Encoding",
        "Content-Length",
        "Content-Range",
        "Content-Type",
        "Cookie",
        "Date",
        "Expect",
        "Expires",
        "Host",
        "Keep-Alive",
        "Location",
        "Max-Forwards",
        "Proxy-Authenticate",
        "Proxy-Authorization",
        "Range",
        "Proxy-Connection",
        "Retry-After",
        "Set-Cookie",
        "TE",
        "Trailer",
        "Upgrade",
        "Transfer-Encoding",
        "Vary",
        "Warning",
        "WWW-Authenticate",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
        if (ascii_equal_n(name, len, refused[i]))
            return false;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

size_t trailer_parse(const char *lines, size_t len, struct head_field *fields, size_t cap)
{
    size_t n = 0;
    if (len == 0)
        return 0;
    const char *end = lines + len;
    for (const char *at = lines, *cr; at < end; at = cr + 2) {
        cr = memchr(at, '\r', (size_t)(end - at));
        const char *colon = cr != NULL ? memchr(at, ':', (size_t)(cr - at)) : NULL;
        if (colon == NULL)
            return n;
        const char *value = colon + 1, *last = cr;
        while (value < last && is_blank(*value))
            value++;
        while (last > value && is_blank(last[-1]))
            last--;
        if (!trailer_is_allowed(at, (size_t)(colon - at)))
            continue;
        if (n < cap)
            fields[n] = (struct head_field){(uint32_t)(at - lines), (uint32_t)(colon - at),
                                            (uint32_t)(value - lines), (uint32_t)(last - value)};
        n++;
    }
    return n;
}

gofer_status trailer_check(const char *name, const char *value, struct buf *why)
{
    size_t len = strlen(name);
    if (!header_is_token(name, len))
        return refuse_quoting(why, "invalid trailer field name", name, len);
    if (!trailer_is_allowed(name, len))
        return refuse_quoting(why, "field that may not be a trailer:", name, len);
    if (value != NULL && !header_is_value(value, strlen(value)))
        return refuse_quoting(why, "invalid trailer field value for", name, len);
    return GOFER_OK;
}

void trailer_write_names(const struct headers *trailers, struct buf *out)
{
    for (size_t i = 0; i < trailers->len; i++) {
        buf_append_str(out, i == 0 ? "Trailer: " : ", ");
        buf_append_str(out, trailers->items[i].name);
    }
    if (trailers->len > 0)
        buf_append_str(out, "\r\n");
}
