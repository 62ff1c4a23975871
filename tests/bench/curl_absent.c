/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Stands in for the libcurl modes where the bench was built without libcurl.
 */
#include "bench.h"
#include "curl_transfer.h"

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

int curl_burst_main(struct run *run)
{
    return run_skip(run, "built without libcurl");
}

struct curl_transfer *curl_transfer_new(const char *ca_file)
{
    (void)ca_file;
    return NULL;
}

void curl_transfer_free(struct curl_transfer *transfer)
{
    (void)transfer;
}

bool curl_transfer_down(struct curl_transfer *transfer, const char *url, uint64_t bytes)
{
    (void)transfer, (void)url, (void)bytes;
    return false;
}

bool curl_transfer_up(struct curl_transfer *transfer, const char *url, const char *memory,
                      uint64_t bytes)
{
    (void)transfer, (void)url, (void)memory, (void)bytes;
    return false;
}
