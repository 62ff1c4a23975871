/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See play.h.
 */
#include "faults/play.h"

void play_do(struct stage *stage, const gofer_request *request, const char *body)
{
    gofer_response *response = NULL;
    gofer_status status = gofer_do(stage->client, request, &response);

    stage_answer(stage, status, response, body);
}

gofer_response *play_stream(struct stage *stage, gofer_request *request)
{
    gofer_response *response = NULL;
    gofer_status status;

    STEP(stage, gofer_request_set_streaming(request, 1));
    status = gofer_do(stage->client, request, &response);
    if (status == GOFER_OK)
        return response;
    stage_answer(stage, status, response, NULL);
    return NULL;
}
