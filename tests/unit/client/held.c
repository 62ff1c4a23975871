/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Held calls: see held.h.
 */
#include "unit/client/held.h"

#include <string.h>

#include <CUnit/CUnit.h>
#include <gofer/client.h>

#include "client/core.h"
#include "client/snapshot.h"
#include "client/token.h"
#include "transport/message.h"

#define HELD_URL "http://127.0.0.1:1/"

gofer_client *held_client(int workers)
{
    gofer_client *client =
        gofer_client_new(&(gofer_client_options){.workers = workers, .timeout_ms = GOFER_NEVER});
    CU_ASSERT_PTR_NOT_NULL_FATAL(client);
    return client;
}

gofer_request *held_request(void)
{
    gofer_request *request = gofer_request_new("GET", HELD_URL);
    CU_ASSERT_PTR_NOT_NULL_FATAL(request);
    return request;
}

gofer_future *held_submit(gofer_client *client, const gofer_request *request)
{
    struct core *core = (struct core *)(void *)client;
    int64_t now_ns;
    struct call *call = call_new(core, request);
    CU_ASSERT_PTR_NOT_NULL_FATAL(call);
    CU_ASSERT_FATAL(call_admit(call, false, &now_ns));
    core_leave(core);
    return future_of(call);
}

static gofer_response *new_response(void)
{
    static const char bytes[] = "HTTP/1.1 204 No Content\r\n\r\n";
    struct response_head head;
    struct head_field fields[HEAD_FIELDS_INLINE];
    head_parse(bytes, sizeof bytes - 1, false, &head, fields, HEAD_FIELDS_INLINE);
    return message_new(&head, bytes, sizeof bytes - 1, fields, HELD_URL, strlen(HELD_URL), 0);
}

gofer_status held_resolve(struct call *call, gofer_status status)
{
    gofer_response *response = NULL;
    token_remove(call->snapshot->cancel, call);
    if (task_take_events(&call->task) & EV_CANCEL)
        status = GOFER_ERR_CANCELED;
    if (status == GOFER_OK) {
        response = new_response();
    } else {
        fault_set(&call->fault, status, GOFER_PHASE_WAIT, 0, NULL);
        call_describe_error(call, &call->fault);
        response = message_new_error(&call->error, HELD_URL);
    }
    core_end_call(call->core, call, status == GOFER_OK);
    future_resolve(call, status, response);
    core_call_resolved(call->core);
    task_end_driven(&call->task);
    return status;
}

unsigned held_events(const gofer_future *future)
{
    return task_pending(&call_of(future)->task);
}
