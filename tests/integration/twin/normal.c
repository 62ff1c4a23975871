/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * What may differ, made equal; see normal.h.
 */
#include "integration/twin/normal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* Replaces every occurrence of a word; how many there were. */
static size_t replace_all(struct bytes *b, const char *word, size_t len, const char *by)
{
    struct bytes out = {0};
    const char *at = b->data, *end = b->data + b->len, *hit;
    size_t n = 0;

    if (len == 0 || b->len == 0)
        return 0;
    while ((hit = memmem(at, (size_t)(end - at), word, len)) != NULL) {
        bytes_append(&out, at, (size_t)(hit - at));
        bytes_append_str(&out, by);
        at = hit + len;
        n++;
    }
    bytes_append(&out, at, (size_t)(end - at));
    bytes_fini(b);
    *b = out;
    return n;
}

/* Every field of that name gets the value "*". */
static void hide_field(struct bytes *b, const char *field)
{
    struct bytes out = {0};
    const char *at = b->data, *end = b->len > 0 ? at + b->len : at, *hit;

    while (at < end && (hit = memmem(at, (size_t)(end - at), field, strlen(field))) != NULL) {
        hit += strlen(field);
        bytes_append(&out, at, (size_t)(hit - at));
        bytes_append_str(&out, "*");
        for (at = hit; at < end && *at != '\r' && *at != '\n';)
            at++;
    }
    bytes_append(&out, at, (size_t)(end - at));
    bytes_fini(b);
    *b = out;
}

static const char length_field[] = "Content-Length: ";

/* The Content-Length at the begin, less what so many boundaries of that length add to it. */
static void shorten_length(struct bytes *b, size_t boundaries_len)
{
    struct bytes out = {0};
    char *after;
    long n;

    if (b->len < sizeof length_field || memcmp(b->data, length_field, sizeof length_field - 1) != 0)
        return;
    n = strtol(b->data + sizeof length_field - 1, &after, 10);
    bytes_printf(&out, "%s%ld(less boundaries)", length_field, n - (long)boundaries_len);
    bytes_append(&out, after, (size_t)(b->data + b->len - after));
    bytes_fini(b);
    *b = out;
}

/* Of a piece that begins with a Content-Length: the boundary behind it, in all of it. */
static void hide_boundary(struct bytes *b)
{
    static const char mark[] = "boundary=";
    const char *hit = b->len > 0 ? memmem(b->data, b->len, mark, sizeof mark - 1) : NULL;
    char *boundary;
    size_t n, len;

    if (hit == NULL)
        return;
    hit += sizeof mark - 1;
    len = strcspn(hit, "\r\n;, ");
    boundary = strndup(hit, len);
    if (boundary == NULL)
        abort();
    n = replace_all(b, boundary, len, "BOUNDARY");
    if (n > 0)
        shorten_length(b, (n - 1) * len);
    free(boundary);
}

/* Message by message: each has a boundary of its own. */
static void hide_boundaries(struct bytes *b)
{
    struct bytes out = {0};
    const char *at = b->data, *end = b->data + b->len;

    while (at < end) {
        const char *next = memmem(at + 1, (size_t)(end - at) - 1, length_field, //
                                  sizeof length_field - 1);
        struct bytes piece = {0};

        bytes_append(&piece, at, (size_t)((next != NULL ? next : end) - at));
        hide_boundary(&piece);
        bytes_append(&out, piece.data, piece.len);
        bytes_fini(&piece);
        at = next != NULL ? next : end;
    }
    bytes_fini(b);
    *b = out;
}

/* "0.001234": digits, a point, and six more. */
static size_t time_len(const char *at, const char *end)
{
    const char *p = at;

    while (p < end && isdigit((unsigned char)*p))
        p++;
    if (p == at || p == end || *p != '.')
        return 0;
    for (int i = 1; i <= 6; i++)
        if (p + i >= end || !isdigit((unsigned char)p[i]))
            return 0;
    return p + 7 < end && isdigit((unsigned char)p[7]) ? 0 : (size_t)(p + 7 - at);
}

static void hide_times(struct bytes *b)
{
    struct bytes out = {0};
    const char *end = b->data + b->len;

    for (const char *at = b->data; at < end;) {
        size_t len = time_len(at, end);

        bytes_append(&out, len > 0 ? "TIME" : at, len > 0 ? 4 : 1);
        at += len > 0 ? len : 1;
    }
    bytes_fini(b);
    *b = out;
}

/* Digits behind a word and before a blank become '*'. */
static void hide_number(struct bytes *b, const char *word)
{
    struct bytes out = {0};
    const char *at = b->data, *end = b->data + b->len, *hit;

    while (b->len > 0 && (hit = memmem(at, (size_t)(end - at), word, strlen(word))) != NULL) {
        hit += strlen(word);
        bytes_append(&out, at, (size_t)(hit - at));
        for (at = hit; at < end && isdigit((unsigned char)*at);)
            at++;
        if (at > hit)
            bytes_append_str(&out, "*");
    }
    bytes_append(&out, at, (size_t)(end - at));
    bytes_fini(b);
    *b = out;
}

/* gofer has none in it. */
static const char no_manual[] = " or 'PROGRAM --manual'";

void normal_form(struct bytes *b)
{
    if (b->len == 0)
        return;
    hide_field(b, "User-Agent: ");
    hide_boundaries(b);
    replace_all(b, "curl", 4, "PROGRAM");
    replace_all(b, "gofer", 5, "PROGRAM");
    replace_all(b, no_manual, sizeof no_manual - 1, "");
    if (b->len >= 65536) /* a large body has none */
        return;
    hide_times(b);
    hide_number(b, " after ");
    hide_number(b, "PROXY TCP4 127.0.0.1 127.0.0.1 ");
    hide_number(b, "\"local_port\":");
    hide_number(b, "\"speed_download\":");
    hide_number(b, "\"speed_upload\":");
}
