/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * See proxy.h. What a fault answers in each dialect is data. How questions are
 * read is in proxy_http.c and proxy_socks.c.
 */
#include <stdlib.h>
#include <unistd.h>

#include "support/certs.h"
#include "support/proxy_inside.h"
#include "support/relay.h"

/* What follows an answer. */
enum after { AFTER_GO_ON, AFTER_HOLD, AFTER_CLOSE, AFTER_RESET, AFTER_REPEAT };

/* Bytes that may hold NULs; at NULL: the good answer. */
struct bytes {
    const char *at;
    size_t len;
};

#define B(literal)                                                                                 \
    {                                                                                              \
        (literal), sizeof(literal) - 1                                                             \
    }
#define NOTHING B("")
#define GARBAGE B("SSH-2.0-OpenSSH_9.2\r\n")
#define RULES B("\x05\x02\x00\x01\0\0\0\0\0\0")

static const struct bytes good[DIALECTS] = {
    [DIALECT_HTTP] = B("HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n"),
    [DIALECT_SOCKS5] = B("\x05\x00\x00\x01\x7f\x00\x00\x01\x12\x34"),
    [DIALECT_SOCKS5_METHOD] = B("\x05\x00"),
    [DIALECT_SOCKS4] = B("\x00\x5a\0\0\0\0\0\0"),
};

static const struct misbehaviour {
    struct bytes answer[DIALECTS];
    enum after after;
    bool half;
    bool slow;
    struct bytes more; /* behind it; AFTER_REPEAT: again and again */
} misbehaviours[PROXY_FAULTS] = {
    [PROXY_FAULT_STALL] = {{NOTHING, NOTHING, NOTHING, NOTHING}, .after = AFTER_HOLD},
    [PROXY_FAULT_HALF] = {.after = AFTER_HOLD, .half = true},
    [PROXY_FAULT_CLOSE] = {{NOTHING, NOTHING, NOTHING, NOTHING}, .after = AFTER_CLOSE},
    [PROXY_FAULT_HALF_CLOSE] = {.after = AFTER_CLOSE, .half = true},
    [PROXY_FAULT_RESET] = {{NOTHING, NOTHING, NOTHING, NOTHING}, .after = AFTER_RESET},
    [PROXY_FAULT_REFUSE] = {{B("HTTP/1.1 403 Filtered\r\nContent-Length: 2\r\n\r\nno"), RULES,
                             B("\x05\xff"), B("\x00\x5b\0\0\0\0\0\0")},
                            .after = AFTER_CLOSE},
    [PROXY_FAULT_GARBAGE] = {{GARBAGE, GARBAGE, GARBAGE, GARBAGE}, .after = AFTER_HOLD},
    [PROXY_FAULT_ENDLESS_HEAD] = {{B("HTTP/1.1 200 OK\r\n"), GARBAGE, GARBAGE, GARBAGE},
                                  .after = AFTER_REPEAT,
                                  .more = B("X-More: and more\r\n")},
    [PROXY_FAULT_ENDLESS_BODY] = {{B("HTTP/1.1 407 Proxy Authentication Required\r\n"
                                     "Proxy-Authenticate: Basic realm=\"test\"\r\n\r\n"),
                                   RULES, B("\x05\xff"), B("\x00\x5b\0\0\0\0\0\0")},
                                  .after = AFTER_REPEAT,
                                  .more = B("<p>no, and again no</p>\n")},
    [PROXY_FAULT_PAGE] = {{B("HTTP/1.1 407 Proxy Authentication Required\r\n"
                             "Connection: close\r\nContent-Type: text/html\r\n\r\n"
                             "<!doctype html><h1>HTTP/1.1 200 OK</h1>\r\n\r\n"),
                           RULES, B("\x05\xff"), B("\x00\x5b\0\0\0\0\0\0")},
                          .after = AFTER_CLOSE},
    [PROXY_FAULT_INTERIM] = {{NOTHING, GARBAGE, GARBAGE, GARBAGE},
                             .after = AFTER_REPEAT,
                             .more = B("HTTP/1.1 100 Continue\r\n\r\n")},
    [PROXY_FAULT_SLOW] = {.slow = true},
    [PROXY_FAULT_STRAY] = {.more = B("stray")},
    [PROXY_FAULT_LENGTHS] = {.answer[DIALECT_HTTP] = B("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n"
                                                       "Transfer-Encoding: chunked\r\n\r\n")},
};

/* Does what follows; whether the connection goes on. */
static bool follow(struct peer *peer, const struct misbehaviour *m)
{
    if (m->after == AFTER_HOLD)
        peer_sees_end(peer);
    if (m->after == AFTER_RESET)
        peer_reset(peer);
    while (m->after == AFTER_REPEAT && peer_send(peer, m->more.at, m->more.len))
        continue;
    return m->after == AFTER_GO_ON &&
           (m->more.len == 0 || peer_send(peer, m->more.at, m->more.len));
}

bool test_proxy_answer(struct peer *peer, enum test_proxy_fault fault, enum dialect dialect)
{
    const struct misbehaviour *m = &misbehaviours[fault];
    struct bytes bytes = m->answer[dialect].at != NULL ? m->answer[dialect] : good[dialect];

    if (m->half)
        bytes.len /= 2;
    if (m->slow ? !peer_dribble(peer, bytes.at, bytes.len) : !peer_send(peer, bytes.at, bytes.len))
        return false;
    return follow(peer, m);
}

enum test_proxy_fault test_proxy_note(struct test_proxy *proxy,
                                      const struct test_proxy_seen *question)
{
    enum test_proxy_fault fault;

    pthread_mutex_lock(&proxy->lock);
    unsigned questions = proxy->seen.questions + 1, tunnels = proxy->seen.tunnels;
    unsigned fetches = proxy->seen.fetches;
    proxy->seen = *question;
    proxy->seen.questions = questions;
    proxy->seen.tunnels = tunnels;
    proxy->seen.fetches = fetches;
    fault = proxy->script.fault;
    pthread_mutex_unlock(&proxy->lock);
    return fault;
}

void test_proxy_count(struct test_proxy *proxy, int tunnels, int fetches)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->seen.tunnels += (unsigned)tunnels;
    proxy->seen.fetches += (unsigned)fetches;
    pthread_mutex_unlock(&proxy->lock);
}

void test_proxy_tunnel(struct test_proxy *proxy, struct peer *peer, uint16_t port,
                       enum test_proxy_fault fault, enum dialect dialect)
{
    int fd = relay_connect(port);

    if (fd < 0) {
        test_proxy_answer(peer, PROXY_FAULT_REFUSE, dialect);
        return;
    }
    /* Counted before the client can know of it. */
    test_proxy_count(proxy, 1, 0);
    if (test_proxy_answer(peer, fault, dialect))
        relay_run(peer, fd);
    else
        test_proxy_count(proxy, -1, 0);
    close(fd);
}

static struct origin *start_origin(struct test_proxy *proxy)
{
    const struct test_proxy_script *script = &proxy->script;
    origin_handler serve =
        script->kind == TEST_PROXY_HTTP ? test_proxy_serve_http : test_proxy_serve_socks;
    struct origin *origin;
    SSL_CTX *ctx;

    if (script->cert == NULL)
        return origin_start(serve, proxy);
    ctx = certs_server(script->cert, NULL);
    origin = origin_start_tls(serve, proxy, ctx);
    SSL_CTX_free(ctx);
    return origin;
}

struct test_proxy *test_proxy_start(const struct test_proxy_script *script)
{
    struct test_proxy *proxy = calloc(1, sizeof *proxy);

    if (proxy == NULL)
        abort();
    proxy->script = *script;
    pthread_mutex_init(&proxy->lock, NULL);
    proxy->origin = start_origin(proxy);
    return proxy;
}

void test_proxy_stop(struct test_proxy *proxy)
{
    if (proxy == NULL)
        return;
    origin_stop(proxy->origin);
    pthread_mutex_destroy(&proxy->lock);
    free(proxy);
}

uint16_t test_proxy_port(const struct test_proxy *proxy)
{
    return origin_port(proxy->origin);
}

void test_proxy_misbehave(struct test_proxy *proxy, enum test_proxy_fault fault)
{
    pthread_mutex_lock(&proxy->lock);
    proxy->script.fault = fault;
    pthread_mutex_unlock(&proxy->lock);
}

void test_proxy_look(struct test_proxy *proxy, struct test_proxy_seen *seen)
{
    pthread_mutex_lock(&proxy->lock);
    *seen = proxy->seen;
    pthread_mutex_unlock(&proxy->lock);
}

unsigned test_proxy_resumed(struct test_proxy *proxy)
{
    return origin_count(proxy->origin, ORIGIN_RESUMED);
}

unsigned test_proxy_accepted(struct test_proxy *proxy)
{
    return origin_count(proxy->origin, ORIGIN_ACCEPTED);
}

bool test_proxy_wait_open(struct test_proxy *proxy, unsigned n)
{
    return origin_wait(proxy->origin, ORIGIN_OPEN, n);
}
