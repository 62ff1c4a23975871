/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Setters of a request about redirects.
 */
#include "client/snapshot.h"
#include "http/request_head.h"

static gofer_status blame(struct snapshot *s, const char *words)
{
    struct buf why = BUF_INIT;
    buf_append_str(&why, words);
    return snapshot_blame(s, GOFER_ERR_INVALID, &why);
}

gofer_status gofer_request_set_follow_redirects(gofer_request *request, int follow)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    s->follow = follow ? FOLLOW_ALWAYS : FOLLOW_NEVER;
    return GOFER_OK;
}

gofer_status gofer_request_set_max_redirects(gofer_request *request, int64_t max)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    if (max < -1)
        return blame(s, "negative number of redirects");
    s->max_redirects = max;
    return GOFER_OK;
}

gofer_status gofer_request_set_redirect_keep(gofer_request *request, int status,
                                             gofer_redirect_keep keep)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    if (status < 301 || status > 303)
        return blame(s, "status of a redirect that is not 301, 302 or 303");
    if ((unsigned)keep > GOFER_KEEP_ALL)
        return blame(s, "unknown part of a request to keep");
    s->keep[status - 301] = keep;
    return GOFER_OK;
}

gofer_status gofer_request_set_auto_referer(gofer_request *request, int automatic)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    s->auto_referer = automatic != 0;
    return GOFER_OK;
}

gofer_status gofer_request_mark_secret(gofer_request *request, const char *name)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    if (name == NULL)
        return blame(s, "header name is NULL");
    struct buf why = BUF_INIT;
    gofer_status status = request_check_field(name, NULL, &why);
    if (status != GOFER_OK)
        return snapshot_blame(s, status, &why);
    return request_settle(request, headers_remove(&s->secrets, name));
}
