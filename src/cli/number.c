/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The numbers that options take; see number.h.
 */
#include "cli/number.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Longer than that is for ever. */
#define SECONDS_MAX 1e9

enum option_error number_take(const char *value, long min, long *out)
{
    char *end;

    errno = 0;
    long n = strtol(value, &end, 10);
    if (end == value || *end != '\0' || errno == ERANGE)
        return OPTION_NOT_A_NUMBER;
    if (n < min)
        return OPTION_NEGATIVE;
    *out = n;
    return OPTION_OK;
}

enum option_error number_take_seconds(const char *value, int64_t *ms)
{
    char *end;
    double seconds = strtod(value, &end);

    if (end == value || *end != '\0' || !isfinite(seconds))
        return OPTION_NOT_A_NUMBER;
    if (seconds < 0)
        return OPTION_NEGATIVE;
    *ms = (int64_t)((seconds < SECONDS_MAX ? seconds : SECONDS_MAX) * 1000);
    if (*ms == 0 && seconds > 0)
        *ms = 1;
    return OPTION_OK;
}

/* How often 1024 is a factor of the unit; -1: no unit. */
static int power_of(const char *unit)
{
    static const char letters[] = "bkmgtp";
    const char *found;

    if (*unit == '\0')
        return 0;
    found = strchr(letters, *unit | 0x20);
    return found != NULL && *found != '\0' && unit[1] == '\0' ? (int)(found - letters) : -1;
}

enum option_error number_take_bytes(const char *value, int64_t *bytes)
{
    char *end;

    errno = 0;
    long long n = strtoll(value, &end, 10);
    int power = power_of(end);

    if (end == value || power < 0)
        return OPTION_MISUSED;
    if (n < 0)
        return OPTION_NEGATIVE;
    if (errno == ERANGE || n > INT64_MAX >> (10 * power))
        return OPTION_TOO_LARGE;
    *bytes = n << (10 * power);
    return OPTION_OK;
}
