/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Stands in for the libcurl modes where the bench was built without libcurl.
 */
#include "bench.h"

int curl_easy_main(struct run *run)
{
    return run_skip(run, "built without libcurl");
}

int curl_multi_main(struct run *run)
{
    return run_skip(run, "built without libcurl");
}

int curl_tls_memory_main(struct run *run)
{
    return run_skip(run, "built without libcurl");
}
