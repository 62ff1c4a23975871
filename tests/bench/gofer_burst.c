/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A burst of gofer's: all calls are submitted to a group, and one thread takes
 * them from it as they end.
 */
#include "burst.h"

#include <gofer/gofer.h>

static bool make_calls(struct burst *burst, gofer_group *group, const gofer_request *request)
{
    for (long i = 0; i < burst->run->calls; i++)
        if (gofer_group_submit(group, request) != GOFER_OK)
            return false;
    for (gofer_future *future; (future = gofer_group_next(group, -1)) != NULL;) {
        gofer_response *response = NULL;
        gofer_future_wait(future, &response);
        burst_answered(burst, gofer_response_status(response) == 200);
        gofer_response_free(response);
        gofer_future_free(future);
    }
    return true;
}

int gofer_burst_main(struct run *run)
{
    struct burst burst;
    run->calls = raise_descriptors(run->calls);
    burst_begin(&burst, run);
    gofer_client_options options = {.max_queued = run->calls, .max_idle_conns = run->calls};
    gofer_client *client = gofer_client_new(&options);
    gofer_request *request = gofer_request_new("GET", run->url);
    gofer_group *group = gofer_group_new(client);
    bool made = make_calls(&burst, group, request);
    burst_end(&burst);
    gofer_group_free(group);
    gofer_request_free(request);
    gofer_client_free(client);
    return made ? burst_print(&burst) : run_fail(run, "a submit failed");
}
