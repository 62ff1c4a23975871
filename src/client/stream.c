/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * A stream's life, what of it concerns its call, and its user's end of it. Reading
 * and writing are in stream_io.c.
 */
#include "client/stream_state.h"

#include <poll.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "client/call.h"
#include "client/core.h"
#include "client/notice.h"
#include "engine/waiter.h"

const gofer_error stream_closed_error = {.code = GOFER_ERR_CLOSED,
                                         .phase = GOFER_PHASE_BODY,
                                         .sent = GOFER_SENT_ALL,
                                         .message = "the response was closed"};

/* In a child process, whose parent's call it is. */
static const gofer_error forked_error = {.code = GOFER_ERR_FORKED,
                                         .phase = GOFER_PHASE_BODY,
                                         .sent = GOFER_SENT_ALL,
                                         .message = "the client belongs to the parent process"};

struct stream *stream_new(struct call *call, gofer_response *response)
{
    struct stream *s = mem_zalloc(sizeof(*s));
    if (s == NULL)
        return NULL;
    s->call = call;
    response->stream = s;
    task_ref(&call->task);
    return s;
}

void stream_free(struct stream *stream)
{
    if (stream == NULL)
        return;
    notice_free(stream->notice);
    mem_free(stream);
}

/* --- for the call --- */

struct stream_drain *stream_drain(struct stream *stream)
{
    return &stream->drain;
}

bool stream_is_closed(struct stream *stream)
{
    lock_take(&stream->call->lock);
    bool closed = stream->closed;
    lock_drop(&stream->call->lock);
    return closed;
}

bool stream_is_polled(struct stream *stream)
{
    lock_take(&stream->call->lock);
    bool polled = stream->pins > 0;
    lock_drop(&stream->call->lock);
    return polled;
}

/* Whether a read would not block. By the thread that runs or holds the task. */
static bool is_readable(const struct stream *s)
{
    const struct exchange *x = &s->call->exchange;
    struct pollfd p = {.fd = conn_fd(x->conn), .events = POLLIN};
    return download_has_kept(&x->down) || x->down.failed || conn_has_buffered(x->conn) ||
           poll(&p, 1, 0) > 0;
}

/* Takes the notice and sends it off, from another task: what it calls may read. */
static void notify(struct stream *s)
{
    lock_take(&s->call->lock);
    struct notice *notice = s->notice;
    s->notice = NULL;
    lock_drop(&s->call->lock);
    if (notice != NULL)
        notice_send(notice, s->call);
}

bool stream_awaits_input(struct stream *stream)
{
    lock_take(&stream->call->lock);
    bool wanted = stream->notice != NULL;
    lock_drop(&stream->call->lock);
    if (wanted && is_readable(stream))
        notify(stream);
    else if (wanted)
        return true;
    return false;
}

bool stream_is_over(struct stream *stream)
{
    lock_take(&stream->call->lock);
    stream->over = true;
    bool polled = stream->pins > 0;
    if (polled)
        shutdown(stream->polled_fd, SHUT_RDWR);
    lock_drop(&stream->call->lock);
    notify(stream);
    return polled;
}

/* With the lock held: the thread that waits for the driver to come back waits no longer. */
static void wake_holder(struct call *c)
{
    if (c->driver != NULL)
        waiter_wake(c->driver);
}

void stream_end_early(struct stream *stream, unsigned events)
{
    struct notice *notice = stream->notice;
    if (stream->pins > 0)
        shutdown(stream->polled_fd, SHUT_RDWR);
    /* Who has asked for the error before reads it without the lock. */
    if (stream->error != NULL)
        return;
    gofer_status code = GOFER_ERR_TIMEOUT;
    if (events & EV_CANCEL)
        code = GOFER_ERR_CANCELED;
    else if (events & (EV_CLOSE | EV_SHUT))
        code = GOFER_ERR_CLOSED;
    stream->early = (gofer_error){.code = code,
                                  .phase = GOFER_PHASE_BODY,
                                  .timeout = code == GOFER_ERR_TIMEOUT,
                                  .sent = GOFER_SENT_SOME,
                                  .message = gofer_strerror(code)};
    stream->error = &stream->early;
    wake_holder(stream->call);
    stream->notice = NULL;
    if (notice != NULL)
        notice_send(notice, stream->call);
}

/* --- the user's end --- */

/* True where that is news to the call. */
static bool mark_closed(struct stream *s)
{
    lock_take(&s->call->lock);
    bool news = !s->closed && !s->over;
    s->closed = true;
    wake_holder(s->call);
    lock_drop(&s->call->lock);
    return news;
}

static void close_stream(struct stream *s, bool serves)
{
    struct call *c = s->call;
    if (!mark_closed(s) || !core_enter_waiting(c->core))
        return;
    task_wake_now(&c->task, EV_SHUT);
    if (serves && !callback_active())
        core_poll(c->core);
    core_leave(c->core);
}

void stream_close(struct stream *stream)
{
    if (!call_is_foreign(stream->call))
        close_stream(stream, true);
}

/* The response goes: its user is not to be told of it any more. */
static void forget_user(struct stream *s)
{
    lock_take(&s->call->lock);
    struct notice *notice = s->notice;
    s->notice = NULL;
    s->forgotten = true;
    lock_drop(&s->call->lock);
    notice_free(notice);
}

bool stream_is_wanted(struct stream *stream)
{
    lock_take(&stream->call->lock);
    bool wanted = !stream->forgotten;
    lock_drop(&stream->call->lock);
    return wanted;
}

void stream_discard(gofer_response *response, bool serves)
{
    if (response == NULL || response->stream == NULL) {
        message_free(response);
        return;
    }
    struct stream *s = response->stream;
    if (!call_is_foreign(s->call)) {
        forget_user(s);
        close_stream(s, serves);
    }
    task_unref(&s->call->task);
    message_free(response);
}

gofer_status stream_on_readable(struct stream *stream, void (*fn)(void *arg), void *arg)
{
    struct call *c = stream->call;
    if (call_is_foreign(c))
        return GOFER_ERR_FORKED;
    struct notice *notice = NULL;
    if (fn != NULL && (notice = notice_new(c->task.engine, fn, arg)) == NULL)
        return GOFER_ERR_NOMEM;
    /* Once another thread can call fn, whoever acts on it may free the response. */
    task_ref(&c->task);
    lock_take(&c->lock);
    struct notice *old = stream->notice;
    bool over = stream->over || stream->closed || stream->error != NULL;
    stream->notice = over ? NULL : notice;
    lock_drop(&c->lock);
    notice_free(old);
    if (notice != NULL && over)
        notice_run(notice);
    else if (notice != NULL)
        call_wake(c, EV_MAIL);
    task_unref(&c->task);
    return GOFER_OK;
}

const gofer_error *stream_error(struct stream *stream)
{
    struct call *c = stream->call;
    if (call_is_foreign(c))
        return &forked_error;
    lock_take(&c->lock);
    const gofer_error *error = c->error.code != GOFER_OK ? &c->error : stream->error;
    if (error == NULL && stream->write_broke)
        error = &stream->write_error;
    lock_drop(&c->lock);
    return error;
}
