/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * README.md's first program: fetches the URL that it is given and prints the
 * body, or what went wrong.
 *
 *     cc -o readme_get readme_get.c $(pkg-config --cflags --libs gofer)
 */
#include <gofer/gofer.h>
#include <stdio.h>

int main(int argc, char **argv)
{
    gofer_client *client = gofer_client_new(NULL); /* one, for all threads of the program */
    gofer_response *response;
    gofer_status status = gofer_get(client, argv[argc - 1], &response);
    const gofer_error *error = gofer_response_error(response);
    puts(error != NULL ? error->message : gofer_response_body(response, NULL));
    gofer_response_free(response);
    gofer_client_free(client);
    return status != GOFER_OK;
}
