/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * Writing CONNECT and reading its answer. The bytes are copied: they are few,
 * there is one answer a tunnel, and a caller may read them in any buffer.
 */
#include "http/connect_head.h"

#include <string.h>

#include "base/ascii.h"
#include "http/decimal.h"
#include "http/refuse.h"

/* With the words around it, this much of a reason fits into a fault. */
enum { REASON_SHOWN_MAX = 72 };

gofer_status connect_check_field(const char *name, const char *value, struct buf *why)
{
    static const char *const own[] = {"Host",    "Content-Length", "Transfer-Encoding",
                                      "Trailer", "Expect",         "Connection",
                                      "Upgrade"};
    size_t len = strlen(name);
    if (!header_is_token(name, len))
        return refuse_quoting(why, "invalid header field name", name, len);
    if (value != NULL && !header_is_value(value, strlen(value)))
        return refuse_quoting(why, "invalid header field value for", name, len);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++)
        if (ascii_equal(name, own[i]))
            return refuse_quoting(why, "header field that no proxy is sent:", name, len);
    return GOFER_OK;
}

static void write_target(const struct connect_parts *parts, struct buf *out)
{
    bool bracket = strchr(parts->host, ':') != NULL;
    buf_append_str(out, bracket ? "[" : "");
    buf_append_str(out, parts->host);
    buf_append_str(out, bracket ? "]:" : ":");
    decimal_append(out, parts->port);
}

static void write_field(const char *name, const char *value, struct buf *out)
{
    buf_append_str(out, name);
    buf_append_str(out, ": ");
    buf_append_str(out, value);
    buf_append_str(out, "\r\n");
}

static void write_fields(const struct connect_parts *parts, struct buf *out)
{
    for (size_t i = 0; parts->headers != NULL && i < parts->headers->len; i++) {
        const struct header *h = &parts->headers->items[i];
        bool overruled =
            parts->authorization != NULL && ascii_equal(h->name, "Proxy-Authorization");
        if (h->value != NULL && !overruled)
            write_field(h->name, h->value, out);
    }
}

void connect_write_head(const struct connect_parts *parts, struct buf *out)
{
    bool own_agent = parts->headers != NULL && headers_find(parts->headers, "User-Agent") != NULL;
    buf_append_str(out, "CONNECT ");
    write_target(parts, out);
    buf_append_str(out, parts->http_1_0 ? " HTTP/1.0\r\nHost: " : " HTTP/1.1\r\nHost: ");
    write_target(parts, out);
    buf_append_str(out, "\r\n");
    if (parts->authorization != NULL)
        write_field("Proxy-Authorization", parts->authorization, out);
    if (!own_agent && parts->user_agent != NULL && *parts->user_agent != '\0')
        write_field("User-Agent", parts->user_agent, out);
    write_fields(parts, out);
    buf_append_str(out, "\r\n");
}

void connect_reply_init(struct connect_reply *reply)
{
    *reply = (struct connect_reply){.state = CONNECT_READING};
}

void connect_reply_fini(struct connect_reply *reply)
{
    buf_fini(&reply->head);
}

static void fail(struct connect_reply *reply, const char *what, struct fault *fault)
{
    reply->state = CONNECT_FAILED;
    if (fault_set(fault, GOFER_ERR_PROXY, GOFER_PHASE_PROXY, 0, "proxy's answer to CONNECT: %s",
                  what))
        fault->reason = GOFER_REASON_CONNECT;
}

static void fail_without_memory(struct connect_reply *reply, struct fault *fault)
{
    reply->state = CONNECT_FAILED;
    fault_set(fault, GOFER_ERR_NOMEM, GOFER_PHASE_PROXY, 0, NULL);
}

/* The proxy's words are a stranger's: escaped and cut. */
static void refused(struct connect_reply *reply, const char *reason, size_t len,
                    struct fault *fault)
{
    struct buf shown = BUF_INIT;
    ascii_escape(&shown, reason, len, REASON_SHOWN_MAX);
    const char *blank = shown.len > 0 ? " " : "";
    reply->state = CONNECT_FAILED;
    if (fault_set(fault, GOFER_ERR_PROXY, GOFER_PHASE_PROXY, 0, "proxy refused CONNECT: %d%s%.*s",
                  reply->status, blank, (int)shown.len, shown.len > 0 ? shown.data : ""))
        fault->reason = GOFER_REASON_CONNECT;
    buf_fini(&shown);
}

/* A complete head of head_len bytes. */
static void take_head(struct connect_reply *reply, size_t head_len, struct fault *fault)
{
    struct response_head head;
    reply->head.len = head_len;
    if (head_parse_connect(reply->head.data, head_len, &head) != GOFER_OK) {
        fail(reply, head.why, fault);
        return;
    }
    if (head.status < 200) {
        reply->head.len = 0;
        reply->scan = (struct head_scan){0};
        return;
    }
    reply->status = head.status;
    if (head.status < 300)
        reply->state = CONNECT_OPEN;
    else
        refused(reply, reply->head.data + head.reason, head.reason_len, fault);
}

/* Takes what belongs to the current head, of at most len bytes; how many those are. */
static size_t take(struct connect_reply *reply, const char *data, size_t len, struct fault *fault)
{
    size_t before = reply->head.len, head_len = 0;
    buf_append(&reply->head, data, len);
    if (buf_failed(&reply->head)) {
        fail_without_memory(reply, fault);
        return 0;
    }
    enum head_result result = head_scan(&reply->scan, reply->head.data, reply->head.len, &head_len);
    if (result == HEAD_BAD)
        fail(reply, reply->scan.why, fault);
    if (result != HEAD_DONE)
        return len;
    take_head(reply, head_len, fault);
    return head_len - before;
}

enum connect_state connect_reply_feed(struct connect_reply *reply, const char *data, size_t len,
                                      size_t *used, struct fault *fault)
{
    *used = 0;
    while (reply->state == CONNECT_READING && *used < len) {
        size_t room = CONNECT_HEADS_MAX - reply->taken;
        size_t left = len - *used;
        size_t n = take(reply, data + *used, left < room ? left : room, fault);
        *used += n;
        reply->taken += n;
        if (reply->state == CONNECT_READING && reply->taken == CONNECT_HEADS_MAX)
            fail(reply, "more than 16 KiB without an end", fault);
    }
    return reply->state;
}

void connect_reply_eof(struct connect_reply *reply, struct fault *fault)
{
    fail(reply, reply->taken == 0 ? "none, the connection was closed" : "cut off", fault);
}
