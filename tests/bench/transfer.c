/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Large bodies through gofer, and the table of all transfers. The bytes in memory
 * are pages of zeros that were touched before, and the file has holes only, but
 * is in the page cache, so that what is measured is the way and not the source.
 */
#include "transfer.h"
#include "bulk_origin.h"
#include "curl_transfer.h"
#include "raw_tls.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <gofer/gofer.h>

/* --- what transfers need --- */

/* A file without a name; sparse, but in the page cache as far as that goes. */
static int open_file(char *buffer, uint64_t len)
{
    FILE *file = tmpfile();
    int fd = file != NULL ? fcntl(fileno(file), F_DUPFD_CLOEXEC, 0) : -1;
    if (file != NULL)
        fclose(file);
    if (fd < 0 || ftruncate(fd, (off_t)len) != 0)
        return fd;
    while (read(fd, buffer, BULK_BUFFER_BYTES) > 0)
        ;
    return fd;
}

static const char *map_memory(uint64_t len)
{
    void *memory = mmap(NULL, (size_t)len, PROT_READ,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_POPULATE, -1, 0);
    return memory != MAP_FAILED ? memory : NULL;
}

static bool open_raw(struct bulk *bulk, const char *ca_file)
{
    bulk->raw = raw_connect(bulk->port);
    if (bulk->tls_port > 0)
        bulk->raw_tls = raw_tls_new(bulk->tls_port, ca_file);
    return bulk->raw >= 0 && (bulk->tls_port == 0 || bulk->raw_tls != NULL);
}

bool bulk_open(struct bulk *bulk, int port, int tls_port, const char *ca_file, uint64_t max_bytes)
{
    gofer_tls_options tls = {.ca_file = ca_file};
    gofer_client_options options = {.timeout_ms = GOFER_NEVER, .tls = &tls};
    *bulk = (struct bulk){.port = port, .tls_port = tls_port, .max_bytes = max_bytes};
    bulk->buffer = malloc(BULK_BUFFER_BYTES);
    bulk->client = gofer_client_new(&options);
    bulk->curl = curl_transfer_new(ca_file);
    bool connected = open_raw(bulk, ca_file);
    bulk->memory = map_memory(max_bytes);
    bulk->file = bulk->buffer != NULL ? open_file(bulk->buffer, max_bytes) : -1;
    bulk->sink = open("/dev/null", O_WRONLY | O_CLOEXEC);
    return bulk->buffer != NULL && bulk->client != NULL && connected && bulk->memory != NULL &&
           bulk->file >= 0 && bulk->sink >= 0;
}

static void close_if_open(int fd)
{
    if (fd >= 0)
        close(fd);
}

void bulk_close(struct bulk *bulk)
{
    close_if_open(bulk->sink);
    close_if_open(bulk->file);
    close_if_open(bulk->raw);
    if (bulk->memory != NULL)
        munmap((void *)bulk->memory, (size_t)bulk->max_bytes);
    raw_tls_free(bulk->raw_tls);
    curl_transfer_free(bulk->curl);
    gofer_client_free(bulk->client);
    free(bulk->buffer);
}

/* Frees the response. A failure is told to a person, too. */
static bool finish(gofer_response *response, bool done)
{
    const gofer_error *error = gofer_response_error(response);
    if (!done)
        fprintf(stderr, "bench: %d, %s\n", gofer_response_status(response),
                error != NULL ? error->message : "too few bytes or too many");
    gofer_response_free(response);
    return done;
}

static void write_url(const struct bulk *bulk, char *url, const char *path)
{
    snprintf(url, BULK_URL_MAX, "%s://127.0.0.1:%d%s", bulk->tls ? "https" : "http",
             bulk->tls ? bulk->tls_port : bulk->port, path);
}

static void write_down_url(const struct bulk *bulk, char *url, uint64_t bytes)
{
    char path[48];
    snprintf(path, sizeof(path), "/down?%llu", (unsigned long long)bytes);
    write_url(bulk, url, path);
}

/* --- down --- */

static gofer_response *begin_down(struct bulk *bulk, uint64_t bytes)
{
    char url[BULK_URL_MAX];
    gofer_response *response;
    write_down_url(bulk, url, bytes);
    gofer_request *request = gofer_request_new("GET", url);
    gofer_request_set_streaming(request, 1);
    gofer_do(bulk->client, request, &response);
    gofer_request_free(request);
    return response;
}

/* Whether the rest of the body has so many bytes. */
static bool count_body(struct bulk *bulk, gofer_response *response, uint64_t bytes, size_t piece)
{
    uint64_t got = 0;
    ssize_t n;
    while ((n = gofer_response_read(response, bulk->buffer, piece)) > 0)
        got += (uint64_t)n;
    return n == 0 && got == bytes;
}

static bool read_in_pieces(struct bulk *bulk, uint64_t bytes, size_t piece)
{
    gofer_response *response = begin_down(bulk, bytes);
    bool done = gofer_response_status(response) == 200 && count_body(bulk, response, bytes, piece);
    return finish(response, done);
}

static bool read_64k(struct bulk *bulk, uint64_t bytes)
{
    return read_in_pieces(bulk, bytes, 64 * 1024);
}

static bool read_256k(struct bulk *bulk, uint64_t bytes)
{
    return read_in_pieces(bulk, bytes, 256 * 1024);
}

/* Nobody can count what went into /dev/null; but a body of another length would be an error. */
static bool to_fd(struct bulk *bulk, uint64_t bytes)
{
    gofer_response *response = begin_down(bulk, bytes);
    bool done = gofer_response_status(response) == 200 &&
                gofer_response_content_length(response) == (int64_t)bytes &&
                gofer_response_to_fd(response, bulk->sink) == GOFER_OK;
    return finish(response, done);
}

/* --- up --- */

static gofer_request *new_put(struct bulk *bulk, const char *path)
{
    char url[BULK_URL_MAX];
    write_url(bulk, url, path);
    return gofer_request_new("PUT", url);
}

/* Makes the call; whether the origin got so many bytes. Frees the request. */
static bool finish_up(struct bulk *bulk, gofer_request *request, uint64_t bytes)
{
    gofer_response *response;
    bool done = gofer_do(bulk->client, request, &response) == GOFER_OK &&
                gofer_response_status(response) == 200 &&
                strtoull(gofer_response_body(response, NULL), NULL, 10) == bytes;
    gofer_request_free(request);
    return finish(response, done);
}

static bool up_ref(struct bulk *bulk, uint64_t bytes)
{
    gofer_request *request = new_put(bulk, "/up");
    gofer_request_set_body_ref(request, bulk->memory, (size_t)bytes, NULL, NULL);
    return finish_up(bulk, request, bytes);
}

static bool up_file(struct bulk *bulk, uint64_t bytes)
{
    gofer_request *request = new_put(bulk, "/up");
    gofer_request_set_body_fd(request, bulk->file, 0, (int64_t)bytes);
    return finish_up(bulk, request, bytes);
}

/* The bytes are whatever is in the buffer: making them is not what is measured. */
static ssize_t give(void *arg, void *buf, size_t cap)
{
    struct bulk *bulk = arg;
    size_t n = bulk->to_give < cap ? (size_t)bulk->to_give : cap;
    (void)buf;
    bulk->to_give -= n;
    return (ssize_t)n;
}

static void set_reader(struct bulk *bulk, gofer_request *request, uint64_t bytes)
{
    gofer_body_reader reader = {.read = give, .arg = bulk, .length = (int64_t)bytes};
    bulk->to_give = bytes;
    gofer_request_set_body_reader(request, &reader);
}

static bool up_reader(struct bulk *bulk, uint64_t bytes)
{
    gofer_request *request = new_put(bulk, "/up");
    set_reader(bulk, request, bytes);
    return finish_up(bulk, request, bytes);
}

/* Up and down at once: the workers send while this thread reads. */
static bool both_ways(struct bulk *bulk, uint64_t bytes)
{
    gofer_request *request = new_put(bulk, "/echo");
    gofer_response *response;
    set_reader(bulk, request, bytes);
    gofer_request_set_streaming(request, 1);
    bool done = gofer_do(bulk->client, request, &response) == GOFER_OK &&
                gofer_response_status(response) == 200 &&
                count_body(bulk, response, bytes, 64 * 1024);
    gofer_request_free(request);
    return finish(response, done);
}

/* --- peers --- */

static bool tls_read(struct bulk *bulk, uint64_t bytes)
{
    return raw_tls_read(bulk->raw_tls, bytes, bulk->buffer, 64 * 1024);
}

static bool tls_write(struct bulk *bulk, uint64_t bytes)
{
    return raw_tls_send(bulk->raw_tls, bulk->memory, bytes);
}

static bool curl_down(struct bulk *bulk, uint64_t bytes)
{
    char url[BULK_URL_MAX];
    write_down_url(bulk, url, bytes);
    return curl_transfer_down(bulk->curl, url, bytes);
}

static bool curl_up(struct bulk *bulk, uint64_t bytes)
{
    char url[BULK_URL_MAX];
    write_url(bulk, url, "/up");
    return curl_transfer_up(bulk->curl, url, bulk->memory, bytes);
}

/* --- all --- */

const struct transfer transfers[] = {
    {"raw_recv_64k", BY_RAW_LOOP, false, NULL, raw_recv_64k},
    {"read_64k", BY_GOFER, false, "raw_recv_64k", read_64k},
    {"to_fd", BY_GOFER, false, "raw_recv_64k", to_fd},
    {"raw_recv_256k", BY_RAW_LOOP, false, NULL, raw_recv_256k},
    {"read_256k", BY_GOFER, false, "raw_recv_256k", read_256k},
    {"curl_down", BY_CURL, false, "raw_recv_256k", curl_down},
    {"raw_send", BY_RAW_LOOP, false, NULL, raw_send},
    {"up_ref", BY_GOFER, false, "raw_send", up_ref},
    {"up_reader", BY_GOFER, false, "raw_send", up_reader},
    {"curl_up", BY_CURL, false, "raw_send", curl_up},
    {"raw_sendfile", BY_RAW_LOOP, false, NULL, raw_sendfile},
    {"up_file", BY_GOFER, false, "raw_sendfile", up_file},
    {"both_ways", BY_GOFER, false, NULL, both_ways},
    {"raw_tls_read", BY_RAW_LOOP, true, NULL, tls_read},
    {"tls_read_64k", BY_GOFER, true, "raw_tls_read", read_64k},
    {"curl_tls_down", BY_CURL, true, "raw_tls_read", curl_down},
    {"raw_tls_write", BY_RAW_LOOP, true, NULL, tls_write},
    {"tls_up_ref", BY_GOFER, true, "raw_tls_write", up_ref},
    {"curl_tls_up", BY_CURL, true, "raw_tls_write", curl_up},
};
const int transfers_len = sizeof(transfers) / sizeof(transfers[0]);

bool transfer_is_possible(const struct bulk *bulk, const struct transfer *transfer)
{
    return (!transfer->tls || bulk->tls_port > 0) &&
           (transfer->by != BY_CURL || bulk->curl != NULL);
}

bool transfer_move(struct bulk *bulk, const struct transfer *transfer, uint64_t bytes)
{
    bulk->tls = transfer->tls;
    return transfer->move(bulk, bytes);
}
