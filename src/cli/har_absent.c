/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * In place of har.c, in a build without jansson.
 */
#include <stddef.h>

#include "cli/har.h"

bool har_is_built_in(void)
{
    return false;
}

char *har_text(struct timeline *timeline)
{
    (void)timeline;
    return NULL;
}
