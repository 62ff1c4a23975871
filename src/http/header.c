/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The field list is a growing array: a request has a handful of fields, their
 * order is the caller's, and a linear look is cheaper than any map. Each field
 * is one allocation that holds the name, a NUL, the value and a NUL.
 */
#include "http/header.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"

/* Rows of 16: 0 control bytes, 1 only in values (HTAB, blank, separators, bytes over 0x7f),
 * 3 tchar. */
const unsigned char header_classes[256] = {
    0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, /* controls, HTAB */
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, /* controls */
    1, 3, 1, 3, 3, 3, 3, 3, 1, 1, 3, 3, 1, 3, 3, 1, /*  !"#$%&'()*+,-./ */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 1, 1, 1, /* 0-9 :;<=>? */
    1, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, /* @ A-O */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 1, 1, 3, 3, /* P-Z [\]^_ */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, /* ` a-o */
    3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 3, 1, 3, 1, 3, 0, /* p-z {|}~ DEL */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0x80: obs-text from here on */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0x90 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0xa0 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0xb0 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0xc0 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0xd0 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0xe0 */
    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, /* 0xf0 */
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool header_is_token(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!header_is_tchar((unsigned char)text[i]))
            return false;
    return len > 0;
}

bool header_is_value(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (!header_is_value_char((unsigned char)text[i]))
            return false;
    return true;
}

static const char *trim(const char *text, size_t *len)
{
    while (*len > 0 && is_blank(text[*len - 1]))
        (*len)--;
    while (*len > 0 && is_blank(*text)) {
        text++;
        (*len)--;
    }
    return text;
}

size_t header_next_item(const char **at, const char *end, const char **item)
{
    const char *stop = *at == end ? NULL : memchr(*at, ',', (size_t)(end - *at));
    size_t len = (size_t)((stop == NULL ? end : stop) - *at);
    *item = trim(*at, &len);
    *at = stop == NULL ? NULL : stop + 1;
    return len;
}

bool header_has_token(const char *value, size_t len, const char *token)
{
    const char *end = value + len;
    for (const char *at = value, *item; at != NULL;) {
        size_t n = header_next_item(&at, end, &item);
        if (n > 0 && ascii_equal_n(item, n, token))
            return true;
    }
    return false;
}

/* Makes a field; false without memory. value NULL: a mark. */
static bool make(struct header *field, const char *name, const char *value)
{
    size_t name_size = strlen(name) + 1;
    size_t value_len = value == NULL ? 0 : strlen(value);
    const char *text = value == NULL ? "" : trim(value, &value_len);
    field->name = mem_alloc(name_size + value_len + 1);
    if (field->name == NULL)
        return false;
    memcpy(field->name, name, name_size);
    field->value = value == NULL ? NULL : field->name + name_size;
    memcpy(field->name + name_size, text, value_len);
    field->name[name_size + value_len] = '\0';
    return true;
}

static bool grow(struct headers *h)
{
    if (h->len < h->cap)
        return true;
    size_t cap = h->cap == 0 ? 4 : 2 * h->cap;
    struct header *items = mem_realloc(h->items, cap * sizeof *items);
    if (items == NULL)
        return false;
    h->items = items;
    h->cap = cap;
    return true;
}

/* Drops the fields of that name from index i on. */
static void drop_from(struct headers *h, size_t i, const char *name)
{
    size_t kept = i;
    for (; i < h->len; i++) {
        if (ascii_equal(h->items[i].name, name))
            mem_free(h->items[i].name);
        else
            h->items[kept++] = h->items[i];
    }
    h->len = kept;
}

static size_t index_of(const struct headers *h, const char *name)
{
    size_t i = 0;
    while (i < h->len && !ascii_equal(h->items[i].name, name))
        i++;
    return i;
}

static gofer_status append(struct headers *h, const char *name, const char *value)
{
    if (!grow(h) || !make(&h->items[h->len], name, value))
        return GOFER_ERR_NOMEM;
    h->len++;
    return GOFER_OK;
}

/* Puts a field, or a mark, in the place of all of that name. */
static gofer_status replace(struct headers *h, const char *name, const char *value)
{
    size_t i = index_of(h, name);
    if (i == h->len)
        return append(h, name, value);
    struct header field;
    if (!make(&field, name, value))
        return GOFER_ERR_NOMEM;
    drop_from(h, i + 1, name);
    mem_free(h->items[i].name);
    h->items[i] = field;
    return GOFER_OK;
}

gofer_status headers_add(struct headers *h, const char *name, const char *value)
{
    const struct header *first = headers_find(h, name);
    if (first != NULL && first->value == NULL)
        return replace(h, name, value);
    return append(h, name, value);
}

gofer_status headers_set(struct headers *h, const char *name, const char *value)
{
    return replace(h, name, value);
}

gofer_status headers_remove(struct headers *h, const char *name)
{
    return replace(h, name, NULL);
}

void headers_drop(struct headers *h, const char *name)
{
    drop_from(h, 0, name);
}

gofer_status headers_copy(struct headers *to, const struct headers *from)
{
    for (size_t i = 0; i < from->len; i++) {
        if (append(to, from->items[i].name, from->items[i].value) == GOFER_OK)
            continue;
        headers_fini(to);
        return GOFER_ERR_NOMEM;
    }
    return GOFER_OK;
}

void headers_fini(struct headers *h)
{
    for (size_t i = 0; i < h->len; i++)
        mem_free(h->items[i].name);
    mem_free(h->items);
    *h = HEADERS_INIT;
}

const struct header *headers_find(const struct headers *h, const char *name)
{
    size_t i = index_of(h, name);
    return i < h->len ? &h->items[i] : NULL;
}

size_t headers_count(const struct headers *h, const char *name)
{
    size_t n = 0;
    for (size_t i = 0; i < h->len; i++)
        n += h->items[i].value != NULL && ascii_equal(h->items[i].name, name);
    return n;
}
