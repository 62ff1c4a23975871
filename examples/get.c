/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A GET, and everything one may want to know of its outcome.
 *
 *     get [URL]
 */
#include <gofer/gofer.h>
#include <stdio.h>

#include "origin.h"

static void show_failure(const gofer_error *error)
{
    fprintf(stderr, "%s\n", error->message);
    fprintf(stderr, "%s while %s; %s\n", gofer_status_name(error->code),
            gofer_phase_name(error->phase),
            error->sent == GOFER_SENT_NOTHING ? "nothing was sent: trying again is safe"
                                              : "the server may have seen the request");
}

static void show_response(const gofer_response *response)
{
    const char *name;
    const char *value;
    size_t len;
    const char *body = gofer_response_body(response, &len);

    printf("%d %s from %s\n", gofer_response_status(response), gofer_response_reason(response),
           gofer_response_url(response));
    for (size_t i = 0; gofer_response_header_at(response, i, &name, &value); i++)
        printf("%s: %s\n", name, value);
    printf("\n%zu bytes:\n", len);
    fwrite(body, 1, len, stdout);
}

int main(int argc, char **argv)
{
    struct origin *origin;
    const char *url = origin_or_argument(&origin, argc, argv, "/instant?id=1");
    gofer_client *client = gofer_client_new(&(gofer_client_options){.timeout_ms = 5000});
    gofer_response *response;
    gofer_status status = gofer_get(client, url, &response);

    if (status == GOFER_OK) /* an answer, be it a 404: see its status */
        show_response(response);
    else
        show_failure(gofer_response_error(response));

    gofer_response_free(response); /* also after a failure */
    gofer_client_free(client);
    origin_stop(origin);
    return status == GOFER_OK ? 0 : 1;
}
