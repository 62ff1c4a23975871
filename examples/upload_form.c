/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A form as a browser sends it, with a text and a file, which is read while it is
 * sent.
 *
 *     upload_form [URL [FILE]]
 *
 * Without arguments: this program's own file, to a server of its own, which
 * answers how many bytes it got.
 */
#include <gofer/gofer.h>
#include <stdio.h>

#include "origin.h"

/* What is wrong with a form, as a file that is not there, becomes the call's error. */
static gofer_request *new_upload(const char *url, const char *file)
{
    gofer_request *request = gofer_request_new("POST", url);
    gofer_form *form = gofer_form_new();

    gofer_form_add_text(form, "title", "a \"file\", and more");
    gofer_form_add_file(form, "upload", file, NULL, NULL);
    gofer_form_add_data(form, "meta", "{\"draft\":true}", 14, NULL, "application/json");
    gofer_request_set_form(request, form);
    gofer_form_free(form); /* the request keeps what it needs */
    return request;
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/count");
    gofer_client *client = gofer_client_new(NULL);
    gofer_request *request = new_upload(url, argc > 2 ? argv[2] : argv[0]);
    gofer_response *response;
    int code = 1;

    if (gofer_do(client, request, &response) != GOFER_OK)
        fprintf(stderr, "%s\n", gofer_response_error(response)->message);
    else if (gofer_response_status(response) / 100 != 2)
        fprintf(stderr, "refused: %d\n", gofer_response_status(response));
    else
        code = fputs(gofer_response_body(response, NULL), stdout) < 0;

    gofer_response_free(response);
    gofer_request_free(request);
    gofer_client_free(client);
    origin_stop(origin);
    return code;
}
