/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A list of hosts; see bypass.h.
 */
#include "cli/bypass.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* Whether curl compares it with hosts, and not with what no host is called. */
static bool is_host(const char *entry, size_t len)
{
    const char *colon = memchr(entry, ':', len);

    if (len == 0 || entry[0] == '*' || entry[0] == '[')
        return false;
    return colon == NULL || memchr(colon + 1, ':', len - (size_t)(colon + 1 - entry)) != NULL;
}

static void write_entries(struct text *out, const char *list)
{
    static const char separators[] = ", \t";

    for (list += strspn(list, separators); *list != '\0'; list += strspn(list, separators)) {
        size_t len = strcspn(list, separators), dot = list[0] == '.';

        if (is_host(list + dot, len - dot)) {
            text_append_str(out, ",");
            text_append(out, list + dot, len - dot);
        }
        list += len;
    }
}

void bypass_write(struct text *out, const char *option)
{
    const char *list = option != NULL ? option : getenv("no_proxy");

    if (list == NULL || (option == NULL && *list == '\0'))
        list = getenv("NO_PROXY");
    if (list != NULL && strcmp(list, "*") == 0) {
        text_append_str(out, "*");
        return;
    }
    text_append_str(out, "<-loopback>");
    if (list != NULL)
        write_entries(out, list);
}
