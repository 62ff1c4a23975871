/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See curl_transfer.h. Buffers are as large as libcurl takes them: pieces of some
 * hundred KiB, as the other transfers have.
 */
#include "curl_transfer.h"

#include <stdlib.h>
#include <string.h>

#include <curl/curl.h>

static const long buffer_bytes = 256 * 1024;

struct curl_transfer {
    CURL *easy;
    const char *memory; /* what is sent, from here on */
    uint64_t left;      /* of it */
    uint64_t received;
};

struct curl_transfer *curl_transfer_new(const char *ca_file)
{
    struct curl_transfer *transfer = calloc(1, sizeof(*transfer));
    if (transfer == NULL || (transfer->easy = curl_easy_init()) == NULL) {
        free(transfer);
        return NULL;
    }
    curl_easy_setopt(transfer->easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_PROXY, "");
    curl_easy_setopt(transfer->easy, CURLOPT_BUFFERSIZE, buffer_bytes);
    curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD_BUFFERSIZE, buffer_bytes);
    if (ca_file != NULL)
        curl_easy_setopt(transfer->easy, CURLOPT_CAINFO, ca_file);
    return transfer;
}

void curl_transfer_free(struct curl_transfer *transfer)
{
    if (transfer == NULL)
        return;
    curl_easy_cleanup(transfer->easy);
    free(transfer);
}

static size_t count(char *data, size_t size, size_t n, void *arg)
{
    struct curl_transfer *transfer = arg;
    (void)data;
    transfer->received += size * n;
    return size * n;
}

static size_t give(char *buffer, size_t size, size_t n, void *arg)
{
    struct curl_transfer *transfer = arg;
    size_t len = transfer->left < size * n ? (size_t)transfer->left : size * n;
    memcpy(buffer, transfer->memory, len);
    transfer->memory += len;
    transfer->left -= len;
    return len;
}

static bool perform(struct curl_transfer *transfer, const char *url)
{
    long status = 0;
    transfer->received = 0;
    curl_easy_setopt(transfer->easy, CURLOPT_URL, url);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEFUNCTION, count);
    curl_easy_setopt(transfer->easy, CURLOPT_WRITEDATA, transfer);
    bool done = curl_easy_perform(transfer->easy) == CURLE_OK;
    curl_easy_getinfo(transfer->easy, CURLINFO_RESPONSE_CODE, &status);
    return done && status == 200;
}

bool curl_transfer_down(struct curl_transfer *transfer, const char *url, uint64_t bytes)
{
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPGET, 1L);
    return perform(transfer, url) && transfer->received == bytes;
}

bool curl_transfer_up(struct curl_transfer *transfer, const char *url, const char *memory,
                      uint64_t bytes)
{
    struct curl_slist *headers = curl_slist_append(NULL, "Expect:");
    transfer->memory = memory;
    transfer->left = bytes;
    curl_easy_setopt(transfer->easy, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(transfer->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)bytes);
    curl_easy_setopt(transfer->easy, CURLOPT_READFUNCTION, give);
    curl_easy_setopt(transfer->easy, CURLOPT_READDATA, transfer);
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, headers);
    bool done = perform(transfer, url) && transfer->left == 0;
    curl_easy_setopt(transfer->easy, CURLOPT_HTTPHEADER, NULL);
    curl_slist_free_all(headers);
    return done;
}
