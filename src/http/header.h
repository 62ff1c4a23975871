/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Header fields of a request: an ordered list, and the rules for names and
 * values (RFC 9110 sections 5.1, 5.5 and 5.6.2). Names keep the caller's
 * spelling and compare without regard to ASCII case.
 *
 * Invariant: a "removed" mark is the only field of its name. One thread at a
 * time, as for the request that owns the list.
 */
#ifndef GOFER_HTTP_HEADER_H
#define GOFER_HTTP_HEADER_H

#include <stdbool.h>
#include <stddef.h>

#include <gofer/error.h>

struct header {
    char *name;
    char *value; /* NULL: "removed": keeps a default of that name from being sent. Lies in the same
                    allocation as the name. */
};

struct headers {
    struct header *items;
    size_t len;
    size_t cap;
};

#define HEADERS_INIT ((struct headers){NULL, 0, 0})

/* What each byte may be part of: bits of header_classes. */
enum { HEADER_CLASS_VALUE = 1, HEADER_CLASS_TOKEN = 2 };
extern const unsigned char header_classes[256];

/* Whether one byte is a tchar; whether one byte may stand in a value. For the parser's tables too.
 */
static inline bool header_is_tchar(unsigned char c)
{
    return (header_classes[c] & HEADER_CLASS_TOKEN) != 0;
}
static inline bool header_is_value_char(unsigned char c)
{
    return (header_classes[c] & HEADER_CLASS_VALUE) != 0;
}

/* token = 1*tchar */
bool header_is_token(const char *text, size_t len);
/* field value: no control bytes but HTAB; bytes over 0x7f pass; no NUL, CR, LF */
bool header_is_value(const char *text, size_t len);

/*
 * Takes the next element of a comma-separated list from [*at, end): *item is its
 * begin, the result its length without outer blanks (0 for an empty element).
 * *at is behind its comma, or NULL where it was the last.
 */
size_t header_next_item(const char **at, const char *end, const char **item);
/* Whether a comma-separated value holds the token, case-insensitively. */
bool header_has_token(const char *value, size_t len, const char *token);

/*
 * All copy; GOFER_OK or GOFER_ERR_NOMEM (the list is as before). Validity is the
 * caller's business. A value's outer blanks are trimmed. Adding to a "removed"
 * mark replaces it; setting keeps the place of the first field of that name.
 */
gofer_status headers_add(struct headers *h, const char *name, const char *value);
gofer_status headers_set(struct headers *h, const char *name, const char *value);
/* Replaces every field of that name by one "removed" mark. */
gofer_status headers_remove(struct headers *h, const char *name);
/* Drops every field of that name, marks too: a default of that name is sent again. */
void headers_drop(struct headers *h, const char *name);
/* `to` is empty before; on failure it is empty after. */
gofer_status headers_copy(struct headers *to, const struct headers *from);
/* Frees all; the list is empty and usable after. */
void headers_fini(struct headers *h);
/* The first field of that name (maybe a "removed" mark), or NULL. */
const struct header *headers_find(const struct headers *h, const char *name);
/* How many fields of that name, marks not counted. */
size_t headers_count(const struct headers *h, const char *name);

#endif
