/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Another protocol on an HTTP connection: after "101 Switching Protocols" one
 * thread writes and another reads. The protocol is the simplest there is: what
 * goes out comes back.
 *
 *     upgrade_echo [URL]
 */
#include <gofer/gofer.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "origin.h"

enum { LINES = 100000 };

static int format_line(char *line, size_t size, int number)
{
    return snprintf(line, size, "line %d\n", number);
}

/* Writes until all is out, then says so: the server ends its side in turn. */
static void *write_lines(void *arg)
{
    gofer_response *response = arg;
    char line[32];

    for (int i = 0; i < LINES; i++) {
        size_t len = (size_t)format_line(line, sizeof(line), i);

        if (gofer_response_write(response, line, len) < 0)
            return NULL; /* the reader hears of it as well */
    }
    gofer_response_shutdown_write(response);
    return NULL;
}

/* Reads to the end and compares. Returns how many lines came back, each in its place. */
static int read_lines(gofer_response *response)
{
    char bytes[16384], expected[32];
    int lines = 0, len = 0, at = 0;
    ssize_t n;

    while ((n = gofer_response_read(response, bytes, sizeof(bytes))) > 0) {
        for (ssize_t i = 0; i < n; i++) {
            if (at == len) {
                len = format_line(expected, sizeof(expected), lines);
                at = 0;
            }
            if (bytes[i] != expected[at++])
                return lines;
            lines += at == len;
        }
    }
    if (n < 0)
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    return lines;
}

/* One thread each way. */
static int talk(gofer_response *response)
{
    pthread_t writer;
    int lines;

    if (pthread_create(&writer, NULL, write_lines, response) != 0)
        return -1;
    lines = read_lines(response);
    gofer_response_close(response); /* a writer that is still at it wakes */
    pthread_join(writer, NULL);
    printf("%d of %d lines came back\n", lines, (int)LINES);
    return lines;
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/upgrade");
    gofer_client *client = gofer_client_new(NULL);
    gofer_request *request = gofer_request_new("GET", url);
    gofer_response *response;
    int lines = 0;

    gofer_request_set_upgrade(request, "echo");
    if (gofer_do(client, request, &response) != GOFER_OK)
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    else if (gofer_response_status(response) != 101) /* an ordinary answer */
        fprintf(stderr, "not switched: %d\n", gofer_response_status(response));
    else
        lines = talk(response);

    gofer_response_free(response);
    gofer_request_free(request);
    gofer_client_free(client);
    origin_stop(origin);
    return lines == LINES ? 0 : 1;
}
