/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Line by line through a head; see head.h.
 */
#include "cli/head.h"

#include <string.h>
#include <strings.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

static void trim(struct head_field *f)
{
    while (f->value_len > 0 && is_blank(*f->value)) {
        f->value++;
        f->value_len--;
    }
    while (f->value_len > 0 && is_blank(f->value[f->value_len - 1]))
        f->value_len--;
}

/* The status line is none. */
bool head_next(const char **at, struct head_field *field)
{
    for (const char *line = *at; *line != '\0';) {
        size_t len = strcspn(line, "\n");
        const char *colon = memchr(line, ':', len);
        bool is_status = strncmp(line, "HTTP/", 5) == 0;

        *at = line + len + (line[len] == '\n');
        if (colon != NULL && !is_status) {
            *field = (struct head_field){.name = line, .name_len = (size_t)(colon - line)};
            field->value = colon + 1;
            field->value_len = len - field->name_len - 1;
            trim(field);
            return true;
        }
        line = *at;
    }
    return false;
}

bool head_is_named(const struct head_field *field, const char *name, size_t name_len)
{
    return field->name_len == name_len && strncasecmp(field->name, name, name_len) == 0;
}

bool head_find(const char *head, const char *name, size_t name_len, struct head_field *field)
{
    while (head_next(&head, field))
        if (head_is_named(field, name, name_len))
            return true;
    return false;
}
