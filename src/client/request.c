/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Requests: a handle on the current snapshot. Each setter checks its input,
 * gets a snapshot of its own, and changes that.
 */
#include <gofer/request.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/callback.h"
#include "base/fault.h"
#include "base/file.h"
#include "client/snapshot.h"
#include "client/token.h"
#include "http/request_head.h"
#include "http/trailer.h"
#include "transport/trace.h"

struct gofer_request {
    struct snapshot *snapshot;
    bool lost; /* a setter had no memory: what it was to set is missing in the snapshot */
};

gofer_request *gofer_request_new(const char *method, const char *url)
{
    gofer_request *request = mem_alloc(sizeof(*request));
    if (request == NULL)
        return NULL;
    request->lost = false;
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

bool request_is_lost(const gofer_request *request)
{
    return request->lost;
}

gofer_status gofer_request_status(const gofer_request *request)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    return request->lost ? GOFER_ERR_NOMEM : request->snapshot->status;
}

/* Without what a setter was to add, a request is another one than the program means. */
gofer_status request_settle(gofer_request *request, gofer_status status)
{
    request->lost = request->lost || status == GOFER_ERR_NOMEM;
    return status;
}

/* The snapshot to change, or NULL: out of memory, and lost. */
static struct snapshot *own(gofer_request *request)
{
    struct snapshot *s = request->lost ? NULL : snapshot_writable(&request->snapshot);
    if (s == NULL)
        request_settle(request, GOFER_ERR_NOMEM);
    return s;
}

struct snapshot *request_own_snapshot(gofer_request *request)
{
    return own(request);
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
    return request_settle(request, edit(&s->headers, name, value));
}

gofer_status gofer_request_set_header(gofer_request *request, const char *name, const char *value)
{
    return edit_header(request, name, value, headers_set);
}

gofer_status gofer_request_add_header(gofer_request *request, const char *name, const char *value)
{
    return edit_header(request, name, value, headers_add);
}

gofer_status gofer_request_remove_header(gofer_request *request, const char *name)
{
    struct snapshot *s = request != NULL ? own(request) : NULL;
    struct buf why = BUF_INIT;
    gofer_status status = GOFER_ERR_INVALID;
    if (s == NULL)
        return request != NULL ? GOFER_ERR_NOMEM : GOFER_ERR_INVALID;
    if (name == NULL)
        buf_append_str(&why, "header name is NULL");
    else
        status = request_check_field(name, NULL, &why);
    if (status != GOFER_OK)
        return snapshot_blame(s, status, &why);
    return request_settle(request, headers_remove(&s->headers, name));
}

/* --- bodies --- */

/* Takes the source over, which is NULL for no body. */
static gofer_status set_source(gofer_request *request, struct source *source)
{
    struct snapshot *s = own(request);
    if (s == NULL) {
        source_unref(source);
        return GOFER_ERR_NOMEM;
    }
    source_unref(s->source);
    s->source = source;
    return GOFER_OK;
}

/* The same; NULL: there was no memory for it. */
static gofer_status set_new_source(gofer_request *request, struct source *source)
{
    return source != NULL ? set_source(request, source) : request_settle(request, GOFER_ERR_NOMEM);
}

gofer_status gofer_request_set_body(gofer_request *request, const void *data, size_t len)
{
    if (request == NULL || (data == NULL && len > 0))
        return GOFER_ERR_INVALID;
    if (len == 0)
        return set_source(request, NULL);
    return set_new_source(request, source_new_copy(data, len));
}

static void give_back(void (*fn)(void *arg), void *arg)
{
    if (fn == NULL)
        return;
    callback_enter();
    fn(arg);
    callback_leave();
}

gofer_status gofer_request_set_body_ref(gofer_request *request, const void *data, size_t len,
                                        void (*free_fn)(void *arg), void *arg)
{
    if (request == NULL || (data == NULL && len > 0)) {
        give_back(free_fn, arg);
        return GOFER_ERR_INVALID;
    }
    return set_new_source(request, source_new_ref(data, len, free_fn, arg));
}

/* What the caller did cannot be sent: that sticks to the request. */
static gofer_status blame(gofer_request *request, gofer_status status, const char *words, int err)
{
    struct snapshot *s = own(request);
    struct buf why = BUF_INIT;
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    buf_append_str(&why, words);
    if (err != 0)
        buf_printf(&why, ": %s", fault_errno_words(err));
    snapshot_blame(s, status, &why);
    errno = err;
    return status;
}

/* Takes the descriptor over, which may be -1 with errno. */
static gofer_status set_file(gofer_request *request, int fd, int64_t offset, int64_t length)
{
    struct stat st = {0};
    int err = fd < 0 || fstat(fd, &st) != 0 ? errno : 0;
    if (err == 0 && !S_ISREG(st.st_mode))
        err = EINVAL;
    if (err == 0 && length < 0)
        length = offset < st.st_size ? st.st_size - offset : 0;
    if (err != 0 || length == 0) {
        if (fd >= 0)
            close(fd);
        return err == 0 ? set_source(request, NULL)
                        : blame(request, GOFER_ERR_BODY, "the request body's file", err);
    }
    return set_new_source(request, source_new_file(fd, offset, length));
}

gofer_status gofer_request_set_body_file(gofer_request *request, const char *path)
{
    if (request == NULL || path == NULL)
        return GOFER_ERR_INVALID;
    /* Not to be held up by a FIFO that nobody writes to. */
    return set_file(request, file_open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK, 0), 0, -1);
}

gofer_status gofer_request_set_body_fd(gofer_request *request, int fd, int64_t offset,
                                       int64_t length)
{
    if (request == NULL || offset < 0 || length < -1 || (length > 0 && offset > INT64_MAX - length))
        return GOFER_ERR_INVALID;
    return set_file(request, fcntl(fd, F_DUPFD_CLOEXEC, 0), offset, length);
}

gofer_status gofer_request_set_body_reader(gofer_request *request, const gofer_body_reader *reader)
{
    if (reader == NULL)
        return GOFER_ERR_INVALID;
    if (request == NULL || reader->read == NULL || reader->length < -1) {
        give_back(reader->close, reader->arg);
        return GOFER_ERR_INVALID;
    }
    return set_new_source(request, source_new_reader(reader));
}

void gofer_request_body_ready(gofer_request *request)
{
    if (request != NULL)
        source_ready(request->snapshot->source);
}

gofer_status gofer_request_add_trailer(gofer_request *request, const char *name, const char *value)
{
    struct buf why = BUF_INIT;
    if (request == NULL || name == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = own(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    gofer_status status = trailer_check(name, value, &why);
    if (status != GOFER_OK)
        return snapshot_blame(s, status, &why);
    /* A "removed" mark is a field without a value; the list has one of a name then. */
    status =
        value != NULL ? headers_add(&s->trailers, name, value) : headers_remove(&s->trailers, name);
    return request_settle(request, status);
}

gofer_status gofer_request_set_progress(gofer_request *request,
                                        void (*fn)(void *arg, int64_t sent, int64_t total),
                                        void *arg)
{
    struct snapshot *s = request != NULL ? own(request) : NULL;
    if (s == NULL)
        return request != NULL ? GOFER_ERR_NOMEM : GOFER_ERR_INVALID;
    s->progress = fn;
    s->progress_arg = arg;
    return GOFER_OK;
}

/* --- how the call goes --- */

gofer_status gofer_request_set_expect_continue(gofer_request *request, int expect)
{
    return expect ? gofer_request_set_header(request, "Expect", "100-continue")
                  : gofer_request_remove_header(request, "Expect");
}

gofer_status gofer_request_set_streaming(gofer_request *request, int streaming)
{
    struct snapshot *s = request != NULL ? own(request) : NULL;
    if (s == NULL)
        return request != NULL ? GOFER_ERR_NOMEM : GOFER_ERR_INVALID;
    s->streaming = streaming != 0;
    return GOFER_OK;
}

gofer_status gofer_request_set_upgrade(gofer_request *request, const char *protocols)
{
    if (protocols == NULL) {
        gofer_status removed = gofer_request_remove_header(request, "Upgrade");
        return removed == GOFER_OK ? gofer_request_remove_header(request, "Connection") : removed;
    }
    gofer_status status = gofer_request_set_header(request, "Upgrade", protocols);
    if (status == GOFER_OK)
        status = gofer_request_set_header(request, "Connection", "Upgrade");
    return status == GOFER_OK ? gofer_request_set_streaming(request, 1) : status;
}

gofer_status gofer_request_set_decompression(gofer_request *request, int decompress)
{
    struct snapshot *s = request != NULL ? own(request) : NULL;
    if (s == NULL)
        return request != NULL ? GOFER_ERR_NOMEM : GOFER_ERR_INVALID;
    s->decoding = decompress ? DECODING_ON : DECODING_OFF;
    return GOFER_OK;
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

gofer_status gofer_request_set_attempts(gofer_request *request, int64_t attempts)
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    if (attempts < -1)
        return blame(request, GOFER_ERR_INVALID, "negative number of attempts", 0);
    struct snapshot *s = own(request);
    if (s == NULL)
        return GOFER_ERR_NOMEM;
    s->attempts = attempts;
    return GOFER_OK;
}

gofer_status gofer_request_set_trace(gofer_request *request, gofer_trace_fn *fn, void *arg,
                                     void (*close)(void *arg))
{
    if (request == NULL)
        return GOFER_ERR_INVALID;
    struct snapshot *s = own(request);
    struct trace_hook *hook = s != NULL && fn != NULL ? trace_hook_new(fn, arg, close) : NULL;
    if (s == NULL || (fn != NULL && hook == NULL))
        return request_settle(request, GOFER_ERR_NOMEM);
    trace_hook_unref(s->trace);
    s->trace = hook;
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
