/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A POST with a body, headers and a time limit of its own.
 *
 *     post_json [URL]
 */
#include <gofer/gofer.h>
#include <stdio.h>
#include <string.h>

#include "origin.h"

static gofer_request *new_order(const char *url)
{
    static const char json[] = "{\"article\": 17, \"count\": 2}";
    gofer_request *request = gofer_request_new("POST", url);

    gofer_request_set_header(request, "Content-Type", "application/json");
    gofer_request_set_header(request, "Idempotency-Key", "6f1c9a42");
    gofer_request_set_body(request, json, strlen(json));
    gofer_request_set_timeout_ms(request, 2000);
    gofer_request_set_idempotent(request, 1); /* the server knows the key: repeating is safe */
    return request;
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/echo");
    gofer_client *client = gofer_client_new(NULL);
    gofer_request *request = new_order(url);
    gofer_response *response;
    int code = 1;

    /* A setter that refused something need not be checked: the call itself fails with it. */
    if (gofer_do(client, request, &response) != GOFER_OK)
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    else if (gofer_response_status(response) / 100 != 2)
        fprintf(stderr, "refused: %d\n", gofer_response_status(response));
    else
        code = puts(gofer_response_body(response, NULL)) < 0;

    gofer_response_free(response);
    gofer_request_free(request);
    gofer_client_free(client);
    origin_stop(origin);
    return code;
}
