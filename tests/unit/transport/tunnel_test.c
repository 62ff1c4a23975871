/*
 * SPDX-FileCopyrightText: The gofer authors
 * SPDX-License-Identifier: MIT
 *
 * transport/tunnel on a pair of sockets: what is sent, in whatever pieces the
 * answers come, and that not a byte of the tunnel is taken. The protocols
 * themselves are the tests of connect_head and socks.
 */
#include "transport/tunnel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CUnit/CUnit.h>

#include "http/connect_head.h"
#include "http/proxy.h"
#include "transport/conn.h"
#include "unit/http/scarce.h"

extern CU_TestInfo tunnel_tests[];

#define LENGTH(rows) (sizeof(rows) / sizeof *(rows))

/* A connection to a proxy that the test plays. */
struct scene {
    struct proxy proxy;
    struct conn *conn;
    int far;
    struct tunnel *tunnel;
    struct fault fault;
    uint32_t events;
};

static const struct tunnel_options plain = {.user_agent = "test/1"};

static bool begin(struct scene *s, const struct tunnel_options *options, const char *proxy,
                  const char *host)
{
    int fds[2];
    struct buf why = BUF_INIT;
    *s = (struct scene){.far = -1};
    if (proxy_parse(proxy, &s->proxy, &why) != GOFER_OK)
        return false;
    CU_ASSERT_FATAL(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    s->far = fds[1];
    s->conn = conn_new(fds[0], NULL, 0);
    if (s->conn == NULL) {
        close(fds[0]);
        return false;
    }
    struct tunnel_goal goal = {&s->proxy, host, 443, NULL};
    s->tunnel = tunnel_new(options, &goal, &s->fault);
    return s->tunnel != NULL;
}

static void end(struct scene *s)
{
    tunnel_free(s->tunnel);
    conn_close(&s->conn);
    if (s->far >= 0)
        close(s->far);
    proxy_fini(&s->proxy);
}

static enum tunnel_step run(struct scene *s)
{
    s->events = 0;
    return tunnel_run(s->tunnel, s->conn, &s->events, &s->fault);
}

static void far_sends(struct scene *s, const char *bytes, size_t len)
{
    CU_ASSERT_EQUAL(send(s->far, bytes, len, MSG_NOSIGNAL), (ssize_t)len);
}

/* The proxy has been sent these bytes and no more. */
static void far_hears(struct scene *s, const char *bytes, size_t len)
{
    char got[1024];
    ssize_t n = recv(s->far, got, sizeof got, MSG_DONTWAIT);
    CU_ASSERT_EQUAL(n, (ssize_t)len);
    CU_ASSERT(n == (ssize_t)len && memcmp(got, bytes, len) == 0);
}

/* --- dialogues --- */

struct said {
    const char *at;
    size_t len;
};

#define SAID(literal)                                                                              \
    {                                                                                              \
        literal, sizeof(literal) - 1                                                               \
    }
#define CONNECT(host) "CONNECT " host " HTTP/1.1\r\nHost: " host "\r\n"

enum { TURNS_MAX = 3 };

static const struct dialogue {
    const char *proxy, *host;
    struct said turns[TURNS_MAX][2]; /* what is asked, and the answer */
} dialogues[] = {
    {"http://p",
     "a.test",
     {{SAID(CONNECT("a.test:443") "User-Agent: test/1\r\n\r\n"),
       SAID("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n")}}},
    {"http://u:p@p",
     "::1",
     {{SAID(CONNECT("[::1]:443") "Proxy-Authorization: Basic dTpw\r\nUser-Agent: test/1\r\n\r\n"),
       SAID("HTTP/1.0 100 C\r\n\r\nHTTP/1.1 204 No\r\n\r\n")}}},
    {"socks5://p",
     "a.test",
     {{SAID("\x05\x01\x00"), SAID("\x05\x00")},
      {SAID("\x05\x01\x00\x03\x06"
            "a.test\x01\xbb"),
       SAID("\x05\x00\x00\x01\x7f\x00\x00\x01\x00\x50")}}},
    {"socks5h://u:pw@p",
     "127.0.0.1",
     {{SAID("\x05\x02\x00\x02"), SAID("\x05\x02")},
      {SAID("\x01\x01u\x02pw"), SAID("\x01\x00")},
      {SAID("\x05\x01\x00\x01\x7f\x00\x00\x01\x01\xbb"), SAID("\x05\x00\x00\x03\x01h\x00\x50")}}},
    {"socks4a://u@p",
     "a.test",
     {{SAID("\x04\x01\x01\xbb\x00\x00\x00\x01u\0a.test\0"), SAID("\x00\x5a\0\0\0\0\0\0")}}},
    {"socks4://p",
     "127.0.0.1",
     {{SAID("\x04\x01\x01\xbb\x7f\x00\x00\x01\0"), SAID("\x00\x5a\0\0\0\0\0\0")}}},
};

/* One turn, the answer in pieces of at most `step` bytes. The tunnel opens with its last byte. */
static enum tunnel_step take_turn(struct scene *s, const struct said turn[2], size_t step,
                                  bool last)
{
    enum tunnel_step got = run(s);
    CU_ASSERT_EQUAL(got, TUNNEL_WAIT);
    CU_ASSERT_EQUAL(s->events, EPOLLIN);
    far_hears(s, turn[0].at, turn[0].len);
    for (size_t at = 0; at < turn[1].len; at += step) {
        size_t left = turn[1].len - at, n = left < step ? left : step;
        far_sends(s, turn[1].at + at, n);
        if (last && n == left)
            far_sends(s, "stray", 5);
        if (n < left) {
            CU_ASSERT_EQUAL(run(s), TUNNEL_WAIT);
            CU_ASSERT_EQUAL(s->events, EPOLLIN);
        }
    }
    return last ? run(s) : TUNNEL_WAIT;
}

static void talk(const struct dialogue *d, size_t step)
{
    struct scene s;
    char rest[16];
    enum tunnel_step got = TUNNEL_FAILED;
    CU_ASSERT_FATAL(begin(&s, &plain, d->proxy, d->host));
    for (size_t i = 0; i < TURNS_MAX && d->turns[i][0].at != NULL; i++) {
        bool last = i + 1 == TURNS_MAX || d->turns[i + 1][0].at == NULL;
        got = take_turn(&s, d->turns[i], step, last);
    }
    if (got != TUNNEL_OPEN)
        printf("\n    %s: %s", d->proxy, s.fault.detail);
    CU_ASSERT_EQUAL(got, TUNNEL_OPEN);
    CU_ASSERT_EQUAL(recv(conn_fd(s.conn), rest, sizeof rest, MSG_DONTWAIT), 5);
    CU_ASSERT_EQUAL(memcmp(rest, "stray", 5), 0);
    end(&s);
}

static void answers_come_in_any_pieces_and_the_rest_stays(void)
{
    static const size_t steps[] = {1, 2, 3, 7, 1000};
    for (size_t i = 0; i < LENGTH(dialogues); i++)
        for (size_t j = 0; j < LENGTH(steps); j++)
            talk(&dialogues[i], steps[j]);
}

/* --- asking --- */

static void a_question_goes_out_as_the_socket_takes_it(void)
{
    static char value[200000];
    struct headers headers = HEADERS_INIT;
    struct tunnel_options options = {.headers = &headers};
    struct scene s;
    size_t heard = 0, waits = 0;
    int small = 8192;
    char block[65536];
    memset(value, 'v', sizeof value - 1);
    CU_ASSERT_EQUAL(headers_add(&headers, "X-Long", value), GOFER_OK);
    CU_ASSERT_FATAL(begin(&s, &options, "http://p", "a.test"));
    CU_ASSERT_EQUAL(setsockopt(conn_fd(s.conn), SOL_SOCKET, SO_SNDBUF, &small, sizeof small), 0);
    while (run(&s) == TUNNEL_WAIT && s.events == EPOLLOUT && waits++ < 1000) {
        ssize_t n = recv(s.far, block, sizeof block, MSG_DONTWAIT);
        heard += n > 0 ? (size_t)n : 0;
    }
    CU_ASSERT_EQUAL(s.events, EPOLLIN);
    CU_ASSERT(waits > 0);
    for (ssize_t n; (n = recv(s.far, block, sizeof block, MSG_DONTWAIT)) > 0;)
        heard += (size_t)n;
    CU_ASSERT_EQUAL(heard,
                    strlen(CONNECT("a.test:443")) + strlen("X-Long: \r\n\r\n") + sizeof value - 1);
    end(&s);
    headers_fini(&headers);
}

static void what_cannot_be_asked_is_not_begun(void)
{
    struct scene s;
    CU_ASSERT_FALSE(begin(&s, &plain, "socks4://p", "a.test"));
    CU_ASSERT_EQUAL(s.fault.code, GOFER_ERR_PROXY);
    CU_ASSERT_EQUAL(s.fault.phase, GOFER_PHASE_PROXY);
    CU_ASSERT_STRING_EQUAL(s.fault.detail, "SOCKS4 proxy: cannot be given a name, only an address");
    end(&s);
}

static void a_host_of_more_than_255_bytes_is_refused_not_looked_up(void)
{
    static const char *const proxies[] = {"socks5://p", "socks5h://p", "socks4a://p"};
    char host[257];
    memset(host, 'a', sizeof host - 1);
    host[sizeof host - 1] = '\0';
    for (size_t i = 0; i < LENGTH(proxies); i++) {
        struct scene s;
        CU_ASSERT_FALSE(begin(&s, &plain, proxies[i], host));
        CU_ASSERT_PTR_NOT_NULL(strstr(s.fault.detail, "host name is empty or over 255 bytes"));
        end(&s);
        CU_ASSERT(begin(&s, &plain, proxies[i], host + 1));
        end(&s);
    }
}

/* --- failures --- */

static void expect_failure(struct scene *s, int err, const char *words)
{
    CU_ASSERT_EQUAL(run(s), TUNNEL_FAILED);
    CU_ASSERT_EQUAL(s->fault.code, GOFER_ERR_PROXY);
    CU_ASSERT_EQUAL(s->fault.phase, GOFER_PHASE_PROXY);
    CU_ASSERT_EQUAL(s->fault.sys_errno, err);
    CU_ASSERT_STRING_EQUAL(s->fault.detail, words);
}

static void an_end_is_told(void)
{
    static const struct {
        const char *proxy, *none, *some;
    } rows[] = {
        {"http://p", "proxy's answer to CONNECT: none, the connection was closed",
         "proxy's answer to CONNECT: cut off"},
        {"socks5://p", "SOCKS5 proxy: closed the connection during the handshake",
         "SOCKS5 proxy: closed the connection during the handshake"},
    };
    for (size_t i = 0; i < 2 * LENGTH(rows); i++) {
        struct scene s;
        bool some = i % 2;
        char block[256];
        CU_ASSERT_FATAL(begin(&s, &plain, rows[i / 2].proxy, "a.test"));
        CU_ASSERT_EQUAL(run(&s), TUNNEL_WAIT);
        while (recv(s.far, block, sizeof block, MSG_DONTWAIT) > 0)
            ;
        if (some)
            far_sends(&s, i / 2 == 0 ? "H" : "\x05", 1);
        close(s.far);
        s.far = -1;
        expect_failure(&s, 0, some ? rows[i / 2].some : rows[i / 2].none);
        end(&s);
    }
}

/* Unread bytes at its end make a close a reset. */
static void a_broken_connection_is_told(void)
{
    struct scene s;
    CU_ASSERT_FATAL(begin(&s, &plain, "http://p", "a.test"));
    CU_ASSERT_EQUAL(run(&s), TUNNEL_WAIT);
    close(s.far);
    s.far = -1;
    expect_failure(&s, ECONNRESET, "proxy: connection broke");
    end(&s);
    CU_ASSERT_FATAL(begin(&s, &plain, "socks5://p", "a.test"));
    close(s.far);
    s.far = -1;
    expect_failure(&s, EPIPE, "proxy: connection broke");
    end(&s);
}

/* --- the hook --- */

struct hook {
    int asked, status, says;
    size_t head_len;
};

static int answered(const struct proxy *proxy, const char *host, uint16_t port,
                    const struct connect_reply *reply, void *arg)
{
    struct hook *h = arg;
    CU_ASSERT_STRING_EQUAL(proxy->host, "p");
    CU_ASSERT_STRING_EQUAL(host, "a.test");
    CU_ASSERT_EQUAL(port, 443);
    h->asked++;
    h->status = reply->status;
    h->head_len = reply->head.len;
    return h->says;
}

static void the_hook_sees_final_answers_only(void)
{
    static const struct {
        const char *answer;
        int status, says;
        const char *words; /* NULL: the tunnel opens */
    } rows[] = {
        {"HTTP/1.1 200 OK\r\n\r\n", 200, 0, NULL},
        {"HTTP/1.1 100 C\r\nX: y\r\n\r\nHTTP/1.1 299 K\r\n\r\n", 299, 0, NULL},
        {"HTTP/1.1 200 OK\r\n\r\n", 200, EPERM, "proxy's answer to CONNECT refused by the program"},
        {"HTTP/1.1 407 Who\r\n\r\n", 407, 0, "proxy refused CONNECT: 407 Who"},
        {"HTTP/1.1 407 Who\r\n\r\n", 407, EPERM, "proxy refused CONNECT: 407 Who"},
        {"garbage", 0, 0, "proxy's answer to CONNECT: not an HTTP/1 response"},
    };
    for (size_t i = 0; i < LENGTH(rows); i++) {
        struct hook h = {.says = rows[i].says};
        struct tunnel_options options = {.answered = answered, .answered_arg = &h};
        struct scene s;
        CU_ASSERT_FATAL(begin(&s, &options, "http://p", "a.test"));
        CU_ASSERT_EQUAL(run(&s), TUNNEL_WAIT);
        far_sends(&s, rows[i].answer, strlen(rows[i].answer));
        CU_ASSERT_EQUAL(run(&s), rows[i].words == NULL ? TUNNEL_OPEN : TUNNEL_FAILED);
        CU_ASSERT_STRING_EQUAL(s.fault.detail, rows[i].words == NULL ? "" : rows[i].words);
        CU_ASSERT_EQUAL(h.asked, rows[i].status != 0);
        CU_ASSERT_EQUAL(h.status, rows[i].status);
        CU_ASSERT(h.asked == 0 || h.head_len <= strlen(rows[i].answer));
        end(&s);
    }
}

/* --- memory --- */

static gofer_status open_one(void)
{
    struct scene s;
    gofer_status status = GOFER_ERR_NOMEM;
    if (begin(&s, &plain, "http://user:password@p", "a.test")) {
        far_sends(&s, "HTTP/1.1 200 OK\r\n\r\n", 19);
        status = run(&s) == TUNNEL_OPEN ? GOFER_OK : s.fault.code;
    }
    end(&s);
    return status;
}

static void out_of_memory(void)
{
    scarce_run(open_one);
}

CU_TestInfo tunnel_tests[] = {
    {"I2, PX-01, PX-10 answers come in any pieces, and the rest stays",
     answers_come_in_any_pieces_and_the_rest_stays},
    {"a question goes out as the socket takes it", a_question_goes_out_as_the_socket_takes_it},
    {"PX-10 what cannot be asked is not begun", what_cannot_be_asked_is_not_begun},
    {"PX-10 a host of more than 255 bytes is refused, not looked up",
     a_host_of_more_than_255_bytes_is_refused_not_looked_up},
    {"an end is told", an_end_is_told},
    {"a broken connection is told", a_broken_connection_is_told},
    {"I6 the hook sees final answers only", the_hook_sees_final_answers_only},
    {"out of memory is an error like any other", out_of_memory},
    CU_TEST_INFO_NULL,
};
