/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Scenes: responses that are read while they come.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "faults/play.h"
#include "faults/stage.h"

/* A streaming GET's head; NULL where there is none. */
static gofer_response *begin(struct stage *stage, const char *path)
{
    gofer_request *request = stage_request(stage, "GET", path);
    gofer_response *response = NULL;

    if (stage_client(stage, NULL) != NULL)
        response = play_stream(stage, request);
    gofer_request_free(request);
    return response;
}

/* The end of a body that should be `whole`; what came is its beginning in any case. */
static void end(struct stage *stage, gofer_response *response, ssize_t last, const char *got,
                size_t len, const char *whole)
{
    MUST(stage, len <= strlen(whole) && memcmp(got, whole, len) == 0);
    if (last == 0)
        MUST(stage, len == strlen(whole));
    else if (MUST(stage, gofer_response_error(response) != NULL))
        STEP(stage, gofer_response_error(response)->code);
    gofer_response_free(response);
}

static void read_all(struct stage *stage, gofer_response *response, const char *whole)
{
    char got[256];
    size_t len = 0;
    ssize_t n = 0;

    while (len < sizeof got && (n = gofer_response_read(response, got + len, sizeof got - len)) > 0)
        len += (size_t)n;
    end(stage, response, n, got, len, whole);
}

PLAY(stream)
{
    gofer_response *response = begin(stage, "/hello");

    if (response != NULL)
        read_all(stage, response, "hello");
}

PLAY(stream_decoded)
{
    gofer_response *response = begin(stage, "/gzip");

    if (response == NULL)
        return;
    MUST(stage, gofer_response_uncompressed(response) == 1);
    MUST(stage, gofer_response_content_length(response) == -1);
    read_all(stage, response, SERVERS_TEXT);
}

static void readable(void *arg)
{
    atomic_fetch_add((atomic_int *)arg, 1);
}

PLAY(stream_poll)
{
    gofer_response *response = begin(stage, "/chunked");
    atomic_int called = 0;
    char got[64];
    size_t len = 0;
    ssize_t n;

    if (response == NULL)
        return;
    STEP(stage, gofer_response_on_readable(response, readable, &called));
    do {
        n = gofer_response_read_for(response, got + len, 2, 20);
        len += n > 0 ? (size_t)n : 0;
    } while (len < sizeof got - 2 && (n > 0 || n == GOFER_READ_PENDING));
    HOLDS(stage, gofer_response_trailer_count(response) == 1);
    gofer_response_on_readable(response, NULL, NULL);
    end(stage, response, n, got, len, "hello");
    stage_end_client(stage);
    MUST(stage, called <= 1);
}

PLAY(stream_to_fd)
{
    int fd = open(stage_path(stage, "copy"), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    gofer_response *response = begin(stage, "/hello");
    char got[8];

    if (response != NULL) {
        bool whole = STEP(stage, gofer_response_to_fd(response, fd));
        ssize_t n = pread(fd, got, sizeof got, 0);
        MUST(stage, n >= 0 && n <= 5 && memcmp(got, "hello", (size_t)n) == 0);
        MUST(stage, !whole || n == 5);
    }
    gofer_response_free(response);
    close(fd);
}

static int take(void *arg, const void *data, size_t len)
{
    *(size_t *)arg += len;
    return memchr(data, 'b', len) != data;
}

PLAY(stream_to_callback)
{
    gofer_response *response = begin(stage, "/big");
    size_t len = 0;

    if (response != NULL && STEP(stage, gofer_response_to_callback(response, take, &len)))
        MUST(stage, len == SERVERS_BIG_BYTES);
    gofer_response_free(response);
}

PLAY(stream_close)
{
    gofer_response *response = begin(stage, "/big");
    char got[8];

    if (response == NULL)
        return;
    gofer_response_close(response);
    MUST(stage, gofer_response_read(response, got, sizeof got) == -1);
    MUST(stage, gofer_response_error(response) != NULL);
    gofer_response_free(response);
}

/* --- another protocol --- */

static void talk(struct stage *stage, gofer_response *response)
{
    char got[8];
    size_t len = 0;
    ssize_t n = gofer_response_write(response, "ping", 4);

    /* A peer that was not told goes on to wait, and we for it. */
    if (n == 4 && !STEP(stage, gofer_response_shutdown_write(response))) {
        gofer_response_free(response);
        return;
    }
    while (n > 0 && len < sizeof got &&
           (n = gofer_response_read(response, got + len, sizeof got - len)) > 0)
        len += (size_t)n;
    end(stage, response, n, got, len, "ping");
}

PLAY(upgrade)
{
    gofer_request *request = stage_request(stage, "GET", "/upgrade");
    gofer_response *response = NULL;

    if (STEP(stage, gofer_request_set_upgrade(request, "echo")) &&
        stage_client(stage, NULL) != NULL)
        response = play_stream(stage, request);
    gofer_request_free(request);
    if (response == NULL)
        return;
    MUST(stage, gofer_response_status(response) == 101);
    talk(stage, response);
}

PLAY(trailers)
{
    gofer_response *response = NULL;
    const char *name = NULL, *value = NULL;
    gofer_status status;

    if (stage_client(stage, NULL) == NULL)
        return;
    status = gofer_get(stage->client, stage_url(stage, "/chunked"), &response);
    if (status == GOFER_OK) {
        MUST(stage, gofer_response_trailer_count(response) == 1);
        MUST(stage, gofer_response_trailer_at(response, 0, &name, &value) == 1);
        MUST(stage, strcmp(gofer_response_trailer(response, "x-sum"), "5") == 0);
        MUST(stage, gofer_response_http_minor(response) == 1);
        MUST(stage, strcmp(gofer_response_reason(response), "OK") == 0);
        MUST(stage, gofer_response_header_count(response) == 1);
        MUST(stage, gofer_response_header_at(response, 0, &name, &value) == 1);
        MUST(stage, gofer_response_header(response, "Transfer-Encoding") != NULL);
    }
    stage_answer(stage, status, response, "hello");
}
