/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Setters of a request about the way to its host: all of them belong to the key.
 */
#include <string.h>

#include "base/alloc.h"
#include "client/snapshot.h"
#include "http/proxy.h"
#include "net/socket.h"
#include "net/tls_settings.h"

/* Replaces an owned string; NULL removes it. */
static gofer_status set_string(char **string, const char *value)
{
    char *copy = value != NULL ? mem_strdup(value) : NULL;
    if (value != NULL && copy == NULL)
        return GOFER_ERR_NOMEM;
    mem_free(*string);
    *string = copy;
    return GOFER_OK;
}

gofer_status gofer_request_set_tls_server_name(gofer_request *request, const char *name)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    if (name == NULL || tls_settings_is_name(name))
        return request_settle(request, set_string(&s->tls_name, name));
    struct buf why = BUF_INIT;
    buf_append_str(&why, "TLS server name: not a host name or address in ASCII");
    return snapshot_blame(s, GOFER_ERR_INVALID, &why);
}

static gofer_status check_unix_path(const char *path, struct buf *why)
{
    size_t len = strlen(path);
    if (len > 0 && len <= SOCKET_UNIX_PATH_MAX)
        return GOFER_OK;
    buf_append_str(why, len == 0 ? "empty path of a unix-domain socket"
                                 : "path of a unix-domain socket is too long");
    return GOFER_ERR_INVALID;
}

gofer_status gofer_request_set_unix_socket(gofer_request *request, const char *path)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    struct buf why = BUF_INIT;
    gofer_status status = path != NULL ? check_unix_path(path, &why) : GOFER_OK;
    if (status != GOFER_OK)
        return snapshot_blame(s, status, &why);
    return request_settle(request, set_string(&s->unix_socket, path));
}

gofer_status gofer_request_set_proxy(gofer_request *request, const char *proxy)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    struct proxy parsed = {.host = NULL};
    struct buf why = BUF_INIT;
    gofer_status status = GOFER_OK;
    if (proxy != NULL && *proxy != '\0')
        status = proxy_parse(proxy, &parsed, &why);
    if (status != GOFER_OK)
        return snapshot_blame(s, status, &why);
    proxy_fini(&s->proxy);
    s->proxy = parsed;
    s->proxy_chosen = proxy != NULL;
    return GOFER_OK;
}
