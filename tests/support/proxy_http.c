/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The HTTP half of the tests' proxy: CONNECT, and absolute targets, which it
 * fetches from the origin on a connection of their own.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "support/proxy_inside.h"
#include "support/relay.h"

/* host:port or [host]:port up to a '/' or a blank. */
static void parse_authority(const char *text, struct test_proxy_seen *question)
{
    size_t len = strcspn(text, "/ ");
    const char *colon = memrchr(text, ':', len);
    const char *end = colon != NULL && memchr(colon, ']', len - (size_t)(colon - text)) == NULL
                          ? colon
                          : text + len;

    question->port = end == colon ? (uint16_t)atoi(colon + 1) : 80;
    if (*text == '[') {
        text++;
        end--;
    }
    snprintf(question->host, sizeof question->host, "%.*s", (int)(end - text), text);
}

/* Sends the head on with a target that begins at `path`, without the fields meant for a proxy. */
static bool forward_head(int fd, const char *head, const char *path)
{
    const char *line = head;
    bool ok = relay_send(fd, head, strcspn(head, " ") + 1);

    line = strstr(path, "\r\n") + 2;
    ok = ok && relay_send(fd, path, (size_t)(line - path));
    while (ok && *line != '\0') {
        const char *next = strstr(line, "\r\n") + 2;
        if (strncasecmp(line, "Proxy-", 6) != 0)
            ok = relay_send(fd, line, (size_t)(next - line));
        line = next;
    }
    return ok;
}

static bool forward_body(int fd, struct peer *peer)
{
    const char *field = strcasestr(peer_head(peer), "\r\nContent-Length:");
    size_t left = field != NULL ? strtoul(field + 17, NULL, 10) : 0;
    char block[4096];

    while (left > 0) {
        size_t n = left < sizeof block ? left : sizeof block;
        if (!peer_read(peer, block, n) || !relay_send(fd, block, n))
            return false;
        left -= n;
    }
    return true;
}

/* Whether the connection lives on. */
static bool fetch(struct test_proxy *proxy, struct peer *peer, const char *url, uint16_t port)
{
    static const char gone[] = "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";
    const char *path = strchr(url + sizeof "http://" - 1, '/');
    int fd = relay_connect(port);
    bool ok;

    if (path == NULL || fd < 0) {
        close(fd);
        return peer_say(peer, gone);
    }
    test_proxy_count(proxy, 0, 1);
    ok = forward_head(fd, peer_head(peer), path) && forward_body(fd, peer) &&
         relay_response(peer, fd, strncmp(peer_head(peer), "HEAD ", 5) == 0);
    close(fd);
    return ok;
}

static bool is_authorized(const struct test_proxy *proxy, const char *head)
{
    static const char name[] = "\r\nProxy-Authorization: ";
    const char *want = proxy->script.authorization;
    const char *field = strstr(head, name);

    if (want == NULL)
        return true;
    return field != NULL && strncmp(field + sizeof name - 1, want, strlen(want)) == 0 &&
           field[sizeof name - 1 + strlen(want)] == '\r';
}

static bool changes_a_fetch(enum test_proxy_fault fault)
{
    return fault != PROXY_FAULT_NONE && fault < PROXY_FAULT_SLOW;
}

/* One request; whether the connection lives on. */
static bool serve_request(struct test_proxy *proxy, struct peer *peer)
{
    static const char who[] =
        "HTTP/1.1 407 Proxy Authentication Required\r\n"
        "Proxy-Authenticate: Basic realm=\"test\"\r\nContent-Length: 0\r\n\r\n";
    struct test_proxy_seen question = {0};
    const char *head = peer_head(peer), *target = head + strcspn(head, " ") + 1;
    bool connect = strncmp(head, "CONNECT ", 8) == 0;

    if (!connect && strncmp(target, "http://", 7) != 0)
        return peer_say(peer, "HTTP/1.1 400 Not for a proxy\r\nContent-Length: 0\r\n\r\n");
    snprintf(question.head, sizeof question.head, "%s", head);
    parse_authority(connect ? target : target + 7, &question);
    enum test_proxy_fault fault = test_proxy_note(proxy, &question);
    if (!is_authorized(proxy, head))
        return peer_say(peer, who);
    if (connect)
        return test_proxy_tunnel(proxy, peer, question.port, fault, DIALECT_HTTP), false;
    if (changes_a_fetch(fault))
        return test_proxy_answer(peer, fault, DIALECT_HTTP);
    return fetch(proxy, peer, target, question.port);
}

void test_proxy_serve_http(struct peer *peer, void *arg)
{
    while (peer_read_head(peer))
        if (!serve_request(arg, peer))
            return;
}
