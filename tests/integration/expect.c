/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See expect.h.
 */
#include "integration/expect.h"

#include <CUnit/CUnit.h>
#include <stdio.h>
#include <string.h>

#include "integration/rig.h"

static bool record(const struct expect_place *place, bool value, bool fatal)
{
    CU_assertImplementation(value ? CU_TRUE : CU_FALSE, place->line, place->text, place->file, "",
                            fatal ? CU_TRUE : CU_FALSE);
    rig_progress();
    return value;
}

bool expect_true(const struct expect_place *place, bool value)
{
    return record(place, value, false);
}

void expect_required(const struct expect_place *place, bool value)
{
    record(place, value, true);
}

bool expect_int(const struct expect_place *place, long long actual, long long wanted)
{
    if (actual != wanted)
        fprintf(stderr, "\n    %s:%u: %lld, wanted %lld", place->file, place->line, actual, wanted);
    return record(place, actual == wanted, false);
}

bool expect_at_least(const struct expect_place *place, long long actual, long long least)
{
    if (actual < least)
        fprintf(stderr, "\n    %s:%u: %lld, wanted at least %lld", place->file, place->line, actual,
                least);
    return record(place, actual >= least, false);
}

static const char *printable(const char *text)
{
    return text != NULL ? text : "(NULL)";
}

bool expect_text(const struct expect_place *place, const char *actual, const char *wanted)
{
    bool equal = (actual == NULL || wanted == NULL) ? actual == wanted : !strcmp(actual, wanted);

    if (!equal)
        fprintf(stderr, "\n    %s:%u: \"%s\", wanted \"%s\"", place->file, place->line,
                printable(actual), printable(wanted));
    return record(place, equal, false);
}

bool expect_holds(const struct expect_place *place, const char *text, const char *part, bool holds)
{
    bool found = text != NULL && strstr(text, part) != NULL;

    if (found != holds)
        fprintf(stderr, "\n    %s:%u: \"%s\" %s \"%s\"", place->file, place->line, printable(text),
                holds ? "lacks" : "holds", part);
    return record(place, found == holds, false);
}

bool expect_status(const struct expect_place *place, gofer_status actual, gofer_status wanted)
{
    if (actual != wanted)
        fprintf(stderr, "\n    %s:%u: %s, wanted %s", place->file, place->line,
                gofer_status_name(actual), gofer_status_name(wanted));
    return record(place, actual == wanted, false);
}
