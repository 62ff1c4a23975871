/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * One libcurl handle set up for the bench: shared by the easy and multi modes.
 * The body is copied into a buffer, as a user of the answer would have it.
 */
#ifndef GOFER_TESTS_BENCH_CURL_PEER_H
#define GOFER_TESTS_BENCH_CURL_PEER_H

#include <curl/curl.h>

#include "bench.h"

struct curl_peer {
    CURL *easy;
    size_t body_len; /* expected */
    size_t received; /* of the answer being read; the user sets it to 0 before each request */
    char body[16384];
};

/* Starts libcurl, with the counting allocator where the run asks for it. Once a process. */
bool curl_peer_global_init(const struct run *run);

/* NULL on failure. */
struct curl_peer *curl_peer_new(const struct run *run);
void curl_peer_free(struct curl_peer *peer);

/* Whether the finished request was answered as expected. */
bool curl_peer_check(const struct curl_peer *peer);

#endif
