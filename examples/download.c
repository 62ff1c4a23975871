/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A download of any size into a file, in 64 KiB of memory, with a progress bar.
 * What did not arrive whole is not kept.
 *
 *     download [URL [FILE]]
 *
 * Without arguments: 32 MiB from a server of its own, into a file that is gone
 * afterwards.
 */
#include <gofer/gofer.h>
#include <stdio.h>

#include "origin.h"
#include "progress.h"

enum { PIECE_BYTES = 64 * 1024 };

/* The body, piece by piece. Returns how many bytes, or -1 after saying why not all. */
static int64_t copy_body(gofer_response *response, FILE *file)
{
    static char piece[PIECE_BYTES];
    int64_t total = gofer_response_content_length(response); /* -1: the server does not say */
    int64_t done = 0;
    ssize_t n;
    struct progress progress;

    progress_begin(&progress, "download");
    while ((n = gofer_response_read(response, piece, sizeof(piece))) > 0) {
        if (fwrite(piece, 1, (size_t)n, file) != (size_t)n) {
            perror("writing the file");
            return -1;
        }
        done += n;
        progress_show(&progress, done, total);
    }
    progress_end(&progress);
    if (n == 0)
        return done;
    /* A body that ends early is an error, never an end. */
    fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    return -1;
}

/* The call's outcome is the response's head; the body is still on its way. */
static int64_t download(gofer_client *client, const char *url, FILE *file)
{
    gofer_request *request = gofer_request_new("GET", url);
    gofer_response *response;
    int64_t done = -1;

    gofer_request_set_streaming(request, 1);
    if (gofer_do(client, request, &response) != GOFER_OK)
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    else if (gofer_response_status(response) != 200)
        fprintf(stderr, "the server answered %d\n", gofer_response_status(response));
    else
        done = copy_body(response, file);

    gofer_response_free(response); /* the body not read to its end: closes the connection, too */
    gofer_request_free(request);
    return done;
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/32MiB");
    const char *name = argc > 2 ? argv[2] : NULL;
    /* No time limit for the whole, but 10 s for each pause in it. */
    gofer_client *client = gofer_client_new(&(gofer_client_options){.stall_timeout_ms = 10000});
    FILE *file = name != NULL ? fopen(name, "wb") : tmpfile();
    int64_t done = -1;

    if (file != NULL) {
        done = download(client, url, file);
        if (fclose(file) != 0)
            done = -1;
        if (done < 0 && name != NULL)
            remove(name);
    } else {
        perror(name);
    }
    gofer_client_free(client);
    origin_stop(origin);
    return done < 0;
}
