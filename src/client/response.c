/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading a response. It is laid out in transport/message.c.
 */
#include <gofer/response.h>

#include "base/ascii.h"
#include "transport/message.h"

int gofer_response_status(const gofer_response *response)
{
    return response != NULL ? response->status : 0;
}

const char *gofer_response_reason(const gofer_response *response)
{
    return response != NULL ? response->reason : "";
}

int gofer_response_http_minor(const gofer_response *response)
{
    return response != NULL ? response->minor : 0;
}

const char *gofer_response_header(const gofer_response *response, const char *name)
{
    if (response == NULL || name == NULL)
        return NULL;
    for (size_t i = 0; i < response->fields_len; i++)
        if (ascii_equal(response->head + response->fields[i].name, name))
            return response->head + response->fields[i].value;
    return NULL;
}

size_t gofer_response_header_count(const gofer_response *response)
{
    return response != NULL ? response->fields_len : 0;
}

int gofer_response_header_at(const gofer_response *response, size_t index, const char **name,
                             const char **value)
{
    if (response == NULL || index >= response->fields_len)
        return 0;
    if (name != NULL)
        *name = response->head + response->fields[index].name;
    if (value != NULL)
        *value = response->head + response->fields[index].value;
    return 1;
}

int64_t gofer_response_content_length(const gofer_response *response)
{
    return response != NULL ? response->content_length : -1;
}

const void *gofer_response_body(const gofer_response *response, size_t *len)
{
    if (len != NULL)
        *len = response != NULL ? response->body_len : 0;
    return response != NULL ? response->body : "";
}

const char *gofer_response_url(const gofer_response *response)
{
    return response != NULL ? response->url : "";
}

const gofer_error *gofer_response_error(const gofer_response *response)
{
    return response != NULL ? response->error : NULL;
}
