/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Cutting a copy of the head into strings.
 */
#include "transport/trace_head.h"

#include <string.h>

#include "base/alloc.h"
#include "base/ascii.h"

#define MASK "***"

void trace_head_init(struct trace_head *h, const char *head, size_t len,
                     const struct headers *secrets)
{
    h->secrets = secrets;
    h->at = NULL;
    h->text = mem_alloc(len + 1);
    if (h->text == NULL)
        return;
    memcpy(h->text, head, len);
    h->text[len] = '\0';
    h->at = strstr(h->text, "\r\n"); /* behind the request line */
    if (h->at != NULL)
        h->at += 2;
}

void trace_head_fini(struct trace_head *h)
{
    mem_free(h->text);
}

static bool is_secret(const struct trace_head *h, const char *name)
{
    return ascii_equal(name, "Authorization") || ascii_equal(name, "Proxy-Authorization") ||
           ascii_equal(name, "Cookie") ||
           (h->secrets != NULL && headers_find(h->secrets, name) != NULL);
}

bool trace_head_next(struct trace_head *h, const char **name, const char **value)
{
    char *line = h->at;
    char *end = line != NULL ? strstr(line, "\r\n") : NULL;
    char *colon = end != NULL ? memchr(line, ':', (size_t)(end - line)) : NULL;
    if (colon == NULL) /* the empty line */
        return false;
    h->at = end + 2;
    *colon = *end = '\0';
    *name = line;
    *value = colon[1] == ' ' ? colon + 2 : colon + 1;
    if (is_secret(h, line))
        *value = MASK;
    return true;
}

void trace_head_mask(const char *head, size_t len, const struct headers *secrets, struct buf *out)
{
    const char *line_end = memmem(head, len, "\r\n", 2);
    size_t line_len = line_end != NULL ? (size_t)(line_end - head) + 2 : len;
    const char *name, *value;
    struct trace_head h;

    trace_head_init(&h, head, len, secrets);
    out->failed = out->failed || h.text == NULL;
    buf_append(out, head, line_len);
    while (trace_head_next(&h, &name, &value))
        buf_printf(out, *value != '\0' ? "%s: %s\r\n" : "%s:\r\n", name, value);
    buf_append_str(out, "\r\n");
    trace_head_fini(&h);
}
