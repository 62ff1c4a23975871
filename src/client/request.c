/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Requests: a handle on the current snapshot. Each setter checks its input,
 * gets a snapshot of its own, and changes that.
 */
#include <gofer/request.h>

#include <string.h>

#include "base/alloc.h"
#include "client/snapshot.h"
#include "client/token.h"
#include "http/request_head.h"

struct gofer_request {
    struct snapshot *snapshot;
};

gofer_request *gofer_request_new(const char *method, const char *url)
{
    gofer_request *request = mem_alloc(sizeof(*request));
    if (request == NULL)
        return NULL;
    request->snapshot = snapshot_new(method, url);
    if (request->snapshot != NULL)
        return request;
    mem_free(request);
    return NULL;
}

void gofer_request_free(gofer_request *request)
{
    if (request == NULL)
        return;
    snapshot_unref(request->snapshot);
    mem_free(request);
}

struct snapshot *request_snapshot(const gofer_request *request)
{
    return request->snapshot;
}

gofer_status gofer_request_status(const gofer_request *request)
{
    return request != NULL ? request->snapshot->status : GOFER_ERR_INVALID;
}

/* The snapshot to change, or NULL: out of memory, which does not stick. */
static struct snapshot *own(gofer_request *request)
{
    return snapshot_writable(&request->snapshot);
}

typedef gofer_status (*edit_fn)(struct headers *, const char *, const char *);

static gofer_status edit_header(gofer_request *request, const char *name, const char *value,
                                edit_fn edit)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = own(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    struct buf why = BUF_INIT;
    gofer_status status = GOFER_ERR_INVALID;
    if (name == NULL || value == NULL)
        buf_append_str(&why, "header name or value is NULL");
    else
        status = request_check_field(name, value, &why);
    if (status != GOFER_OK)
        return snapshot_blame(s, status, &why);
    buf_fini(&why);
    return edit(&s->headers, name, value);
}

gofer_status gofer_request_set_header(gofer_request *request, const char *name, const char *value)
{
    return edit_header(request, name, value, headers_set);
}

gofer_status gofer_request_add_header(gofer_request *request, const char *name, const char *value)
{
    return edit_header(request, name, value, headers_add);
}

static gofer_status remove_field(struct headers *h, const char *name, const char *value)
{
    (void)value;
    return headers_remove(h, name);
}

gofer_status gofer_request_remove_header(gofer_request *request, const char *name)
{
    /* Only the name is checked: any name but the framing fields' may be removed. */
    return edit_header(request, name, "", remove_field);
}

static gofer_status set_body(gofer_request *request, struct body *body)
{
    struct snapshot *s = request != NULL ? own(request) : NULL;
    if (s == NULL) {
        body_unref(body);
        return request != NULL ? GOFER_ERR_NOMEM : GOFER_ERR_INVALID;
    }
    body_unref(s->body);
    s->body = body;
    return GOFER_OK;
}

gofer_status gofer_request_set_body(gofer_request *request, const void *data, size_t len)
{
    if (request == NULL || (data == NULL && len > 0))
        return GOFER_ERR_INVALID;
    if (len == 0)
        return set_body(request, NULL);
    struct body *body = mem_alloc(sizeof(*body) + len);
    if (body == NULL)
        return GOFER_ERR_NOMEM;
    *body = (struct body){.refs = 1, .data = (const char *)(body + 1), .len = len};
    memcpy(body + 1, data, len);
    return set_body(request, body);
}

gofer_status gofer_request_set_body_ref(gofer_request *request, const void *data, size_t len,
                                        void (*free_fn)(void *arg), void *arg)
{
    struct body *body = NULL;
    gofer_status status = GOFER_ERR_INVALID;
    if (request != NULL && (data != NULL || len == 0)) {
        body = mem_alloc(sizeof(*body));
        status = GOFER_ERR_NOMEM;
    }
    if (body == NULL) {
        if (free_fn != NULL)
            free_fn(arg);
        return status;
    }
    *body = (struct body){.refs = 1, .data = data, .len = len, .free_fn = free_fn, .arg = arg};
    return set_body(request, body);
}

gofer_status gofer_request_set_timeout_ms(gofer_request *request, int64_t timeout_ms)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = own(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    if (timeout_ms < -1) {
        struct buf why = BUF_INIT;
        buf_append_str(&why, "negative timeout");
        return snapshot_blame(s, GOFER_ERR_INVALID, &why);
    }
    s->timeout_ms = timeout_ms;
    return GOFER_OK;
}

gofer_status gofer_request_set_cancel(gofer_request *request, gofer_cancel *cancel)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = own(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    token_ref(cancel);
    token_unref(s->cancel);
    s->cancel = cancel;
    return GOFER_OK;
}

gofer_status gofer_request_set_idempotent(gofer_request *request, int idempotent)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = own(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    s->idempotent = idempotent != 0;
    return GOFER_OK;
}

gofer_status gofer_request_set_user(gofer_request *request, void *user)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = own(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    s->user = user;
    return GOFER_OK;
}
