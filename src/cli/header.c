/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The argument of -H taken apart; see header.h.
 */
#include "cli/header.h"

#include <string.h>
#include <strings.h>

#include "cli/input.h"

static const char *skip_blanks(const char *s)
{
    return s + strspn(s, " \t");
}

struct header header_parse(const char *line)
{
    struct header header = {HEADER_NOTHING, {0}, ""};
    size_t len = strcspn(line, ":");
    bool has_colon = line[len] == ':';

    if (!has_colon)
        len = strcspn(line, ";");
    if (len == 0 || line[len] == '\0')
        return header;
    header.value = skip_blanks(line + len + 1);
    if (!has_colon && *header.value != '\0')
        return header;
    header.kind = has_colon && *header.value == '\0' ? HEADER_REMOVE : HEADER_SEND;
    text_append(&header.name, line, len);
    return header;
}

bool header_take(const struct config *config, const char *argument, struct strings *list)
{
    struct text lines = {0};
    bool ok = true;

    if (*argument != '@') {
        strings_push(list, argument);
        return true;
    }
    ok = input_read(config, argument + 1, &lines);
    for (const char *line = text_str(&lines); ok && *line != '\0'; line += strspn(line, "\r\n")) {
        size_t len = strcspn(line, "\r\n");

        strings_push_n(list, line, len);
        line += len;
    }
    text_fini(&lines);
    return ok;
}

void header_fini(struct header *header)
{
    text_fini(&header->name);
}

bool header_is_mentioned(const struct config *config, const char *name)
{
    bool found = false;

    for (size_t i = 0; i < config->headers.len && !found; i++) {
        struct header header = header_parse(config->headers.items[i]);

        found = header.kind != HEADER_NOTHING && strcasecmp(text_str(&header.name), name) == 0;
        header_fini(&header);
    }
    return found;
}
