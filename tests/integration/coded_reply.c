/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Origins that answer with coded bodies; see coded_reply.h.
 */
#include "integration/coded_reply.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MADE_MAX = 512 };

static struct {
    struct coded_bytes items[MADE_MAX];
    size_t len;
} made;

void coded_fresh(void)
{
    while (made.len > 0)
        coded_free_bytes(&made.items[--made.len]);
}

static struct coded_bytes keep(struct coded_bytes bytes)
{
    if (made.len == MADE_MAX)
        abort();
    return made.items[made.len++] = bytes;
}

struct coded_bytes coded_text(const char *text)
{
    return coded_in(CODED_GZIP, text);
}

struct coded_bytes coded_in(enum coded_format format, const char *text)
{
    return keep(coded_make(format, text, strlen(text)));
}

struct coded_bytes coded_nothing(size_t zeros)
{
    return keep(coded_zeros(zeros));
}

struct coded_bytes coded_again(struct coded_bytes bytes)
{
    return keep(coded_make(CODED_GZIP, bytes.data, bytes.len));
}

struct coded_bytes coded_times(struct coded_bytes bytes, size_t n)
{
    char *all = malloc(n * bytes.len);

    if (all == NULL)
        abort();
    for (size_t i = 0; i < n; i++)
        memcpy(all + i * bytes.len, bytes.data, bytes.len);
    return keep((struct coded_bytes){all, n * bytes.len});
}

/* --- serving --- */

struct out {
    char *data;
    size_t len;
};

static void put(struct out *out, const void *data, size_t len)
{
    if (len > 0)
        memcpy(out->data + out->len, data, len);
    out->len += len;
}

static void put_head(struct out *out, const struct coded_reply *r)
{
    char *at = out->data;

    at += sprintf(at, "HTTP/1.1 %s\r\n", r->status != NULL ? r->status : "200 OK");
    if (r->coding != NULL)
        at += sprintf(at, "Content-Encoding: %s\r\n", r->coding);
    if (r->framing == CODED_LENGTH)
        at += sprintf(at, "Content-Length: %zu\r\n", r->body.len);
    if (r->framing == CODED_CHUNKS)
        at += sprintf(at, "Transfer-Encoding: chunked\r\n");
    at += sprintf(at, "X-Behind: there\r\n\r\n");
    out->len = (size_t)(at - out->data);
}

static void put_chunks(struct out *out, const struct coded_reply *r)
{
    size_t piece = r->piece != 0 ? r->piece : r->body.len;

    for (size_t at = 0; at < r->body.len; at += piece) {
        size_t n = r->body.len - at < piece ? r->body.len - at : piece;
        out->len += (size_t)sprintf(out->data + out->len, "%zx\r\n", n);
        put(out, r->body.data + at, n);
        put(out, "\r\n", 2);
    }
    put(out, "0\r\n\r\n", 5);
}

static bool send_reply(struct peer *peer, const struct coded_reply *r)
{
    size_t chunks = r->piece != 0 ? r->body.len / r->piece + 1 : 1;
    struct out out = {.data = malloc(1024 + r->body.len + 16 * chunks + 8)};
    bool ok = out.data != NULL;

    if (!ok)
        return false;
    put_head(&out, r);
    if (strncmp(peer_head(peer), "HEAD ", 5) != 0) {
        if (r->framing == CODED_CHUNKS)
            put_chunks(&out, r);
        else
            put(&out, r->body.data, r->body.len);
    }
    if (r->go != NULL) {
        ok = peer_send(peer, out.data, out.len - r->held) && gate_wait(r->go, 1) &&
             peer_send(peer, out.data + out.len - r->held, r->held);
    } else {
        ok = peer_send(peer, out.data, out.len);
    }
    free(out.data);
    return ok && r->framing != CODED_TO_END;
}

static void serve(struct peer *peer, void *arg)
{
    while (peer_read_request(peer))
        if (!send_reply(peer, arg))
            return;
}

struct origin *coded_origin(const struct coded_reply *reply)
{
    return rig_origin_copy(serve, reply, sizeof *reply);
}
