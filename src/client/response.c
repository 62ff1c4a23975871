/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Reading a response, gathered or streaming. It is laid out in
 * transport/message.c; how a stream is read is stream_io.c's.
 */
#include <gofer/response.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/ascii.h"
#include "base/buf.h"
#include "base/callback.h"
#include "base/clock.h"
#include "base/quiet_pipe.h"
#include "client/stream.h"
#include "http/url.h"
#include "net/tls_certificate.h"
#include "transport/history.h"
#include "transport/message.h"
#include "transport/trace.h"

enum { PIECE_BYTES = 64 * 1024 };

void gofer_response_free(gofer_response *response)
{
    stream_discard(response, true);
}

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

/* Of a URL, with its fragment; nothing where the two make none. */
static void write_location(const char *from, const char *location, struct buf *out)
{
    struct url base, url;
    struct buf ignored = BUF_INIT;
    if (url_parse(from, &base, &ignored) != GOFER_OK) {
        buf_fini(&ignored);
        return;
    }
    if (url_resolve(&base, location, &url, &ignored) == GOFER_OK) {
        url_write_without_userinfo(&url, out);
        if (url.fragment != NULL)
            buf_printf(out, "#%s", url.fragment);
        url_fini(&url);
    }
    url_fini(&base);
    buf_fini(&ignored);
}

size_t gofer_response_location(const gofer_response *response, char *buf, size_t cap)
{
    const char *location = gofer_response_header(response, "Location");
    struct buf whole = BUF_INIT;
    size_t len, shown;
    if (location != NULL)
        write_location(response->url, location, &whole);
    len = buf_failed(&whole) ? 0 : whole.len;
    shown = cap == 0 || len < cap ? len : cap - 1;
    if (cap > 0 && shown > 0)
        memcpy(buf, whole.data, shown);
    if (cap > 0)
        buf[shown] = '\0';
    buf_fini(&whole);
    return len;
}

size_t gofer_response_redirect_count(const gofer_response *response)
{
    return response != NULL && response->history != NULL ? response->history->len : 0;
}

int gofer_response_redirect_at(const gofer_response *response, size_t index, int *status,
                               const char **url)
{
    if (index >= gofer_response_redirect_count(response))
        return 0;
    if (status != NULL)
        *status = response->history->items[index].status;
    if (url != NULL)
        *url = response->history->items[index].url;
    return 1;
}

const char *gofer_response_tls_version(const gofer_response *response)
{
    return response != NULL ? response->tls_version : NULL;
}

const char *gofer_response_tls_cipher(const gofer_response *response)
{
    return response != NULL ? response->tls_cipher : NULL;
}

int gofer_response_uncompressed(const gofer_response *response)
{
    return response != NULL && response->uncompressed;
}

int gofer_response_tls_resumed(const gofer_response *response)
{
    return response != NULL && response->tls_resumed;
}

gofer_certificate *gofer_response_certificate(const gofer_response *response)
{
    if (response == NULL || response->certificate == NULL)
        return NULL;
    return tls_certificate_describe(response->certificate);
}

const struct sockaddr *gofer_response_peer(const gofer_response *response, socklen_t *len)
{
    bool known = response != NULL && response->peer.sa.sa_family != 0;
    if (len != NULL)
        *len = known ? addr_len(&response->peer) : 0;
    return known ? &response->peer.sa : NULL;
}

/* A call leaves no response only where there is no memory for one. */
static const gofer_error no_response_error = {.code = GOFER_ERR_NOMEM,
                                              .phase = GOFER_PHASE_NONE,
                                              .message = "out of memory: there is no response"};

const gofer_error *gofer_response_error(const gofer_response *response)
{
    if (response == NULL)
        return &no_response_error;
    if (response->stream != NULL)
        return stream_error(response->stream);
    return response->refused ? &stream_closed_error : response->error;
}

/* --- the body, piece by piece --- */

static ssize_t read_gathered(gofer_response *r, void *buf, size_t len)
{
    if (r->error != NULL)
        return -1;
    if (r->closed) {
        r->refused = true;
        return -1;
    }
    size_t left = r->body_len - r->read_at;
    size_t n = left < len ? left : len;
    memcpy(buf, r->body + r->read_at, n);
    r->read_at += n;
    return (ssize_t)n;
}

ssize_t gofer_response_read_for(gofer_response *response, void *buf, size_t len, int64_t timeout_ms)
{
    if (response == NULL || (buf == NULL && len > 0) || timeout_ms < -1) {
        errno = EINVAL;
        return -1;
    }
    if (timeout_ms != 0 && callback_active()) {
        errno = EDEADLK;
        return -1;
    }
    if (len == 0)
        return 0;
    if (response->stream == NULL)
        return read_gathered(response, buf, len);
    int64_t at = timeout_ms == 0 ? 0 : clock_after_ms(clock_now_ns(), timeout_ms);
    return stream_read(response, buf, len < SSIZE_MAX ? len : SSIZE_MAX, at);
}

ssize_t gofer_response_read(gofer_response *response, void *buf, size_t len)
{
    return gofer_response_read_for(response, buf, len, -1);
}

gofer_status gofer_response_on_readable(gofer_response *response, void (*fn)(void *arg), void *arg)
{
    if (response == NULL)
        return GOFER_ERR_INVALID;
    if (response->stream != NULL)
        return stream_on_readable(response->stream, fn, arg);
    if (fn == NULL)
        return GOFER_OK;
    callback_enter();
    fn(arg);
    callback_leave();
    return GOFER_OK;
}

void gofer_response_close(gofer_response *response)
{
    if (response == NULL)
        return;
    if (response->stream != NULL)
        stream_close(response->stream);
    else
        response->closed = true;
}

gofer_status gofer_response_to_callback(gofer_response *response,
                                        int (*fn)(void *arg, const void *data, size_t len),
                                        void *arg)
{
    if (response == NULL || fn == NULL || callback_active())
        return GOFER_ERR_INVALID;
    char *piece = mem_alloc(PIECE_BYTES);
    gofer_status status = piece != NULL ? GOFER_OK : GOFER_ERR_NOMEM;
    while (status == GOFER_OK) {
        ssize_t n = gofer_response_read(response, piece, PIECE_BYTES);
        if (n == 0)
            break;
        const gofer_error *error = n < 0 ? gofer_response_error(response) : NULL;
        if (n < 0)
            status = error != NULL ? error->code : GOFER_ERR_CLOSED;
        else if (fn(arg, piece, (size_t)n) != 0)
            status = GOFER_ERR_CANCELED;
    }
    mem_free(piece);
    if (status != GOFER_OK)
        gofer_response_close(response);
    return status;
}

/* Waits for room where a descriptor is non-blocking. */
static bool await_room(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    return poll(&p, 1, -1) > 0 || errno == EINTR;
}

struct sink {
    int fd;
    int err; /* what writing failed with */
};

static int write_piece(void *arg, const void *data, size_t len)
{
    struct sink *sink = arg;
    for (size_t done = 0; done < len && sink->err == 0;) {
        ssize_t n = quiet_write(sink->fd, (const char *)data + done, len - done);
        if (n >= 0)
            done += (size_t)n;
        else if ((errno != EAGAIN && errno != EWOULDBLOCK) || !await_room(sink->fd))
            sink->err = errno;
    }
    return sink->err;
}

gofer_status gofer_response_to_fd(gofer_response *response, int fd)
{
    struct sink sink = {.fd = fd};
    gofer_status status = gofer_response_to_callback(response, write_piece, &sink);
    if (sink.err == 0)
        return status;
    errno = sink.err;
    return GOFER_ERR_SYSTEM;
}

/* --- the other protocol, after 101 --- */

static bool is_tunnel(const gofer_response *response)
{
    return response != NULL && response->stream != NULL && response->status == 101;
}

ssize_t gofer_response_write(gofer_response *response, const void *data, size_t len)
{
    if (!is_tunnel(response) || (data == NULL && len > 0) || len > SSIZE_MAX) {
        errno = EINVAL;
        return -1;
    }
    if (callback_active()) {
        errno = EDEADLK;
        return -1;
    }
    return stream_write(response, data, len);
}

gofer_status gofer_response_shutdown_write(gofer_response *response)
{
    if (!is_tunnel(response) || callback_active())
        return GOFER_ERR_INVALID;
    return stream_shutdown_write(response);
}

/* --- trailers --- */

const char *gofer_response_trailer(const gofer_response *response, const char *name)
{
    if (response == NULL || name == NULL)
        return NULL;
    for (size_t i = 0; i < response->trailers_len; i++)
        if (ascii_equal(response->trailers + response->trailer_fields[i].name, name))
            return response->trailers + response->trailer_fields[i].value;
    return NULL;
}

size_t gofer_response_trailer_count(const gofer_response *response)
{
    return response != NULL ? response->trailers_len : 0;
}

int gofer_response_trailer_at(const gofer_response *response, size_t index, const char **name,
                              const char **value)
{
    if (response == NULL || index >= response->trailers_len)
        return 0;
    if (name != NULL)
        *name = response->trailers + response->trailer_fields[index].name;
    if (value != NULL)
        *value = response->trailers + response->trailer_fields[index].value;
    return 1;
}

bool gofer_response_times_sized(const gofer_response *response, gofer_times *times, size_t size)
{
    gofer_times now = {0};
    bool known = response != NULL && response->trace != NULL;
    if (times == NULL)
        return false;
    if (known)
        trace_times(response->trace, &now);
    memset(times, 0, size);
    memcpy(times, &now, size < sizeof(now) ? size : sizeof(now));
    return known;
}
