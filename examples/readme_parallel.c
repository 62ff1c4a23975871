/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * README.md's second program: three requests at once, from one thread. Prints
 * a line for each of the three URLs that it is given, in their order.
 */
#include <gofer/gofer.h>
#include <stdio.h>

/* Prints what became of a request and frees it. */
static bool show(const char *url, gofer_response *response)
{
    const gofer_error *error = gofer_response_error(response);
    if (error != NULL)
        printf("%s\n", error->message);
    else
        printf("%s: %d\n", url, gofer_response_status(response));
    gofer_response_free(response);
    return error == NULL;
}

static int fetch(gofer_client *client, char **urls)
{
    gofer_response *responses[3];
    gofer_future *futures[3];
    for (int i = 0; i < 3; i++)
        futures[i] = gofer_submit_get(client, urls[i]); /* returns at once */
    for (int i = 0; i < 3; i++) {
        gofer_future_wait(futures[i], &responses[i]);
        gofer_future_free(futures[i]);
    }

    int failures = 0;
    for (int i = 0; i < 3; i++)
        failures += !show(urls[i], responses[i]);
    return failures;
}

int main(int argc, char **argv)
{
    if (argc != 4) {
        fprintf(stderr, "usage: readme_parallel URL URL URL\n");
        return 2;
    }
    gofer_client *client = gofer_client_new(NULL);
    int failures = fetch(client, argv + 1);
    gofer_client_free(client);
    return failures > 0;
}
