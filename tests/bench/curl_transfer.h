/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Large bodies through a libcurl easy handle, which keeps its connections. One
 * thread owns a struct curl_transfer.
 */
#ifndef GOFER_TESTS_BENCH_CURL_TRANSFER_H
#define GOFER_TESTS_BENCH_CURL_TRANSFER_H

#include <stdbool.h>
#include <stdint.h>

struct curl_transfer;

/* ca_file: of https, or NULL. NULL on failure, and where the bench was built without libcurl. */
struct curl_transfer *curl_transfer_new(const char *ca_file);
void curl_transfer_free(struct curl_transfer *transfer);

/* GETs so many bytes; they are counted. Whether all came. */
bool curl_transfer_down(struct curl_transfer *transfer, const char *url, uint64_t bytes);

/* PUTs so many from memory. */
bool curl_transfer_up(struct curl_transfer *transfer, const char *url, const char *memory,
                      uint64_t bytes);

#endif
