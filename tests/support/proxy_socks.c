/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * The SOCKS half of the tests' proxy (RFC 1928, RFC 1929, and version 4 with 4a).
 */
#include <arpa/inet.h>
#include <string.h>

#include "support/proxy_inside.h"

enum { METHODS_MAX = 255 };

/* Reads n bytes and a NUL into text of 256 bytes. */
static bool read_text(struct peer *peer, char *text, size_t n)
{
    text[n] = '\0';
    return peer_read(peer, text, n);
}

/* A byte with the length, then the text. */
static bool read_counted(struct peer *peer, char *text)
{
    unsigned char n;

    return peer_read(peer, &n, 1) && read_text(peer, text, n);
}

static bool read_to_nul(struct peer *peer, char *text)
{
    for (size_t n = 0; n < 256; n++) {
        if (!peer_read(peer, text + n, 1))
            return false;
        if (text[n] == '\0')
            return true;
    }
    return false;
}

static bool read_address(struct peer *peer, int family, size_t len,
                         struct test_proxy_seen *question)
{
    unsigned char ip[16];

    return peer_read(peer, ip, len) &&
           inet_ntop(family, ip, question->host, sizeof question->host) != NULL;
}

static bool read_port(struct peer *peer, struct test_proxy_seen *question)
{
    unsigned char port[2];

    if (!peer_read(peer, port, 2))
        return false;
    question->port = (uint16_t)(port[0] << 8 | port[1]);
    return true;
}

static bool knows(const struct test_proxy *proxy, const struct test_proxy_seen *question)
{
    const char *password = proxy->script.password != NULL ? proxy->script.password : "";

    return strcmp(question->user, proxy->script.user) == 0 &&
           strcmp(question->password, password) == 0;
}

/* A login that fails is the question that is kept. */
static bool log_in(struct test_proxy *proxy, struct peer *peer, struct test_proxy_seen *question)
{
    unsigned char version;

    if (!peer_send(peer, "\x05\x02", 2) || !peer_read(peer, &version, 1) || version != 1 ||
        !read_counted(peer, question->user) || !read_counted(peer, question->password))
        return false;
    if (knows(proxy, question))
        return peer_send(peer, "\x01\x00", 2);
    test_proxy_note(proxy, question);
    peer_send(peer, "\x01\x01", 2);
    return false;
}

/* The methods offered, and the one that this proxy wants. */
static bool agree(struct test_proxy *proxy, struct peer *peer, struct test_proxy_seen *question)
{
    char methods[METHODS_MAX + 1];
    unsigned char n;
    bool login = proxy->script.user != NULL;

    if (!peer_read(peer, &n, 1) || !peer_read(peer, methods, n))
        return false;
    if (proxy->script.early) {
        enum test_proxy_fault fault = test_proxy_note(proxy, question);
        if (fault != PROXY_FAULT_NONE)
            return test_proxy_answer(peer, fault, DIALECT_SOCKS5_METHOD);
    }
    if (memchr(methods, login ? 2 : 0, n) == NULL) {
        test_proxy_note(proxy, question);
        peer_send(peer, "\x05\xff", 2);
        return false;
    }
    return login ? log_in(proxy, peer, question) : peer_send(peer, "\x05\x00", 2);
}

static bool read_question_5(struct peer *peer, struct test_proxy_seen *question)
{
    unsigned char head[4];

    if (!peer_read(peer, head, sizeof head) || head[0] != 5 || head[1] != 1 || head[2] != 0)
        return false;
    question->is_name = head[3] == 3;
    if (question->is_name && !read_counted(peer, question->host))
        return false;
    if (head[3] == 1 && !read_address(peer, AF_INET, 4, question))
        return false;
    if (head[3] == 4 && !read_address(peer, AF_INET6, 16, question))
        return false;
    return read_port(peer, question);
}

static bool read_question_4(struct peer *peer, struct test_proxy_seen *question)
{
    unsigned char command;

    if (!peer_read(peer, &command, 1) || command != 1 || !read_port(peer, question) ||
        !read_address(peer, AF_INET, 4, question) || !read_to_nul(peer, question->user))
        return false;
    question->is_name = strncmp(question->host, "0.0.0.", 6) == 0;
    return !question->is_name || read_to_nul(peer, question->host);
}

static void serve_5(struct test_proxy *proxy, struct peer *peer)
{
    struct test_proxy_seen question = {.version = 5};

    if (!agree(proxy, peer, &question) || !read_question_5(peer, &question))
        return;
    enum test_proxy_fault fault = test_proxy_note(proxy, &question);
    test_proxy_tunnel(proxy, peer, question.port, fault, DIALECT_SOCKS5);
}

static void serve_4(struct test_proxy *proxy, struct peer *peer)
{
    struct test_proxy_seen question = {.version = 4};

    if (!read_question_4(peer, &question))
        return;
    enum test_proxy_fault fault = test_proxy_note(proxy, &question);
    if (proxy->script.user != NULL && strcmp(question.user, proxy->script.user) != 0)
        fault = PROXY_FAULT_REFUSE;
    test_proxy_tunnel(proxy, peer, question.port, fault, DIALECT_SOCKS4);
}

void test_proxy_serve_socks(struct peer *peer, void *arg)
{
    unsigned char version;

    if (!peer_read(peer, &version, 1))
        return;
    if (version == 5)
        serve_5(arg, peer);
    if (version == 4)
        serve_4(arg, peer);
}
