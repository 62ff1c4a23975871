/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * An upload of a file, which goes from the page cache to the socket without
 * passing through the program's memory, with a progress bar.
 *
 *     upload [URL [FILE]]
 *
 * Without a file: 32 MiB that are made for it; without arguments: to a server of
 * its own, which answers how many bytes it got.
 */
#define _GNU_SOURCE 1 /* fileno, ftruncate */

#include <gofer/gofer.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "origin.h"
#include "progress.h"

/* On the thread that sends; it must not block for long. */
static void show(void *arg, int64_t sent, int64_t total)
{
    progress_show(arg, sent, total);
}

/* The named file, or some. Only the latter need be checked: a file that cannot be had becomes the
 * call's error. */
static int set_body(gofer_request *request, const char *name)
{
    FILE *some;
    int made;

    if (name != NULL) {
        gofer_request_set_body_file(request, name);
        return 0;
    }
    some = tmpfile();
    if (some == NULL)
        return -1;
    made = ftruncate(fileno(some), 32 * (off_t)ORIGIN_MIB);
    gofer_request_set_body_fd(request, fileno(some), 0, -1); /* -1: to its end */
    fclose(some);                                            /* the request has its own */
    return made;
}

static int upload(gofer_client *client, gofer_request *request)
{
    gofer_response *response;
    struct progress progress;
    int code = 1;

    progress_begin(&progress, "upload");
    gofer_request_set_progress(request, show, &progress);
    if (gofer_do(client, request, &response) != GOFER_OK) {
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    } else if (gofer_response_status(response) / 100 != 2) {
        fprintf(stderr, "refused: %d\n", gofer_response_status(response));
    } else {
        progress_end(&progress);
        fputs(gofer_response_body(response, NULL), stdout);
        code = 0;
    }
    gofer_response_free(response);
    return code;
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/count");
    /* timeout_ms covers the whole call, and nobody knows how long a large file takes. */
    gofer_client *client = gofer_client_new(
        &(gofer_client_options){.timeout_ms = GOFER_NEVER, .stall_timeout_ms = 10000});
    gofer_request *request = gofer_request_new("PUT", url);
    int code = 1;

    if (set_body(request, argc > 2 ? argv[2] : NULL) == 0)
        code = upload(client, request);
    else
        perror("a temporary file");

    gofer_request_free(request);
    gofer_client_free(client);
    origin_stop(origin);
    return code;
}
