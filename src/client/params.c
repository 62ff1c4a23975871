/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * name=value pairs, kept as the text that they make.
 */
#include <gofer/form.h>

#include <string.h>

#include "base/alloc.h"
#include "base/buf.h"
#include "client/snapshot.h"
#include "http/escape.h"

struct gofer_params {
    struct buf text;
    struct buf url; /* what gofer_params_url() returned last */
};

gofer_params *gofer_params_new(void)
{
    return mem_zalloc(sizeof(gofer_params));
}

void gofer_params_free(gofer_params *params)
{
    if (params == NULL)
        return;
    buf_fini(&params->text);
    buf_fini(&params->url);
    mem_free(params);
}

gofer_status gofer_params_add_data(gofer_params *params, const char *name, const void *value,
                                   size_t len)
{
    if (params == NULL || (value == NULL && len > 0))
        return GOFER_ERR_INVALID;
    struct buf *text = &params->text;
    if (text->len > 0)
        buf_append_char(text, '&');
    if (name != NULL) {
        escape_form(text, name, strlen(name));
        buf_append_char(text, '=');
    }
    escape_form(text, value, len);
    return buf_failed(text) ? GOFER_ERR_NOMEM : GOFER_OK;
}

gofer_status gofer_params_add(gofer_params *params, const char *name, const char *value)
{
    if (value == NULL)
        return GOFER_ERR_INVALID;
    return gofer_params_add_data(params, name, value, strlen(value));
}

/* The bytes with a NUL that their length does not count, or NULL. */
static const char *as_string(struct buf *text)
{
    if (buf_failed(text) || !buf_reserve(text, 1))
        return NULL;
    text->data[text->len] = '\0';
    return text->data;
}

const char *gofer_params_text(gofer_params *params)
{
    return params != NULL ? as_string(&params->text) : NULL;
}

const char *gofer_params_url(gofer_params *params, const char *url)
{
    if (params == NULL || url == NULL || buf_failed(&params->text))
        return NULL;
    struct buf *out = &params->url;
    size_t len = strcspn(url, "#");
    buf_fini(out);
    buf_append(out, url, len);
    if (params->text.len > 0) {
        const char *query = memchr(url, '?', len);
        if (query == NULL)
            buf_append_char(out, '?');
        else if (query + 1 < url + len && url[len - 1] != '&')
            buf_append_char(out, '&');
    }
    buf_append(out, params->text.data, params->text.len);
    buf_append_str(out, url + len);
    return as_string(out);
}

/* Nothing in place of what was to be sent: that sticks to the request. */
static gofer_status refuse(gofer_request *request)
{
    struct snapshot *s = request_own_snapshot(request);
    struct buf why = BUF_INIT;
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    buf_append_str(&why, "the form is NULL");
    return snapshot_blame(s, GOFER_ERR_INVALID, &why);
}

gofer_status gofer_request_set_params(gofer_request *request, const gofer_params *params)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    if (params == NULL)
        return refuse(request);
    if (buf_failed(&params->text))
        return request_settle(request, GOFER_ERR_NOMEM);
    gofer_status status =
        gofer_request_set_header(request, "Content-Type", "application/x-www-form-urlencoded");
    return status == GOFER_OK ? gofer_request_set_body(request, params->text.data, params->text.len)
                              : status;
}

gofer_status gofer_post_form(gofer_client *client, const char *url, const gofer_params *params,
                             gofer_response **response)
{
    if (response != NULL)
        *response = NULL;
    gofer_request *request = gofer_request_new("POST", url);
    gofer_status status =
        request != NULL ? gofer_request_set_params(request, params) : GOFER_ERR_NOMEM;
    /* What is invalid sticks to the request, and the call reports it in full. */
    if (status != GOFER_ERR_NOMEM)
        status = gofer_do(client, request, response);
    gofer_request_free(request);
    return status;
}
