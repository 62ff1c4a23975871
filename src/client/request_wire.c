/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The wire options of a request; see <gofer/wire.h>.
 */
#include <gofer/wire.h>

#include <string.h>

#include "base/alloc.h"
#include "client/snapshot.h"
#include "http/wire.h"

static gofer_status check_lines(const gofer_wire_options *o, struct buf *why)
{
    for (size_t i = 0; i < o->field_lines_len; i++)
        if (o->field_lines == NULL || o->field_lines[i] == NULL ||
            !wire_is_line(o->field_lines[i])) {
            buf_append_str(why, "line of a header field that is none");
            return GOFER_ERR_INVALID;
        }
    return GOFER_OK;
}

static gofer_status check(const gofer_wire_options *o, struct buf *why)
{
    if (o->target != NULL && !wire_is_target(o->target)) {
        buf_append_str(why, "request target with blanks, control bytes or nothing in it");
        return GOFER_ERR_INVALID;
    }
    if (o->path != NULL && (*o->path != '/' || !wire_is_target(o->path))) {
        buf_append_str(why, "request path that does not begin with '/', or has blanks in it");
        return GOFER_ERR_INVALID;
    }
    for (size_t i = 0; i < o->field_order_len; i++)
        if (o->field_order == NULL || o->field_order[i] == NULL) {
            buf_append_str(why, "order of fields with a NULL in it");
            return GOFER_ERR_INVALID;
        }
    return check_lines(o, why);
}

static bool copy_text(char **to, const char *text)
{
    *to = text != NULL ? mem_strdup(text) : NULL;
    return text == NULL || *to != NULL;
}

static bool fill(struct wire *wire, const gofer_wire_options *o)
{
    wire->http_1_0 = o->http_1_0;
    wire->accept_http_0_9 = o->accept_http_0_9;
    wire->keep_chunks = o->keep_chunks;
    wire->ignore_length = o->ignore_content_length;
    wire->decode = o->decode;
    wire->decode_transfer = o->decode_transfer;
    wire->tells_bytes = o->trace_bytes;
    wire->omit_zero_length = o->omit_zero_length;
    return copy_text(&wire->target, o->target) &&
           wire_set_order(wire, o->field_order, o->field_order_len) &&
           wire_set_lines(wire, o->field_lines, o->field_lines_len);
}

gofer_status gofer_request_set_wire_sized(gofer_request *request, const gofer_wire_options *options,
                                          size_t size)
{
    gofer_wire_options o = {.target = NULL};
    struct buf why = BUF_INIT;
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = request_own_snapshot(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    if (options != NULL)
        memcpy(&o, options, size < sizeof(o) ? size : sizeof(o));
    gofer_status status = check(&o, &why);
    if (status != GOFER_OK)
        return snapshot_blame(s, status, &why);
    struct wire *wire = options != NULL ? wire_new() : NULL;
    char *path = NULL;
    if (options != NULL && (wire == NULL || !fill(wire, &o) || !copy_text(&path, o.path))) {
        wire_unref(wire);
        return request_settle(request, GOFER_ERR_NOMEM);
    }
    wire_unref(s->wire);
    s->wire = wire;
    mem_free(s->path);
    s->path = path;
    return GOFER_OK;
}
