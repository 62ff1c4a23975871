/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Stands in for the libsoup mode where the bench was built without libsoup.
 */
#include "bench.h"

int soup_main(struct run *run)
{
    return run_skip(run, "built without libsoup");
}
