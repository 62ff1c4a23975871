/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The examples' origin as a program, for those without one of their own: prints its
 * URL, and serves until its input ends.
 */
#include <stdio.h>

#include "examples/origin.h"

int main(void)
{
    struct origin *origin = origin_start();

    if (origin == NULL)
        return 1;
    puts(origin_url(origin));
    fflush(stdout);
    while (getchar() != EOF)
        ;
    origin_stop(origin);
    return 0;
}
