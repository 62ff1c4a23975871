/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Setters of a request about who asks: credentials and cookies.
 */
#include "base/alloc.h"
#include "client/snapshot.h"
#include "http/credentials.h"

/* Takes the value over, which is NULL without memory. */
static gofer_status set_authorization(gofer_request *request, struct snapshot *s, char *value)
{
    gofer_status status =
        value != NULL ? headers_set(&s->headers, "Authorization", value) : GOFER_ERR_NOMEM;
    mem_free(value);
    return request_settle(request, status);
}

static gofer_status blame(struct snapshot *s, const char *words)
{
    struct buf why = BUF_INIT;
    buf_append_str(&why, words);
    return snapshot_blame(s, GOFER_ERR_INVALID, &why);
}

gofer_status gofer_request_set_basic_auth(gofer_request *request, const char *user,
                                          const char *password)
{
    char *value;
    if (request == NULL)
        return GOFER_ERR_INVALID;
    if (user == NULL)
        return gofer_request_remove_header(request, "Authorization");
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    return credentials_basic(user, password, &value)
               ? set_authorization(request, s, value)
               : blame(s, "Basic credentials with ':' in the user, or with control bytes");
}

gofer_status gofer_request_set_bearer_token(gofer_request *request, const char *token)
{
    char *value;
    if (request == NULL)
        return GOFER_ERR_INVALID;
    if (token == NULL)
        return gofer_request_remove_header(request, "Authorization");
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    return credentials_bearer(token, &value)
               ? set_authorization(request, s, value)
               : blame(s, "Bearer token that is not of visible ASCII");
}

gofer_status gofer_request_disable_cookies(gofer_request *request, int disable)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    s->no_cookies = disable != 0;
    return GOFER_OK;
}
