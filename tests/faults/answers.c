/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See answers.h. One request after the other, on the connection's own thread.
 */
#include "faults/answers.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "faults/servers.h"
#include "support/coded_sample.h"

enum { BODY_MAX = 128 * 1024, LINE_MAX_BYTES = 64, FIELD_MAX = 1024 };

/* A request's body, in the peer's thread. */
struct body {
    char *data;
    size_t len;
};

#define OK_HELLO "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"

/* --- the request --- */

/* Copies a field's value, "" where there is none. */
static void field(const struct peer *peer, const char *name, char *out, size_t size)
{
    size_t len = strlen(name);
    const char *line = strstr(peer_head(peer), "\r\n");

    out[0] = '\0';
    for (; line != NULL; line = strstr(line + 2, "\r\n")) {
        if (strncasecmp(line + 2, name, len) != 0 || line[2 + len] != ':')
            continue;
        const char *value = line + 2 + len + 1 + strspn(line + 2 + len + 1, " ");
        snprintf(out, size, "%.*s", (int)strcspn(value, "\r"), value);
        return;
    }
}

static bool add(struct peer *peer, struct body *body, size_t len)
{
    if (body->len + len > BODY_MAX || !peer_read(peer, body->data + body->len, len))
        return false;
    body->len += len;
    return true;
}

/* A line without its end. */
static bool read_line(struct peer *peer, char line[LINE_MAX_BYTES])
{
    size_t len = 0;

    while (len + 1 < LINE_MAX_BYTES && peer_read(peer, line + len, 1)) {
        if (line[len++] != '\n')
            continue;
        line[len - 1] = '\0';
        return true;
    }
    return false;
}

static bool read_chunks(struct peer *peer, struct body *body)
{
    char line[LINE_MAX_BYTES];

    while (read_line(peer, line)) {
        size_t len = strtoul(line, NULL, 16);
        if (len > 0 && (!add(peer, body, len) || !read_line(peer, line)))
            return false;
        if (len > 0)
            continue;
        while (read_line(peer, line)) {
            if (line[0] == '\r')
                return true;
        }
    }
    return false;
}

static bool read_body(struct peer *peer, struct body *body)
{
    char value[FIELD_MAX];

    body->len = 0;
    field(peer, "Expect", value, sizeof value);
    if (value[0] != '\0' && !peer_say(peer, "HTTP/1.1 100 Continue\r\n\r\n"))
        return false;
    field(peer, "Transfer-Encoding", value, sizeof value);
    if (value[0] != '\0')
        return read_chunks(peer, body);
    field(peer, "Content-Length", value, sizeof value);
    return add(peer, body, strtoul(value, NULL, 10));
}

/* --- answers: whether the connection lives on --- */

static bool reply(struct peer *peer, const char *fields, const void *data, size_t len)
{
    char head[FIELD_MAX];

    snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n%sContent-Length: %zu\r\n\r\n", fields, len);
    return peer_say(peer, head) &&
           (strncmp(peer_head(peer), "HEAD ", 5) == 0 || peer_send(peer, data, len));
}

static bool reply_text(struct peer *peer, const char *text)
{
    return reply(peer, "", text, strlen(text));
}

static bool reply_field(struct peer *peer, const char *name)
{
    char value[FIELD_MAX];

    field(peer, name, value, sizeof value);
    return reply_text(peer, value);
}

static bool reply_coded(struct peer *peer)
{
    char accepted[FIELD_MAX];
    struct coded_bytes coded;
    bool sent;

    field(peer, "Accept-Encoding", accepted, sizeof accepted);
    if (strstr(accepted, "gzip") == NULL)
        return reply_text(peer, SERVERS_TEXT);
    coded = coded_make(CODED_GZIP, SERVERS_TEXT, strlen(SERVERS_TEXT));
    sent = reply(peer, "Content-Encoding: gzip\r\n", coded.data, coded.len);
    coded_free_bytes(&coded);
    return sent;
}

static bool reply_big(struct peer *peer, struct body *body)
{
    memset(body->data, 'b', SERVERS_BIG_BYTES);
    return reply(peer, "", body->data, SERVERS_BIG_BYTES);
}

static bool reply_count(struct peer *peer, const struct body *body)
{
    char text[32];

    snprintf(text, sizeof text, "%zu", body->len);
    return reply_text(peer, text);
}

static bool switch_to_echo(struct peer *peer)
{
    char data[FIELD_MAX];
    size_t len;

    if (!peer_say(peer, "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
                        "Upgrade: echo\r\n\r\n"))
        return false;
    while ((len = peer_receive(peer, data, sizeof data)) > 0 && peer_send(peer, data, len))
        continue;
    return false;
}

static const struct fixed {
    const char *path, *bytes;
} fixed[] = {
    {"/chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                 "2\r\nhe\r\n3\r\nllo\r\n0\r\nX-Sum: 5\r\n\r\n"},
    {"/cookie", OK_HELLO "Set-Cookie: a=1; Path=/; Max-Age=3600\r\nSet-Cookie: b=2\r\n\r\nhello"},
    {"/moved", "HTTP/1.1 302 Found\r\nLocation: /hello\r\nContent-Length: 3\r\n\r\nrun"},
    {"/post", "HTTP/1.1 307 Temporary Redirect\r\nLocation: /echo\r\nContent-Length: 0\r\n\r\n"},
};

static bool answer(struct peer *peer, struct body *body)
{
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        if (peer_asks(peer, fixed[i].path))
            return peer_say(peer, fixed[i].bytes);
    }
    if (peer_asks(peer, "/close"))
        return peer_say(peer, OK_HELLO "Connection: close\r\n\r\nhello") && false;
    if (peer_asks(peer, "/never"))
        return peer_sees_end(peer) && false;
    if (peer_asks(peer, "/drop") && peer_requests(peer) > 1)
        return false;
    if (peer_asks(peer, "/busy") && peer_requests(peer) == 1)
        return peer_say(peer, "HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy");
    if (peer_asks(peer, "/upgrade"))
        return switch_to_echo(peer);
    if (peer_asks(peer, "/echo"))
        return reply(peer, "", body->data, body->len);
    if (peer_asks(peer, "/count"))
        return reply_count(peer, body);
    if (peer_asks(peer, "/gzip"))
        return reply_coded(peer);
    if (peer_asks(peer, "/big"))
        return reply_big(peer, body);
    if (peer_asks(peer, "/cookies"))
        return reply_field(peer, "Cookie");
    if (peer_asks(peer, "/who"))
        return reply_field(peer, "Authorization");
    return reply_text(peer, "hello");
}

void answers_serve(struct peer *peer, void *arg)
{
    struct body body = {.data = malloc(BODY_MAX)};

    (void)arg;
    while (body.data != NULL && peer_read_head(peer) && read_body(peer, &body) &&
           answer(peer, &body))
        continue;
    free(body.data);
}
