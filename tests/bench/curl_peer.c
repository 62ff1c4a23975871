/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Setting a libcurl handle up. See curl_peer.h.
 */
#include "curl_peer.h"

#include <stdlib.h>
#include <string.h>

static const long time_limit_ms = 30000;

static size_t write_body(char *data, size_t size, size_t count, void *arg)
{
    struct curl_peer *peer = arg;
    size_t len = size * count;
    size_t room = sizeof(peer->body) - peer->received % sizeof(peer->body);
    memcpy(peer->body + peer->received % sizeof(peer->body), data, len < room ? len : room);
    peer->received += len;
    return len;
}

bool curl_peer_global_init(const struct run *run)
{
    if (!run->count_heap)
        return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
    return curl_global_init_mem(CURL_GLOBAL_DEFAULT, heap_malloc, heap_free, heap_realloc,
                                heap_strdup, heap_calloc) == CURLE_OK;
}

struct curl_peer *curl_peer_new(const struct run *run)
{
    struct curl_peer *peer = calloc(1, sizeof(*peer));
    if (peer == NULL || (peer->easy = curl_easy_init()) == NULL) {
        free(peer);
        return NULL;
    }
    peer->body_len = run->body_len;
    curl_easy_setopt(peer->easy, CURLOPT_URL, run->url);
    curl_easy_setopt(peer->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(peer->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(peer->easy, CURLOPT_TIMEOUT_MS, time_limit_ms);
    curl_easy_setopt(peer->easy, CURLOPT_WRITEFUNCTION, write_body);
    curl_easy_setopt(peer->easy, CURLOPT_WRITEDATA, peer);
    curl_easy_setopt(peer->easy, CURLOPT_PRIVATE, peer);
    if (run->ca != NULL)
        curl_easy_setopt(peer->easy, CURLOPT_CAINFO, run->ca);
    if (run->full)
        curl_easy_setopt(peer->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
    return peer;
}

void curl_peer_free(struct curl_peer *peer)
{
    if (peer == NULL)
        return;
    curl_easy_cleanup(peer->easy);
    free(peer);
}

bool curl_peer_check(const struct curl_peer *peer)
{
    long status = 0;
    curl_easy_getinfo(peer->easy, CURLINFO_RESPONSE_CODE, &status);
    return status == 200 && peer->received == peer->body_len;
}
