/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Framing goes byte by byte through a state machine, data in slices. A step
 * returns the next state, or -1 after setting c->why.
 */
#include "http/chunked.h"

#include "base/ascii.h"
#include "http/header.h"

enum { LINE_MAX_BYTES = 4096, EXCESS_MAX = 16 * 1024, FREE_PER_CHUNK = 16, DIGITS_MAX = 16 };

void chunked_init(struct chunked *c, uint32_t trailer_max)
{
    *c = (struct chunked){.state = CHUNKED_SIZE, .trailer_max = trailer_max};
}

static int fail(struct chunked *c, const char *why)
{
    c->why = why;
    return -1;
}

static int after_size(struct chunked *c, char byte)
{
    if (c->digits == 0)
        return fail(c, "chunk size without digits");
    if (c->left > INT64_MAX)
        return fail(c, "chunk size too large");
    if (byte == ';')
        return CHUNKED_EXTENSION;
    return byte == '\r' ? CHUNKED_SIZE_LF : fail(c, "invalid byte in chunk size");
}

static int on_size(struct chunked *c, char byte)
{
    int digit = ascii_hex_value(byte);
    if (digit < 0)
        return after_size(c, byte);
    if (c->digits == DIGITS_MAX)
        return fail(c, "chunk size too large");
    c->digits++;
    c->left = c->left << 4 | (unsigned)digit;
    return CHUNKED_SIZE;
}

static int on_extension(struct chunked *c, char byte)
{
    if (byte == '\r')
        return CHUNKED_SIZE_LF;
    if (!header_is_value_char((unsigned char)byte))
        return fail(c, "invalid byte in chunk extension");
    return CHUNKED_EXTENSION;
}

/* A whole size line was read: one byte a chunk is fine for ever, padding is not. */
static int on_size_line(struct chunked *c, char byte)
{
    if (byte != '\n')
        return fail(c, "CR without LF in chunk size line");
    int32_t data = c->left < EXCESS_MAX ? (int32_t)c->left : EXCESS_MAX;
    int32_t framing = (int32_t)c->line + 2; /* and the CRLF behind the data */
    c->excess += framing - FREE_PER_CHUNK - 2 * data;
    if (c->excess < 0)
        c->excess = 0;
    if (c->excess > EXCESS_MAX)
        return fail(c, "too much chunk framing for so little data");
    return c->left > 0 ? CHUNKED_DATA : CHUNKED_TRAILER;
}

static int on_data_lf(struct chunked *c, char byte)
{
    if (byte != '\n')
        return fail(c, "CR without LF behind chunk data");
    c->line = 0;
    c->digits = 0;
    return CHUNKED_SIZE;
}

static int in_size_line(struct chunked *c, char byte)
{
    if (++c->line > LINE_MAX_BYTES + 2)
        return fail(c, "chunk size line too long");
    if (c->state == CHUNKED_SIZE)
        return on_size(c, byte);
    return c->state == CHUNKED_EXTENSION ? on_extension(c, byte) : on_size_line(c, byte);
}

static int on_trailer_name(struct chunked *c, char byte)
{
    if (byte == ':' && c->state == CHUNKED_TRAILER_NAME)
        return CHUNKED_TRAILER_VALUE;
    if (!header_is_tchar((unsigned char)byte))
        return fail(c, "invalid trailer field name");
    return CHUNKED_TRAILER_NAME;
}

static int in_trailer(struct chunked *c, char byte)
{
    if (c->state == CHUNKED_TRAILER && byte == '\r')
        return CHUNKED_END_LF;
    if (c->trailer++ == c->trailer_max)
        return fail(c, "trailer section too large");
    if (c->trailers != NULL)
        buf_append_char(c->trailers, byte);
    if (c->state == CHUNKED_TRAILER_LF)
        return byte == '\n' ? CHUNKED_TRAILER : fail(c, "CR without LF in trailer field");
    if (c->state != CHUNKED_TRAILER_VALUE)
        return on_trailer_name(c, byte);
    if (byte == '\r')
        return CHUNKED_TRAILER_LF;
    if (!header_is_value_char((unsigned char)byte))
        return fail(c, "invalid byte in trailer field value");
    return CHUNKED_TRAILER_VALUE;
}

static int step(struct chunked *c, char byte)
{
    switch (c->state) {
    case CHUNKED_SIZE:
    case CHUNKED_EXTENSION:
    case CHUNKED_SIZE_LF:
        return in_size_line(c, byte);
    case CHUNKED_DATA_CR:
        return byte == '\r' ? CHUNKED_DATA_LF : fail(c, "no CRLF behind chunk data");
    case CHUNKED_DATA_LF:
        return on_data_lf(c, byte);
    case CHUNKED_END_LF:
        return byte == '\n' ? CHUNKED_END : fail(c, "CR without LF at the end of the chunks");
    default:
        return in_trailer(c, byte);
    }
}

static size_t take_data(struct chunked *c, size_t have)
{
    size_t n = c->left < have ? (size_t)c->left : have;
    c->left -= n;
    if (c->left == 0)
        c->state = CHUNKED_DATA_CR;
    return n;
}

ptrdiff_t chunked_decode(struct chunked *c, const char *data, size_t len, const char **out,
                         size_t *out_len)
{
    *out = data;
    *out_len = 0;
    size_t at = 0;
    while (at < len && c->state != CHUNKED_END) {
        if (c->state == CHUNKED_DATA) {
            *out = data + at;
            *out_len = take_data(c, len - at);
            return (ptrdiff_t)(at + *out_len);
        }
        int next = step(c, data[at++]);
        if (next < 0)
            return -1;
        c->state = (enum chunked_state)next;
    }
    return (ptrdiff_t)at;
}
