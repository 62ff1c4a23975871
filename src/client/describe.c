/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * From a fault to a gofer_error and its line for a person:
 *   GET "http://host:80/x": timed out after 500 ms waiting for response headers
 *   (reused connection, attempt 1)
 * Runs only when a call failed; the good path builds no text.
 */
#include "base/ascii.h"
#include "base/buf.h"
#include "client/call.h"
#include "client/snapshot.h"

#include <string.h>

enum { METHOD_SHOWN_MAX = 32, WHY_SHOWN_MAX = 512 };

static void write_request(struct buf *text, const struct call *call)
{
    const struct snapshot *s = call->snapshot;
    if (s == NULL)
        return;
    ascii_escape(text, s->method, strlen(s->method), METHOD_SHOWN_MAX);
    buf_append_str(text, " \"");
    buf_append_str(text, s->shown_url);
    buf_append_str(text, "\": ");
}

static void write_cause(struct buf *text, const struct call *call, const struct fault *f)
{
    const struct snapshot *s = call->snapshot;
    if (s != NULL && f->code == s->status && s->why != NULL)
        buf_printf(text, "%.*s", WHY_SHOWN_MAX, s->why);
    else
        buf_append_str(text, f->detail[0] != '\0' ? f->detail : gofer_strerror(f->code));
    /* The timeout's errno says nothing that the words do not. */
    if (f->sys_errno != 0 && f->code != GOFER_ERR_TIMEOUT)
        buf_printf(text, ": %s", fault_errno_words(f->sys_errno));
}

static void write_circumstances(struct buf *text, const struct call *call)
{
    if (call->attempts > 0)
        buf_printf(text, " (%s connection, attempt %d)", call->reused ? "reused" : "new",
                   call->attempts);
}

/* The line, owned; or NULL without memory. */
static char *describe(const struct call *call, const struct fault *fault)
{
    struct buf text = BUF_INIT;
    write_request(&text, call);
    write_cause(&text, call, fault);
    write_circumstances(&text, call);
    return buf_take_str(&text);
}

static void set_error(struct call *call, const struct fault *f, char *message)
{
    call->message = message;
    call->error = (gofer_error){
        .code = f->code,
        .phase = f->phase,
        .sys_errno = f->sys_errno,
        .timeout = f->code == GOFER_ERR_TIMEOUT,
        .sent = call->sent,
        .reused = call->reused,
        .attempts = call->attempts,
        .reason = f->reason,
        .message = message != NULL ? message : gofer_strerror(f->code),
    };
}

void call_describe_error(struct call *call, const struct fault *fault)
{
    char *message = describe(call, fault);
    lock_take(&call->lock);
    set_error(call, fault, message);
    lock_drop(&call->lock);
}

void call_describe_error_locked(struct call *call, const struct fault *fault)
{
    set_error(call, fault, describe(call, fault));
}
