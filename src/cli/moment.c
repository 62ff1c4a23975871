/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Dates; see moment.h.
 */
#include "cli/moment.h"

#include <string.h>

static const char *const formats[] = {
    "%a, %d %b %Y %H:%M:%S",
    "%A, %d-%b-%y %H:%M:%S",
    "%a %b %d %H:%M:%S %Y",
    "%d %b %Y %H:%M:%S",
    "%Y-%m-%d %H:%M:%S",
    "%Y%m%d %H:%M:%S",
    "%b %d %Y %H:%M:%S",
    "%a, %d %b %Y",
    "%d %b %Y",
    "%Y-%m-%d",
    "%Y%m%d",
    "%b %d %Y",
};

static bool is_utc(const char *rest)
{
    static const char *const names[] = {"", "GMT", "UTC", "Z", "+0000", "-0000"};

    rest += strspn(rest, " ");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(rest, names[i]) == 0)
            return true;
    return false;
}

bool moment_parse(const char *date, time_t *out)
{
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        struct tm tm = {0};
        const char *rest = strptime(date, formats[i], &tm);

        if (rest == NULL || !is_utc(rest))
            continue;
        *out = timegm(&tm);
        return true;
    }
    return false;
}

void moment_append(struct text *out, time_t moment)
{
    char text[64];
    struct tm tm;

    if (gmtime_r(&moment, &tm) != NULL &&
        strftime(text, sizeof text, "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0)
        text_append_str(out, text);
}
